"""Answers as layers of the map."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.consensus import AgreementRule, Label
from pipeline.map.label_layers import (
    AGREEMENT_NAMES,
    LABEL_NAMES,
    agreement_layer,
    answered_images,
    asked_layer,
    label_layer,
    person_layer,
    time_layer,
)

IDS = np.array([10, 20, 30, 40], np.int64)
ANSWERED = np.array([20, 20, 40, 20, 10, 99], np.int64)  # 99 is no longer in the collection
PEOPLE = np.array([0, 1, 0, 0, 1, 1], np.int32)
VALUES = np.array([Label.YES, Label.NO, Label.UNSURE, Label.NO, Label.YES, Label.YES], np.int8)
NAMES = dict(enumerate(LABEL_NAMES)) | {-1: ""}


def names(layer: np.ndarray) -> list[str]:
    return [NAMES[place] for place in layer.tolist()]


def test_an_image_has_the_label_that_its_answers_add_up_to() -> None:
    assert names(label_layer(IDS, ANSWERED, PEOPLE, VALUES, AgreementRule())) == ["yes", "no", "", "unsure"]
    two = label_layer(IDS, ANSWERED, PEOPLE, VALUES, AgreementRule(2, 3))
    assert names(two) == ["waits for another opinion", "no", "", "waits for another opinion"]


def test_agreement_looks_at_the_last_word_of_each_person() -> None:
    layer = agreement_layer(IDS, ANSWERED, PEOPLE, VALUES)
    assert [AGREEMENT_NAMES[place] if place >= 0 else "" for place in layer.tolist()] == [
        "one answer",
        "several agree",
        "",
        "one answer",
    ]
    changed = agreement_layer(IDS, ANSWERED[:3], PEOPLE[:3], VALUES[:3])
    assert AGREEMENT_NAMES[changed[1]] == "people disagree"


def test_person_and_time_are_those_of_the_last_answer() -> None:
    assert person_layer(IDS, ANSWERED, PEOPLE).tolist() == [1, 0, -1, 0]
    at = np.array([0.0, 0.0, 3600.0, 7200.0, 10_000.0, 0.0])
    hours = time_layer(IDS, ANSWERED, at, now=7200.0)
    assert hours[[1, 3]].tolist() == [0.0, 1.0]
    assert hours[0] == 0.0  # a clock that was set back makes no negative hours
    assert np.isnan(hours[2])


def test_images_are_listed_by_label_and_person_the_newest_answer_first() -> None:
    said = (ANSWERED, PEOPLE, VALUES, AgreementRule())
    assert answered_images(*said)[0].tolist() == [99, 10, 20, 40]
    assert answered_images(*said, label=LABEL_NAMES.index("yes"))[0].tolist() == [99, 10]
    assert answered_images(*said, person=0)[0].tolist() == [20, 40]


@given(st.lists(st.tuples(st.sampled_from([10, 20, 30, 40, 50]), st.integers(0, 2), st.sampled_from([0, 1, 2]))))
def test_every_answered_image_is_listed_once_and_its_label_is_that_of_the_map(
    said: list[tuple[int, int, int]],
) -> None:
    answered = np.array([entry[0] for entry in said], np.int64)
    people = np.array([entry[1] for entry in said], np.int32)
    values = np.array([entry[2] for entry in said], np.int8)
    ids, labels = answered_images(answered, people, values, AgreementRule(2))
    assert sorted(ids.tolist()) == sorted(set(answered.tolist()))
    layer = label_layer(np.sort(ids), answered, people, values, AgreementRule(2))
    assert dict(zip(np.sort(ids).tolist(), layer.tolist(), strict=True)) == dict(
        zip(ids.tolist(), labels.tolist(), strict=True)
    )


def test_an_image_shows_the_model_it_was_last_drawn_with() -> None:
    ids, asked = np.array([1, 4, 9, 12]), np.array([4, 9, 4, 7])
    codes, names = asked_layer(ids, asked, ["", "model-2", "model-2", "model-3"])
    assert names == ["", "model-2", "model-3"]
    assert codes.tolist() == [-1, 1, 1, -1], "image 7 is gone, 1 and 12 were never asked"
