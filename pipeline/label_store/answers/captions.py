"""Captions: recording, and search by words. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update

from pipeline.errors import ParameterError, UnknownRecordError
from pipeline.label_store.answers.log import add_action, end_claims
from pipeline.label_store.questions.draws import check_unpublished
from pipeline.label_store.questions.leases import is_alive
from pipeline.label_store.records import CAPTIONS, LEASE_SECONDS
from pipeline.label_store.schema.statements import recount
from pipeline.label_store.schema.tables import batches, captions, draws, leases, pages, undone
from pipeline.text.query_words import holds
from pipeline.text.word_cutting import fold_text, words_of

__all__ = ["add_caption", "search_captions"]

MOST_WORDS = 20
LONGEST_WORD = 100
FETCHED = 5_000


def add_caption(
    connection: Connection,
    action_id: str,
    annotator_id: str,
    image_id: int,
    words: str,
    page_id: str | None,
    draw_id: int | None,
    now: float,
) -> None:
    """Record a caption. A requested caption counts as the answer of its page, even after the page expired."""
    if (page_id is None) != (draw_id is None):
        raise ParameterError("A requested caption needs page_id and draw_id. Any other caption must have neither.")
    live = page_id is not None and _check_page(connection, annotator_id, image_id, page_id, draw_id, now)
    sequence = add_action(connection, action_id, annotator_id, "caption", now)
    connection.execute(
        insert(captions).values(
            sequence=sequence,
            image_id=image_id,
            text=words,
            folded=fold_text(words),
            page_id=page_id,
            draw_id=draw_id,
        )
    )
    if live:
        connection.execute(update(pages).where(pages.c.id == page_id).values(expires=now + LEASE_SECONDS))
    if draw_id is not None:
        end_claims(connection, annotator_id, [draw_id])
        recount(connection, [draw_id])


def search_captions(connection: Connection, words: Sequence[str], limit: int) -> list[int]:
    """Return the images with a caption that contains all words (`holds`), newest captions first."""
    wanted = [word.strip() for word in words if word.strip()]
    if len(wanted) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in wanted):
        raise ParameterError(f"Search for up to {MOST_WORDS} words of up to {LONGEST_WORD} characters each.")
    if not wanted:
        return []
    query = select(captions.c.image_id, captions.c.folded).where(captions.c.sequence.not_in(undone()))
    found: dict[int, None] = {}
    rows = connection.execution_options(yield_per=FETCHED).execute(query.order_by(captions.c.sequence.desc()))
    for image_id, text in rows:
        cut = words_of(text)
        if all(holds(cut, word) for word in wanted):
            found[image_id] = None
        if len(found) >= limit:
            break
    rows.close()
    return list(found)


def _check_page(
    connection: Connection, annotator_id: str, image_id: int, page_id: str, draw_id: int | None, now: float
) -> bool:
    """Refuse a caption that its page did not ask for, and return whether the page is live."""
    row = connection.execute(
        select(pages.c.expires, draws.c.image_id, batches)
        .join(batches, batches.c.id == pages.c.batch_id)
        .join(leases, leases.c.page_id == pages.c.id)
        .join(draws, draws.c.id == leases.c.draw_id)
        .where(pages.c.id == page_id, pages.c.annotator_id == annotator_id, draws.c.id == draw_id)
        .with_for_update(read=True, of=batches)
    ).first()
    connection.execute(select(draws.c.id).where(draws.c.id == draw_id).with_for_update())
    if row is None or row.image_id != image_id or row.attribute != CAPTIONS:
        raise UnknownRecordError("This annotator has no page that asks for a caption of this image. Take a page first.")
    check_unpublished(row)
    return is_alive(row.expires, now)
