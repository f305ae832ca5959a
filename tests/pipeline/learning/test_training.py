"""Training on the answers so far."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import ParameterError
from pipeline.learning.linear_model import margins
from pipeline.learning.training import draw_weak_negatives, train

NOTHING = np.empty((0, 8), np.float32)


def two_clouds(n_yes: int, n_no: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    answers = np.arange(n_yes + n_no) < n_yes
    vectors = generator.standard_normal((n_yes + n_no, 8)).astype(np.float32)
    vectors[:, 0] += np.where(answers, 3, -3)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), answers


def test_yes_is_told_from_no() -> None:
    vectors, answers = two_clouds(30, 60)
    model = train(vectors, answers, NOTHING)
    values = margins([model], two_clouds(200, 200, seed=1)[0])[:, 0]
    assert (values[:200] > 0).mean() > 0.95
    assert (values[200:] < 0).mean() > 0.95
    assert (model.slope, model.offset) == (1.0, 0.0)


def test_both_answers_weigh_the_same_however_many_there_are() -> None:
    vectors, answers = two_clouds(10, 10)
    many = np.concatenate([vectors, np.repeat(vectors[~answers], 9, axis=0)])
    model = train(many, np.concatenate([answers, np.zeros(90, np.bool_)]), NOTHING)
    values = margins([model], vectors)[:, 0]
    assert abs(values[answers].mean() + values[~answers].mean()) < 0.5 * values[answers].mean()


def test_without_a_no_weak_negatives_are_the_other_side() -> None:
    vectors, answers = two_clouds(5, 100)
    model = train(vectors[answers], answers[answers], vectors[~answers])
    values = margins([model], vectors)[:, 0]
    assert values[answers].min() > values[~answers].max()


def test_a_weak_negative_that_is_a_yes_does_little_harm() -> None:
    vectors, answers = two_clouds(30, 30)
    model = train(vectors, answers, vectors[answers])
    values = margins([model], vectors)[:, 0]
    assert (values[answers] > values[~answers].max()).all()


def test_a_subspace_of_all_directions_changes_nothing() -> None:
    vectors, answers = two_clouds(20, 20)
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((8, 8)))[0].astype(np.float32)
    plain, turned = train(vectors, answers, NOTHING), train(vectors, answers, NOTHING, directions=rotation)
    np.testing.assert_allclose(plain.weights, turned.weights, atol=1e-3)


def test_the_same_arguments_give_the_same_model() -> None:
    vectors, answers = two_clouds(20, 20)
    one, two = (train(vectors, answers, vectors[:5], seed=seed) for seed in (0, 1))
    assert np.array_equal(one.weights, two.weights)
    assert one.intercept == two.intercept


def test_identical_images_teach_nothing() -> None:
    model = train(np.ones((4, 8), np.float32), np.array([True, False, True, False]), NOTHING)
    assert not model.weights.any()


def test_what_cannot_be_learnt_is_said_with_what_to_do() -> None:
    vectors, answers = two_clouds(4, 4)
    with pytest.raises(ParameterError, match=r"no yes among 4 answers.*Find one example"):
        train(vectors[~answers], answers[~answers], vectors)
    with pytest.raises(ParameterError, match="no negatives"):
        train(vectors[answers], answers[answers], NOTHING)
    with pytest.raises(ParameterError, match="one answer, and weak"):
        train(vectors, answers[:3], NOTHING)
    with pytest.raises(ParameterError, match="not finite"):
        train(np.where(answers[:, None], np.nan, vectors), answers, NOTHING)


@pytest.mark.parametrize("n", [0, 3, 300, 200_000])
def test_weak_negatives_are_drawn_from_what_is_allowed(n: int) -> None:
    allowed = np.random.default_rng(0).random(n) < 0.5
    rows = draw_weak_negatives(allowed, count=50, seed=1)
    assert len(rows) == min(50, allowed.sum())
    assert allowed[rows].all()
    assert np.all(np.diff(rows) > 0)
    assert np.array_equal(rows, draw_weak_negatives(allowed, count=50, seed=1))


def test_weak_negatives_are_found_where_few_of_many_are_allowed() -> None:
    allowed = np.zeros(200_000, np.bool_)
    allowed[[5, 70_000]] = True
    assert draw_weak_negatives(allowed, count=50, seed=0).tolist() == [5, 70_000]
