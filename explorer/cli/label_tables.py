"""``explorer labels export`` and ``explorer labels import``: labels as CSV and Parquet tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from explorer.cli.progress_bars import LateProgress
from explorer.cli.terminal import escape
from explorer.settings import label_store_url
from pipeline.errors import ParameterError, StoreMissingError

if TYPE_CHECKING:
    from pipeline.collection import Collection
    from pipeline.label_store import LabelStore
    from pipeline.label_tables import Imported

__all__ = ["add_table_commands"]

Folder = Annotated[Path, typer.Argument(help="Folder of a built collection.", metavar="DIR")]
console = Console(stderr=True, highlight=False)


def add_table_commands(labels_app: typer.Typer) -> None:
    """Add the two commands to ``explorer labels``."""
    labels_app.command("export")(export)
    labels_app.command("import")(take_in)


def export(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="The new table, ending in .csv or .parquet.")],
    what: Annotated[str, typer.Option(help="labels, answers or captions.")] = "labels",
    attribute: Annotated[list[str] | None, typer.Option(help="Only this attribute; may be repeated.")] = None,
    agree: Annotated[
        int | None, typer.Option(help="How many people must agree. [default: as set for the attribute]", min=1, max=5)
    ] = None,
    with_blind: Annotated[
        bool, typer.Option("--with-blind", help="Include answers of certifications and audits.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a table that is already there.")] = False,
) -> None:
    """Write labels, the log of answers, or captions into a table."""
    from pipeline.label_store import store_exists
    from pipeline.label_tables import ExportOptions, What, export_table

    if what not in set(What):
        raise ParameterError(f"--what {what} is not possible; allowed are {', '.join(What)}.")
    collection = _collection(folder)
    if not store_exists(collection):
        raise StoreMissingError(f"{folder} has no answers yet, so there is nothing to export.")
    options = ExportOptions(What(what), tuple(attribute or ()), agree, with_blind)
    with _store(collection) as store, LateProgress(console) as progress:
        exported = export_table(store, collection, out, options, replace=replace, progress=progress)
    _say(f"Wrote {exported.rows:,} rows to {escape(str(out))}.")
    if exported.absent:
        _say(_about_absent(exported.absent, exported.nameless))
    if exported.blind:
        _say(
            f"{exported.blind:,} answers of certifications and audits are left out, so that later annotators do not "
            "see them. --with-blind includes them."
        )


def _about_absent(absent: int, nameless: int) -> str:
    """Return a sentence about the images of a table that the collection does not hold."""
    if absent == 1:
        note = "1 image in it is not in the collection now. The column file holds its former name."
    else:
        note = f"{absent:,} images in it are not in the collection now. The column file holds their former names."
    if nameless:
        note += f" For {nameless:,} that column is empty, because the name was lost before names were kept."
    return note


def take_in(
    folder: Folder,
    table: Annotated[Path, typer.Argument(help="Table of labels, ending in .csv or .parquet.", metavar="FILE")],
    annotator: Annotated[str, typer.Option(help="Name of the annotator for these labels.")] = "imported",
    check: Annotated[bool, typer.Option("--check", help="Only show the effect; record nothing.")] = False,
    create: Annotated[bool, typer.Option("--create", help="Create missing attributes.")] = False,
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Leave out images that the collection does not hold.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Undo the import of this file by this annotator.")] = False,
) -> None:
    """Import labels from a table, as training answers of one annotator."""
    from pipeline.label_tables import ImportOptions, check_import, import_labels, undo_import

    options = ImportOptions(annotator, create, skip_unknown)
    collection = _collection(folder)
    with _store(collection) as store:
        if undo:
            undone = undo_import(store, collection, table, options)
            _say(f"Undid {len(undone.acts):,} actions that came from {escape(str(table))}.")
            return
        with LateProgress(console) as progress:
            work = check_import if check else import_labels
            done = work(store, collection, table, options, progress=progress)
    _report(done, table, check=check)
    if check and done.problems:
        raise done.refusal(table)


def _report(done: Imported, table: Path, *, check: bool) -> None:
    """Print the result of an import."""
    for note in (*done.plan.form, done.plan.ignored):
        if note:
            _say(escape(note))
    for attribute, values in done.plan.answers.items():
        counts = ", ".join(f"{len(images):,} {value}" for value, images in values.items())
        new = " (new)" if attribute in done.created else ""
        _say(f"{escape(attribute)}{new}: {counts}")
    for reason, count in done.plan.passed_over.items():
        if count:
            _say(f"Passed over: {count:,} {reason}.")
    if done.plan.unknown.count:
        _say(f"Left out: {done.plan.unknown.count:,} rows of images that the collection does not hold.")
    if done.reserved:
        _say(f"Left out: {done.reserved:,} answers about images that are kept apart from training.")
    if check:
        _say("Nothing was recorded: this was a check.")
        return
    _say(f"Recorded {done.recorded:,} answers.")
    if done.before:
        _say(f"{done.before:,} answers of this file had been recorded before.")
    _say(f"To undo the import, run the same command with --undo, while {escape(table.name)} is unchanged.")


def _collection(folder: Path) -> Collection:
    from pipeline.collection import Collection

    return Collection(folder)


def _store(collection: Collection) -> LabelStore:
    from pipeline.label_store import open_label_store

    return open_label_store(collection, label_store_url())


def _say(sentence: str) -> None:
    console.print(sentence, soft_wrap=True)
