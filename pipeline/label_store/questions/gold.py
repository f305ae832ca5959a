"""Gold questions: images with a settled answer, hidden among the others to measure annotators.

One draw of a gold image is asked of every annotator once. An annotator is not asked about an image that they answered
before for this attribute, for any purpose, because they may remember it or have settled it. Answers to gold questions
do not become labels. Every function works inside the caller's transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Row, and_, exists, insert, or_, select

from pipeline.annotation.consensus import Label, agreement_rule, fold_answers
from pipeline.errors import ParameterError, UnknownRecordError
from pipeline.label_store.attributes.definitions import check_asked, find_attribute, touch
from pipeline.label_store.images import KnownImages
from pipeline.label_store.log_reading import answer_arrays
from pipeline.label_store.questions.draws import add_batch
from pipeline.label_store.records import EVERYBODY, Drawn, Purpose, Value
from pipeline.label_store.schema.statements import alive
from pipeline.label_store.schema.tables import (
    answers,
    barred,
    batches,
    draws,
    here,
    leases,
    pages,
    retired_gold,
    undone,
)

__all__ = [
    "GoldSummary",
    "first_gold",
    "gold_in_hand",
    "hidden_count",
    "in_use",
    "make_gold",
    "retire_gold",
    "rightness",
    "summary",
]

GOLD = "gold"
"""Reason of a draw that `make_gold` makes."""

MOST_GOLD = 2_000
SHORTLIST = 40
"""Number of gold images that are checked together for an annotator."""


@dataclass(frozen=True, slots=True)
class GoldSummary:
    """Numbers of gold questions of an attribute.

    Parameters
    ----------
    yes, no
        Number of gold questions in use with each answer.
    retired
        Number of retired gold questions.
    settled_yes, settled_no
        Number of settled images that could become gold questions, including near-duplicates.
    """

    yes: int
    no: int
    retired: int
    settled_yes: int
    settled_no: int


def make_gold(
    connection: Connection, images: KnownImages, attribute: str, count: int, seed: int, now: float
) -> tuple[str, int]:
    """Draw settled images as gold questions, half of them yes if possible. Return the batch and its number of images.

    An image is settled by the attribute's rule from answers to single images and imported answers. Bulk answers do not
    count, because their images were not examined one by one. One image of a group of near-duplicates is drawn, and none
    that is a near-duplicate of a present or retired gold question.

    Raises
    ------
    ParameterError
        If the number is not allowed, or one of the answers has no settled image.
    """
    if not 2 <= count <= MOST_GOLD:
        raise ParameterError(f"count={count} is outside 2 to {MOST_GOLD:,} gold questions.")
    check_asked(connection, attribute)
    chance = np.random.default_rng(seed)
    sides = []
    seen: set[int] = set()
    for ids in _settled(connection, images, attribute):
        groups = images.group_of(ids.tolist()).tolist()
        places = [place for place in chance.permutation(len(ids)).tolist() if not _known(seen, groups[place])]
        sides.append(ids[places])
    yes, no = sides
    if not len(yes) or not len(no):
        raise ParameterError(
            f"{attribute} has {len(yes):,} settled images that are a yes and {len(no):,} that are a no, without "
            "near-duplicates of present gold questions. Both are needed. Answer more images one by one, then try again."
        )
    wanted = min(len(yes), max((count + 1) // 2, count - len(no)))
    chosen = [(int(image), Value.YES) for image in yes[:wanted]]
    chosen += [(int(image), Value.NO) for image in no[: count - wanted]]
    shuffled = [chosen[place] for place in chance.permutation(len(chosen)).tolist()]
    drawn = [Drawn(image, GOLD, expected=expected) for image, expected in shuffled]
    batch: dict[str, object] = {
        "id": uuid.uuid4().hex,
        "attribute": attribute,
        "definition_version": find_attribute(connection, attribute).definition.version,
        "purpose": Purpose.GOLD.value,
        "model_version": "",
        "created": now,
        "title": "gold",
    }
    return str(batch["id"]), add_batch(connection, images, batch, drawn, opinions=EVERYBODY, again=False)


def _known(seen: set[int], group: int) -> bool:
    """Return whether a group was seen before, and record it."""
    known = group in seen
    seen.add(group)
    return known


def _settled(
    connection: Connection, images: KnownImages, attribute: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return settled yes and no images that are not gold, not near-duplicates of gold, and not barred."""
    wall = and_(barred.c.attribute == attribute, barred.c.image_id == answers.c.image_id)
    one_by_one = or_(answers.c.draw_id.is_not(None), answers.c.reason.startswith("import"))
    rule = agreement_rule(find_attribute(connection, attribute).agree)
    labels = fold_answers(
        *answer_arrays(connection, attribute, Purpose.TRAINING, one_by_one, ~exists().where(wall)), rule
    )
    was = select(draws.c.image_id).where(draws.c.attribute == attribute, draws.c.purpose == Purpose.GOLD.value)
    gold = images.with_near_duplicates(connection.execute(was.distinct()).scalars().all())
    sides = (labels.ids_of(side) for side in (Label.YES, Label.NO))
    yes, no = (ids[images.present(ids) & ~np.isin(ids, gold)] for ids in sides)
    return yes, no


