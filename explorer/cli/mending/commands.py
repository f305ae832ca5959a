"""``explorer info``, ``doctor`` and ``repair``: what a collection holds, what is damaged, and mending it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from explorer.cli.terminal import escape, terminal_json

__all__ = ["add_examining_commands"]

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
console = Console(stderr=True, highlight=False)


def add_examining_commands(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("info")(info)
    app.command("doctor")(doctor)
    app.command("repair")(repair)


def info(
    folder: Annotated[Path, typer.Argument(help="Folder of a built collection.", metavar="DIR")],
    as_json: Json = False,
    failed_csv: Annotated[
        Path | None,
        typer.Option("--failed-csv", help="Also write the files that could not be used to a new table: file, reason."),
    ] = None,
) -> None:
    """Show the contents of a collection."""
    from explorer.cli.output import info_table, info_values, write_failures
    from pipeline.collection import Collection

    values = info_values(Collection(folder))
    if failed_csv is not None:
        write_failures(values["failures"], failed_csv)
        console.print(f"{len(values['failures']):,} files that could not be used are in {escape(str(failed_csv))}.")
    if as_json:
        typer.echo(terminal_json(values))
    else:
        Console().print(info_table(values))


def doctor(
    folder: Annotated[Path | None, typer.Argument(help="Folder of a collection to examine.", metavar="[DIR]")] = None,
    as_json: Json = False,
) -> None:
    """Check this machine and a collection: report what is missing or damaged, and how to repair it."""
    from explorer.cli.doctor import examine

    raise typer.Exit(examine(folder, console, as_json=as_json))


def repair(
    folder: Annotated[Path, typer.Argument(help="Folder of a collection.", metavar="DIR")],
    yes: Annotated[bool, typer.Option("--yes", help="Repair without asking.")] = False,
) -> None:
    """Repair what can be made again from the collection itself; ask before anything is changed."""
    from explorer.cli.progress_bars import TerminalProgress
    from pipeline.growing.repair import find_mendable, mend

    found = find_mendable(folder)
    for name in found.leftovers:
        console.print(f"{name} is left from a killed build and would be removed.", soft_wrap=True)
    for stage, output in found.broken:
        console.print(f"{escape(output)} cannot be read: the stage {stage} would run again.", soft_wrap=True)
    if not found.leftovers and not found.broken:
        console.print("Nothing can be repaired here. explorer doctor DIR names other damage and what to do.")
        return
    if not yes and not typer.confirm("Repair this now?", err=True):
        console.print("Nothing was changed.")
        return
    with TerminalProgress(console) as progress:
        ran = mend(folder, found, progress)
    console.print(f"[green]Repaired[/]: {', '.join([*found.leftovers, *ran])}. Check with: explorer doctor DIR")
