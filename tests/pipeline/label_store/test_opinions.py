"""Of how many people an image is asked: as many as it takes, and no more than can settle it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.consensus import AgreementRule, Label, label_of_counts
from pipeline.label_store import Value
from pipeline.label_store.opinions import wanted_answers

Y, N, U = Value.YES, Value.NO, Value.UNSURE


@pytest.mark.parametrize(
    ("agree", "said", "wanted"),
    [
        (2, [], 2),
        (2, [Y], 2),
        (2, [Y, Y], 2),
        (2, [Y, N], 3),
        (2, [Y, U], 3),
        (2, [U, U], 3),
        (2, [Y, N, U], 3),
        (2, [Y, N, N], 3),
        (1, [U], 1),
        (1, [Y], 1),
        (3, [Y, Y, N], 4),
        (3, [Y, Y, N, N], 5),
        (3, [Y, Y, N, N, U], 5),
        (None, [Y, N], 2),
    ],
)
def test_a_split_goes_to_one_more_until_one_side_must_have_won(
    agree: int | None, said: list[Value], wanted: int
) -> None:
    assert wanted_answers(agree or 2, agree, said) == wanted


@given(st.integers(1, 5), st.lists(st.sampled_from([Y, N, U]), max_size=12))
def test_nobody_more_is_asked_exactly_when_the_rule_has_a_label(agree: int, said: list[Value]) -> None:
    said = said[: 2 * agree - 1]
    rule = AgreementRule(agree, None if agree == 1 else 2 * agree - 1)
    label = label_of_counts(said.count(Y), said.count(N), said.count(U), rule)
    asked_more = wanted_answers(agree, agree, said) > len(said)
    if label in {Label.YES, Label.NO}:
        assert asked_more == (len(said) < agree)
    assert asked_more or len(said) >= agree
