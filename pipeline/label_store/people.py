"""Annotators: a chosen name and a random id. Every function works inside the caller's transaction."""

from __future__ import annotations

import secrets
import unicodedata

from sqlalchemy import Connection, insert, select

from pipeline.errors import ParameterError, UnknownRecordError
from pipeline.label_store.records import Annotator
from pipeline.label_store.tables import annotators

__all__ = ["add_annotator", "check_annotator", "list_annotators", "plain_text"]

LONGEST_NAME = 80


def add_annotator(connection: Connection, name: str, now: float) -> Annotator:
    """Record somebody under a random id of 128 bits; unauthenticated, because anyone may choose any name."""
    chosen = plain_text(name, LONGEST_NAME, "name of an annotator")
    annotator = Annotator(secrets.token_hex(16), chosen, authenticated=False)
    connection.execute(
        insert(annotators).values(
            id=annotator.id, name=annotator.name, authenticated=annotator.authenticated, created=now
        )
    )
    return annotator


def list_annotators(connection: Connection) -> list[Annotator]:
    """List everybody, oldest first."""
    query = select(annotators.c.id, annotators.c.name, annotators.c.authenticated)
    return [Annotator(*row) for row in connection.execute(query.order_by(annotators.c.created, annotators.c.id))]


def check_annotator(connection: Connection, annotator_id: str) -> None:
    """Refuse an id that nobody has."""
    if connection.execute(select(annotators.c.id).where(annotators.c.id == annotator_id)).first() is None:
        raise UnknownRecordError(f"The store knows no annotator {annotator_id!r}. Choose a name first.")


def plain_text(text: str, longest: int, what: str) -> str:
    """Check a text from a person: one to `longest` characters, white space joined, no control characters.

    Raises
    ------
    ParameterError
        If nothing is left of it, it is too long, or holds characters that are no text.
    """
    joined = " ".join(text.split())
    if not 1 <= len(joined) <= longest:
        raise ParameterError(f"The {what} has {len(joined):,} characters; 1 to {longest:,} are allowed.")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in joined):
        raise ParameterError(f"The {what} holds a control character. Type it as plain text.")
    return joined
