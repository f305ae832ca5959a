"""Answers of workers from elsewhere, page by page, as actions of the log. Works inside the caller's transaction.

They train, and nothing is known of how their images were drawn, so they have no draw and no probability. Their ids
follow from the names of the pages, so a repeated import records nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from pipeline.label_store.questions.walls import barred_images
from pipeline.label_store.records import Purpose, Value
from pipeline.label_store.schema.statements import chunks
from pipeline.label_store.schema.tables import acts, answers

__all__ = ["HIT_REASON", "HitAnswers", "HitReceipt", "record_hits"]

HIT_REASON: Final = "import: hit"
"""Reason of these answers. It tells them from bulk answers, which have no draw either."""


@dataclass(frozen=True, slots=True)
class HitAnswers:
    """One page that one worker answered.

    Parameters
    ----------
    id
        Id of the action, 1 to 36 characters, always the same for the same page.
    annotator_id, attribute
        Who answered, and what was asked.
    answers
        Image -> answer.
    at
        Seconds since 1970.
    seconds
        Time for each answer, 0 where it is not known.
    """

    id: str
    annotator_id: str
    attribute: str
    answers: Mapping[int, Value]
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class HitReceipt:
    """Numbers of answers: recorded now, there before, and left out because their images are barred from training."""

    recorded: int = 0
    before: int = 0
    barred: int = 0

    def __add__(self, other: HitReceipt) -> HitReceipt:
        """Return the sum of two receipts."""
        return HitReceipt(self.recorded + other.recorded, self.before + other.before, self.barred + other.barred)


def record_hits(
    connection: Connection, hits: Sequence[HitAnswers], versions: Mapping[str, int], now: float
) -> HitReceipt:
    """Record the pages that the log does not hold yet.

    Parameters
    ----------
    connection
        Of the transaction.
    hits
        Pages with different ids. Their annotators and images exist.
    versions
        Version of the definition of each attribute.
    now
        Seconds since 1970. A later time of a page counts as now.
    """
    there: set[str] = set()
    for part in chunks([hit.id for hit in hits]):
        there.update(connection.execute(select(acts.c.id).where(acts.c.id.in_(part))).scalars())
    waiting = [hit for hit in hits if hit.id not in there]
    barred = {}
    for name in {hit.attribute for hit in waiting}:
        asked = {image_id for hit in waiting if hit.attribute == name for image_id in hit.answers}
        barred[name] = barred_images(connection, name, sorted(asked))
    kept = [(hit, [one for one in hit.answers.items() if one[0] not in barred[hit.attribute]]) for hit in waiting]
    kept = [(hit, hit_answers) for hit, hit_answers in kept if hit_answers]
    sequences = _add_actions(connection, [hit for hit, _ in kept], now)
    rows: list[dict[str, Any]] = []
    for hit, hit_answers in kept:
        shared = {
            "sequence": sequences[hit.id],
            "annotator_id": hit.annotator_id,
            "attribute": hit.attribute,
            "definition_version": versions[hit.attribute],
            "purpose": Purpose.TRAINING.value,
            "seconds": hit.seconds,
            "reason": HIT_REASON,
            "model_version": "",
        }
        rows += [shared | {"image_id": image_id, "value": value.value} for image_id, value in hit_answers]
    if rows:
        connection.execute(insert(answers), rows)
    return HitReceipt(
        recorded=len(rows),
        before=sum(len(hit.answers) for hit in hits if hit.id in there),
        barred=sum(len(hit.answers) for hit in waiting) - len(rows),
    )


def _add_actions(connection: Connection, hits: Sequence[HitAnswers], now: float) -> dict[str, int]:
    """Add an action for each page; return their places in the log."""
    rows = [
        {"id": hit.id, "annotator_id": hit.annotator_id, "at": min(hit.at, now), "kind": "answer", "target": None}
        for hit in hits
    ]
    if not rows:
        return {}
    connection.execute(insert(acts), rows)
    found: dict[str, int] = {}
    for part in chunks([hit.id for hit in hits]):
        query = select(acts.c.id, acts.c.sequence).where(acts.c.id.in_(part))
        found.update({row.id: row.sequence for row in connection.execute(query)})
    return found
