"""Addresses of other storage, read strictly: ``s3://bucket/folder/a.jpg``. Pure.

Only protocols that read objects over a network are allowed. `fsspec` knows more: some of them reach files of this
machine (``file``), some run commands or join protocols (``simplecache::``). Credentials do not belong in an address. So
an address can be shown, logged and stored, except for the query of a link, which is kept apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from pipeline.errors import StorageError
from pipeline.text.plain_text import plain

__all__ = [
    "PROTOCOLS",
    "StorageAddress",
    "allow_protocol",
    "is_address",
    "parse_storage_address",
    "source_place",
    "stored_address",
]

WEB: Final = ("https", "http")
PROTOCOLS: Final = ("s3", "gs", "az", "abfs", "abfss", *WEB)
"""Protocols that are allowed. `pipeline.storage.stores.register_store` adds one."""

_SAME: Final = {"s3a": "s3", "s3n": "s3", "gcs": "gs"}
"""Other spellings of protocols."""

LONGEST: Final = 4_096
"""Characters of an address."""

_ADDRESS: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)(://|::)")
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ENVIRONMENT: Final = "Credentials are read from the environment, as the storage's own tools do"
_ADDED: Final[set[str]] = set()


@dataclass(frozen=True, slots=True)
class StorageAddress:
    """A checked address.

    Parameters
    ----------
    protocol
        One of `PROTOCOLS`, or one that was added.
    root
        Name of the bucket or container; for a link the host, with its port.
    path
        Key below the root without a slash at its ends; for a link in the spelling of the link. "" for the root itself.
    query
        The query of a link. It may be a secret, so it is in no text of the address.
    """

    protocol: str
    root: str
    path: str
    query: str = field(default="", repr=False, compare=False)

    def __str__(self) -> str:
        """Return the address for people, without its query."""
        return plain(self.text)

    @property
    def text(self) -> str:
        """The address as it is stored, without its query."""
        return f"{self.protocol}://{self.root}/{self.path}" if self.path else f"{self.protocol}://{self.root}"

    @property
    def is_web(self) -> bool:
        """Whether it is a link."""
        return self.protocol in WEB

    @property
    def name(self) -> str:
        """Last part of the path, as a name; that of the root for the root itself."""
        last = self.path.rpartition("/")[2] or self.root
        return unquote(last) if self.is_web else last

    @property
    def suffix(self) -> str:
        """Ending of the name in lower case, with the dot; "" for none."""
        stem, dot, ending = self.name.rpartition(".")
        return f".{ending.lower()}" if stem and dot and ending else ""

    @property
    def parent(self) -> StorageAddress:
        """The folder that it lies in."""
        return replace(self, path=self.path.rpartition("/")[0], query="")

    def below(self, key: str) -> StorageAddress:
        """Return the address of a key below this folder.

        Parameters
        ----------
        key
            Names with slashes between them, none of them ``..``.
        """
        key = quote(key) if self.is_web else key
        return replace(self, path=f"{self.path}/{key}".strip("/"), query="")

    def holds(self, other: StorageAddress) -> bool:
        """Return whether another address is this one or lies below it."""
        same = (self.protocol, self.root) == (other.protocol, other.root)
        return same and (not self.path or f"{other.path}/".startswith(f"{self.path}/"))


def is_address(text: str) -> bool:
    """Return whether a text is meant as an address rather than as a path of this machine."""
    return _ADDRESS.match(text.strip()) is not None


def source_place(text: str) -> Path | StorageAddress:
    """Return what a person gave as a source: an address of other storage, or a path of this machine.

    Raises
    ------
    StorageError
        As in `parse_storage_address`.
    """
    return parse_storage_address(text) if is_address(text) else Path(text)


def allow_protocol(protocol: str) -> None:
    """Allow addresses of another protocol."""
    _ADDED.add(protocol)


def parse_storage_address(text: str) -> StorageAddress:
    """Read an address.

    Parameters
    ----------
    text
        As `is_address` recognises it. Slashes at its end are ignored.

    Raises
    ------
    StorageError
        Reason ``address``. The sentence never repeats what may be a secret.
    """
    text = text.strip()
    found = _ADDRESS.match(text)
    if found is None or len(text) > LONGEST or _UNFIT.search(text):
        raise _refused(
            "The text",
            f"is no address of storage: it has at most {LONGEST:,} characters that can be seen, and begins "
            "with its protocol, as in s3://bucket/folder",
        )
    protocol = _SAME.get(found[1].lower(), found[1].lower())
    if found[2] == "::" or "::" in text.partition("?")[0]:
        raise _refused(f"{plain(protocol)}:", "begins or continues a chain of protocols (::), and none is followed")
    if protocol in {"file", "local"}:
        raise _refused("file:", "is no address of other storage. Give the path of the folder or file itself")
    if protocol not in (*PROTOCOLS, *_ADDED):
        allowed = ", ".join(f"{one}://" for one in PROTOCOLS)
        raise _refused(f"{plain(protocol)[:40]}://", f"is not read; allowed are {allowed}")
    return _checked(protocol, text[found.end() :])


def stored_address(text: str) -> StorageAddress:
    """Return the address of `StorageAddress.text`. Its path may hold what a typed one may not; it names one object.

    Raises
    ------
    StorageError
        As in `parse_storage_address`.
    """
    protocol, mark, rest = text.partition("://")
    root, _, path = rest.partition("/")
    return replace(parse_storage_address(f"{protocol}{mark}{root}"), path=path)


def _checked(protocol: str, rest: str) -> StorageAddress:
    """Return the address after its protocol."""
    is_web = protocol in WEB
    rest = rest.partition("#")[0] if is_web else rest
    rest, _, query = rest.partition("?") if is_web else (rest, "", "")
    root, _, path = rest.partition("/")
    user, at, _ = root.rpartition("@")
    if at and (":" in user or protocol not in {"abfs", "abfss", "az"}):
        remedy = "Links are read without a user" if is_web else _ENVIRONMENT
        raise _refused(f"An address of {protocol}://", f"names a user or a password before the @. {remedy}")
    if not is_web and re.search(r"[?&](sig|signature|token|x-amz-[a-z-]+|awsaccesskeyid)=", rest, re.IGNORECASE):
        raise _refused(f"An address of {protocol}://", f"ends in a signature. {_ENVIRONMENT}")
    if not root or not root.isascii():
        raise _refused(f"An address of {protocol}://", "names no bucket or host; write it after the two slashes")
    path = path.strip("/") if is_web else path.rstrip("/")
    parts = [unquote(part) for part in path.split("/")] if is_web else path.split("/")
    if any(part in {".", ".."} for part in parts) or (path and "" in parts and not is_web):
        raise _refused(
            f"{protocol}://{plain(root)}/{plain(path)[:200]}",
            "holds '.', '..' or nothing between two slashes. Write the address without them",
        )
    return StorageAddress(protocol, root.lower() if is_web else root, path, query)


def _refused(what: str, why: str) -> StorageError:
    return StorageError(f"{what} {why}.", reason="address")
