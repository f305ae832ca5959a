"""What the answering panel shows beside the pictures: counts, progress, pace, queue, people, and open decisions."""

from __future__ import annotations

from typing import Any

from explorer.controllers.labeling.answering import ASKED, AnsweringSession
from explorer.controllers.labeling.question_sources import GOAL, SourceContext, available
from explorer.services.label_service import LabelService
from pipeline.annotation.consensus import AgreementRule, Label, agreement_rule, fold_answers
from pipeline.label_store import CAPTIONS, AnswerTable, AttributeEntry, BulkAnswer, KnownImages, LabelStore, Purpose
from pipeline.statistics.proportions import clopper_pearson

__all__ = ["bare_status", "label_counts", "read_status"]

MOST_BATCHES = 8
OTHERS, ALL = "all other questions", "all questions"
"""What is asked by rounds, audits and other people, as one: its parts tell what a question is for."""

_NAMES = {Label.YES: "yes", Label.NO: "no", Label.UNSURE: "unsure", Label.SPLIT: "split", Label.OPEN: "open"}


def label_counts(table: AnswerTable, rule: AgreementRule, images: KnownImages) -> dict[str, int]:
    """Count images by what their answers add up to; those that the collection does not hold are set aside."""
    here = images.present(table.image_ids)
    labels = fold_answers(table.image_ids[here], table.annotators[here], table.values[here], rule).labels
    return {name: int((labels == label).sum()) for label, name in _NAMES.items()}


def bare_status() -> dict[str, Any]:
    """Give the status of a panel before anybody has said who they are."""
    nothing: dict[str, Any] = dict.fromkeys(("attribute", "counts", "hasty", "check"))
    nothing |= {name: [] for name in ("attributes", "batches", "people", "sources", "clusters")}
    nothing |= dict.fromkeys(("goal", "left", "held", "pace", "minutes"), 0)
    nothing |= {"elsewhere": False, "idle": False, "problem": "", "consistency": "", "qualified": "", "closed": ""}
    return nothing | {"known": True, "me": {"id": "", "name": ""}}


def read_status(labels: LabelService, answering: AnsweringSession, context: SourceContext | None) -> dict[str, Any]:
    """Read everything that the panel shows but the person's choices; runs in a thread.

    Raises
    ------
    LabelStoreError
        If the store cannot be read.
    """
    store, state = labels.store, answering.state
    entries = store.attributes.list_all()
    me = state.annotator
    status: dict[str, Any] = {
        "me": {"id": me.id, "name": me.name} if me else {"id": "", "name": ""},
        "attributes": [
            {"name": entry.name, "title": entry.definition.title, "group": entry.group}
            for entry in entries
            if not entry.archived
        ],
        "people": [
            {
                "name": person.annotator.name,
                "doing": person.doing,
                "holding": person.holding,
                "me": bool(me) and person.annotator.id == me.id,
            }
            for person in _once_each(store.annotators.list_present())
        ],
        "goal": GOAL,
    }
    entry = next((one for one in entries if one.name == state.attribute), None)
    if me is not None and (entry is not None or state.captions):
        status |= _work(store, answering, CAPTIONS if state.captions else state.attribute, me.id)
    if entry is not None:
        status["attribute"] = _attribute(entry)
        status["counts"] = label_counts(labels.answers(entry.name), agreement_rule(entry.agree), store.images)
        status["check"] = _check(store.answers.list_bulk_answers(entry.name), me.id if me else "")
        status |= _qualification(store, entry, me.id if me else "")
        same, looked = store.qualifications.consistency(me.id, entry.name) if me else (0, 0)
        if looked:
            status["consistency"] = f"{same} of {looked} second looks agree"
    if context is not None:
        status["sources"] = available(context, entry.definition.title if entry else "")
        status["clusters"] = context.clusters()
    return status | _pace(answering, status.get("left", 0))


def _pace(answering: AnsweringSession, left: int) -> dict[str, Any]:
    pace, hasty = answering.pace.answers_an_hour(), answering.pace.hasty()
    return {
        "pace": round(pace, -1) if pace > 100 else round(pace),
        "minutes": max(1, round(60 * left / pace)) if pace else 0,
        "elsewhere": answering.attendance.elsewhere,
        "idle": answering.attendance.idle,
        "hasty": {"value": hasty[0], "count": hasty[1]} if hasty else None,
    }


def _once_each(present: list[Any]) -> list[Any]:
    """Keep one line a person, however many windows they have."""
    return list({person.annotator.id: person for person in reversed(present)}.values())[::-1]


def _attribute(entry: AttributeEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.definition.title,
        "question": entry.definition.definition,
        "version": entry.definition.version,
        "agree": entry.agree,
        "archived": entry.archived,
    }


def _qualification(store: LabelStore, entry: AttributeEntry, annotator_id: str) -> dict[str, str]:
    """Say in words why this person may answer, where that is asked, or why not yet."""
    found = store.qualifications.find(annotator_id, entry.name) if annotator_id else None
    title = entry.definition.title
    if found is None:
        return {}
    if found.allowed:
        return {"qualified": f"open to you: {found.words}" if entry.requirements.any else ""}
    if found.test:
        return {"closed": f"These questions are a test for {title}: {found.words}. Which are right is not shown."}
    return {"closed": f"{title} is not open to you: {found.words}."}


def _work(store: LabelStore, answering: AnsweringSession, attribute: str, annotator_id: str) -> dict[str, Any]:
    """Say what is left: of the queue what this person had asked, and all the rest as one.

    Questions of an audit, of a promise and of validation are not told from the others, nor by what is left of them.
    """
    works = {purpose: store.questions.count_left(attribute, annotator_id, purpose=purpose) for purpose in ASKED}
    left = sum(work.left for work in works.values())
    own = [batch for batch in works[Purpose.TRAINING].batches if answering.asked_for(batch.id)][:MOST_BATCHES]
    listed = [
        {"id": batch.id, "title": batch.title or "drawn by a program", "left": batch.left_for_me, "fixed": False}
        for batch in own
    ]
    others = left - sum(batch.left_for_me for batch in own)
    if others:
        listed.append({"id": "", "title": OTHERS if own else ALL, "left": others, "fixed": True})
    return {
        "left": left,
        "held": sum(work.held_by_others for work in works.values()),
        "batches": listed,
    }


def _check(strokes: list[BulkAnswer], annotator_id: str) -> dict[str, Any] | None:
    """Describe the latest spot check of this person's strokes that is not decided yet."""
    for stroke in strokes:
        mine = stroke.act.annotator_id == annotator_id and stroke.act.survives
        if not mine or not stroke.check_size or stroke.settled:
            continue
        wrong = stroke.wrong + stroke.unsure
        low, high = clopper_pearson(wrong, stroke.checked) if stroke.checked else (0.0, 1.0)
        return {
            "act": stroke.act.id,
            "batch": stroke.check_batch,
            "value": stroke.value.value,
            "images": stroke.images,
            "size": stroke.check_size,
            "answered": stroke.checked,
            "wrong": wrong,
            "unsure": stroke.unsure,
            "low": round(100 * low, 1),
            "high": round(100 * high, 1),
        }
    return None
