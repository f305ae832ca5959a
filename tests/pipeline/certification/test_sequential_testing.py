"""Certification along the ranking: plan, questions and guarantee."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.certification.plan import CertificationPlan, plan_certification
from pipeline.certification.sequential_testing import CertificationResult, next_questions, result
from pipeline.errors import ParameterError
from pipeline.statistics.random_numbers import chance

IMAGES = np.arange(100, 3100, dtype=np.int64)


def scores(seed: int = 0, count: int = len(IMAGES)) -> NDArray[np.float32]:
    return (np.random.default_rng(seed).random(count) ** 3).astype(np.float32)


def plan(**options: object) -> CertificationPlan:
    settings_: dict[str, object] = {"seed": 1} | options
    images = settings_.pop("images", IMAGES)
    given_scores = settings_.pop("scores", scores())
    return plan_certification("content_bird", 3, images, given_scores, **settings_)  # type: ignore[arg-type]


def truth_by(share_of_no: float, seed: int = 0) -> dict[int, int]:
    return {int(image): int(np.random.default_rng([seed, image]).random() >= share_of_no) for image in IMAGES}


def run(the_plan: CertificationPlan, truth: dict[int, int]) -> tuple[CertificationResult, list[int]]:
    """Answer all that is asked."""
    asked: list[int] = []
    while len(questions := next_questions(the_plan, *known(asked, truth))):
        assert not set(questions.tolist()) & set(asked)
        asked += questions.tolist()
    return result(the_plan, *known(asked, truth)), asked


def known(asked: list[int], truth: dict[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    return np.array(asked, np.int64), np.array([truth[image] for image in asked], np.int8)


def test_sets_grow_from_where_the_scores_promise_much_and_each_test_can_be_passed() -> None:
    the_plan = plan()
    falling = np.sort(scores())[::-1]
    # So few images score high here that the first size is the smallest there is: twice 29.
    assert the_plan.first_size == max(58, (np.cumsum(falling) / np.arange(1, 3001) >= 0.985).sum())
    sizes = np.array(the_plan.sizes)
    assert (sizes[1:] / sizes[:-1] < 1.13).all()
    assert all(
        n <= sample <= size for n, sample, size in zip(the_plan.fewest_yes, the_plan.samples, sizes, strict=True)
    )
    assert list(the_plan.answers) == sorted(the_plan.answers)
    assert the_plan.answers[-1] == len(the_plan.images) <= the_plan.budget
    assert f"First the {sizes[0]:,} highest scores" in the_plan.words
    assert f"All tests need {the_plan.answers[-1]}" in the_plan.words


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.integers(29, 700), st.floats(1.02, 2.0))
def test_each_sample_is_the_images_of_smallest_number_in_its_set(seed: int, budget: int, growth: float) -> None:
    the_plan = plan(seed=seed, budget=budget, growth=growth)
    ranked = IMAGES[np.lexsort((IMAGES, -scores()))]
    images, positions = np.array(the_plan.images), np.array(the_plan.positions)
    assert (ranked[positions] == images).all()
    for size, sample in zip(the_plan.sizes, the_plan.samples, strict=True):
        numbers = chance(ranked[:size], seed)
        smallest = set(ranked[:size][np.argsort(numbers, kind="stable")[:sample]].tolist())
        assert smallest == set(images[positions < size][:sample].tolist())
    assert len(images) <= budget


def test_a_plan_depends_on_images_and_scores_and_not_on_their_order() -> None:
    shuffled = np.random.default_rng(9).permutation(len(IMAGES))
    assert plan(images=IMAGES[shuffled], scores=scores()[shuffled]) == plan()
    assert plan(seed=2).images != plan().images
    assert plan(scores=scores(1)).ranking_sha256 != plan().ranking_sha256


def test_a_plan_survives_json() -> None:
    assert CertificationPlan.from_dict(json.loads(json.dumps(plan().as_dict()))) == plan()
    with pytest.raises(ParameterError, match="Make a new plan"):
        CertificationPlan.from_dict({"attribute": "x"})


def test_images_that_score_alike_are_never_parted() -> None:
    tied = np.round(scores(), 2)
    the_plan = plan(scores=tied)
    for size, threshold in zip(the_plan.sizes, the_plan.thresholds, strict=True):
        assert (tied >= np.float32(threshold)).sum() == size


def test_scores_that_are_all_alike_make_one_set() -> None:
    the_plan = plan(scores=np.full(len(IMAGES), 0.2, np.float32))
    assert the_plan.sizes == (3000,)
    assert "predict only 20.0% yes in the first set" in the_plan.words


def test_all_yes_certifies_the_largest_set_that_the_answers_reach() -> None:
    the_plan = plan()
    outcome, asked = run(the_plan, truth_by(0.0))
    assert outcome.finished
    assert outcome.passed_size == the_plan.sizes[-1]
    assert outcome.threshold == the_plan.thresholds[-1]
    assert outcome.answers == len(asked) == the_plan.answers[-1]
    assert (scores() >= np.float32(outcome.threshold)).sum() == outcome.passed_size
    assert "at least 90% are yes" in outcome.words


def test_a_small_collection_can_be_certified_whole() -> None:
    the_plan = plan(images=IMAGES[:200], scores=scores()[:200])
    outcome, _ = run(the_plan, truth_by(0.0))
    assert outcome.passed_size == 200
    assert outcome.needs == ""


def test_no_yes_certifies_nothing_and_says_what_it_takes() -> None:
    outcome, _ = run(plan(), truth_by(1.0))
    assert (outcome.passed_size, outcome.threshold) == (0, None)
    assert "Nothing can be certified" in outcome.words
    assert "More answers would not help. Train another round" in outcome.needs


def test_a_set_that_only_just_fails_says_how_many_answers_it_would_take() -> None:
    truth = {int(image): int(number % 14 != 0) for number, image in enumerate(IMAGES)}
    outcomes = [run(plan(seed=seed, first_size=1500), truth)[0] for seed in range(8)]
    needs = [outcome.needs for outcome in outcomes if outcome.tested and not outcome.tested[-1].passed]
    assert any("the set needs about" in text for text in needs)


def test_a_set_whose_failure_is_certain_fails_before_it_is_answered_in_full() -> None:
    the_plan = plan()
    allowed = the_plan.sample - the_plan.fewest_yes[0]
    first = next_questions(the_plan, *known([], {}))
    few = first[: allowed + 1].tolist()
    outcome = result(the_plan, *known(few, truth_by(1.0)))
    assert outcome.finished
    assert not len(next_questions(the_plan, *known(few, truth_by(1.0))))
    assert outcome.tested[0].lower_bound < 0.9
    one_less = result(the_plan, *known(few[:-1], truth_by(1.0)))
    assert not one_less.finished
    assert "more answers for the set of" in one_less.needs


def test_what_passed_is_certified_although_more_is_being_asked() -> None:
    the_plan = plan()
    first = next_questions(the_plan, *known([], {})).tolist()
    outcome = result(the_plan, *known(first, truth_by(0.0)))
    assert not outcome.finished
    assert outcome.passed_size >= the_plan.first_size
    assert "you may also stop here" in outcome.words


def test_the_order_of_answers_and_answers_to_other_questions_do_not_matter() -> None:
    the_plan, truth = plan(), truth_by(0.03)
    outcome, asked = run(the_plan, truth)
    others = [image for image in IMAGES.tolist() if image not in the_plan.images][:50]
    assert result(the_plan, *known(others + asked[::-1], truth)) == outcome


def test_unsure_counts_against_the_set() -> None:
    the_plan = plan()
    images = np.array(the_plan.images)
    unsure = result(the_plan, images, np.where(np.arange(len(images)) % 4, 1, 2))
    no = result(the_plan, images, np.where(np.arange(len(images)) % 4, 1, 0))
    assert unsure == no


def test_promises_are_broken_in_at_most_five_percent_at_the_worst_precision() -> None:
    """All sets lie just below the target, so every pass is an error. 5 % of 600 plus three deviations is 46."""
    few = IMAGES[:2000]
    broken = 0
    for seed in range(600):
        truth = np.ones(2000, np.int8)
        truth[np.random.default_rng(seed).permutation(2000)[:204]] = 0
        the_plan = plan(images=few, scores=scores()[:2000], seed=seed, first_size=1500, budget=300)
        answers = truth[np.searchsorted(few, the_plan.images)]
        outcome = result(the_plan, np.array(the_plan.images), answers)
        if outcome.threshold is not None:
            broken += truth[scores()[:2000] >= np.float32(outcome.threshold)].mean() < 0.9
    assert broken <= 46


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target_precision": 1.0}, "between 0 and 1"),
        ({"growth": 1.0}, "growth must be above 1"),
        ({"first_size": 0}, "first_size at least 1"),
        ({"budget": 28}, "At least 29 answers"),
        ({"images": IMAGES[:5]}, "same length"),
        ({"images": np.zeros(3000, np.int64)}, "occur twice"),
        ({"images": IMAGES[:0], "scores": scores()[:0]}, "Release the answers as they are"),
        ({"scores": np.full(3000, np.nan, np.float32)}, "Score all images again"),
    ],
)
def test_what_makes_no_plan_is_said(options: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        plan(**options)


@pytest.mark.parametrize(
    ("images", "answers", "words"),
    [([1, 1], [0, 1], "several answers"), ([1], [0, 1], "one settled answer"), ([1], [3], "open or split")],
)
def test_answers_that_are_not_settled_are_said(images: list[int], answers: list[int], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        result(plan(), np.array(images), np.array(answers))
