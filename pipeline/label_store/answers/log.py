"""The log of answers, captions, undo and redo, each recorded as a new action. Works inside the caller's transaction.

A logged action is one action of one annotator: an answer, a whole page, a bulk answer, a caption. It is undone as one.
Its id comes from the caller, so that it is safe to send it again after a lost reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select, update

from pipeline.errors import ActionError, PurposeError
from pipeline.label_store.questions.draws import check_unpublished
from pipeline.label_store.questions.leases import images_in_hand
from pipeline.label_store.questions.walls import barred_images
from pipeline.label_store.records import LoggedAction, Purpose, Value
from pipeline.label_store.schema.statements import chunks, recount
from pipeline.label_store.schema.tables import acts, answers, batches, captions, draws, leases, survives

__all__ = [
    "actions_by_sequence",
    "add_action",
    "by_sequence",
    "end_claims",
    "find_action",
    "latest_actions",
    "record_bulk_answer",
    "redo",
    "undo",
]

UNDOABLE = ("answer", "caption")


def find_action(connection: Connection, action_id: str, annotator_id: str) -> LoggedAction | None:
    """Return the action with an id, or None.

    Raises
    ------
    ActionError
        If the id belongs to an action of another annotator.
    """
    row = connection.execute(_acts().where(acts.c.id == action_id)).first()
    if row is None:
        return None
    if row.annotator_id != annotator_id:
        raise ActionError(f"The action {action_id} belongs to another annotator. Every action needs an id of its own.")
    return _act(row)


def by_sequence(connection: Connection, sequence: int) -> LoggedAction:
    """Return the action with a sequence number."""
    return _act(connection.execute(_acts().where(acts.c.sequence == sequence)).one())


def actions_by_sequence(connection: Connection, sequences: Sequence[int]) -> dict[int, LoggedAction]:
    """Return the actions with some sequence numbers."""
    found: dict[int, LoggedAction] = {}
    for part in chunks(sequences):
        found |= {row.sequence: _act(row) for row in connection.execute(_acts().where(acts.c.sequence.in_(part)))}
    return found


def record_bulk_answer(
    connection: Connection,
    action_id: str,
    annotator_id: str,
    image_ids: Sequence[int],
    value: Value,
    common: dict[str, object],
    now: float,
) -> tuple[int, ...]:
    """Record one training answer for many images, and return the barred images, which are left out."""
    left_out = barred_images(connection, str(common["attribute"]), image_ids)
    kept = [image_id for image_id in dict.fromkeys(image_ids) if image_id not in left_out]
    if not kept:
        raise PurposeError(
            "None of these images may train this attribute, because they, near-duplicates of them or images of their "
            "projects were drawn for validation, certification or audit. Choose others."
        )
    sequence = add_action(connection, action_id, annotator_id, "answer", now)
    shared = common | {
        "sequence": sequence,
        "annotator_id": annotator_id,
        "purpose": Purpose.TRAINING.value,
        "value": value.value,
        "seconds": 0.0,
    }
    connection.execute(insert(answers), [shared | {"image_id": image_id} for image_id in kept])
    return tuple(sorted(left_out))


def undo(connection: Connection, action_id: str, annotator_id: str, target_id: str | None, now: float) -> LoggedAction:
    """Undo an action of this annotator, by default the latest surviving one, and return it."""
    target = _target(connection, annotator_id, target_id, survives(acts.c.sequence), acts.c.sequence, "undo")
    _change(connection, action_id, annotator_id, "undo", target, now)
    return replace(target, survives=False)


def redo(connection: Connection, action_id: str, annotator_id: str, target_id: str | None, now: float) -> LoggedAction:
    """Redo an undone action, by default the last one undone since this annotator's last new action."""
    later = acts.alias()
    undone_at = select(func.max(later.c.sequence)).where(later.c.target == acts.c.sequence).scalar_subquery()
    newest = (
        select(func.coalesce(func.max(later.c.sequence), 0))
        .where(later.c.annotator_id == annotator_id, later.c.kind.in_(UNDOABLE))
        .scalar_subquery()
    )
    condition = ~survives(acts.c.sequence)
    if target_id is None:
        condition &= undone_at > newest
    target = _target(connection, annotator_id, target_id, condition, undone_at, "redo")
    _change(connection, action_id, annotator_id, "redo", target, now)
    return replace(target, survives=True)


