"""Annotators, a chosen name and a random id, and who of them is here now. Works inside the caller's transaction."""

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
        Names the window.
    since, seen
        Seconds since 1970 of its start, and of its last sign of life.
    doing
        What is done in it, for people; untrusted.
    holding
        Images on the annotator's live pages, in whichever window.
    """

    session_id: str
    annotator: Annotator
    since: float
    seen: float
    doing: str
    holding: int


def add_annotator(connection: Connection, name: str, now: float) -> Annotator:
    """Record an annotator under a random id of 128 bits; unauthenticated, because anyone may choose any name.

    A name that looks like another's gets a number, so that the two are told apart wherever names are shown.
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
    """List all annotators, oldest first."""
    query = select(annotators.c.id, annotators.c.name, annotators.c.authenticated)
    return [Annotator(*row) for row in connection.execute(query.order_by(annotators.c.created, annotators.c.id))]


def find_annotator(connection: Connection, annotator_id: str) -> Annotator:
    """Return the annotator with an id; UnknownRecordError if there is none."""
    query = select(annotators.c.id, annotators.c.name, annotators.c.authenticated)
    row = connection.execute(query.where(annotators.c.id == annotator_id)).first()
    if row is None:
        raise UnknownRecordError(f"The store knows no annotator {annotator_id!r}. Choose a name first.")
    return Annotator(*row)


def check_annotator(connection: Connection, annotator_id: str) -> None:
    """Refuse an id that no annotator has."""
    find_annotator(connection, annotator_id)


def heartbeat(
    connection: Connection, session_id: str, annotator_id: str, doing: str, now: float, *, take_over: bool
) -> None:
    """Note that a window is alive, and forget those of which nothing was heard for a day."""
    if not 1 <= len(session_id) <= LONGEST_SESSION:
        raise ParameterError(f"The id of a session has 1 to {LONGEST_SESSION} characters.")
    check_annotator(connection, annotator_id)
    words = plain_text(doing, LONGEST_DOING, "note of what is done") if doing.strip() else ""
    ahead = now + CLOCK_SKEW_SECONDS  # what lies later was written before the clock was set back
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
    """Note that a window was closed."""
    connection.execute(delete(presence).where(presence.c.session_id == session_id))


def list_present(connection: Connection, now: float, annotator_id: str | None = None) -> list[Presence]:
    """List the live windows, the one that began last first; of one annotator if given."""
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


def _holding(connection: Connection, annotator_ids: set[str], now: float) -> dict[str, int]:
    query = (
        select(pages.c.annotator_id, func.count())
        .join(leases, leases.c.page_id == pages.c.id)
        .where(pages.c.annotator_id.in_(annotator_ids), alive(pages.c.expires, now), leases.c.open)
        .group_by(pages.c.annotator_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
