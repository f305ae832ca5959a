"""Drawing the images of an audit."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from pipeline.audit.statistics.sampling import POSITIVE, AuditDraw, draw_audit, root_strata
from pipeline.errors import ParameterError


def release(images: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores, mostly low, and values: positive from 0.7, unsure from 0.6, negative below."""
    scores = (np.random.default_rng(seed).random(images) ** 4).astype(np.float32)
    return scores, np.select([scores >= 0.7, scores >= 0.6], [1, -1], 0).astype(np.int8)


def draw(images: int = 5000, *, positives: int = 50, negatives: int = 200, seed: int = 1) -> AuditDraw:
    scores, values = release(images)
    return draw_audit(
        scores, values, np.ones(images, bool), np.arange(images), positives=positives, negatives=negatives, seed=seed
    )


@settings(max_examples=60, deadline=None)
@given(
    images=st.integers(0, 400),
    positives=st.integers(0, 120),
    negatives=st.integers(0, 420),
    share=st.sampled_from([0.1, 0.2, 0.5, 1.0]),
    seed=st.integers(0, 5),
)
def test_a_draw_holds_free_images_of_both_sets_with_the_chances_of_its_strata(
    images: int, positives: int, negatives: int, share: float, seed: int
) -> None:
    scores, values = release(images, seed)
    free = np.random.default_rng(seed).random(images) < 0.8
    asked = draw_audit(
        scores, values, free, np.arange(images), positives=positives, negatives=negatives, seed=seed,
        uniform_share=share,
    )  # fmt: skip
    assert len(np.unique(asked.rows)) == len(asked.rows) == len(asked.probabilities) == len(asked.reasons)
    assert free[asked.rows].all()
    assert (values[asked.rows] == np.where(asked.positive, 1, 0)).all()
    found = int(asked.positive.sum())
    assert found == min(positives, asked.positives)
    assert len(asked.rows) - found == min(negatives, asked.negatives)
    assert (asked.positives, asked.negatives) == ((free & (values == 1)).sum(), (free & (values == 0)).sum())
    assert asked.probabilities[asked.positive] == pytest.approx(found / max(asked.positives, 1))
    assert sum(stratum.size for stratum in asked.strata) == asked.negatives
    for number, stratum in enumerate(asked.strata):
        own = asked.stratum == number
        assert own.sum() == stratum.drawn
        assert asked.probabilities[own] == pytest.approx(stratum.drawn / stratum.size)
        assert ((scores[asked.rows[own]] >= stratum.lowest) & (scores[asked.rows[own]] <= stratum.highest)).all()
    assert [reason == POSITIVE for reason in asked.reasons] == asked.positive.tolist()


def test_every_order_of_every_sample_of_the_positives_is_as_likely() -> None:
    """All 20 ordered samples of 2 of 5, counted over draws in which negatives are mixed in between."""
    scores = np.linspace(0.1, 0.9, 10, dtype=np.float32)
    values = (scores > 0.5).astype(np.int8)
    seen: Counter[tuple[int, ...]] = Counter()
    for seed in range(600):
        asked = draw_audit(scores, values, np.ones(10, bool), np.arange(10), positives=2, negatives=2, seed=seed)
        seen[tuple(asked.rows[asked.positive].tolist())] += 1
    assert chisquare([seen[order] for order in permutations(range(5, 10), 2)]).pvalue > 0.01


def test_the_chances_are_those_of_the_draw() -> None:
    scores, values = release(120)
    drawn, chances, repeats = np.zeros(120), np.zeros(120), 400
    for seed in range(repeats):
        asked = draw_audit(scores, values, np.ones(120, bool), np.arange(120), positives=7, negatives=60, seed=seed)
        drawn[asked.rows] += 1
        chances[asked.rows] = asked.probabilities
    assert len(asked.strata) > 1
    assert (chances[values == -1] == 0).all()
    assert (chances[values != -1] > 0).all()
    assert (np.abs(drawn / repeats - chances) <= 4 * np.sqrt(chances * (1 - chances) / repeats) + 1e-9).all()


def test_the_order_tells_nothing_of_scores_and_sets() -> None:
    by_score, by_set = [], []
    scores, _ = release(5000)
    for seed in range(150):
        asked = draw(seed=seed)
        places = np.arange(len(asked.rows))
        by_score.append(np.corrcoef(places, scores[asked.rows])[0, 1])
        by_set.append(places[asked.positive].mean() - places.mean())
    for differences in (by_score, by_set):
        assert abs(np.mean(differences)) <= 3.5 * np.std(differences) / np.sqrt(len(differences))


