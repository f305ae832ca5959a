"""Keys are read in one file: no component looks at a keyboard's event by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.helpers.scripts import VIEWS, modules

SCRIPTS = modules()
READS = re.compile(r"keydown|keyup|keypress|keyCode|isComposing|\b(?:event|e|ev)\.(?:key|code|which)\b")
COMPONENTS = [path for path in SCRIPTS if "export function render" in path.read_text(encoding="utf-8")]


def test_there_are_scripts_to_look_at() -> None:
    assert VIEWS / "common/keys.js" in SCRIPTS
    assert READS.search((VIEWS / "common/keys.js").read_text(encoding="utf-8"))


@pytest.mark.parametrize("script", [path for path in SCRIPTS if path.name != "keys.js"], ids=lambda path: path.name)
def test_a_component_asks_the_module_of_keys(script: Path) -> None:
    assert READS.findall(script.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("script", COMPONENTS, ids=lambda path: path.name)
def test_every_component_is_guarded_against_keys_of_input_methods(script: Path) -> None:
    parts = script.read_text(encoding="utf-8")
    if "build(model)" in parts:  # the map's elements are made in a file of their own
        parts += (VIEWS / "map/canvas/map_page.js").read_text(encoding="utf-8")
    assert "makeRoot(" in parts
