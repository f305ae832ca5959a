"""Presence: open windows, and the pages of their people."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from pipeline.errors import ParameterError, StoreMissingError, UnknownRecordError
from pipeline.label_store import PRESENCE_SECONDS, Annotator, LabelStore, Value
from pipeline.label_store.schema.tables import store as store_table
from tests.pipeline.label_store.conftest import BIRD, Clock, draw, say


def test_somebody_is_found_by_id(label_store: LabelStore, ann: Annotator) -> None:
    assert label_store.annotators.find(ann.id) == ann
    with pytest.raises(UnknownRecordError, match="no annotator 'x'"):
        label_store.annotators.find("x")


def test_a_second_window_of_one_person_is_noticed(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    assert [each.session_id for each in label_store.annotators.heartbeat("w1", ann.id, "bird")] == ["w1"]
    label_store.annotators.heartbeat("w9", bo.id)
    clock.pass_seconds(5)
    assert [each.session_id for each in label_store.annotators.heartbeat("w2", ann.id)] == ["w2", "w1"]
    assert [each.session_id for each in label_store.annotators.heartbeat("w1", ann.id)] == ["w2", "w1"], (
        "its beginning stays"
    )
    clock.pass_seconds(5)
    assert [each.session_id for each in label_store.annotators.heartbeat("w1", ann.id, take_over=True)] == ["w1", "w2"]


def test_who_gives_no_sign_of_life_is_gone(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    label_store.annotators.heartbeat("w1", ann.id)
    clock.pass_seconds(PRESENCE_SECONDS - 1)
    label_store.annotators.heartbeat("w2", bo.id)
    assert {each.annotator for each in label_store.annotators.list_present()} == {ann, bo}
    clock.pass_seconds(1)
    assert [each.annotator for each in label_store.annotators.list_present()] == [bo]
    label_store.annotators.leave("w2")
    label_store.annotators.leave("w2")
    assert label_store.annotators.list_present() == []


def test_a_window_may_change_its_person(label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock) -> None:
    label_store.annotators.heartbeat("w1", ann.id)
    clock.pass_seconds(9)
    (presence,) = label_store.annotators.heartbeat("w1", bo.id)
    assert (presence.annotator, presence.since) == (bo, clock.now)


def test_what_somebody_holds_is_told(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    draw(label_store, [1, 2, 3, 7])
    page = label_store.questions.next_page(ann.id, BIRD, 3)
    label_store.annotators.heartbeat("w1", ann.id, "  labels\nbirds ")
    (presence,) = label_store.annotators.list_present()
    assert (presence.holding, presence.doing) == (3, "labels birds")
    say(label_store, page, Value.YES)
    assert label_store.annotators.list_present()[0].holding == 2
    clock.pass_seconds(46)
    label_store.annotators.heartbeat("w1", ann.id)
    assert label_store.annotators.list_present()[0].holding == 0


def test_hostile_signs_of_life_are_refused(label_store: LabelStore, ann: Annotator) -> None:
    with pytest.raises(UnknownRecordError, match="no annotator"):
        label_store.annotators.heartbeat("w1", "nobody")
    for session_id, doing in (("", ""), ("x" * 65, ""), ("w", "x" * 101), ("w", "a\x00b")):
        with pytest.raises(ParameterError):
            label_store.annotators.heartbeat(session_id, ann.id, doing)
    assert label_store.annotators.list_present() == []


def test_a_store_without_identity_has_no_secret(label_store: LabelStore) -> None:
    with pytest.raises(StoreMissingError, match="no identity"):
        _ = label_store.secret
    with label_store.database.writing() as connection:
        connection.execute(insert(store_table).values(uuid="u", created=0.0, home="", secret="ab" * 32))
    assert label_store.secret == bytes.fromhex("ab" * 32)
