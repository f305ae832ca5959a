"""The status of the Label tab: counts, progress, pace, queue, people, and open decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from explorer.controllers.labeling.answering import AnsweringSession
from explorer.controllers.labeling.pages import ASKED
from explorer.controllers.labeling.question_sources import GOAL, available
from explorer.controllers.labeling.records import (
    AttributeChoice,
    AttributeShown,
    BatchShown,
    HastyShown,
    LabelCounts,
    LabelStatus,
    MeShown,
    PersonShown,
    SpotCheckShown,
    WorkShown,
)
from explorer.controllers.labeling.source_rankings import SourceContext
from explorer.services.label_service import LabelService
from pipeline.annotation.consensus import AgreementRule, Label, agreement_rule, fold_answers
from pipeline.label_store import (
    CAPTIONS,
    AnswerTable,
    AttributeEntry,
    BulkAnswer,
    KnownImages,
    LabelStore,
    Presence,
    Purpose,
)
from pipeline.statistics.proportions import clopper_pearson

__all__ = ["label_counts", "read_status"]

MOST_BATCHES = 8
OTHERS, ALL = "all other questions", "all questions"
"""Titles for questions of rounds, audits and other people: one entry, because parts would reveal their purpose."""


def label_counts(table: AnswerTable, rule: AgreementRule, images: KnownImages) -> LabelCounts:
    """Count images by label; images that are not in the collection are left out."""
    here = images.present(table.image_ids)
    labels = fold_answers(table.image_ids[here], table.annotators[here], table.values[here], rule).labels
    yes, no, unsure, split, waiting = (
        int((labels == label).sum()) for label in (Label.YES, Label.NO, Label.UNSURE, Label.SPLIT, Label.OPEN)
    )
    return LabelCounts(yes, no, unsure, split, waiting)


def read_status(labels: LabelService, answering: AnsweringSession, context: SourceContext | None) -> LabelStatus:
    """Return the status of the tab; runs in a thread.

    Raises
    ------
    LabelStoreError
        If the store cannot be read.
    """
    store, state = labels.store, answering.state
    entries, me = store.attributes.list_all(), state.annotator
    mine = me.id if me else ""
    status = LabelStatus(
        me=MeShown(me.id, me.name) if me else MeShown(),
        work=WorkShown(**state.work()),
        attributes=tuple(
            AttributeChoice(entry.name, entry.definition.title, entry.group) for entry in entries if not entry.archived
        ),
        people=tuple(
            PersonShown(
                name=person.annotator.name,
                doing=person.doing,
                holding=person.holding,
                me=bool(me) and person.annotator.id == mine,
            )
            for person in _once_each(store.annotators.list_present())
        ),
        goal=GOAL,
    )
    entry = next((one for one in entries if one.name == state.attribute), None)
    if me is not None and (entry is not None or state.captions):
        status = _with_work(status, store, answering, CAPTIONS if state.captions else state.attribute, mine)
    if entry is not None:
        status = _with_attribute(status, labels, entry, mine)
    if context is not None and (entry is not None or state.captions):
        sources = available(context, entry.definition.title if entry else "")
        status = replace(status, sources=sources, clusters=context.clusters())
    return _with_pace(status, answering)


def _with_pace(status: LabelStatus, answering: AnsweringSession) -> LabelStatus:
    pace, hasty = answering.pace.answers_an_hour(), answering.pace.hasty()
    return replace(
        status,
        pace=round(round(pace, -1)) if pace > 100 else round(pace),
        minutes=max(1, round(60 * status.left / pace)) if pace else 0,
        elsewhere=answering.attendance.elsewhere,
        idle=answering.attendance.idle,
        hasty=HastyShown(hasty[0], hasty[1]) if hasty else None,
    )


def _once_each(present: Sequence[Presence]) -> list[Presence]:
    """Return one entry per person, also for people with several windows."""
    return list({person.annotator.id: person for person in reversed(present)}.values())[::-1]


def _with_attribute(status: LabelStatus, labels: LabelService, entry: AttributeEntry, mine: str) -> LabelStatus:
    """Return the status with the fields of the chosen attribute."""
    store = labels.store
    same, repeated = store.qualifications.consistency(mine, entry.name) if mine else (0, 0)
    qualified, closed = _qualification(store, entry, mine)
    return replace(
        status,
        attribute=AttributeShown(
            name=entry.name,
            title=entry.definition.title,
            question=entry.definition.definition,
            version=entry.definition.version,
            agree=entry.agree,
            archived=entry.archived,
        ),
        counts=label_counts(labels.answers(entry.name), agreement_rule(entry.agree), store.images),
        check=_check(store.answers.list_bulk_answers(entry.name), mine),
        consistency=f"{same} of {repeated} repeats agree" if repeated else "",
        qualified=qualified,
        closed=closed,
    )


def _qualification(store: LabelStore, entry: AttributeEntry, annotator_id: str) -> tuple[str, str]:
    """Return sentences: why the annotator may answer, if there are requirements, and why not."""
    found = store.qualifications.find(annotator_id, entry.name) if annotator_id else None
    title = entry.definition.title
    if found is None:
        return "", ""
    if found.allowed:
        return f"open to you: {found.words}" if entry.requirements.any else "", ""
    if found.test:
        return "", f"These questions are a test for {title}: {found.words}. The correct answers are not shown."
    return "", f"{title} is not open to you: {found.words}."


def _with_work(
    status: LabelStatus, store: LabelStore, answering: AnsweringSession, attribute: str, annotator_id: str
) -> LabelStatus:
    """Return the status with the queue: the annotator's own batches, and all other questions as one entry.

    Questions of audit, certification and validation cannot be distinguished from the others, not even by their number.
    """
    works = {purpose: store.questions.count_left(attribute, annotator_id, purpose=purpose) for purpose in ASKED}
    left = sum(work.left for work in works.values())
    own = [batch for batch in works[Purpose.TRAINING].batches if answering.asked_for(batch.id)][:MOST_BATCHES]
    listed = [BatchShown(one.id, one.title or "added by a program", one.left_for_me, fixed=False) for one in own]
    others = left - sum(batch.left_for_me for batch in own)
    if others:
        listed.append(BatchShown("", OTHERS if own else ALL, others, fixed=True))
    held = sum(work.held_by_others for work in works.values())
    return replace(status, left=left, held=held, batches=tuple(listed))


def _check(bulk_answers: Sequence[BulkAnswer], annotator_id: str) -> SpotCheckShown | None:
    """Return the latest undecided spot check of this annotator's bulk answers."""
    for bulk in bulk_answers:
        mine = bulk.act.annotator_id == annotator_id and bulk.act.survives
        if not mine or not bulk.check_size or bulk.settled:
            continue
        wrong = bulk.wrong + bulk.unsure
        low, high = clopper_pearson(wrong, bulk.checked) if bulk.checked else (0.0, 1.0)
        return SpotCheckShown(
            act=bulk.act.id,
            batch=bulk.check_batch,
            value=bulk.value.value,
            images=bulk.images,
            size=bulk.check_size,
            answered=bulk.checked,
            wrong=wrong,
            unsure=bulk.unsure,
            low=round(100 * low, 1),
            high=round(100 * high, 1),
        )
    return None
