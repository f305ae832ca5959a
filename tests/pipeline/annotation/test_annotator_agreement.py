"""Agreement of annotators: published figures, limits that hold, and words where there is nothing to say."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.annotation.annotator_agreement import (
    AgreementMeasures,
    Measure,
    _ac1,
    _alpha,
    _raw,
    agreement_measures,
)
from pipeline.annotation.consensus import Label, count_last_answers
from pipeline.errors import ParameterError

LETTERS = {"y": Label.YES, "n": Label.NO, "u": Label.UNSURE}
SAID = st.lists(st.text("ynu", min_size=1, max_size=4), max_size=25)


def measured(*said: str, seed: int = 1, resamples: int = 1_000) -> AgreementMeasures:
    """Measure agreement. A text is an image, and a letter one person's answer: y, n, u, or a dot for none."""
    answers = [
        (image, person, LETTERS[letter])
        for image, letters in enumerate(said)
        for person, letter in enumerate(letters)
        if letter != "."
    ]
    images, people, values = (np.array([one[place] for one in answers], np.int64) for place in range(3))
    return agreement_measures(images, people, values.astype(np.int8), seed=seed, resamples=resamples)


def all_of(found: AgreementMeasures) -> list[Measure]:
    return [found.raw, found.positive, found.alpha, found.ac1]


# Krippendorff (2011), "Computing Krippendorff's alpha-reliability", and Gwet's handbook use this table of four people,
# twelve subjects and five categories, one subject seen by one person alone.
KRIPPENDORFF = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]


def test_formulas_give_the_published_figures_of_the_textbooks_table() -> None:
    table = np.array(KRIPPENDORFF)
    tally = np.array([[(column == value).sum() for value in range(1, 6)] for column in table.T])
    ones = np.ones((1, len(tally)))
    assert _alpha(tally, ones)[0] == pytest.approx(0.743, abs=5e-4)
    assert _raw(tally, ones)[0] == pytest.approx(0.818, abs=5e-4)
    assert _ac1(tally, ones)[0] == pytest.approx(0.775, abs=5e-4)


def test_two_people_and_two_answers_give_the_figures_of_the_four_cells() -> None:
    # 40 yes-yes, 9 differ, 51 no-no.
    found = measured(*["yy"] * 40, *["yn"] * 6, *["ny"] * 3, *["nn"] * 51)
    assert found.raw.value == pytest.approx(0.91)
    assert found.positive.value == pytest.approx(2 * 40 / (2 * 40 + 9))
    yes = (46 + 43) / 200
    by_chance = 2 * yes * (1 - yes)
    assert found.ac1.value == pytest.approx((0.91 - by_chance) / (1 - by_chance))
    n, n_yes = 200, 89
    expected = 1 - (n_yes * (n_yes - 1) + (n - n_yes) * (n - n_yes - 1)) / (n * (n - 1))
    assert found.alpha.value == pytest.approx(1 - 0.09 / expected)
    assert (found.images, found.annotators, found.answers) == (100, 2, 200)


def test_rare_positives_part_raw_agreement_from_agreement_on_them() -> None:
    found = measured(*["nn"] * 95, "yn", "ny", "yn", "ny", "yy")
    assert found.raw.value == pytest.approx(0.96)
    assert found.positive.value == pytest.approx(1 / 3)
    assert found.ac1.value is not None
    assert found.alpha.value is not None
    assert found.ac1.value > 0.9
    assert found.alpha.value < 0.5


@given(SAID)
@settings(max_examples=60, deadline=None)
def test_no_figure_leaves_its_limits_and_none_is_nan(said: list[str]) -> None:
    found = measured(*said, resamples=100)
    for measure, lowest in zip(all_of(found), (0.0, 0.0, -1.0, -1.0), strict=True):
        assert lowest <= measure.low <= measure.high <= 1
        assert measure.value is not None or measure.words
        assert measure.value is None or measure.low <= measure.value <= measure.high


