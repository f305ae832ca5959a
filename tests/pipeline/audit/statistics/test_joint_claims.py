"""Several attributes at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.audit.statistics.anytime_bound import AnytimeBound
from pipeline.audit.statistics.joint_claims import AnytimeResult, FixedResult, holm, jointly
from pipeline.audit.statistics.precision import precision_of_set
from pipeline.errors import ParameterError

RESULTS = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 20), st.integers(0, 9), st.integers(0, 3_000)), max_size=8
)
GOOD = FixedResult("good", 200, 0, 0, 9_000, 0.9)


def fixed(counts: list[tuple[int, int, int, int]]) -> list[FixedResult]:
    return [
        FixedResult(f"attribute {place}", yes, no, waiting, yes + no + waiting + more, 0.9)
        for place, (yes, no, waiting, more) in enumerate(counts)
    ]


@given(RESULTS)
def test_certified_alone_at_the_whole_risk_is_needed_and_at_a_share_of_it_is_enough(
    counts: list[tuple[int, int, int, int]],
) -> None:
    family = jointly(fixed(counts))
    for member in family.members:
        assert not member.certified or member.p_value <= 0.05 + 1e-12
        assert member.certified or member.at_least < member.target


@given(st.lists(st.floats(0, 1) | st.floats(0, 0.06), max_size=12))
@example([0.02, 0.021, 0.04])
def test_holm_rejects_by_the_smallest_first_and_stops_at_the_first_that_stays(p_values: list[float]) -> None:
    rejected = holm(np.array(p_values))
    left, expected = sorted(range(len(p_values)), key=lambda place: p_values[place]), set()
    while left and p_values[left[0]] <= (1 - 0.95) / len(left):
        expected.add(left.pop(0))
    assert set(np.flatnonzero(rejected).tolist()) == expected


def test_a_single_attribute_is_tested_as_if_alone() -> None:
    result = FixedResult("bird", 95, 5, 0, 22_000, 0.9)
    member = jointly([result]).members[0]
    alone = precision_of_set(95, 5, 0, 22_000)
    assert member.at_least == pytest.approx(alone.at_least)
    assert member.certified == (alone.at_least >= 0.9)


def test_bounds_of_twenty_are_those_at_a_twentieth_of_the_risk() -> None:
    family = jointly(fixed([(380, 15, 0, 9_000)] * 20))
    assert family.members[3].at_least == pytest.approx(precision_of_set(380, 15, 0, 9_395, 0.9975).at_least)
    assert all(member.certified for member in family.members)


def test_attributes_without_a_result_count_as_not_shown() -> None:
    near = FixedResult("near", 97, 3, 0, 22_000, 0.9)
    assert jointly([near]).members[0].certified
    family = jointly([near], planned=20)
    assert not family.members[0].certified
    assert "19 of those planned have no result" in family.words


def test_an_open_image_is_no_yes() -> None:
    assert jointly([FixedResult("a", 98, 2, 0, 5_000, 0.9)]).members[0].certified
    assert not jointly([FixedResult("a", 98, 2, 40, 5_000, 0.9)]).members[0].certified


def test_anytime_and_fixed_plans_stand_in_one_family() -> None:
    answers = (1,) * 80
    family = jointly([GOOD, AnytimeResult("watched", answers, 9_000, 0.9), FixedResult("bad", 5, 5, 0, 90, 0.9)])
    assert [member.certified for member in family.members] == [True, True, False]
    assert "2 of 3 attributes are certified" in family.words
    watched = family.members[1]
    bound = AnytimeBound(9_000, 0.9, 1 - 0.05 / 3)
    assert watched.p_value == pytest.approx(1 / bound.evidence(np.array(answers)).max())
    assert watched.at_least == bound.lower_bound(np.array(answers))[-1]


def test_an_anytime_plan_among_twenty_is_certified_just_at_evidence_of_four_hundred() -> None:
    bound = AnytimeBound(9_000, 0.9, 1 - 0.05 / 20)
    after = bound.certified_after(np.ones(400, np.int8))
    assert after is not None
    for count in (after - 1, after):
        member = jointly([AnytimeResult("a", (1,) * count, 9_000, 0.9)], planned=20).members[0]
        assert member.certified == (count == after)


def test_what_was_shown_once_by_an_anytime_plan_stays_shown() -> None:
    shown = AnytimeResult("a", (1,) * 60 + (0,) * 30, 9_000, 0.9)
    assert jointly([shown]).members[0].certified


def test_family_wise_error_is_kept_with_true_and_false_targets_mixed() -> None:
    generator = np.random.default_rng(5)
    truths = np.array([0.9 - 1e-9] * 6 + [0.93, 0.95, 0.98, 1.0])
    wrong = 0
    for _ in range(400):
        yes = generator.binomial(180, truths)
        family = jointly(fixed([(int(count), 180 - int(count), 0, 100_000) for count in yes]))
        wrong += any(member.certified for member in family.members[:6])
    assert wrong <= 32


def test_no_attribute_is_no_certificate() -> None:
    assert jointly([]).members == ()
    assert "nothing is certified" in jointly([], planned=20).words
    assert jointly([FixedResult("empty", 0, 0, 0, 0, 0.9), AnytimeResult("new", (), 50, 0.9)]).words.startswith(
        "0 of 2"
    )


def test_what_makes_no_family_is_said() -> None:
    with pytest.raises(ParameterError, match="one result for each attribute"):
        jointly([GOOD, GOOD])
    with pytest.raises(ParameterError, match="planned must be at least"):
        jointly([GOOD], planned=0)
    with pytest.raises(ParameterError, match="numbers from 0 to 1"):
        holm(np.array([0.5, np.nan]))
