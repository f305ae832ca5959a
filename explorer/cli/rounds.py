"""``explorer round`` and ``explorer export``: a round of labelling without the app, and tables of the results."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from explorer.cli.progress_bars import LateProgress
from explorer.cli.terminal import escape, terminal_json
from explorer.settings import label_store_url
from pipeline.errors import ParameterError
from pipeline.progress import Progress, ProgressCallback
from pipeline.text.plain_text import plain

__all__ = ["add_round_commands"]

Folder = Annotated[Path, typer.Argument(help="Folder of a built collection.", metavar="DIR")]
console = Console(stderr=True, highlight=False)


def add_round_commands(app: typer.Typer) -> None:
    """Add the two commands."""
    app.command("round")(run_one)
    app.command("export")(export)


def run_one(
    folder: Folder,
    attribute: Annotated[str, typer.Option(help="The attribute, for example content_bird.")],
    strategy: Annotated[
        str, typer.Option(help="Strategy of the questions: random, uncertainty, highest_score, diverse or default.")
    ] = "default",
    batch: Annotated[int, typer.Option(help="Questions per round.")] = 96,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run a round of an attribute: train on the answers, score every image, ask the next questions."""
    from pipeline.collection import Collection
    from pipeline.label_store import open_label_store, store_exists
    from pipeline.rounds.questions import RoundOptions
    from pipeline.rounds.run import run_round

    options = RoundOptions(strategy, batch)
    collection = Collection(folder)
    if not store_exists(collection):  # a mistyped name makes no store
        _check_attribute(attribute, list(collection.manifest.taxonomy.names))
    with open_label_store(collection, label_store_url()) as store:
        _check_attribute(attribute, [entry.name for entry in store.attributes.list_all()])
        with LateProgress(console) as progress:
            steps = _Steps(progress)
            report = run_round(collection, store, attribute, options, steps)
            steps.end()
        aside = store.absent_images.set_aside(attribute).summary
    if aside:
        _say(aside)
    if as_json:
        typer.echo(terminal_json(asdict(report)))
    else:
        for sentence in report.sentences:
            typer.echo(plain(sentence))


def export(
    folder: Folder,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the tables; created if it does not exist. Needed without --bam.")
    ] = None,
    bam: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write everything to a new SQLite file with the tables of a BAM release."),
    ] = None,
    kind: Annotated[str, typer.Option("--format", help="csv or parquet.")] = "csv",
    attribute: Annotated[list[str] | None, typer.Option(help="Only this attribute; may be repeated.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--replace", help="Replace tables that are in the folder already, or an earlier FILE.")
    ] = False,
    with_blind: Annotated[
        bool, typer.Option("--with-blind", help="With --bam: include answers of certifications and audits.")
    ] = False,
) -> None:
    """Write releases, scores and labels as tables into a folder, or everything as a BAM release."""
    from pipeline.collection import Collection
    from pipeline.label_store import open_label_store, store_exists
    from pipeline.releases.export import export_collection

    if (bam is None) == (out is None):
        raise ParameterError("Give either --out, the folder for tables, or --bam, the file for a BAM release.")
    if bam is not None:
        if attribute or kind != "csv":
            raise ParameterError("--bam writes all attributes to one SQLite file, without --attribute and --format.")
        _export_bam(folder, bam, with_blind=with_blind, replace=overwrite)
        return
    assert out is not None  # noqa: S101 -- checked above

    collection = Collection(folder)
    with ExitStack() as stack:
        store = None
        if store_exists(collection):
            store = stack.enter_context(open_label_store(collection, label_store_url()))
        with LateProgress(console) as progress:
            done = export_collection(
                collection, store, out, kind, attribute or (), replace=overwrite, progress=progress
            )
    for table in done.tables:
        verified = f"; its SHA-256 is that of the release, {table.sha256[:12]}..." if table.sha256 else ""
        _say(f"Wrote {table.rows:,} rows to {escape(str(out / table.name))}{verified}.")
    if not any(table.sha256 for table in done.tables):
        _say("There is no release yet. Releases are made in the Rounds tab.")
    if store is None:
        _say("There are no answers yet, so there are no labels.")
    if done.absent:
        _say(f"The tables also hold {done.absent:,} images that are not in the collection now, by their former files.")
    if done.blind:
        _say(
            f"{done.blind:,} answers of certifications and audits are left out of the labels, so that later annotators "
            "do not see them. explorer labels export --with-blind writes them."
        )


def _export_bam(folder: Path, target: Path, *, with_blind: bool, replace: bool) -> None:
    """Write a collection as a BAM release, and say what it holds."""
    from pipeline.collection import Collection
    from pipeline.label_store import open_label_store, store_exists
    from pipeline.label_tables import export_bam

    collection = Collection(folder)
    with ExitStack() as stack:
        store = None
        if store_exists(collection):
            store = stack.enter_context(open_label_store(collection, label_store_url()))
        progress = stack.enter_context(LateProgress(console))
        done = export_bam(collection, store, target, with_blind=with_blind, replace=replace, progress=progress)
    rows = done.rows
    _say(
        f"Wrote {rows['modules']:,} images with scores of {len(done.attributes)} attributes, "
        f"{rows['crowd_labels']:,} labels of the crowd, {rows['crowd_raw_choices']:,} choices of "
        f"{rows['crowd_raw_hits']:,} hits, and {rows['crowd_raw_captions']:,} captions to {escape(str(target))}."
    )
    if done.unsure:
        _say(f"{done.unsure:,} unsure answers are no choices, which hold yes or no. They count for the labels.")
    if done.absent:
        _say(f"{done.absent:,} answers about images that are not in the collection now are left out.")
    if done.blind:
        _say(
            f"{done.blind:,} answers of certifications and audits are left out, so that later annotators do not see "
            "them. --with-blind includes them."
        )


class _Steps:
    """Passes on the progress of a round. A step is done when the next one starts."""

    def __init__(self, progress: ProgressCallback) -> None:
        self._progress = progress
        self._last: Progress | None = None

    def __call__(self, step: Progress) -> None:
        """Take one report."""
        if self._last is not None and self._last.stage != step.stage:
            self.end()
        self._last = replace(step, unit="step") if step.total == 1 else step
        self._progress(self._last)

    def end(self) -> None:
        """Report that the last step is done."""
        if self._last is not None:
            self._progress(replace(self._last, done=self._last.total))


def _check_attribute(attribute: str, known: list[str]) -> None:
    if attribute not in known:
        raise ParameterError(f"There is no attribute {attribute!r} here. There are: {', '.join(known) or 'none'}.")


def _say(sentence: str) -> None:
    console.print(sentence, soft_wrap=True)
