"""While an audit is open, no page shows a score or a threshold of its attribute to anyone."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.composition import OpenCollections
from explorer.services.colorings import ColorKey, Order
from explorer.services.hidden_scores import hidden_words
from pipeline.map.filters import AttributeFilter, FilterSet
from pipeline.map.priorities import PriorityKind
from tests.helpers.visitors import Visitor, on_a_loop

CAT, INK = "content_cat", "media_pen_ink"
HIDDEN = "Scores of cat are hidden while an audit of it is open."


class Audited:
    """A released attribute with an open audit by Ann, her page, and a page without a name."""

    def __init__(self, path: Path, opened: OpenCollections) -> None:
        self.opened = opened
        self.ann, self.nobody = Visitor(path, opened), Visitor(path, opened)
        self.pages = (self.ann, self.nobody)

    async def release(self) -> None:
        ann = self.ann
        await ann.join("Ann", CAT)
        for visitor in self.pages:
            for tab in ("RoundsTab", "AuditTab"):
                await visitor.say(tab, {"type": "choose", "attribute": CAT})
        await ann.say("RoundsTab", {"type": "train"})
        while ann.explorer.services.rounds.working(CAT) is not None:
            await asyncio.sleep(0.01)
        await ann.say("RoundsTab", {"type": "release"})

    async def begin(self, *, draw: bool = True) -> None:
        for name in ("positives", "negatives"):
            await self.ann.say("AuditTab", {"type": "plan_form", "name": name, "value": 5})
        await self.ann.say("AuditTab", {"type": "freeze"})
        if draw:
            await self.ann.say("AuditTab", {"type": "draw"})
        await self.told()

    async def told(self) -> None:
        """Send every page the changes that the label service finds."""
        for visitor in self.pages:
            visitor.explorer.new_scores.look()
        await self.nobody.say("Tabs", {"open": "image"})

    async def standing(self, visitor: Visitor) -> dict[str, Any]:
        rounds = visitor.explorer.rounds
        await rounds._read_once()
        found: dict[str, Any] = rounds.tab.standing
        return found


@pytest.fixture
def audited(
    collection_path: Path, tmp_path: Path, opened: OpenCollections, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Audited]:
    monkeypatch.setattr("explorer.views.labeling.label_tab.FRESH_SECONDS", 0.0)
    found = Audited(Path(shutil.copytree(collection_path, tmp_path / "collection")), opened)
    on_a_loop(found.release)
    yield found
    found.ann.explorer.services.close()


def shown(visitor: Visitor) -> dict[str, Any]:
    """Return everything about scores that a page holds now."""
    explorer = visitor.explorer
    return {
        "filters": [row["name"] for row in explorer.filter_view.panel.rows],
        "minimums": sorted(explorer.filter_view.panel.settings),
        "kept": sorted(explorer.map.canvas.session["minimums"]),
        "of": [
            option["value"]
            for choice in explorer.toolbar.bar.choices
            if choice["name"] == "attribute"
            for option in choice["options"]
        ],
    }


@pytest.mark.slow
@pytest.mark.parametrize("draw", [False, True], ids=["frozen", "drawn"])
def test_no_page_lists_the_attribute_s_scores_and_every_page_says_why(audited: Audited, draw: bool) -> None:
    before = [shown(visitor) for visitor in audited.pages]
    assert all(CAT in names for page in before for names in page.values())
    on_a_loop(lambda: audited.begin(draw=draw))
    for visitor in audited.pages:
        assert not any(CAT in names for names in shown(visitor).values())
        assert all(INK in names for names in shown(visitor).values())
        assert visitor.explorer.filter_view.panel.hidden == HIDDEN


def test_no_card_of_any_image_shows_it(audited: Audited) -> None:
    async def story() -> list[dict[str, Any]]:
        await audited.begin()
        records = []
        for visitor in audited.pages:
            for row in range(0, 72, 7):
                await visitor.say("AuditTab", {"type": "open", "row": row})
                records.append(visitor.explorer.inspector.card.record)
        return records

    for record in on_a_loop(story):
        assert [entry["name"] for entry in record["scores"]] == [INK]
        assert record["hidden"] == HIDDEN


def test_no_filter_colour_or_order_follows_it_even_where_the_page_did_not_hear_yet(audited: Audited) -> None:
    services = audited.ann.explorer.services
    layout, everything = services.collection.manifest.layouts[0].name, services.passing(FilterSet())
    strict = FilterSet((AttributeFilter(CAT, 0.5),))
    order = Order(PriorityKind.SCORE, CAT)
    assert 0 < services.passing(strict).count < everything.count
    by_chance = services.index(layout).rank
    assert not np.array_equal(services.index(layout, order).rank, by_chance)
    on_a_loop(audited.begin)
    assert services.passing(strict).count == everything.count
    assert services.counts(strict, ()).keys() == {INK}
    for kind in ("score", "side", "uncertainty", "known"):
        assert len(np.unique(services.coloring(ColorKey(kind, CAT, 0.5)).classes)) == 1
    assert np.array_equal(services.index(layout, order).rank, by_chance)


def test_what_was_selected_by_it_before_is_selected_no_more(audited: Audited) -> None:
    async def story() -> None:
        await audited.nobody.say("FilterPanel", {"type": "filter", "attribute": CAT, "active": True, "minimum": 0.5})
        await audited.nobody.say("MapCanvas", {"type": "select_all"})
        assert 0 < audited.nobody.explorer.selection.count < 72
        await audited.begin()
        await audited.nobody.say("FilterPanel", {"type": "filter", "attribute": CAT, "active": True, "minimum": 0.5})

    on_a_loop(story)
    explorer = audited.nobody.explorer
    assert (explorer.selection.count, explorer.selection.can_undo) == (0, False)
    assert explorer.filters.active == []


def test_the_rounds_tab_shows_no_figure_and_does_nothing_by_scores(audited: Audited) -> None:
    async def story() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        await audited.begin()
        for message in (
            {"type": "threshold", "upper": 0.5, "lower": 0.5},
            {"type": "find", "precision": 0.9},
            {"type": "plan", "precision": 0.6},
            {"type": "release"},
        ):
            (note,) = await audited.ann.say("RoundsTab", message)
            assert note["text"].startswith(HIDDEN)
        await audited.ann.say("RoundsTab", {"type": "use"})
        return await audited.standing(audited.ann), audited.ann.sent

    standing, _ = on_a_loop(story)
    assert standing["sentences"] == [HIDDEN]
    told = ("histogram", "figures", "curve", "trade", "advice", "round", "here")
    assert not any(standing[name] for name in told)
    assert standing["release"]["made"] == []
    assert (standing["threshold"], standing["certification"]["threshold"]) == (0.5, None)
    assert audited.ann.explorer.filters.active == []


def test_the_queue_tells_no_question_of_an_audit_from_any_other(audited: Audited) -> None:
    async def status() -> dict[str, Any]:
        await audited.ann.say("LabelTab", {"type": "work", "attribute": CAT, "fresh": True})
        audited.ann.explorer.labeling.refresh()
        await audited.ann.say("LabelTab", {"type": "alive"})
        found: dict[str, Any] = audited.ann.explorer.labeling.tab.status
        return found

    before = on_a_loop(status)
    on_a_loop(audited.begin)
    after = on_a_loop(status)
    assert after["left"] == before["left"] + 10
    assert [batch["title"] for batch in after["batches"]] == [batch["title"] for batch in before["batches"]]
    assert "audit" not in str(after["batches"] + after["sources"]).lower()
    pages = [message for message in audited.ann.sent if message["type"] == "page"]
    assert not any("audit" in str({**page, "items": []}) for page in pages)
    assert {tuple(item) for page in pages for item in page["items"]} == {("draw", "image", "row", "words", "picture")}
    score = next(source for source in after["sources"] if source["key"] == "score")
    assert not score["enabled"]


def test_when_the_audit_ends_everything_is_shown_again(audited: Audited) -> None:
    async def story() -> None:
        await audited.begin()
        await audited.ann.say("AuditTab", {"type": "drop"})
        await audited.told()

    before = [shown(visitor) for visitor in audited.pages]
    on_a_loop(story)
    assert [shown(visitor) for visitor in audited.pages] == before
    standing = on_a_loop(lambda: audited.standing(audited.ann))
    assert standing["histogram"]


def test_a_page_that_is_opened_while_an_audit_is_open_never_held_the_scores(audited: Audited) -> None:
    on_a_loop(audited.begin)
    late = Visitor(audited.ann.explorer.services.collection.path, audited.opened)
    assert not any(CAT in names for names in shown(late).values())


@pytest.mark.parametrize(
    ("titles", "words"),
    [([], ""), (["cat"], HIDDEN), (["bird", "cat"], "Scores of bird, cat are hidden while audits of them are open.")],
)
def test_the_reason_is_one_sentence(titles: list[str], words: str) -> None:
    say: Callable[[list[str]], str] = hidden_words
    assert say(titles) == words
