"""Requirements in a terminal: every figure is readable at 80 columns, and a finished stage says how long it took."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from explorer.cli.progress_bars import TerminalProgress
from pipeline.progress import Progress

STAGE = "t-SNE · best of each attribute (2,962)"


def shown(width: int, *reports: Progress) -> str:
    text = io.StringIO()
    with TerminalProgress(Console(file=text, width=width, force_terminal=True, color_system=None)) as progress:
        for report in reports:
            progress(report)
    return text.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_a_finished_stage_shows_its_whole_count_and_the_time_it_took(width: int) -> None:
    text = shown(width, Progress(STAGE, 0, 750, "iterations"), Progress(STAGE, 750, 750, "iterations"))
    line = next(line for line in reversed(text.splitlines()) if STAGE in line)
    assert "750 of 750 iterations" in line
    assert "in 0:00:0" in line
    assert "left" not in line
    assert "…" not in line


def test_the_bar_itself_is_drawn_only_in_a_wide_terminal() -> None:
    half = (Progress(STAGE, 0, 2, "images"), Progress(STAGE, 1, 2, "images"))
    assert "━" in shown(120, *half)
    assert "━" not in shown(80, *half)


def test_a_long_name_and_a_fast_stage_leave_the_time_whole() -> None:
    stages = (STAGE, 750, "iterations"), ("Indexing captions", 31_550_000, "images")
    text = shown(80, *(Progress(name, done, total, unit) for name, total, unit in stages for done in (0, total)))
    last = text[text.rindex("t-SNE") :]
    assert last.count("in 0:00:0") == 2


def test_without_a_terminal_each_stage_is_named_when_it_begins() -> None:
    text = io.StringIO()
    with TerminalProgress(Console(file=text, width=80)) as progress:
        progress(Progress(STAGE, 0, 750, "iterations"))
        progress(Progress(STAGE, 300, 750, "iterations"))
        assert text.getvalue() == f"{STAGE} …\n"