@given(SAID)
@settings(max_examples=60, deadline=None)
def test_alpha_is_that_of_the_package(said: list[str]) -> None:
    found = measured(*said, resamples=1).alpha
    answers = [
        (image, person, LETTERS[letter]) for image, word in enumerate(said) for person, letter in enumerate(word)
    ]
    columns = np.array(answers, np.int64).reshape(-1, 3)
    _, tally = count_last_answers(columns[:, 0], columns[:, 1], columns[:, 2].astype(np.int8))
    pairable = tally[tally.sum(axis=1) > 1]
    if (pairable.sum(axis=0) > 0).sum() < 2:
        assert found.value is None
    else:
        package = krippendorff.alpha(value_counts=pairable, level_of_measurement="nominal")
        assert found.value == pytest.approx(package, abs=1e-12)


@given(SAID.filter(bool), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_neither_the_order_of_answers_nor_that_of_people_matters(said: list[str], chance: object) -> None:
    turned = ["".join(reversed(word)) for word in said]
    for one, other in zip(all_of(measured(*said, resamples=50)), all_of(measured(*turned, resamples=50)), strict=True):
        assert one == other


def test_the_last_word_of_a_person_on_an_image_counts() -> None:
    images, people = np.array([7, 7, 7, 8, 8]), np.array([0, 1, 0, 0, 1])
    values = np.array([Label.NO, Label.YES, Label.YES, Label.NO, Label.NO], np.int8)
    assert agreement_measures(images, people, values, seed=1).raw.value == 1.0


@pytest.mark.parametrize("said", [[], ["y"], ["y", "n", "u"]], ids=["nothing", "one answer", "one annotator"])
def test_with_nothing_to_compare_there_are_words_and_the_widest_interval(said: list[str]) -> None:
    found = measured(*said)
    assert found.images == 0
    for measure, lowest in zip(all_of(found), (0, 0, -1, -1), strict=True):
        assert (measure.value, measure.low, measure.high) == (None, lowest, 1)
        assert "nothing to compare" in measure.words


def test_where_all_answers_are_alike_chance_corrected_agreement_is_not_defined() -> None:
    found = measured(*["nn"] * 30)
    assert found.raw.value == 1.0
    assert found.raw.low == pytest.approx(0.025 ** (1 / 30)), "thirty that agree do not prove that all do"
    assert (found.alpha.value, found.alpha.low, found.alpha.high) == (None, -1, 1)
    assert found.positive.value is None
    assert "has a yes" in found.positive.words
    assert "same" in found.alpha.words


def test_agreement_without_an_exception_still_has_an_interval() -> None:
    few, many = measured(*["yy", "nn"] * 10), measured(*["yy", "nn"] * 100)
    for one, other in zip(all_of(few), all_of(many), strict=True):
        assert one.value == other.value == 1.0
        assert one.low < other.low < 1.0
        assert "All agree" in one.words


def test_intervals_follow_the_seed_and_narrow_with_images() -> None:
    said = ["yy"] * 20 + ["yn"] * 10 + ["nn"] * 30
    assert measured(*said) == measured(*said)
    assert measured(*said) != measured(*said, seed=2)
    once, again = all_of(measured(*said)), all_of(measured(*said * 16))
    for few, many in zip(once, again, strict=True):
        assert (many.high - many.low) == pytest.approx((few.high - few.low) / 4, rel=0.15)


def test_the_interval_of_raw_agreement_is_that_of_a_mean() -> None:
    found = measured(*["yy"] * 300, *["yn"] * 100).raw
    half = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert (found.low, found.high) == (pytest.approx(0.75 - half, abs=0.008), pytest.approx(0.75 + half, abs=0.008))


def test_arguments_that_make_no_sense_are_said() -> None:
    one = np.array([1])
    with pytest.raises(ParameterError, match="differ in length"):
        agreement_measures(one, one, np.empty(0, np.int8), seed=1)
    with pytest.raises(ParameterError, match="number other than yes"):
        agreement_measures(one, one, np.array([3], np.int8), seed=1)
    with pytest.raises(ParameterError, match="resamples"):
        agreement_measures(one, one, one.astype(np.int8), seed=1, resamples=0)
