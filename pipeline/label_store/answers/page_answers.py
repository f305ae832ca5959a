"""Recording the replies to a page. Works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from pipeline.errors import LeaseError, ParameterError, PurposeError, UnknownRecordError
from pipeline.label_store.answers.log import add_action, end_claims
from pipeline.label_store.questions.draws import check_unpublished
from pipeline.label_store.questions.leases import is_alive
from pipeline.label_store.records import CAPTIONS, LEASE_SECONDS, Purpose, Reply
from pipeline.label_store.schema.statements import recount
from pipeline.label_store.schema.tables import answers, batches, draws, leases, pages, survives

__all__ = ["answer_page"]

MOST_SECONDS = 86_400.0


def answer_page(
    connection: Connection,
    action_id: str,
    page_id: str,
    annotator_id: str,
    replies: Sequence[Reply],
    purpose: Purpose | None,
    now: float,
) -> tuple[int, ...]:
    """Record replies to images of a page, and return the draws whose reply came too late.

    A reply is too late if the page had expired and enough other annotators have answered the image since. Without such
    answers, the reply of a slow annotator is recorded.
    """
    page = _open_page(connection, page_id, annotator_id, purpose)
    wanted = _checked(replies)
    rows = _draws_of(connection, page_id, wanted)
    live = is_alive(page.expires, now)
    doubtful = [draw_id for draw_id, row in rows.items() if not (live and row.open)]
    others = _answered_by_others(connection, doubtful, annotator_id) if doubtful else {}
    # A cancelled draw needs no answer, but an answer that was already sent is kept.
    late = tuple(draw_id for draw_id in doubtful if others.get(draw_id, 0) >= max(1, rows[draw_id].wanted))
    if len(late) == len(wanted):
        raise LeaseError(
            "The page had expired, and another annotator has answered since. Nothing was recorded. Take the next page."
        )
    kept = [rows[draw_id] for draw_id in wanted if draw_id not in late]
    sequence = add_action(connection, action_id, annotator_id, "answer", now)
    connection.execute(
        insert(answers), [_answer_row(sequence, annotator_id, page, row, wanted[row.id]) for row in kept]
    )
    answered = [row.id for row in kept]
    # All writers lock batches, draws, pages and leases in this order, so that no deadlock is possible.
    if live:
        connection.execute(update(pages).where(pages.c.id == page_id).values(expires=now + LEASE_SECONDS))
    end_claims(connection, annotator_id, answered)
    recount(connection, answered)
    return late


def _open_page(connection: Connection, page_id: str, annotator_id: str, purpose: Purpose | None) -> Row[Any]:
    """Return a page of this annotator with its batch, and lock the batch so that it is not published now."""
    page = connection.execute(
        select(pages.c.id.label("page_id"), pages.c.expires, batches)
        .join(batches, batches.c.id == pages.c.batch_id)
        .where(pages.c.id == page_id, pages.c.annotator_id == annotator_id)
        .with_for_update(read=True, of=batches)
    ).first()
    if page is None:
        raise UnknownRecordError(f"This annotator has no page {page_id!r}. Take a page first.")
    if purpose is not None and purpose.value != page.purpose:
        raise PurposeError(f"The page was drawn for {page.purpose}, so its answers cannot be {purpose.value}.")
    if page.attribute == CAPTIONS:
        raise ParameterError("The page asks for captions, so yes and no are not allowed. Send a text for each image.")
    check_unpublished(page)
    return page


def _draws_of(connection: Connection, page_id: str, wanted: dict[int, Reply]) -> dict[int, Row[Any]]:
    """Return the answered draws of a page, with whether each is still open there, and lock them."""
    rows = {
        row.id: row
        for row in connection.execute(
            select(draws, leases.c.open)
            .join(leases, (leases.c.draw_id == draws.c.id) & (leases.c.page_id == page_id))
            .where(draws.c.id.in_(wanted))
            .order_by(draws.c.id)
            .with_for_update(of=draws)
        )
    }
    if len(rows) < len(wanted):
        raise UnknownRecordError("A reply names a draw that is not on this page. Answer only what the page shows.")
    return rows


def _answer_row(sequence: int, annotator_id: str, page: Row[Any], draw: Row[Any], reply: Reply) -> dict[str, object]:
    return {
        "sequence": sequence,
        "annotator_id": annotator_id,
        "attribute": page.attribute,
        "definition_version": page.definition_version,
        "page_id": page.page_id,
        "image_id": draw.image_id,
        "value": reply.value.value,
        "seconds": reply.seconds,
        "draw_id": draw.id,
        "purpose": draw.purpose,  # the page's, or gold
        "model_version": page.model_version if draw.purpose == page.purpose else "",
        "reason": draw.reason,
        "probability": draw.probability,
    }


def _checked(replies: Sequence[Reply]) -> dict[int, Reply]:
    """Return the replies by draw."""
    wanted = {reply.draw_id: reply for reply in replies}
    if not replies or len(wanted) != len(replies):
        raise ParameterError("An answer to a page needs at least one reply, and at most one for each image.")
    for reply in replies:
        if not 0 <= reply.seconds <= MOST_SECONDS:
            raise ParameterError(f"seconds={reply.seconds} of a reply is outside 0 to 86,400.")
    return wanted


def _answered_by_others(connection: Connection, draw_ids: list[int], annotator_id: str) -> dict[int, int]:
    """Count the surviving answers of other annotators to each draw."""
    rows = connection.execute(
        select(answers.c.draw_id, func.count(answers.c.annotator_id.distinct()))
        .where(answers.c.draw_id.in_(draw_ids), answers.c.annotator_id != annotator_id)
        .where(survives(answers.c.sequence))
        .group_by(answers.c.draw_id)
    )
    return {draw_id: count for draw_id, count in rows if draw_id is not None}
