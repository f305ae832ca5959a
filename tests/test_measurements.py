"""Figures are kept so that a script can read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

KEPT = sorted((Path(__file__).parents[1] / "docs" / "measurements").glob("*.jsonl"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_every_line_says_what_was_measured_when_and_how_to_repeat_it(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        assert entry.keys() >= {"date", "command"}, line[:80]


def test_there_are_figures_to_read() -> None:
    assert KEPT
