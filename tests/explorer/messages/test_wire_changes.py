"""A browser may change three switches of a page's models, and nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from panel.custom import JSComponent

import explorer.app  # noqa: F401 -- every component of the page
from explorer.messages.table import TABLE
from explorer.serving.channel_messages import SWITCHES, WireRefusal, fit_for_server, without_changes
from explorer.views.common.component import Component


def kinds(of: type[Component]) -> list[type[Component]]:
    return [kind for kind in of.__subclasses__() if kind.__module__.startswith("explorer")]


def patch(*events: dict[str, Any]) -> Any:
    return SimpleNamespace(msgtype="PATCH-DOC", content={"events": list(events)})


def change(attribute: str, value: Any) -> dict[str, Any]:
    return {"kind": "ModelChanged", "model": {"id": "p1"}, "attr": attribute, "new": value}


@pytest.mark.parametrize("component", kinds(Component), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("value", [1_000_000, 0, -5, "x", True, None, [], {"type": "map", "entries": []}], ids=str)
def test_no_value_of_a_component_is_set_from_a_browser(component: type[Component], value: Any) -> None:
    names = {*component.param, "esm", "class_name", "tags", "data", "children", "stylesheets", "js_property_callbacks"}
    assert len(names) > len(list(JSComponent.param)) - 1
    message = patch(*[change(name, value) for name in sorted(names)])
    assert not without_changes(message)
    assert message.content == {"events": []}


def test_every_component_was_walked() -> None:
    assert {kind.__name__ for kind in kinds(Component)} == set(TABLE)


@pytest.mark.parametrize("switch", sorted(SWITCHES))
def test_a_switch_is_on_or_off(switch: str) -> None:
    assert without_changes(patch(change(switch, True)))
    assert not without_changes(patch(change(switch, "x"), change(switch, 1), change(switch, None)))


@given(st.sampled_from(["button_click", "pan", "value_submit", "lod_start", "", "DATA_EVENT"]) | st.text(max_size=20))
def test_of_events_those_of_a_page_are_taken(name: str) -> None:
    said = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": {"type": "event", "name": name}}
    assert without_changes(patch(said)) == (name in {"data_event", "dom_event", "document_ready"})


def test_what_may_pass_passes_beside_what_may_not() -> None:
    said = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": {"type": "event", "name": "data_event"}}
    message = patch(change("size", 10**6), said, change("timezone", "UTC"))
    assert without_changes(message)
    assert message.content == {"events": [said]}


@given(st.recursive(st.none() | st.text(max_size=5), lambda part: st.lists(part) | st.dictionaries(st.text(), part)))
def test_names_that_are_no_text_are_no_names(value: Any) -> None:
    said = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": {"type": "event", "name": value}}
    for event in (said, {"kind": "ModelChanged", "model": {"id": "p1"}, "attr": value, "new": True}):
        message = patch(event)
        assert not without_changes(message)
    with pytest.raises(WireRefusal):
        fit_for_server(patch({"kind": [value]}))
