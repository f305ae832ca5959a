"""Figures are kept so that a script can read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks.map_crowd import trend

KEPT = sorted((Path(__file__).parents[1] / "docs" / "measurements").glob("*.jsonl"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_every_line_says_what_was_measured_when_and_how_to_repeat_it(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        assert entry.keys() >= {"date", "command"}, line[:80]


def test_there_are_figures_to_read() -> None:
    assert KEPT


def test_memory_that_fills_at_first_and_then_stays_is_told_from_memory_that_grows() -> None:
    seconds = [float(second) for second in range(0, 600, 10)]
    filling = trend([(second, 500.0 + min(second / 10, 20.0)) for second in seconds])
    growing = trend([(second, 500.0 + second / 20) for second in seconds])
    assert filling["by_minute"] == [502, 508, 514, 520, 520, 520, 520, 520, 520, 520]
    assert filling["slope_a_minute"] == 0
    assert growing["slope_a_minute"] == 3
    assert growing["last_third"] == 525
    assert filling["peak"] == 520
