"""The selection of a session, without a server and without Panel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.state.selection_state import MOST_STEPS, SelectionState

COUNT = 50
rows = st.lists(st.integers(-3, COUNT + 3), max_size=30)
acts = st.lists(st.tuples(st.sampled_from(["replace", "add", "subtract"]), rows), max_size=15)


def apply(state: SelectionState, acts: list[tuple[str, list[int]]]) -> list[list[int]]:
    """Do it, and return the ranked rows after each change as plain Python has them."""
    ranked: list[int] = []
    history = [ranked]
    for name, given_rows in acts:
        getattr(state, name)(np.array(given_rows, np.int64), name)
        good = list(dict.fromkeys(row for row in given_rows if 0 <= row < COUNT))
        if name == "replace":
            ranked = good
        elif name == "add":
            ranked = ranked + [row for row in good if row not in ranked]
        else:
            ranked = [row for row in ranked if row not in good]
        if ranked != history[-1] or (name == "replace" and good):
            history.append(ranked)
    return history


@given(acts)
def test_a_selection_is_what_sets_would_be_and_keeps_the_order_given(acts: list[tuple[str, list[int]]]) -> None:
    state = SelectionState(COUNT)
    ranked = apply(state, acts)[-1]
    assert state.ranked.tolist() == ranked
    assert state.rows.tolist() == sorted(ranked)
    assert state.rows.dtype == np.int32
    assert state.count == len(ranked)
    assert (state.members is None) == (not ranked)
    if state.members is not None:
        assert np.flatnonzero(state.members.mask()).tolist() == sorted(ranked)
    assert bool(state.origin) == bool(ranked)


@given(acts)
def test_undoing_everything_leads_back_to_nothing(acts: list[tuple[str, list[int]]]) -> None:
    state = SelectionState(COUNT)
    apply(state, acts)
    steps = 0
    while state.can_undo:
        state.undo()
        steps += 1
    assert steps <= MOST_STEPS
    assert state.count == 0
    assert state.origin == ""


def test_every_change_is_reported_once_after_all_values_are_set() -> None:
    state, seen = SelectionState(COUNT), []
    state.param.watch(lambda _: seen.append((state.rows.tolist(), state.ranked.tolist(), state.origin)), "change")
    state.replace(np.array([9, 2, 5]), "search: bird")
    state.add(np.array([2, 1]), "lasso")
    state.add(np.array([2, 1]), "lasso")
    state.subtract(np.array([9]))
    state.undo()
    assert seen == [
        ([2, 5, 9], [9, 2, 5], "search: bird"),
        ([1, 2, 5, 9], [9, 2, 5, 1], "search: bird and more"),
        ([1, 2, 5], [2, 5, 1], "search: bird and more"),
        ([1, 2, 5, 9], [9, 2, 5, 1], "search: bird and more"),
    ]


def test_toggling_twice_changes_nothing() -> None:
    state = SelectionState(COUNT)
    state.replace(np.array([4, 8]), "box")
    state.toggle(6)
    assert state.rows.tolist() == [4, 6, 8]
    state.toggle(6)
    state.toggle(-1)
    assert state.rows.tolist() == [4, 8]


def test_what_was_handed_out_never_changes() -> None:
    state = SelectionState(COUNT)
    state.replace(np.array([1, 2]), "box")
    before = state.rows
    state.add(np.array([3]), "box")
    assert before.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        state.rows[0] = 7


def test_large_selections_are_forgotten_before_they_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.state.selection_state.MOST_KEPT", 60)
    state = SelectionState(COUNT)
    for step in range(6):
        state.replace(np.arange(step, 40), f"box {step}")
    assert sum(kept.size for kept, _ in state._before) <= 60
    state.undo()
    assert state.origin == "box 4"
