"""``explorer info`` and ``explorer doctor``: what a collection holds, and what is damaged."""

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
