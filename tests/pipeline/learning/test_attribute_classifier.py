"""One attribute: honest about unseen projects, calibrated, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.metrics import average_precision_score

from pipeline.embedding.reduction import apply_reduction, fit_reduction
from pipeline.errors import ParameterError
from pipeline.learning.attribute_classifier import (
    combine_scores,
    feature_directions,
    fit_attribute,
    known_scores,
    score_attribute,
    score_attributes,
)
from pipeline.learning.cross_validation import group_folds, too_few_answers


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    data = load_digits()
    return apply_reduction(
        fit_reduction(data.data.astype(np.float32), seed=0), data.data.astype(np.float32)
    ), data.target


@pytest.fixture(scope="module")
def eights(digits):
    """Answers to "is it an eight?" for the first 900 digits; the rest are not asked."""
    vectors, target = digits
    answers = np.where(np.arange(len(vectors)) < 900, (target == 8).astype(np.int8), np.int8(-1)).astype(np.int8)
    groups = np.arange(len(vectors), dtype=np.int64)
    return vectors, answers, groups, fit_attribute(vectors, answers, groups, seed=0)


def test_digits_are_told_apart_on_images_never_asked_about(digits, eights):
    vectors, answers, _, model = eights
    unseen = answers == -1
    found = average_precision_score(digits[1][unseen] == 8, score_attribute(model, vectors)[unseen])
    assert found > 0.8
    assert model.average_precision == pytest.approx(found, abs=0.1)
    assert (model.n_yes, model.n_no) == ((answers == 1).sum(), (answers == 0).sum())
    assert model.prevalence == pytest.approx((answers == 1).sum() / 900)
    assert model.average_precision_by_fold.shape == (5,)


def test_scores_of_images_never_asked_about_are_calibrated(digits, eights):
    vectors, answers, _, model = eights
    unseen = answers == -1
    scores, truth = score_attribute(model, vectors)[unseen], digits[1][unseen] == 8
    assert scores.mean() == pytest.approx(truth.mean(), abs=0.03)
    brier = np.mean((scores - truth) ** 2)
    assert brier < 0.5 * truth.mean() * (1 - truth.mean())
    assert known_scores(model).mean() == pytest.approx(model.prevalence, abs=0.01)


def test_the_model_says_its_scores_in_the_documented_formula(eights):
    vectors, _, _, model = eights
    margin = vectors[:50].astype(np.float64) @ model.linear.weights + model.linear.intercept
    expected = 1 / (1 + np.exp(-(model.linear.slope * margin + model.linear.offset)))
    np.testing.assert_allclose(score_attribute(model, vectors[:50]), expected, atol=1e-5)


def test_the_same_seed_gives_the_same_model_and_another_deals_other_folds(eights):
    vectors, answers, groups, model = eights
    again = fit_attribute(vectors, answers, groups, seed=0)
    np.testing.assert_array_equal(again.linear.weights, model.linear.weights)
    np.testing.assert_array_equal(again.out_of_fold_margins, model.out_of_fold_margins)
    other = fit_attribute(vectors, answers, groups, seed=1)
    assert np.any(other.out_of_fold_margins != model.out_of_fold_margins)


def test_copies_within_a_project_cannot_be_learnt_by_heart():
    """Labels drawn by lot for each project: only a leak between folds could tell them."""
    rng = np.random.default_rng(0)
    originals = rng.normal(size=(120, 60))
    vectors = np.repeat(originals, 5, axis=0) + 0.05 * rng.normal(size=(600, 60))
    answers = np.repeat(rng.integers(0, 2, 120), 5).astype(np.int8)
    project = np.repeat(np.arange(120), 5)
    stored = apply_reduction(fit_reduction(vectors.astype(np.float32), seed=0), vectors.astype(np.float32))
    honest = fit_attribute(stored, answers, project, seed=0)
    leaking = fit_attribute(stored, answers, np.arange(600), seed=0)
    assert honest.average_precision < 0.65
    assert leaking.average_precision > 0.75


def test_margins_that_point_the_wrong_way_give_one_score_for_all():
    """A classifier whose held-out margins are worse than chance must not be turned round."""
    rng = np.random.default_rng(3)
    for seed in range(5):
        vectors = rng.normal(size=(30, 200)).astype(np.float32)
        model = fit_attribute(vectors, (np.arange(30) % 2).astype(np.int8), np.arange(30), seed=seed)
        assert model.linear.slope >= 0
        if model.linear.slope == 0:
            np.testing.assert_allclose(score_attribute(model, vectors), 0.5, atol=0.01)
            return
    pytest.fail("no draw had margins worse than chance: choose others")


def test_known_rows_keep_the_score_of_the_model_that_had_not_seen_them(eights):
    vectors, answers, _, model = eights
    fresh = score_attribute(model, vectors)
    combined = combine_scores(model, fresh)
    np.testing.assert_array_equal(model.known_rows, np.flatnonzero(answers != -1))
    np.testing.assert_array_equal(combined[model.known_rows], known_scores(model))
    np.testing.assert_array_equal(combined[answers == -1], fresh[answers == -1])
    assert combined is not fresh
    # Out-of-fold scores are the humbler ones.
    assert average_precision_score(answers[:900], combined[:900]) < average_precision_score(answers[:900], fresh[:900])


def test_several_attributes_in_one_pass_are_each_alone(digits, monkeypatch):
    vectors, target = digits
    groups = np.arange(len(vectors))
    directions = feature_directions(vectors, width=20, seed=0)
    models = [
        fit_attribute(vectors, (target == digit).astype(np.int8), groups, seed=0, directions=directions)
        for digit in (0, 3)
    ]
    monkeypatch.setattr("pipeline.learning.linear_model.BLOCK_ROWS", 100)
    scores = score_attributes(models, vectors)
    assert scores.dtype == np.float32
    assert scores.shape == (len(vectors), 2)
    for column, model in enumerate(models):
        np.testing.assert_allclose(scores[:, column], score_attribute(model, vectors), atol=1e-6)
    assert score_attributes([], vectors).shape == (len(vectors), 0)


@pytest.mark.parametrize("rows", range(13))
def test_few_images_are_either_learnt_or_said_to_be_too_few(rows):
    vectors = np.random.default_rng(rows).normal(size=(rows, 6)).astype(np.float16)
    answers = (np.arange(rows) % 2).astype(np.int8)
    groups = np.arange(rows, dtype=np.int64)
    reason = too_few_answers(answers, groups)
    assert bool(reason) == (rows < 10)
    if reason:
        with pytest.raises(ParameterError, match="projects have a yes"):
            fit_attribute(vectors, answers, groups, seed=0)
    else:
        model = fit_attribute(vectors, answers, groups, seed=0)
        assert np.isfinite(score_attribute(model, vectors)).all()
        assert score_attribute(model, vectors[:0]).shape == (0,)


def test_many_images_of_one_project_are_still_too_few():
    answers = np.repeat([1, 0], 50).astype(np.int8)
    groups = np.concatenate([np.repeat(7, 50), np.arange(100, 150)])
    assert "1 projects have a yes and 50 have a no" in too_few_answers(answers, groups)


def test_identical_and_zero_vectors_are_scored_at_the_prevalence():
    for vectors in (np.zeros((20, 8), np.float16), np.full((20, 8), 0.35, np.float16)):
        model = fit_attribute(vectors, (np.arange(20) < 5).astype(np.int8), np.arange(20), seed=0)
        np.testing.assert_allclose(score_attribute(model, vectors), 0.25, atol=0.06)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 14), st.booleans()), min_size=10, max_size=80), st.integers(2, 6))
def test_folds_part_projects_and_leave_both_answers_to_learn_from(rows, folds):
    groups = np.array([group for group, _ in rows])
    truth = np.array([yes for _, yes in rows])
    if too_few_answers(truth.astype(np.int8), groups):
        return
    fold = group_folds(truth, groups, folds, 0)
    for group in np.unique(groups):
        assert len(np.unique(fold[groups == group])) == 1
    for held_out in range(fold.max() + 1):
        assert truth[fold == held_out].any()
        assert truth[fold != held_out].any()
        assert not truth[fold != held_out].all()


def test_wrong_input_is_refused(eights):
    vectors, answers, groups, model = eights
    with pytest.raises(ParameterError, match="folds=1"):
        fit_attribute(vectors, answers, groups, folds=1, seed=0)
    with pytest.raises(ParameterError, match="one answer and one group"):
        fit_attribute(vectors[1:], answers, groups, seed=0)
    with pytest.raises(ParameterError, match="for width 64"):
        score_attribute(model, vectors[:, 1:])
    with pytest.raises(ParameterError, match="not finite"):
        score_attribute(model, np.full((3, 64), np.nan))
    with pytest.raises(ParameterError, match="knows row 899"):
        combine_scores(model, np.zeros(899, np.float32))