def latest_actions(connection: Connection, annotator_id: str, limit: int) -> list[LoggedAction]:
    """Return the actions of an annotator, newest first, with whether each survives."""
    query = _acts().where(acts.c.annotator_id == annotator_id, acts.c.kind.in_(UNDOABLE))
    return [_act(row) for row in connection.execute(query.order_by(acts.c.sequence.desc()).limit(limit))]


def _acts() -> Select[Any]:
    return select(
        acts.c.sequence,
        acts.c.id,
        acts.c.annotator_id,
        acts.c.at,
        acts.c.kind,
        acts.c.target,
        survives(acts.c.sequence).label("survives"),
    )


def _act(row: Row[Any]) -> LoggedAction:
    alive = bool(row.survives) if row.kind in UNDOABLE else None
    return LoggedAction(row.sequence, row.id, row.annotator_id, row.at, row.kind, row.target, alive)


def add_action(
    connection: Connection, action_id: str, annotator_id: str, kind: str, now: float, target: int | None = None
) -> int:
    """Add an action to the log, and return its sequence number."""
    done = connection.execute(
        insert(acts)
        .values(id=action_id, annotator_id=annotator_id, at=now, kind=kind, target=target)
        .returning(acts.c.sequence)
    )
    return int(done.scalar_one())


def _target(
    connection: Connection,
    annotator_id: str,
    target_id: str | None,
    condition: ColumnElement[bool],
    order: ColumnElement[int],
    kind: str,
) -> LoggedAction:
    """Find the action to undo or redo, and lock it."""
    query = _acts().where(acts.c.annotator_id == annotator_id, acts.c.kind.in_(UNDOABLE), condition)
    if target_id is not None:
        query = query.where(acts.c.id == target_id)
    row = connection.execute(query.order_by(order.desc()).limit(1).with_for_update(of=acts)).first()
    if row is None:
        what = "to undo" if kind == "undo" else "to do again"
        named = "" if target_id is None else f" under the id {target_id}"
        raise ActionError(f"There is nothing {what} of this annotator{named}.")
    return _act(row)


def _change(
    connection: Connection, action_id: str, annotator_id: str, kind: str, target: LoggedAction, now: float
) -> None:
    """Add an undo or redo, and update the counts of its draws from the log."""
    table = captions if target.kind == "caption" else answers
    asked = (
        select(table.c.draw_id, table.c.page_id, draws.c.batch_id, draws.c.image_id, draws.c.attribute)
        .join(draws, draws.c.id == table.c.draw_id)
        .where(table.c.sequence == target.sequence)
        .order_by(draws.c.id)
    )
    for batch_id in sorted({row.batch_id for row in connection.execute(asked)}):
        check_unpublished(
            connection.execute(select(batches).where(batches.c.id == batch_id).with_for_update(read=True)).one()
        )
    rows = connection.execute(asked.with_for_update(of=draws)).all()
    add_action(connection, action_id, annotator_id, kind, now, target.sequence)
    if rows and kind == "undo":
        _reopen(connection, annotator_id, rows, now)
    elif rows:
        end_claims(connection, annotator_id, [row.draw_id for row in rows])
    recount(connection, [row.draw_id for row in rows])


def _reopen(connection: Connection, annotator_id: str, rows: Sequence[Any], now: float) -> None:
    """Put undone images back on their page, so that their annotator can answer them again before others.

    An image that the annotator also has on another page, as a repeat, stays only there.
    """
    page_id, attribute = rows[0].page_id, rows[0].attribute
    elsewhere = set(connection.execute(images_in_hand(annotator_id, attribute, now, besides=page_id)).scalars())
    back = [row.draw_id for row in rows if row.image_id not in elsewhere]
    for part in chunks(back):
        connection.execute(
            update(leases).where(leases.c.page_id == page_id, leases.c.draw_id.in_(part)).values(open=True)
        )


def end_claims(connection: Connection, annotator_id: str, draw_ids: Sequence[int]) -> None:
    """Close the leases of an annotator on answered draws, on all their pages, and remove skips of these draws."""
    for part in chunks(draw_ids):
        connection.execute(
            update(leases)
            .where(leases.c.draw_id.in_(part), leases.c.annotator_id == annotator_id)
            .values(open=False, skipped=False)
        )
