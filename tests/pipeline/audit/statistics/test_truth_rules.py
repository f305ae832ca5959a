"""The verdict about an audited image from the answers of several people."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.consensus import Label
from pipeline.audit.statistics.truth_rules import (
    NOT_YES,
    OPEN,
    YES,
    TruthRule,
    Verdicts,
    first_opinions,
    missing,
    opinions,
    settle,
)
from pipeline.errors import ParameterError

Y, N, U = Label.YES, Label.NO, Label.UNSURE
SAID = st.sampled_from([Y, N, U])
LOG = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), SAID), max_size=40)


def settled(log: list[tuple[int, int, Label]], rule: TruthRule, **options: int) -> Verdicts:
    images, people, values = (list(column) for column in zip(*log, strict=True)) if log else ([], [], [])
    owner = options.pop("owner", 0 if rule is TruthRule.OWNER else None)
    return settle(
        np.array(images, np.int64), np.array(people, np.int64), np.array(values, np.int8), rule, owner=owner, **options
    )


def verdict(said: list[Label], rule: TruthRule) -> int:
    """The verdict on one image on which so many people spoke, in this order."""
    return int(settled([(7, person, value) for person, value in enumerate(said)], rule).verdicts[0])


@pytest.mark.parametrize(
    ("said", "any_", "both", "majority"),
    [
        ([Y], YES, OPEN, OPEN),
        ([N], OPEN, NOT_YES, OPEN),
        ([U], OPEN, NOT_YES, OPEN),
        ([Y, Y], YES, YES, YES),
        ([Y, N], YES, NOT_YES, OPEN),
        ([Y, U], YES, NOT_YES, OPEN),
        ([N, U], NOT_YES, NOT_YES, NOT_YES),
        ([Y, N, Y], YES, NOT_YES, YES),
        ([Y, N, U], YES, NOT_YES, NOT_YES),
    ],
)
def test_each_rule_decides_as_soon_as_it_can_and_no_sooner(
    said: list[Label], any_: int, both: int, majority: int
) -> None:
    assert verdict(said, TruthRule.ANY) == any_
    assert verdict(said, TruthRule.BOTH) == both
    assert verdict(said, TruthRule.MAJORITY) == majority


@pytest.mark.parametrize("rule", list(TruthRule))
def test_a_verdict_is_what_all_ways_to_go_on_have_in_common(rule: TruthRule) -> None:
    most = opinions(rule)
    for count in range(1, most + 1):
        for said in product([Y, N, U], repeat=count):
            ends = {verdict([*said, *rest], rule) for rest in product([Y, N, U], repeat=most - count)}
            assert OPEN not in ends
            assert verdict(list(said), rule) == (ends.pop() if len(ends) == 1 else OPEN)


@pytest.mark.parametrize("rule", list(TruthRule))
@given(log=LOG, later=LOG)
def test_no_answer_of_another_person_takes_a_verdict_back(
    rule: TruthRule, log: list[tuple[int, int, Label]], later: list[tuple[int, int, Label]]
) -> None:
    spoken = {(image, person) for image, person, _ in log}
    before = settled(log, rule)
    after = settled(log + [entry for entry in later if entry[:2] not in spoken], rule)
    decided = before.verdicts != OPEN
    assert (after.of(before.image_ids)[decided] == before.verdicts[decided]).all()


@pytest.mark.parametrize("rule", list(TruthRule))
@given(log=LOG)
def test_the_last_word_of_each_counts_in_the_order_in_which_they_first_spoke(
    rule: TruthRule, log: list[tuple[int, int, Label]]
) -> None:
    last: dict[int, dict[int, Label]] = {}
    for image, person, value in log:
        last.setdefault(image, {})[person] = value
    verdicts = settled(log, rule)
    assert verdicts.image_ids.tolist() == sorted(last)
    for image, found, count in zip(verdicts.image_ids, verdicts.verdicts, verdicts.answers, strict=True):
        said = [value for person, value in last[int(image)].items() if rule is not TruthRule.OWNER or person == 0]
        assert count == min(len(said), opinions(rule))
        assert found == (verdict(said, rule) if said else OPEN)


@given(log=LOG)
def test_both_is_the_strictest_rule_and_any_the_loosest(log: list[tuple[int, int, Label]]) -> None:
    strict, loose = settled(log, TruthRule.BOTH), settled(log, TruthRule.ANY)
    assert (loose.verdicts[strict.verdicts == YES] == YES).all()
    assert (strict.verdicts[loose.verdicts == NOT_YES] == NOT_YES).all()


def test_only_the_owner_decides_where_the_owner_is_the_rule() -> None:
    log = [(3, 1, Y), (3, 2, Y), (4, 1, Y), (4, 9, N), (4, 2, Y)]
    verdicts = settled(log, TruthRule.OWNER, owner=9)
    assert verdicts.image_ids.tolist() == [3, 4]
    assert verdicts.verdicts.tolist() == [OPEN, NOT_YES]
    assert verdicts.answers.tolist() == [0, 1]
    with pytest.raises(ParameterError, match="the owner of the audit"):
        settle(np.array([3]), np.array([1]), np.array([Y], np.int8), TruthRule.OWNER)


def test_images_that_nobody_answered_are_open() -> None:
    verdicts = settled([(5, 0, Y), (2, 0, N), (2, 1, N)], TruthRule.ANY)
    assert verdicts.of(np.array([9, 5, 1, 2])).tolist() == [OPEN, YES, OPEN, NOT_YES]
    assert settled([], TruthRule.ANY).of(np.array([1, 2])).tolist() == [OPEN, OPEN]


def test_more_people_may_be_asked_than_a_rule_needs() -> None:
    assert settled([(1, 0, N), (1, 1, N)], TruthRule.ANY, opinions=3).verdicts.tolist() == [OPEN]
    assert settled([(1, 0, Y), (1, 1, Y)], TruthRule.MAJORITY, opinions=5).verdicts.tolist() == [OPEN]
    assert [first_opinions(rule) for rule in TruthRule] == [2, 2, 2, 1]
    assert first_opinions(TruthRule.MAJORITY, 5) == 3


@pytest.mark.parametrize(
    ("rule", "asked"),
    [(TruthRule.ANY, 0), (TruthRule.BOTH, 1), (TruthRule.MAJORITY, 2), (TruthRule.MAJORITY, 1), (TruthRule.OWNER, 2)],
)
def test_opinions_that_make_no_rule_are_said(rule: TruthRule, asked: int) -> None:
    with pytest.raises(ParameterError, match=r"opinions=\d is not allowed"):
        settled([(1, 0, Y)], rule, opinions=asked)


def test_other_values_and_other_lengths_are_said() -> None:
    with pytest.raises(ParameterError, match="yes \\(1\\), no \\(0\\) or unsure"):
        settle(np.array([1]), np.array([1]), np.array([3], np.int8), TruthRule.ANY)
    with pytest.raises(ParameterError, match="same length"):
        settle(np.array([1]), np.array([1, 2]), np.array([1], np.int8), TruthRule.ANY)


def test_one_person_where_the_rule_wants_two_is_said_in_words() -> None:
    assert "takes the answers of 2 people an image, and 1 person has answered" in missing(TruthRule.BOTH, 1)
    assert "an image without one stays open" in missing(TruthRule.ANY, 1)
    assert "2 people have answered so far" in missing(TruthRule.MAJORITY, 2)
    assert "Every image is open" in missing(TruthRule.ANY, 0)
    assert "The owner has not answered" in missing(TruthRule.OWNER, 0)
    assert not any(missing(rule, opinions(rule)) for rule in TruthRule)


@pytest.mark.parametrize("rule", list(TruthRule))
def test_every_rule_has_words(rule: TruthRule) -> None:
    assert rule.summary.startswith("an image is a yes if") or "only if" in rule.summary
