"""Errors of the libraries of storage, as sentences that name the address. Pure.

A sentence repeats no text of a library as a whole: it could hold a signed link. Only short codes are repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from pipeline.errors import StorageError

__all__ = ["code_of", "failure_of"]

_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,60}|[1-5][0-9]{2}")
_BY_CODE: Final = {
    **dict.fromkeys(("PreconditionFailed", "412"), "changed"),
    **dict.fromkeys(("NoSuchBucket", "NoSuchKey", "404"), "missing"),
    **dict.fromkeys(
        ("PermanentRedirect", "301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"), "region"
    ),
    **dict.fromkeys(
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "InvalidSecurity", "401"),
        "credentials",
    ),
    **dict.fromkeys(("AccessDenied", "403"), "permission"),
    **dict.fromkeys(("SlowDown", "InternalError", "ServiceUnavailable", "500", "502", "503", "504"), "network"),
}
_WORDS: Final = {
    "bucket": "{address}: there is no bucket of this name. Check the name.",
    "missing": "{address} is not there. Check the address.",
    "changed": "{address} was changed while it was read. Build again.",
    "region": "{address}: the bucket lies in another region ({code}). Set the region in the environment "
    "(AWS_DEFAULT_REGION).",
    "credentials": "{address}: no credentials that the storage accepts were found ({code}). Give them in the "
    "environment, as the storage's own tools take them.",
    "permission": "{address} may not be read with these credentials ({code}). Ask the owner of the storage for "
    "permission to list and to read.",
    "network": "{address}: the storage does not answer ({code}). Check the network and the endpoint.",
    "unreadable": "{address} cannot be read ({code}).",
}
_NO_CREDENTIALS: Final = (
    "NoCredentials", "PartialCredentials", "CredentialRetrieval", "DefaultCredentialsError", "RefreshError",
    "ClientAuthenticationError", "NoAuthTokenError", "ProfileNotFound",
)  # fmt: skip
_NETWORK: Final = (
    "EndpointConnection", "ConnectTimeout", "ConnectionError", "ClientConnector", "ReadTimeout", "gaierror",
    "ConnectionRefused", "ServiceRequestError", "TimeoutError", "FSTimeoutError", "ConnectionClosed",
    "ConnectionReset", "ServerDisconnected", "ClientPayload", "IncompleteRead", "ResponseStreaming",
)  # fmt: skip


def failure_of(error: BaseException, address: object) -> StorageError:
    """Return the error of a storage in words.

    Parameters
    ----------
    error
        What a library raised.
    address
        What was read.

    Returns
    -------
    StorageError
        Reasons ``missing``, ``permission``, ``credentials``, ``region``, ``network``, ``changed``, ``unreadable``.
    """
    if isinstance(error, StorageError):
        return error
    code = code_of(error)
    kinds = [type(one).__name__ for one in _chain(error)]
    reason = _reason(error, code, kinds)
    named = code or (kinds[-1] if reason == "network" else kinds[0])
    words = _WORDS["bucket" if code == "NoSuchBucket" else reason].format(address=address, code=named)
    return StorageError(words, reason=reason)


def _reason(error: BaseException, code: str, kinds: list[str]) -> str:
    """Return the reason of a failure; codes of the storage say more than the classes of a library."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    if any(name in kind for kind in kinds for name in _NO_CREDENTIALS):
        return "credentials"
    by_class = (
        (PermissionError, "permission"),
        (FileNotFoundError, "missing"),
        ((TimeoutError, ConnectionError), "network"),
    )
    found = next((reason for kind, reason in by_class if isinstance(error, kind)), "")
    is_network = any(name in kind for kind in kinds for name in _NETWORK)
    return found or ("network" if is_network else "unreadable")


def code_of(error: BaseException) -> str:
    """Return the short code that a storage gave with its refusal; "" where it gave none."""
    for one in _chain(error):
        response: Any = getattr(one, "response", None)
        if isinstance(response, dict):
            code = str(response.get("Error", {}).get("Code", ""))
            return code if _CODE.fullmatch(code) else ""
        code = str(getattr(one, "code", "") or getattr(one, "status_code", "") or "")
        if _CODE.fullmatch(code):
            return code
    return ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes, at most ten."""
    one: BaseException | None = error
    for _ in range(10):
        if one is None:
            return
        yield one
        one = one.__cause__ or one.__context__