def test_fewer_images_than_asked_are_all_drawn_for_certain_and_none_is_no_error() -> None:
    asked = draw(60, positives=100, negatives=400)
    _, values = release(60)
    assert sorted(asked.rows) == np.flatnonzero(values != -1).tolist()
    assert (asked.probabilities == 1).all()
    nothing = draw(0)
    assert len(nothing.rows) == len(nothing.reasons) == len(nothing.strata) == 0
    assert not len(draw(positives=0, negatives=0).rows)


def test_one_set_may_be_empty() -> None:
    scores, free = np.full(50, 0.2, np.float32), np.ones(50, bool)
    for value in (0, 1, -1):
        asked = draw_audit(scores, np.full(50, value, np.int8), free, np.arange(50), positives=5, negatives=5, seed=0)
        assert len(asked.rows) == (0 if value == -1 else 5)
        assert asked.positive.all() == (value == 1) or value == -1


def test_an_image_without_a_score_is_in_no_set_and_never_drawn() -> None:
    scores, values = release(300)
    scores[::2] = np.nan
    asked = draw_audit(scores, values, np.ones(300, bool), np.arange(300), positives=300, negatives=300, seed=0)
    assert (asked.rows % 2 == 1).all()
    assert asked.positives + asked.negatives == (values[1::2] != -1).sum()


def test_no_negative_has_less_than_the_uniform_share_of_a_plain_samples_chance() -> None:
    asked = draw(20_000, negatives=400)
    negative = ~asked.positive
    assert asked.probabilities[negative].min() >= 0.2 * 400 / asked.negatives
    assert len(asked.strata) == 10
    assert min(stratum.drawn for stratum in asked.strata) >= 20
    # Where a miss is likely it is looked at more closely.
    assert asked.strata[0].drawn / asked.strata[0].size > 5 * asked.strata[-1].drawn / asked.strata[-1].size


def test_what_each_stratum_expects_is_the_sum_of_its_scores() -> None:
    scores, values = release(5000)
    assert sum(s.expected for s in draw().strata) == pytest.approx(scores[values == 0].sum(dtype=np.float64))


def test_strata_are_equal_steps_of_the_cumulative_root_the_highest_first() -> None:
    scores = np.random.default_rng(2).random(20_000).astype(np.float32) ** 6
    stratum = root_strata(scores, 8)
    roots = np.bincount(stratum, weights=np.sqrt(scores))
    assert len(roots) == 8
    assert roots == pytest.approx(roots.mean(), rel=0.05)
    assert (np.diff([scores[stratum == number].min() for number in range(8)]) < 0).all()


@given(st.lists(st.sampled_from([0.0, 1e-12, 0.1, 0.5, 1.0]), max_size=30), st.integers(1, 12))
def test_equal_scores_are_never_parted_and_no_stratum_is_empty(scores: list[float], strata: int) -> None:
    stratum = root_strata(np.array(scores, np.float32), strata)
    assert all(len(set(stratum[np.array(scores) == score])) == 1 for score in set(scores))
    assert sorted(set(stratum.tolist())) == list(range(len(set(stratum.tolist()))))
    assert len(set(stratum.tolist())) <= strata


def test_the_same_seed_draws_the_same_and_negatives_do_not_change_the_positives() -> None:
    first, again, other, more = draw(seed=3), draw(seed=3), draw(seed=4), draw(seed=3, negatives=300)
    assert first.rows.tolist() == again.rows.tolist()
    assert set(first.rows) != set(other.rows)
    assert set(first.rows[first.positive]) == set(more.rows[more.positive])


def test_near_duplicates_drawn_together_are_counted() -> None:
    scores, values = release(40)
    asked = draw_audit(scores, values, values != -1, np.arange(40) // 2, positives=40, negatives=40, seed=0)
    pairs = Counter((asked.rows // 2).tolist())
    assert asked.with_companions == 2 * sum(count == 2 for count in pairs.values()) > 0


def test_what_cannot_be_drawn_is_said() -> None:
    scores, values = release(10)
    everything, groups = np.ones(10, bool), np.arange(10)
    with pytest.raises(ParameterError, match="same length"):
        draw_audit(scores[:9], values, everything, groups, positives=1, negatives=1, seed=0)
    with pytest.raises(ParameterError, match="must be 0 or more"):
        draw_audit(scores, values, everything, groups, positives=-1, negatives=1, seed=0)
    with pytest.raises(ParameterError, match="not margins"):
        draw_audit(scores - 3, values, everything, groups, positives=1, negatives=1, seed=0)
    with pytest.raises(ParameterError, match="at least 1"):
        root_strata(scores, 0)
