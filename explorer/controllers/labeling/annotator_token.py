"""Annotator tokens: a signed text, kept by the browser, that holds the id of its annotator.

A token only proves that this store issued the id. There are no accounts, so anyone may choose any name.
"""

from __future__ import annotations

from tornado.web import create_signed_value, decode_signed_value

__all__ = ["DAYS", "annotator_of", "token_of"]

DAYS = 365
_NAME = "annotator"
LONGEST_TOKEN = 1_000


def token_of(annotator_id: str, secret: bytes) -> str:
    """Return an annotator's id, signed with the store's secret (HMAC-SHA256, Tornado's signed values, version 2)."""
    return create_signed_value(secret, _NAME, annotator_id).decode("ascii")


def annotator_of(token: object, secret: bytes) -> str | None:
    """Return the id in a token; None if the token is foreign, was changed, or is older than a year."""
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN:
        return None
    found = decode_signed_value(secret, _NAME, token, max_age_days=DAYS)
    try:
        return None if found is None else found.decode("ascii")
    except UnicodeDecodeError:
        return None
