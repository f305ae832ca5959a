"""The state of a session, without a server and without Panel."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from explorer.state.filter_state import FilterState
from explorer.state.view_state import ViewState

names = st.sampled_from(["content_bird", "content_cat", "media_comic"])
changes = st.lists(st.tuples(names, st.none() | st.booleans(), st.none() | st.floats(-2, 2)), max_size=12)


def state() -> FilterState:
    return FilterState({"content_bird": 0.7, "content_cat": 0.5, "media_comic": 0.2})


@given(changes)
def test_minimums_stay_probabilities_and_filters_are_those_switched_on(
    acts: list[tuple[str, bool | None, float | None]],
) -> None:
    filters, on = state(), set()
    for name, active, minimum in acts:
        filters.change(name, active=active, minimum=minimum)
        on = on | {name} if active or (active is None and name in on) else on - {name}
    assert all(0 <= minimum <= 1 for minimum in filters.minimums.values())
    assert {entry.attribute for entry in filters.filter_set().filters} == on


@given(changes)
def test_clearing_brings_back_the_beginning(acts: list[tuple[str, bool | None, float | None]]) -> None:
    filters = state()
    for name, active, minimum in acts:
        filters.change(name, active=active, minimum=minimum)
    filters.clear()
    assert filters.minimums == state().minimums
    assert filters.filter_set().filters == ()


def test_a_minimum_is_kept_while_its_filter_is_off() -> None:
    filters = state()
    filters.change("content_bird", active=True, minimum=0.9)
    filters.change("content_bird", active=False)
    filters.change("content_bird", active=True)
    assert filters.minimums["content_bird"] == 0.9


def test_resetting_brings_back_one_minimum_and_leaves_the_others() -> None:
    filters = state()
    filters.change("content_bird", active=True, minimum=0.9)
    filters.change("content_cat", minimum=0.1)
    filters.reset("content_bird")
    assert filters.minimums["content_bird"] == 0.7
    assert filters.minimums["content_cat"] == 0.1
    assert filters.active == ["content_bird"]


def test_attributes_that_are_not_there_are_ignored() -> None:
    filters = state()
    filters.change("content_<script>", active=True, minimum=0.4)
    filters.reset("other")
    assert filters.active == []
    assert set(filters.minimums) == {"content_bird", "content_cat", "media_comic"}


def test_the_same_image_again_closes_its_card() -> None:
    view = ViewState()
    view.select(7)
    assert view.selected_row == 7
    view.select(7)
    assert view.selected_row == -1


def test_other_scores_bring_other_defaults_but_move_nothing_that_a_person_moved() -> None:
    filters = FilterState({"bird": 0.5, "cat": 0.5})
    filters.change("cat", active=True, minimum=0.9)
    filters.offer({"bird": 0.7, "cat": 0.6, "shell": 0.4})
    assert filters.minimums == {"bird": 0.7, "cat": 0.9, "shell": 0.4}
    assert filters.active == ["cat"]
    filters.reset("cat")
    assert filters.minimums["cat"] == 0.6


def test_a_tab_is_asked_for_before_it_is_seen_and_opened_after() -> None:
    """A tab that must put something away does it before anybody can press a key there."""
    view, seen = ViewState(), list[tuple[str, str, str, str]]()

    def note(event: Any) -> None:
        request = event.new
        seen.append((event.name, view.tab, request.part, request.attribute))

    view.param.watch(note, "requested")
    view.param.watch(note, "opened")
    view.open_tab("rounds", "content_cat")
    assert seen == [("requested", "image", "rounds", "content_cat"), ("opened", "rounds", "rounds", "content_cat")]
    assert view.panel_open


def test_the_same_request_twice_is_heard_twice() -> None:
    view, heard = ViewState(), list[str]()
    view.param.watch(lambda event: heard.append(event.new.task), "opened")
    view.open_tab("label", task="answer")
    view.open_tab("label", task="answer")
    assert heard == ["answer", "answer"]


def test_showing_the_map_or_the_search_leaves_the_tab_as_it_is() -> None:
    view, heard = ViewState(), list[str]()
    view.param.watch(lambda event: heard.append(event.new.part), "opened")
    view.show_map(task="lasso")
    view.show_search()
    assert heard == ["map", "search"]
    assert (view.tab, view.panel_open) == ("image", False)


def test_going_to_the_same_place_again_is_going_there_again() -> None:
    view, gone = ViewState(), list[tuple[float, float, float]]()
    view.param.watch(lambda event: gone.append(event.new), "place", onlychanged=False)
    view.go_to(0.1, 0.2, 0.3)
    view.go_to(0.1, 0.2, 0.3)
    assert gone == [(0.1, 0.2, 0.3)] * 2
