"""What the board of attributes tells a browser about those who answer, as plain values. Runs in threads."""

from __future__ import annotations

from typing import Any

from pipeline.annotation.annotator_accuracy import AnnotatorReport, Rate, annotator_reports, suspect_gold
from pipeline.annotation.consensus import Label
from pipeline.collection import Collection
from pipeline.label_store import Annotator, LabelStore, Requirements

__all__ = ["people_message", "requirements_from", "requirements_message"]

MOST_PEOPLE = 200
MOST_SUSPECTS = 24


def requirements_message(bars: Requirements) -> dict[str, Any]:
    """Put who may answer into plain values: shares in percent."""
    return {
        "answers": bars.answers,
        "accuracy": round(100 * bars.accuracy, 1),
        "test": bars.test,
        "share": round(100 * bars.gold_share, 1),
    }


def requirements_from(form: Any) -> Requirements:
    """Take who may answer from a browser's form.

    Raises
    ------
    ParameterError
        If a number is outside its range.
    KeyError, TypeError, ValueError, OverflowError
        If it is no form of ours.
    """
    return Requirements(
        answers=int(form["answers"]),
        accuracy=float(form["accuracy"]) / 100,
        test=int(form["test"]),
        gold_share=float(form["share"]) / 100,
    )


def people_message(store: LabelStore, collection: Collection, name: str) -> dict[str, Any]:
    """Put all that is known of those who answer an attribute together, and of its gold.

    People come as they joined, who may answer without having done so only where there are bars; nobody is ranked.

    Raises
    ------
    UnknownRecordError
        If there is no such attribute.
    """
    entry = store.attribute(name)
    given, gold = store.annotator_answers(name), store.gold_standing(name)
    reports = annotator_reports(
        len(given.people), given.annotators, given.values, given.seconds, given.expected, given.before
    )
    answered = set(given.annotators.tolist())
    listed = [place for place in range(len(reports)) if place in answered or entry.requirements.any]
    asked = given.expected >= 0
    suspects = suspect_gold(given.image_ids[asked], given.values[asked], given.expected[asked])[:MOST_SUSPECTS]
    rows = {suspect.image_id: collection.row_of(suspect.image_id) for suspect in suspects}
    there = [row for row in rows.values() if row >= 0]
    tiles = dict(zip(there, collection.tiles(there), strict=True)) if there else {}
    return {
        "type": "people",
        "name": name,
        "gold": {
            "yes": gold.yes,
            "no": gold.no,
            "retired": gold.retired,
            "settled_yes": gold.settled_yes,
            "settled_no": gold.settled_no,
        },
        "people": [_person(store, name, given.people[place], reports[place]) for place in listed[:MOST_PEOPLE]],
        "left_out": max(0, len(listed) - MOST_PEOPLE),
        "suspects": [
            {
                "image": str(suspect.image_id),
                "expected": "yes" if suspect.expected is Label.YES else "no",
                "against": suspect.against,
                "people": suspect.people,
                "picture": tiles.get(rows[suspect.image_id]),
            }
            for suspect in suspects
        ],
    }


def _person(store: LabelStore, name: str, person: Annotator, report: AnnotatorReport) -> dict[str, Any]:
    found = store.qualification(person.id, name)
    return {
        "id": person.id,
        "name": person.name,
        "answers": report.answers,
        "seconds": 0.0 if report.median_seconds is None else round(report.median_seconds, 1),
        "accuracy": _rate(report.accuracy),
        "sensitivity": _rate(report.sensitivity),
        "false_positives": _rate(report.false_positives),
        "consistency": _rate(report.consistency),
        "allowed": found.allowed,
        "by_hand": found.by_hand,
        "words": found.words,
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {"hits": rate.hits, "of": rate.of, "low": round(100 * rate.low), "high": round(100 * rate.high)}
