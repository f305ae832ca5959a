"""The command ``explorer doctor``: prints findings as lines, or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import typer
from rich.console import Console

from explorer.cli.progress_bars import TerminalProgress
from explorer.cli.terminal import escape, terminal_json
from explorer.installation import outdated_words
from explorer.settings import label_store_url
from pipeline.doctor import Finding, State, examine_collection, examine_machine

__all__ = ["examine"]

_MARKS = {State.GOOD: "[green]✓[/]", State.NOTE: "[yellow]![/]", State.BAD: "[red]✗[/]"}
_REPAIRED = {"collection", "neighbours and duplicates", "captions", "scores", "layouts"}
"""Findings of which `explorer repair` makes some again."""


def examine(folder: Path | None, console: Console, *, as_json: bool) -> int:
    """Examine the machine, and a collection if one is named; return the exit code.

    Returns
    -------
    int
        0 if nothing is bad, 1 otherwise.
    """
    found = []
    out = Console()
    for finding in _findings(folder, console):
        found.append(finding)
        if not as_json:
            _print(finding, out)
    bad = sum(finding.state is State.BAD for finding in found)
    if as_json:
        typer.echo(terminal_json([asdict(finding) for finding in found]))
    elif bad:
        out.print(f"[red]{bad} of {len(found)} findings need you.[/]")
    else:
        out.print("[green]Nothing is damaged.[/]")
    return 1 if bad else 0


def _findings(folder: Path | None, console: Console) -> Iterator[Finding]:
    outdated = outdated_words()
    if outdated is not None:
        words, _, remedy = outdated.partition(". ")
        yield Finding("installation", State.BAD, f"{words}.", remedy)
    yield from examine_machine(folder or Path.cwd())
    if folder is not None:
        with TerminalProgress(console) as progress:
            for finding in examine_collection(folder, label_store_url(), progress):
                yield _with_repair(finding)


def _with_repair(finding: Finding) -> Finding:
    """Name the command that may repair what was found."""
    if finding.state is not State.BAD or finding.subject not in _REPAIRED or finding.remedy == "Check the path.":
        return finding
    return replace(finding, remedy=f"Try explorer repair DIR first. {finding.remedy}")


def _print(finding: Finding, out: Console) -> None:
    remedy = f" {escape(finding.remedy)}" if finding.remedy and finding.state is not State.GOOD else ""
    out.print(f"{_MARKS[finding.state]} [bold]{finding.subject}[/]: {escape(finding.words)}{remedy}", soft_wrap=True)
