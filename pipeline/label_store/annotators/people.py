"""Annotators and their open windows. Every function works inside the caller's transaction."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from pipeline.errors import ParameterError, StoreMissingError, UnknownRecordError
from pipeline.label_store.annotators.names import check_visible, told_apart
from pipeline.label_store.records import CLOCK_SKEW_SECONDS, Annotator
from pipeline.label_store.schema.statements import alive
from pipeline.label_store.schema.tables import annotators, leases, pages, presence, store

__all__ = [
    "PRESENCE_SECONDS",
    "Presence",
    "add_annotator",
    "check_annotator",
    "find_annotator",
    "forget",
    "heartbeat",
    "list_annotators",
    "list_present",
    "plain_text",
    "read_secret",
]

LONGEST_NAME = 80
LONGEST_SESSION = 64
LONGEST_DOING = 100
PRESENCE_SECONDS = 45.0
"""Seconds after the last heartbeat in which a window counts as open."""
FORGOTTEN_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Presence:
    """One open window of an annotator.

    Parameters
    ----------
    session_id
        Id of the window.
    since, seen
        Time of its start and of its last heartbeat, in seconds since 1970.
    doing
        A note about the present work, for people. Untrusted.
    holding
        Number of images on live pages of the annotator, in all windows.
    """

    session_id: str
    annotator: Annotator
    since: float
    seen: float
    doing: str
    holding: int


def add_annotator(connection: Connection, name: str, now: float) -> Annotator:
    """Add an annotator with a random id of 128 bits. It is unauthenticated, because names can be chosen freely.

    A name that looks like another name gets a number, so that they can be distinguished.
    """
    chosen = plain_text(name, LONGEST_NAME, "name of an annotator")
    check_visible(chosen, "name of an annotator")
    chosen = told_apart(chosen, connection.execute(select(annotators.c.name)).scalars())
    annotator = Annotator(secrets.token_hex(16), chosen, authenticated=False)
    connection.execute(
        insert(annotators).values(
            id=annotator.id, name=annotator.name, authenticated=annotator.authenticated, created=now
        )
    )
    return annotator


def list_annotators(connection: Connection) -> list[Annotator]:
    """Return all annotators, oldest first."""
    query = select(annotators.c.id, annotators.c.name, annotators.c.authenticated)
    return [Annotator(*row) for row in connection.execute(query.order_by(annotators.c.created, annotators.c.id))]


def find_annotator(connection: Connection, annotator_id: str) -> Annotator:
    """Return the annotator with an id. Raises UnknownRecordError if there is none."""
    query = select(annotators.c.id, annotators.c.name, annotators.c.authenticated)
    row = connection.execute(query.where(annotators.c.id == annotator_id)).first()
    if row is None:
        raise UnknownRecordError(f"The store knows no annotator {annotator_id!r}. Choose a name first.")
    return Annotator(*row)


def check_annotator(connection: Connection, annotator_id: str) -> None:
    """Raise an error if no annotator has this id."""
    find_annotator(connection, annotator_id)


def heartbeat(
    connection: Connection, session_id: str, annotator_id: str, doing: str, now: float, *, take_over: bool
) -> None:
    """Record that a window is open, and delete windows without a heartbeat for a day."""
    if not 1 <= len(session_id) <= LONGEST_SESSION:
        raise ParameterError(f"The id of a session must have 1 to {LONGEST_SESSION} characters.")
    check_annotator(connection, annotator_id)
    words = plain_text(doing, LONGEST_DOING, "note about the present work") if doing.strip() else ""
    ahead = now + CLOCK_SKEW_SECONDS  # later times were written before the clock was set back
    forgotten = or_(presence.c.seen < now - FORGOTTEN_SECONDS, presence.c.seen > ahead)
    connection.execute(delete(presence).where(forgotten, presence.c.session_id != session_id))
    known = connection.execute(select(presence).where(presence.c.session_id == session_id)).first()
    values = {"annotator_id": annotator_id, "seen": now, "doing": words}
    if known is None:
        connection.execute(insert(presence).values(session_id=session_id, since=now, **values))
    else:
        begins = take_over or known.annotator_id != annotator_id or known.since > ahead
        since = now if begins else known.since
        connection.execute(update(presence).where(presence.c.session_id == session_id).values(since=since, **values))


def forget(connection: Connection, session_id: str) -> None:
    """Delete a window that was closed."""
    connection.execute(delete(presence).where(presence.c.session_id == session_id))


def list_present(connection: Connection, now: float, annotator_id: str | None = None) -> list[Presence]:
    """Return the open windows, newest first, of all annotators or of one."""
    query = (
        select(presence, annotators.c.name, annotators.c.authenticated)
        .join(annotators, annotators.c.id == presence.c.annotator_id)
        .where(presence.c.seen > now - PRESENCE_SECONDS, presence.c.seen <= now + CLOCK_SKEW_SECONDS)
        .order_by(presence.c.since.desc(), presence.c.session_id)
    )
    if annotator_id is not None:
        query = query.where(presence.c.annotator_id == annotator_id)
    rows = connection.execute(query).all()
    holding = _holding(connection, {row.annotator_id for row in rows}, now)
    return [
        Presence(
            row.session_id,
            Annotator(row.annotator_id, row.name, row.authenticated),
            row.since,
            row.seen,
            row.doing,
            holding.get(row.annotator_id, 0),
        )
        for row in rows
    ]


def read_secret(connection: Connection) -> bytes:
    """Return the 32 secret random bytes that only the servers of this store know."""
    found = connection.execute(select(store.c.secret)).scalar()
    if not found:
        raise StoreMissingError("The store has no identity yet. Open it through its collection.")
    return bytes.fromhex(found)


def plain_text(text: str, longest: int, what: str) -> str:
    """Check a text of a person, and return it with joined white space: 1 to `longest` characters, no controls.

    Raises
    ------
    ParameterError
        If it is empty, too long, or contains control characters.
    """
    joined = " ".join(text.split())
    if not 1 <= len(joined) <= longest:
        raise ParameterError(f"The {what} has {len(joined):,} characters. Allowed are 1 to {longest:,}.")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in joined):
        raise ParameterError(f"The {what} contains a control character. Type it as plain text.")
    return joined


def _holding(connection: Connection, annotator_ids: set[str], now: float) -> dict[str, int]:
    query = (
        select(pages.c.annotator_id, func.count())
        .join(leases, leases.c.page_id == pages.c.id)
        .where(pages.c.annotator_id.in_(annotator_ids), alive(pages.c.expires, now), leases.c.open)
        .group_by(pages.c.annotator_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