def summary(connection: Connection, images: KnownImages, attribute: str) -> GoldSummary:
    """Return the number of gold questions of an attribute, and of images that could become one."""
    query = select(draws.c.image_id, draws.c.expected).where(in_use(attribute), here(draws.c.image_id)).distinct()
    expectations = [row.expected for row in connection.execute(query)]
    retired = select(retired_gold.c.image_id).where(retired_gold.c.attribute == attribute)
    yes, no = _settled(connection, images, attribute)
    return GoldSummary(
        yes=expectations.count(Value.YES),
        no=expectations.count(Value.NO),
        retired=len(connection.execute(retired).all()),
        settled_yes=len(yes),
        settled_no=len(no),
    )


def retire_gold(connection: Connection, annotator_id: str, attribute: str, image_id: int, now: float) -> None:
    """Retire a gold question permanently. It is no longer asked, and its answers no longer count.

    Raises
    ------
    UnknownRecordError
        If the image is not a gold question of this attribute. A second call changes nothing.
    """
    gold = and_(draws.c.attribute == attribute, draws.c.image_id == image_id, draws.c.purpose == Purpose.GOLD.value)
    if connection.execute(select(draws.c.id).where(gold)).first() is None:
        raise UnknownRecordError(f"Image {image_id} is not a gold question of {attribute}.")
    known = and_(retired_gold.c.attribute == attribute, retired_gold.c.image_id == image_id)
    if connection.execute(select(retired_gold.c.at).where(known)).first() is None:
        values = {"attribute": attribute, "image_id": image_id, "annotator_id": annotator_id, "at": now}
        connection.execute(insert(retired_gold).values(**values))
        touch(connection, attribute, annotator_id, now)


def in_use(attribute: str) -> ColumnElement[bool]:
    """Return the SQL condition that a draw is a gold question of an attribute and was not retired."""
    retired = exists().where(retired_gold.c.attribute == attribute, retired_gold.c.image_id == draws.c.image_id)
    return and_(draws.c.attribute == attribute, draws.c.purpose == Purpose.GOLD.value, ~retired)


def hidden_count(size: int, share: float, chance: np.random.Generator) -> int:
    """Return the number of gold questions of a page. It is random, so that annotators cannot guess it."""
    return int(chance.binomial(size, share)) if share > 0 else 0


def first_gold(
    connection: Connection,
    annotator_id: str,
    attribute: str,
    count: int,
    unwanted: Collection[int],
    free: Any,
    chance: np.random.Generator,
) -> list[int]:
    """Choose up to `count` gold draws for an annotator, in random order, balanced between yes and no.

    Parameters
    ----------
    unwanted
        Images that are already on the page.
    free
        Returns the query of the draws under a condition that this annotator may receive:
        `pipeline.label_store.questions.leases.free_for`.
    """
    if count < 1:
        return []
    rows = connection.execute(select(draws.c.id, draws.c.image_id, draws.c.expected).where(in_use(attribute))).all()
    possible = [row for row in rows if row.image_id not in unwanted]
    order = _alternating([possible[place] for place in chance.permutation(len(possible)).tolist()], chance)
    chosen: list[int] = []
    for start in range(0, len(order), SHORTLIST):
        part = order[start : start + SHORTLIST]
        unseen = and_(draws.c.id.in_(part), ~_seen(annotator_id, attribute))
        may = set(connection.execute(free(unseen)).scalars())
        chosen += [draw_id for draw_id in part if draw_id in may]
        if len(chosen) >= count:
            break
    return [chosen[place] for place in chance.permutation(min(count, len(chosen))).tolist()]


def _alternating(rows: list[Row[Any]], chance: np.random.Generator) -> list[int]:
    """Order draws so that yes and no alternate, as long as there are both. The first one is random."""
    sides = [[row.id for row in rows if (row.expected == Value.YES) is yes] for yes in (True, False)]
    first = int(chance.integers(2))
    both = min(len(side) for side in sides)
    pairs = [draw_id for pair in zip(sides[first][:both], sides[1 - first][:both], strict=True) for draw_id in pair]
    return pairs + sides[0][both:] + sides[1][both:]


def _seen(annotator_id: str, attribute: str) -> ColumnElement[bool]:
    """Return the SQL condition that the annotator answered the image of a draw before, even if it was undone."""
    other = draws.alias()
    return exists().where(
        other.c.attribute == attribute,
        other.c.image_id == draws.c.image_id,
        answers.c.draw_id == other.c.id,
        answers.c.annotator_id == annotator_id,
    )


def gold_in_hand(connection: Connection, annotator_id: str, attribute: str, now: float) -> int:
    """Count the gold questions on live pages of an annotator."""
    query = (
        select(draws.c.id)
        .join(leases, leases.c.draw_id == draws.c.id)
        .join(pages, pages.c.id == leases.c.page_id)
        .join(batches, batches.c.id == pages.c.batch_id)
        .where(in_use(attribute), leases.c.open, alive(pages.c.expires, now), pages.c.annotator_id == annotator_id)
        .where(batches.c.purpose == Purpose.GOLD.value)
    )
    return len(connection.execute(query).all())


def rightness(connection: Connection, attribute: str, annotator_id: str) -> list[bool]:
    """Return whether each counting gold answer of an annotator is right, in the order of the first answers."""
    query = (
        select(answers.c.draw_id, answers.c.value, draws.c.expected)
        .join(draws, draws.c.id == answers.c.draw_id)
        .where(answers.c.attribute == attribute, answers.c.annotator_id == annotator_id)
        .where(answers.c.purpose == Purpose.GOLD.value, in_use(attribute), answers.c.sequence.not_in(undone()))
        .order_by(answers.c.sequence)
    )
    last: dict[int, bool] = {}
    for row in connection.execute(query):
        last[row.draw_id] = row.value == row.expected
    return list(last.values())
