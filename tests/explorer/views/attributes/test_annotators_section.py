"""The annotators in the Attributes tab, without a browser: requirements, gold, records, suspects, permissions."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.label_store import Annotator, Drawn, LabelStore, Purpose, Reply, Requirements, Value, new_action_id
from tests.explorer.views.attributes.test_attributes_tab import CAT, Session, ann, of, say, session, store

__all__ = ["ann", "session", "store"]  # fixtures

REQUIREMENTS = {"answers": 0, "accuracy": 90, "test": 10, "share": 7.5}


def answer(store: LabelStore, annotator: Annotator, purpose: Purpose, wrong: int = 0) -> None:
    """Answer a page, even images yes, the first so many wrongly."""
    page = store.questions.next_page(annotator.id, CAT, 48, purpose=purpose)
    assert page is not None
    replies = []
    for place, item in enumerate(page.items):
        yes = (item.image_id % 2 == 0) is (place >= wrong)
        replies.append(Reply(item.draw_id, Value.YES if yes else Value.NO, 2.0))
    store.answers.record(new_action_id(), page.id, annotator.id, replies)


@pytest.fixture
def settled(store: LabelStore, ann: Annotator) -> None:
    """Ann answered forty images one by one, and one answer is enough."""
    store.attributes.set_agreement(ann.id, CAT, 1)
    drawn = [Drawn(image_id, "some") for image_id in store.images.image_ids[:40].tolist()]
    store.batches.draw(CAT, 1, Purpose.TRAINING, drawn, again=True)
    answer(store, ann, Purpose.TRAINING)


def test_who_may_answer_is_saved_and_shown(session: Session, store: LabelStore, ann: Annotator) -> None:
    sent = say(
        session, {"type": "open", "name": CAT}, {"type": "requirements", "name": CAT, "requirements": REQUIREMENTS}
    )
    assert of(sent, "detail")[0]["requirements"] == {"answers": 0, "accuracy": 0, "test": 20, "share": 7}
    assert of(sent, "detail")[-1]["requirements"] == REQUIREMENTS
    assert store.attributes.find(CAT).requirements == Requirements(accuracy=0.9, test=10, gold_share=0.075)
    (person,) = of(sent, "people")[0]["people"]
    assert (person["name"], person["allowed"]) == ("Ann", False), "with requirements everyone is listed, to be let in"


def test_gold_is_made_and_people_measured_by_it(
    session: Session, store: LabelStore, ann: Annotator, settled: None
) -> None:
    (made,) = of(say(session, {"type": "gold", "name": CAT, "count": 20}), "people")
    assert (made["gold"]["yes"] + made["gold"]["no"], made["suspects"]) == (20, [])
    people = [store.annotators.add(name) for name in ("Bo", "Cy", "Di")]
    for person in people:
        answer(store, person, Purpose.GOLD, wrong=5)
    (shown,) = of(say(session, {"type": "people", "name": CAT}), "people")
    rows = {person["name"]: person for person in shown["people"]}
    assert set(rows) == {"Ann", "Bo", "Cy", "Di"}
    assert rows["Ann"]["answers"] >= 38, "near-duplicates are asked once"
    assert (rows["Ann"]["accuracy"]["of"], rows["Ann"]["accuracy"]["low"], rows["Ann"]["accuracy"]["high"]) == (
        0,
        0,
        100,
    )
    bo = rows["Bo"]
    assert (bo["accuracy"]["hits"], bo["accuracy"]["of"], bo["seconds"], bo["answers"]) == (15, 20, 2.0, 0)
    assert bo["sensitivity"]["of"] + bo["false_positives"]["of"] == 20
    assert bo["accuracy"]["low"] < 75 < bo["accuracy"]["high"]


def test_suspect_gold_is_shown_with_its_picture_and_taken_back(
    session: Session, store: LabelStore, ann: Annotator, settled: None
) -> None:
    store.gold.make(CAT, 5, seed=1)
    for name in ("Bo", "Cy", "Di"):
        answer(store, store.annotators.add(name), Purpose.GOLD, wrong=5)
    (shown,) = of(say(session, {"type": "people", "name": CAT}), "people")
    assert len(shown["suspects"]) == 5
    suspect = shown["suspects"][0]
    assert (suspect["against"], suspect["people"], suspect["picture"][:2]) == (3, 3, b"\xff\xd8")
    assert suspect["expected"] == ("yes" if int(suspect["image"]) % 2 == 0 else "no")
    (after,) = of(say(session, {"type": "retire", "name": CAT, "image": suspect["image"]}), "people")
    assert suspect["image"] not in {one["image"] for one in after["suspects"]}
    assert after["gold"]["retired"] == 1


def test_people_are_let_in_and_kept_out(session: Session, store: LabelStore, ann: Annotator, settled: None) -> None:
    permit = {"type": "permit", "name": CAT, "person": ann.id}
    states = []
    for allowed in (False, True, None):
        (shown,) = of(say(session, permit | {"allowed": allowed}), "people")
        (person,) = shown["people"]
        states.append((person["allowed"], person["by_hand"], person["words"]))
    assert states == [
        (False, True, "kept out by hand"),
        (True, True, "let in by hand"),
        (True, False, "no requirement"),
    ]


def test_what_the_pipeline_refuses_is_a_note(session: Session, store: LabelStore, ann: Annotator) -> None:
    sent = say(
        session,
        {"type": "requirements", "name": CAT, "requirements": REQUIREMENTS | {"share": 50}},
        {"type": "gold", "name": CAT, "count": 9},
    )
    notes = [note["text"] for note in of(sent, "note")]
    assert "outside 0 to 0.2" in notes[0]
    assert "Both are needed" in notes[1]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "requirements", "name": CAT},
        {"type": "requirements", "name": CAT, "requirements": REQUIREMENTS | {"test": None}},
        {"type": "gold", "name": CAT, "count": "many"},
        {"type": "retire", "name": CAT, "image": "x"},
        {"type": "permit", "name": CAT, "person": "x", "allowed": "yes"},
        {"type": "people"},
    ],
    ids=str,
)
def test_messages_that_make_no_sense_change_nothing(
    session: Session, store: LabelStore, ann: Annotator, message: dict[str, Any]
) -> None:
    before = store.state()
    assert not of(say(session, message), "people")
    assert store.state() == before


def test_nothing_changes_without_a_name(session: Session, store: LabelStore) -> None:
    sent = say(
        session,
        {"type": "requirements", "name": CAT, "requirements": REQUIREMENTS},
        {"type": "gold", "name": CAT, "count": 4},
    )
    assert ["Enter your name" in note["text"] for note in of(sent, "note")] == [True, True]
    assert store.attributes.find(CAT).requirements == Requirements()


def test_no_store_is_created_for_a_person_who_only_looks(session: Session) -> None:
    assert "Enter your name" in of(say(session, {"type": "people", "name": CAT}), "note")[0]["text"]
