"""Progress bars in a terminal: one for each stage, with rate and time left."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
)
from rich.table import Column
from rich.text import Text

from pipeline.progress import Progress as StageProgress

__all__ = ["LateProgress", "TerminalProgress"]

PATIENCE = 2.0  # seconds that work may take without a bar
WIDE = 100  # columns of a terminal from which there is space for a bar beside the words


class _Rate(ProgressColumn):
    """Units a second. The unit itself is shown after the count."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if not speed else f"{speed:,.0f}/s", style="progress.data.speed", no_wrap=True)


class _Time(ProgressColumn):
    """Time left while a stage runs, the time it took once it is done."""

    def render(self, task: Task) -> Text:
        seconds = task.finished_time if task.finished else task.time_remaining
        if seconds is None:
            return Text("")
        clock = str(timedelta(seconds=round(seconds)))
        words = f"in {clock}" if task.finished else f"{clock} left"
        return Text(words, style="progress.remaining", no_wrap=True)


class TerminalProgress:
    """Shows the progress of stages. It is a context manager, called with `pipeline.progress.Progress`."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}", table_column=Column()),  # it wraps, so that the time is not cut off
            *([BarColumn(bar_width=28)] if console.width >= WIDE else []),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} {task.fields[unit]}"),
            _Rate(),
            _Time(),
            TextColumn("{task.fields[note]}"),
            console=console,
        )
        self._console = console
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Start drawing."""
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing. The last state stays on screen."""
        self._bars.stop()

    def __call__(self, progress: StageProgress) -> None:
        """Show one report. The first report of a stage adds its bar."""
        total = max(progress.total, 1)
        if progress.stage not in self._tasks:
            if not self._console.is_terminal:  # there the bars are printed at the end only
                self._console.print(f"{progress.stage} …", markup=False, highlight=False)
            self._tasks[progress.stage] = self._bars.add_task(progress.stage, total=total, unit=progress.unit, note="")
        self._bars.update(
            self._tasks[progress.stage], completed=min(progress.done, total), total=total, note=progress.note
        )


class LateProgress:
    """Progress bars for work that may be fast. None are drawn in its first two seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._open = ExitStack()
        self._bars: TerminalProgress | None = None

    def __enter__(self) -> Self:
        """Start to wait."""
        self._started = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing, if it has started."""
        self._open.close()

    def __call__(self, progress: StageProgress) -> None:
        """Show one report, after the first two seconds."""
        if self._bars is None and time.monotonic() - self._started >= PATIENCE:
            self._bars = self._open.enter_context(TerminalProgress(self._console))
        if self._bars is not None:
            self._bars(progress)
