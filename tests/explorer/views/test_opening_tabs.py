"""A tab sets the state of the session, and the tab that was asked for does the rest: no tab knows another one."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.composition import OpenCollections
from explorer.messages.encoding import encoded
from pipeline.annotation.consensus import Label
from tests.helpers.visitors import Visitor, on_a_loop

CAT, INK = "content_cat", "media_pen_ink"


@pytest.fixture
def visitor(collection_path: Path, tmp_path: Path, opened: OpenCollections) -> Iterator[Visitor]:
    found = Visitor(Path(shutil.copytree(collection_path, tmp_path / "collection")), opened)
    yield found
    found.explorer.services.close()


def sent(visitor: Visitor) -> list[str]:
    """Return the kinds of messages that went to the browser, in their order."""
    plain: list[Any] = [message if isinstance(message, dict) else encoded(message) for message in visitor.sent]
    return [message["type"] for message in plain]


@pytest.mark.parametrize("tab", ["rounds", "audit"])
def test_an_attributes_row_leads_to_its_rounds_and_audits(visitor: Visitor, tab: str) -> None:
    on_a_loop(lambda: visitor.say("AttributesTab", {"type": tab, "name": INK}))
    view = {"rounds": visitor.explorer.rounds, "audit": visitor.explorer.audits}[tab]
    assert (visitor.explorer.view.tab, visitor.explorer.view.panel_open) == (tab, True)
    assert view._attribute == INK
    other = {"audit": visitor.explorer.rounds, "rounds": visitor.explorer.audits}[tab]
    assert other._attribute == "", "the other tab was not asked for"


def test_rounds_lead_to_audits_and_audits_to_rounds(visitor: Visitor) -> None:
    async def story() -> list[str]:
        seen = []
        await visitor.say("RoundsTab", {"type": "choose", "attribute": CAT})
        await visitor.say("RoundsTab", {"type": "audit"})
        seen.append(f"{visitor.explorer.view.tab} {visitor.explorer.audits._attribute}")
        await visitor.say("AuditTab", {"type": "choose", "attribute": INK})
        await visitor.say("AuditTab", {"type": "rounds"})
        seen.append(f"{visitor.explorer.view.tab} {visitor.explorer.rounds._attribute}")
        return seen

    assert on_a_loop(story) == [f"audit {CAT}", f"rounds {INK}"]


@pytest.mark.slow
@pytest.mark.parametrize("component", ["RoundsTab", "AuditTab", "AttributesTab"])
def test_every_tab_of_an_attribute_leads_to_answering_it(visitor: Visitor, component: str) -> None:
    async def story() -> None:
        await visitor.join("Ann", INK)
        if component != "AttributesTab":
            await visitor.say(component, {"type": "choose", "attribute": CAT})
        await visitor.say(component, {"type": "answer"} | ({"name": CAT} if component == "AttributesTab" else {}))

    on_a_loop(story)
    assert visitor.explorer.view.tab == "label"
    assert visitor.explorer.work.attribute == CAT
    assert "focus" in sent(visitor)


def test_a_page_of_the_same_attribute_is_put_away_before_the_tab_is_seen(visitor: Visitor) -> None:
    seen: list[tuple[str, list[str]]] = []

    async def story() -> None:
        await visitor.join("Ann", CAT)
        await visitor.say("RoundsTab", {"type": "choose", "attribute": CAT})
        visitor.explorer.view.tab = "rounds"
        visitor.sent.clear()
        visitor.explorer.view.param.watch(lambda event: seen.append((event.new, sent(visitor))), "tab")
        await visitor.say("RoundsTab", {"type": "answer"})

    on_a_loop(story)
    assert seen[0] == ("label", ["restart"])
    assert sent(visitor)[:2] == ["restart", "focus"]


@pytest.mark.parametrize(
    ("way", "tab", "message"),
    [("label", "label", "focus"), ("attribute", "attributes", "create"), ("select", "image", "mode")],
)
def test_the_ways_of_a_collection_without_scores_lead_somewhere(
    visitor: Visitor, way: str, tab: str, message: str
) -> None:
    async def story() -> None:
        visitor.explorer.filter_view._on_message({"type": "way", "key": way})
        await asyncio.sleep(0)

    on_a_loop(story)
    assert visitor.explorer.view.tab == tab
    assert message in sent(visitor)


def test_the_search_is_led_to_with_the_cursor_in_it_and_only_then(visitor: Visitor) -> None:
    visitor.explorer.view.open_tab("answers")
    assert "focus" not in sent(visitor)
    visitor.explorer.filter_view._on_message({"type": "way", "key": "search"})
    assert sent(visitor).count("focus") == 1


@pytest.mark.slow
@pytest.mark.parametrize(("key", "label"), [("yes", Label.YES), ("no", Label.NO)])
def test_a_selection_is_labelled_from_its_tab(visitor: Visitor, key: str, label: Label) -> None:
    async def story() -> None:
        await visitor.join("Ann", CAT)
        visitor.explorer.selection.replace(np.arange(6, dtype=np.int32), "some")
        await visitor.say("Gallery", {"type": "action", "key": key})

    on_a_loop(story)
    assert visitor.explorer.view.tab == "label"
    values = visitor.explorer.services.labels.answers(CAT).values
    assert len(values) > 0
    assert set(values.tolist()) == {int(label)}
