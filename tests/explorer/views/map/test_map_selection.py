"""Selecting, searching and the gallery without a browser: messages in, the state of the session out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.app import Explorer
from explorer.composition import OpenCollections
from explorer.controllers.search import MOST_SIMILAR, ReplacedError
from explorer.views.browsing.gallery import Action, GalleryView, Mark
from pipeline.progress import Progress
from tests.helpers.waiting import nothing_is_left_to_do


@pytest.fixture
def explorer(collection_path: Path, opened: OpenCollections) -> Explorer:
    return Explorer(collection_path, dark=True, opened=opened)


def happen(*acts: Callable[[], Any]) -> None:
    """Do something on a loop of its own and wait for whatever it began."""

    async def talk() -> None:
        for act in acts:
            act()
        await nothing_is_left_to_do()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, talk()).result()


def said(explorer: Explorer, **message: Any) -> Callable[[], None]:
    return lambda: explorer.map_selection._on_message(message)


def drawn(explorer: Explorer, shape: str, points: list[list[float]], how: str = "replace") -> Callable[[], None]:
    return said(explorer, type="select", serial=1, shape=shape, how=how, points=points)


def positions(explorer: Explorer) -> NDArray[np.float32]:
    return explorer.services.layout(explorer.view.layout_name).positions


def in_box(explorer: Explorer, x0: float, y0: float, x1: float, y1: float) -> set[int]:
    x, y = positions(explorer).T
    return set(np.flatnonzero((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)).tolist())


def test_boxes_replace_add_and_subtract(explorer: Explorer) -> None:
    left, right = in_box(explorer, -2, -2, 0, 2), in_box(explorer, 0.0, -2, 2, 2)
    low = in_box(explorer, -2, -2, 2, 0)
    happen(drawn(explorer, "box", [[0, 2], [-2, -2]]))
    assert set(explorer.selection.rows.tolist()) == left
    assert explorer.selection.origin == "box"
    happen(drawn(explorer, "box", [[0, -2], [2, 2]], "add"))
    assert set(explorer.selection.rows.tolist()) == left | right
    happen(drawn(explorer, "box", [[-2, -2], [2, 0]], "subtract"))
    assert set(explorer.selection.rows.tolist()) == (left | right) - low
    happen(said(explorer, type="undo"))
    assert set(explorer.selection.rows.tolist()) == left | right


def test_a_lasso_selects_passing_images_and_opens_the_selection_tab(explorer: Explorer) -> None:
    happen(lambda: explorer.filters.change("content_cat", active=True, minimum=0.5))
    passing = set(np.flatnonzero(explorer.map.passing.mask()).tolist())
    happen(drawn(explorer, "lasso", [[-2, -2], [2, -2], [2, 2], [-2, 2]]))
    assert set(explorer.selection.rows.tolist()) == passing
    assert 0 < len(passing) < len(explorer.services.collection)
    assert (explorer.view.tab, explorer.view.panel_open) == ("selection", True)
    assert explorer.map.canvas.selection == {"count": len(passing), "words": "lasso"}


def test_of_outlines_that_come_at_once_the_last_counts(explorer: Explorer) -> None:
    happen(
        drawn(explorer, "box", [[-2, -2], [2, 2]]),
        drawn(explorer, "box", [[-2, -2], [0, 2]]),
        drawn(explorer, "box", [[-2, -2], [0, 0]]),
    )
    assert set(explorer.selection.rows.tolist()) == in_box(explorer, -2, -2, 0, 0)
    happen(said(explorer, type="undo"))
    assert explorer.selection.count == 0


def test_one_who_labels_is_left_where_they_work(explorer: Explorer) -> None:
    happen(lambda: explorer.view.open_tab("label"))
    happen(drawn(explorer, "box", [[-2, -2], [2, 2]]))
    assert explorer.selection.count
    assert explorer.view.tab == "label"


def test_all_that_pass_are_selected_and_cleared(explorer: Explorer) -> None:
    happen(lambda: explorer.filters.change("content_cat", active=True, minimum=0.5))
    happen(said(explorer, type="select_all"))
    assert explorer.selection.count == explorer.map.passing.count
    happen(said(explorer, type="clear"))
    assert explorer.selection.count == 0
    assert explorer.map.canvas.selection == {}


def test_a_marked_place_adds_the_picture_in_front_and_takes_it_out_again(explorer: Explorer) -> None:
    x, y = map(float, positions(explorer)[11])
    mark = said(explorer, type="mark", x=x, y=y, level=explorer.map.index.max_level)
    happen(mark)
    assert explorer.selection.count == 1
    assert explorer.view.tab != "selection", "a picture more does not move the panel"
    happen(mark)
    assert explorer.selection.count == 0
    happen(lambda: explorer.filters.change("content_cat", active=True, minimum=1.0))
    happen(mark)
    assert explorer.selection.count == int(explorer.map.passing.holds(np.array([11]))[0])


@pytest.mark.parametrize(
    "message",
    [
        None,
        {},
        {"type": "select"},
        {"type": "select", "serial": 1, "shape": "lasso", "how": "replace", "points": [[0, 0]]},
        {"type": "select", "serial": 1, "shape": "lasso", "how": "replace", "points": [[0, float("nan")]] * 4},
        {"type": "select", "serial": 1, "shape": "lasso", "how": "replace", "points": [[0, 0]] * 2001},
        {"type": "select", "serial": 1, "shape": "box", "how": "replace", "points": [[0, 0], [1, 1], [2, 2]]},
        {"type": "select", "serial": 1, "shape": "star", "how": "replace", "points": [[-2, -2], [2, 2]]},
        {"type": "select", "serial": 1, "shape": "box", "how": "undo", "points": [[-2, -2], [2, 2]]},
        {"type": "select", "serial": 1, "shape": "box", "how": "__init__", "points": [[-2, -2], [2, 2]]},
        {"type": "select", "serial": "x", "shape": "box", "how": "add", "points": "points"},
        {"type": "mark", "x": "no", "y": 0, "level": 1},
        {"type": "mark", "x": 1e400, "y": 0, "level": 10**9},
    ],
    ids=str,
)
def test_messages_that_make_no_sense_select_nothing(explorer: Explorer, message: Any) -> None:
    happen(lambda: explorer.map_selection._on_message(message))
    assert explorer.selection.count == 0


def test_frames_show_the_selection_and_only_then(explorer: Explorer) -> None:
    assert explorer.map._content.selected is None
    happen(lambda: explorer.selection.replace(np.array([3, 5]), "box"))
    members = explorer.map._content.selected
    assert members is not None
    assert np.flatnonzero(members.mask()).tolist() == [3, 5]


def gallery_of(explorer: Explorer, **options: Any) -> GalleryView:
    return GalleryView(explorer.services, explorer.view, size=10, **options)


def test_a_gallery_shows_its_rows_in_their_order_a_page_at_a_time(explorer: Explorer) -> None:
    gallery, rows = gallery_of(explorer), np.random.default_rng(0).permutation(72)[:25].astype(np.int32)
    happen(lambda: gallery.fill(rows, "some", "of them", {int(rows[3]): Mark("yes", "yes")}))
    browser = gallery.gallery
    assert (browser.title, browser.subtitle, browser.total, browser.start) == ("some", "of them", 25, 0)
    assert [int(item["row"]) for item in browser.items] == rows[:10].tolist()
    assert [item["mark"] for item in browser.items] == ["", "", "", "yes", "", "", "", "", "", ""]
    ids = explorer.services.collection.image_ids
    assert [item["id"] for item in browser.items] == [str(ids[row]) for row in rows[:10]], "ids travel as text"
    assert all(item["tile"][:3] == b"\xff\xd8\xff" for item in browser.items), "JPEG"
    happen(lambda: gallery._on_message({"type": "turn", "start": 24}))
    assert [int(item["row"]) for item in browser.items] == rows[20:].tolist()


def test_a_gallery_that_gets_shorter_stays_on_its_page_as_far_as_there_is_one(explorer: Explorer) -> None:
    gallery = gallery_of(explorer)
    happen(lambda: gallery.fill(np.arange(25)), lambda: gallery._on_message({"type": "turn", "start": 20}))
    happen(lambda: gallery.fill(np.arange(23), stay=True))
    assert gallery.gallery.start == 20
    happen(lambda: gallery.fill(np.arange(12), stay=True))
    assert gallery.gallery.start == 10
    happen(lambda: gallery.fill([], stay=True))
    assert gallery.gallery.items == []
    assert gallery.gallery.total == 0


def test_of_pages_turned_at_once_the_last_is_shown(explorer: Explorer) -> None:
    gallery = gallery_of(explorer)
    turns = [lambda start=start: gallery._on_message({"type": "turn", "start": start}) for start in (10, 30, 50, 20)]
    happen(lambda: gallery.fill(np.arange(72)), *turns)
    assert gallery.gallery.start == 20
    assert gallery.gallery.items[0]["row"] == "20"


def test_a_picture_opens_its_card_and_can_be_taken_out(explorer: Explorer) -> None:
    out: list[int] = []
    gallery = gallery_of(explorer, on_remove=out.append)
    happen(lambda: gallery.fill([4, 9]), lambda: gallery._on_message({"type": "open", "row": "9"}))
    assert explorer.view.selected_row == 9
    assert gallery.gallery.chosen == "9"
    happen(lambda: gallery._on_message({"type": "open", "row": "9"}))
    assert explorer.view.selected_row == 9, "the same again leaves it open"
    happen(lambda: gallery._on_message({"type": "remove", "row": "4"}))
    assert out == [4]


def test_actions_that_are_there_and_enabled_are_called_and_no_others(explorer: Explorer) -> None:
    pressed: list[str] = []
    actions = [Action("a", "A"), Action("b", "B", enabled=False)]
    gallery = gallery_of(explorer, actions=actions, on_action=pressed.append)
    for key in ("a", "b", "c", None, {"a": 1}):
        gallery._on_message({"type": "action", "key": key})
    assert pressed == ["a"]


@pytest.mark.parametrize("row", ["7", "-1", "99999999999999999999", "1e3", "٣", 7, None, [4]])
def test_a_row_that_the_gallery_does_not_show_opens_nothing(explorer: Explorer, row: Any) -> None:
    gallery = gallery_of(explorer)
    happen(lambda: gallery.fill([4]), lambda: gallery._on_message({"type": "open", "row": row}))
    assert explorer.view.selected_row == -1


@pytest.mark.parametrize("message", [None, 3, {}, {"type": "turn"}, {"type": "turn", "start": "x"}])
def test_a_gallery_ignores_what_makes_no_sense(explorer: Explorer, message: Any) -> None:
    gallery = gallery_of(explorer)
    happen(lambda: gallery.fill([4]), lambda: gallery._on_message(message))
    assert gallery.gallery.start == 0


@pytest.mark.parametrize("start", [-5, 10**12])
def test_a_page_that_there_is_not_is_the_nearest(explorer: Explorer, start: int) -> None:
    gallery = gallery_of(explorer)
    happen(lambda: gallery.fill(np.arange(25)), lambda: gallery._on_message({"type": "turn", "start": start}))
    assert gallery.gallery.start == (0 if start < 0 else 20)


def test_the_selection_tab_enables_the_actions_that_are_possible_now(explorer: Explorer) -> None:
    tab, selection = explorer.selection_tab, explorer.selection
    enabled = lambda: {action.key for action in tab.gallery.actions if action.enabled}  # noqa: E731
    assert enabled() == set()
    happen(lambda: selection.replace(np.array([1, 2]), "box"))
    assert {"clear", "undo", "similar"} <= enabled()
    assert tab.gallery.gallery.title == "2 images selected"
    happen(lambda: tab.gallery._on_message({"type": "remove", "row": "2"}))
    assert selection.rows.tolist() == [1]
    happen(lambda: tab._on_action("clear"))
    assert enabled() == {"undo"}
    happen(lambda: tab._on_action("undo"))
    assert selection.rows.tolist() == [1]


def test_words_become_the_selection_in_the_order_of_relevance(explorer: Explorer) -> None:
    happen(lambda: explorer.searching.words("disc drawing"))
    records = explorer.services.collection.records(explorer.selection.ranked)
    assert len(records) == 24
    assert all("disc" in record.caption for record in records)
    assert explorer.selection.origin == "search: disc drawing"
    assert explorer.searching.result == "24 images"
    assert explorer.view.tab == "selection"
    assert explorer.selection_tab.gallery.rows.tolist() == explorer.selection.ranked.tolist()


def test_what_is_found_while_one_types_on_is_one_step_back(explorer: Explorer) -> None:
    happen(lambda: explorer.selection.replace(np.array([7]), "box"))
    for text in ("dis", "disc", "disc drawing"):
        happen(lambda text=text: explorer.searching.words(text))
    happen(explorer.selection.undo)
    assert explorer.selection.rows.tolist() == [7]


def test_nothing_found_is_said_with_advice_and_changes_no_selection(explorer: Explorer) -> None:
    happen(lambda: explorer.selection.replace(np.array([7]), "box"))
    happen(lambda: explorer.searching.words("<b>zeppelin</b>"))
    assert explorer.selection.rows.tolist() == [7]
    assert "“<b>zeppelin</b>”" in explorer.searching.advice
    assert explorer.searching.result == "nothing found"
    happen(lambda: explorer.searching.words("?!"))
    assert "letters or digits" in explorer.searching.advice
    happen(lambda: explorer.searching.words("  "))
    assert (explorer.searching.advice, explorer.searching.result) == ("", "")


def test_searches_find_what_passes_and_say_when_the_filters_are_why_not(explorer: Explorer) -> None:
    happen(lambda: explorer.filters.change("content_cat", active=True, minimum=1.0))
    happen(lambda: explorer.searching.words("stripes"))
    assert "Clear the filters" in explorer.searching.advice
    happen(lambda: explorer.filters.change("content_cat", active=True, minimum=0.5))
    happen(lambda: explorer.searching.words("drawing"))
    assert explorer.map.passing.holds(explorer.selection.rows).all()


def test_captions_kept_elsewhere_are_found_too_and_come_first(explorer: Explorer) -> None:
    ids = explorer.services.collection.image_ids
    asked: list[list[str]] = []

    def more(words: list[str]) -> list[int]:
        asked.append(words)
        return [int(ids[50]), 12345]

    explorer.searching.more = more
    happen(lambda: explorer.searching.words("Disc zebra"))
    assert asked == [["disc", "zebra"]]
    assert explorer.selection.ranked.tolist() == [50]


def test_similar_images_become_the_selection(explorer: Explorer) -> None:
    happen(lambda: explorer.view.select(20))
    happen(lambda: explorer.inspector._on_message({"type": "similar"}))
    expected = explorer.services.search.similar(np.array([20], np.int32), MOST_SIMILAR)
    assert explorer.selection.ranked.tolist() == expected.tolist()
    assert explorer.selection.origin == "similar to an image"
    first = explorer.selection.rows
    happen(lambda: explorer.selection_tab._on_action("similar"))
    assert explorer.selection.origin == f"similar to {first.size} images"


def test_a_newer_search_takes_the_place_of_an_older_one(explorer: Explorer) -> None:
    happen(
        lambda: explorer.searching.similar(np.array([1], np.int32)),
        lambda: explorer.searching.words("disc"),
        lambda: explorer.searching.words("square"),
    )
    assert explorer.selection.origin == "search: square"
    assert not explorer.searching.busy
    happen(lambda: explorer.searching.words("disc"), explorer.searching.stop)
    assert explorer.selection.origin == "search: square"


def test_a_search_that_was_replaced_ends_its_work(explorer: Explorer) -> None:
    happen(lambda: explorer.searching.similar(np.array([1], np.int32)))
    older = explorer.searching._task
    older.report(Progress("Comparing images", 1, 2))
    happen(lambda: explorer.searching.words("disc"))
    with pytest.raises(ReplacedError):
        older.report(Progress("Comparing images", 2, 2))
