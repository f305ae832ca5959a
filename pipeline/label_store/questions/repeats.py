"""Repeats: a share of an annotator's images is asked again, unmarked, to measure consistency.

In training, the answer to a repeat is the later answer of the annotator, and it counts. For validation, certification
and audit the first answer counts, and the repeat only measures its annotator
(`pipeline.label_store.log_reading.counting`). Every function works inside the caller's transaction.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, literal_column, select

from pipeline.label_store.questions.draws import add_draws
from pipeline.label_store.questions.leases import is_alive
from pipeline.label_store.records import REPEAT, Drawn, Purpose
from pipeline.label_store.schema.statements import chunks
from pipeline.label_store.schema.tables import answers, barred, draws, here, pages, survives, undone

__all__ = ["add_repeats", "consistency", "looks_of", "most_looks"]

LATEST = 20
"""Number of latest answers that are not asked again, because annotators would remember them."""


def add_repeats(
    connection: Connection,
    annotator_id: str,
    batch: Row[Any],
    most: int,
    share: float,
    unwanted: Collection[int],
    chance: np.random.Generator,
    now: float,
) -> list[int]:
    """Add up to `most` due repeats to a batch, and return their draws in random order.

    The number due is the share of the annotator's surviving first answers to this attribute for the batch's purpose,
    minus earlier repeats. Never repeated are: an image that was repeated before, images on a live page, images among
    the latest answers, images that only this annotator was asked about, barred images of a training batch, and the
    unwanted images.
    """
    rows = connection.execute(
        select(answers.c.image_id, pages.c.expires)
        .join(draws, draws.c.id == answers.c.draw_id)
        .join(pages, pages.c.id == answers.c.page_id)
        .where(answers.c.annotator_id == annotator_id, answers.c.attribute == batch.attribute)
        .where(answers.c.purpose == batch.purpose, draws.c.only_for == "")
        .where(answers.c.sequence.not_in(undone()), here(answers.c.image_id))
        .order_by(answers.c.sequence)
    ).all()
    mine = and_(_looks(annotator_id, batch.attribute), draws.c.purpose == batch.purpose)
    drawn = set(connection.execute(select(draws.c.image_id).where(mine)).scalars())
    answered = dict.fromkeys(row.image_id for row in rows)
    due = min(math.floor(share * len(answered)) - len(drawn), most)
    if due <= 0:
        return []
    live = {row.image_id for row in rows if is_alive(row.expires, now)}
    latest = {row.image_id for row in rows[-LATEST:]}
    unwanted = drawn | live | latest | set(unwanted)
    if batch.purpose == Purpose.TRAINING:
        walled = select(barred.c.image_id).where(barred.c.attribute == batch.attribute)
        unwanted |= set(connection.execute(walled).scalars())
    possible = [image_id for image_id in answered if image_id not in unwanted]
    places = chance.permutation(len(possible))[:due].tolist()
    chosen = [possible[place] for place in places]
    if not chosen:
        return []
    facts = {"id": batch.id, "attribute": batch.attribute, "purpose": batch.purpose}
    entries = [Drawn(image_id, REPEAT) for image_id in chosen]
    add_draws(connection, facts, entries, opinions=1, only_for=annotator_id)
    added = select(draws.c.image_id, draws.c.id).where(mine, draws.c.batch_id == batch.id, draws.c.image_id.in_(chosen))
    ids = {row.image_id: row.id for row in connection.execute(added)}
    return [ids[image_id] for image_id in chosen]


def most_looks(size: int, share: float) -> int:
    """Return the largest number of repeats on a page of a size."""
    return min(size, math.ceil(share * size) + 1)


def consistency(connection: Connection, annotator_id: str, attribute: str | None) -> tuple[int, int]:
    """Count the repeats with the same answer as before, and all answered repeats."""
    pairs = looks_of(connection, annotator_id, attribute)
    return sum(value == before for before, value in pairs.values()), len(pairs)


def looks_of(connection: Connection, annotator_id: str, attribute: str | None) -> dict[int, tuple[str, str]]:
    """Return for each answered repeat the annotator's earlier and repeated answer, for any purpose.

    The earlier answer is the last answer to the same question for the same purpose before the repeat.
    """
    asked = select(draws.c.id, draws.c.attribute, draws.c.purpose, draws.c.image_id)
    asked = asked.where(_looks(annotator_id, attribute))
    looks = {row.id: (row.attribute, row.purpose, row.image_id) for row in connection.execute(asked)}
    answered: dict[int, tuple[int, str]] = {}
    for part in chunks(list(looks)):
        for row in connection.execute(_words(annotator_id).where(answers.c.draw_id.in_(part))):
            answered[row.draw_id] = row.sequence, row.value
    before: defaultdict[tuple[str, str, int], list[tuple[int, str]]] = defaultdict(list)
    for name, purpose in {looks[draw_id][:2] for draw_id in answered}:
        for part in chunks([looks[draw_id][2] for draw_id in answered if looks[draw_id][:2] == (name, purpose)]):
            first = and_(draws.c.attribute == name, draws.c.image_id.in_(part), draws.c.only_for == "")
            theirs = _words(annotator_id).where(first, draws.c.purpose == purpose)
            for row in connection.execute(theirs):
                before[name, purpose, row.image_id].append((row.sequence, row.value))
    found: dict[int, tuple[str, str]] = {}
    for draw_id, (sequence, value) in answered.items():
        earlier = [earlier_value for at, earlier_value in before[looks[draw_id]] if at < sequence]
        if earlier:
            found[draw_id] = earlier[-1], value
    return found


def _words(annotator_id: str) -> Select[Any]:
    """Select an annotator's surviving answers with their draws, in the order of the log."""
    return (
        select(answers.c.draw_id, answers.c.sequence, answers.c.value, draws.c.image_id)
        .join(draws, draws.c.id == answers.c.draw_id)
        .where(answers.c.annotator_id == annotator_id, survives(answers.c.sequence))
        .order_by(answers.c.sequence)
    )


def _looks(annotator_id: str, attribute: str | None) -> ColumnElement[bool]:
    # The empty text is a literal in the statement, so that SQLite can use its partial index.
    mine = and_(draws.c.only_for == annotator_id, draws.c.only_for != literal_column("''"))
    mine &= draws.c.reason == REPEAT
    return mine if attribute is None else and_(mine, draws.c.attribute == attribute)
