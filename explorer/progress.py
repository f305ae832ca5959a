"""Progress bars in a terminal: one a stage, with rate and time left."""

from __future__ import annotations

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
from rich.text import Text

from pipeline.schema import Progress as StageProgress

__all__ = ["TerminalProgress"]


WIDE = 100  # columns of a terminal from which there is room for a bar beside the words


class _Rate(ProgressColumn):
    """Units a second; the unit stands beside it, after the count."""

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
    """Shows stages as they report; used as a context manager, called with `pipeline.schema.Progress`."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            *([BarColumn(bar_width=28)] if console.width >= WIDE else []),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} {task.fields[unit]}"),
            _Rate(),
            _Time(),
            TextColumn("{task.fields[note]}"),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Start drawing."""
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing; the last state stays on screen."""
        self._bars.stop()

    def __call__(self, progress: StageProgress) -> None:
        """Show one report; the first of a stage opens its bar."""
        total = max(progress.total, 1)
        if progress.stage not in self._tasks:
            self._tasks[progress.stage] = self._bars.add_task(progress.stage, total=total, unit=progress.unit, note="")
        self._bars.update(
            self._tasks[progress.stage], completed=min(progress.done, total), total=total, note=progress.note
        )
