"""Statements that several modules of the store need: lists in parts, and counts of draws from the log.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, and_, select, update

from pipeline.label_store.opinions import wanted_answers
from pipeline.label_store.records import CAPTIONS, CLOCK_SKEW_SECONDS, LEASE_SECONDS
from pipeline.label_store.schema.tables import acts, answers, batches, captions, draws, survives

__all__ = ["alive", "chunks", "matching", "recount"]

_T = TypeVar("_T")

CHUNK = 900  # SQLite takes at most 32,766 parameters a statement, older ones 999


def chunks(values: Sequence[_T]) -> Iterable[Sequence[_T]]:
    """Divide a list into parts that fit into one statement."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def matching(
    connection: Connection, column: Column[Any], condition: ColumnElement[bool], ids: Sequence[int]
) -> set[int]:
    """Return those of `ids` for which the condition holds."""
    found: set[int] = set()
    for part in chunks(ids):
        found.update(connection.execute(select(column).where(and_(condition, column.in_(part))).distinct()).scalars())
    return found


def recount(connection: Connection, draw_ids: Iterable[int]) -> None:
    """Update the number of annotators who answered each draw, and who are asked about it, from the log."""
    for part in chunks(sorted(draw_ids)):
        rows = connection.execute(
            select(draws, batches.c.agree)
            .join(batches, batches.c.id == draws.c.batch_id)
            .where(draws.c.id.in_(part))
            .order_by(draws.c.id)
            .with_for_update(of=draws)  # so that the log holds all answers to these draws
        ).all()
        last_answers = _last_words(connection, part, captioned=any(row.attribute == CAPTIONS for row in rows))
        changed: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for row in rows:
            agree = None if row.only_for else row.agree
            words = last_answers[row.id].values()
            state = len(words), wanted_answers(row.opinions, agree, words)
            if state != (row.answered, row.wanted):
                changed[state].append(row.id)
        for (answered, wanted), ids in changed.items():
            connection.execute(update(draws).where(draws.c.id.in_(ids)).values(answered=answered, wanted=wanted))


def _last_words(
    connection: Connection, draw_ids: Sequence[int], *, captioned: bool
) -> defaultdict[int, dict[str, str]]:
    """Return the last answer or caption of each annotator to each draw."""
    last_answers: defaultdict[int, dict[str, str]] = defaultdict(dict)
    query = (
        select(answers.c.draw_id, answers.c.annotator_id, answers.c.value)
        .where(answers.c.draw_id.in_(draw_ids), survives(answers.c.sequence))
        .order_by(answers.c.sequence)
    )
    for draw_id, annotator_id, value in connection.execute(query):
        last_answers[draw_id or 0][annotator_id] = value
    if captioned:
        written = (
            select(captions.c.draw_id, acts.c.annotator_id)
            .join(acts, acts.c.sequence == captions.c.sequence)
            .where(captions.c.draw_id.in_(draw_ids), survives(captions.c.sequence))
        )
        for draw_id, annotator_id in connection.execute(written):
            last_answers[draw_id or 0][annotator_id] = "caption"
    return last_answers


def alive(expires: ColumnElement[float], now: float) -> ColumnElement[bool]:
    """Return the SQL condition that a lease with this expiry has not expired.

    A lease never lasts longer than `LEASE_SECONDS`. If its expiry is later than this, the clock was wrong when it was
    written and has been set back. This lease counts as expired. Otherwise its images would stay blocked.
    """
    return and_(expires > now, expires <= now + LEASE_SECONDS + CLOCK_SKEW_SECONDS)
