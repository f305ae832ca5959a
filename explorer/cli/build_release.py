"""The work of ``explorer build`` for a BAM release, a collection without pictures, and of ``explorer fetch``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from explorer.cli.progress_bars import TerminalProgress
from explorer.cli.terminal import escape
from pipeline.build import BuildOptions
from pipeline.build.kept_answers import kept_source_name
from pipeline.collection import Collection
from pipeline.collection.target import check_place
from pipeline.errors import CollectionError, ParameterError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.resources import asset
from pipeline.sources.bam_release import BamRelease, read_release

if TYPE_CHECKING:
    from pipeline.build.late_pictures import PicturesReport
    from pipeline.fetching import FetchOptions
    from pipeline.label_store import HitReceipt

__all__ = ["LARGEST_SEED", "build_bam", "check_seed", "fetch_late"]

LARGEST_SEED = 2**32 - 1
"""Largest seed of the random libraries."""


def check_seed(seed: int) -> None:
    """Refuse a seed that the random libraries do not take."""
    if not 0 <= seed <= LARGEST_SEED:
        raise ParameterError(f"--seed {seed} is not possible; allowed are 0 to {LARGEST_SEED}.")


def build_bam(
    path: Path, out: Path, console: Console, options: BuildOptions, *, name: str | None, taxonomy: Path | None
) -> None:
    """Build a collection from the SQLite file of a BAM release.

    Where the place holds a collection of just this file already, it stays; a build that was stopped later goes on.
    """
    from pipeline.build.release_answers import record_choices
    from pipeline.build.without_pictures import ReleaseOptions, build_release, is_built_from
    from pipeline.label_store import open_label_store

    check_seed(options.seed)
    chosen = load_taxonomy(taxonomy if taxonomy is not None else asset("taxonomy/bam.toml"))
    existing = None if options.replace else _existing(out)
    if existing is None:
        check_place(out, replace=options.replace, source=path.parent, table=True)
    console.print(f"[bold]{escape(path.name)}[/] is a BAM release. No picture is needed, and no network is used.")
    started = time.perf_counter()
    with TerminalProgress(console) as progress:
        release = read_release(path, expected=chosen.names, progress=progress)
    _tell_read(release, console)
    if existing is not None and not is_built_from(existing.manifest, release):
        check_place(out, replace=False)
    if existing is None:
        kept = kept_source_name(out) if options.replace else None
        built = ReleaseOptions(
            name=name or kept or path.stem,
            seed=options.seed,
            replace=options.replace,
            labels_url=options.labels_url,
            set_aside_answers=options.set_aside_answers,
        )

        def say(sentence: str) -> None:
            console.print(f"[yellow]{escape(sentence)}[/]", soft_wrap=True)

        with TerminalProgress(console) as progress:
            build_release(release, out, chosen, built, progress=progress, say=say)
    collection = Collection(out)
    with TerminalProgress(console) as progress, open_label_store(collection, options.labels_url) as store:
        receipt = record_choices(store, collection, release, progress=progress)
    _tell_built(release, collection, time.perf_counter() - started, console)
    _tell_answers(receipt, console)
    console.print(f"Show it with: [bold]explorer serve {escape(str(out))}[/]")


def _existing(out: Path) -> Collection | None:
    """Return the collection at a place; None where nothing that can be opened is there."""
    try:
        return Collection(out)
    except CollectionError:
        return None


def _tell_read(release: BamRelease, console: Console) -> None:
    crowd = release.crowd
    console.print(
        f"Read {len(release.mids):,} images with scores of {len(release.attributes)} attributes, "
        f"{len(crowd.labels.rows):,} labels of the crowd, {len(crowd.choices.rows):,} choices of "
        f"{len(crowd.hits.columns):,} hits, and {len(crowd.captions.rows):,} captions.",
        soft_wrap=True,
    )
    for note in release.notes:
        console.print(f"[yellow]{escape(note)}[/]", soft_wrap=True)


def _tell_built(release: BamRelease, collection: Collection, seconds: float, console: Console) -> None:
    place = escape(str(collection.path))
    console.print(f"[green]Built[/] {place}: {len(collection):,} images in {seconds:.0f} s.")
    links = len(release.links) - release.links.null_count
    console.print(
        f"There are no pictures yet: cards with the strongest attribute stand in for them. {links:,} links are stored.",
        soft_wrap=True,
    )
    console.print(
        "The map is a quick one of the scores, made to begin with. The nearest neighbours of a picture on it say "
        "little; a layout of the pictures themselves can replace it.",
        soft_wrap=True,
    )


def _tell_answers(receipt: HitReceipt, console: Console) -> None:
    before = f", {receipt.before:,} were there before" if receipt.before else ""
    barred = (
        f", {receipt.barred:,} were left out because their images are kept for validation" if receipt.barred else ""
    )
    console.print(
        f"Recorded {receipt.recorded:,} answers of the workers for training{before}{barred}. How their images were "
        "drawn is not known.",
        soft_wrap=True,
    )


def fetch_late(folder: Path, pictures: Path | None, options: FetchOptions, console: Console) -> None:
    """Fetch the pictures of a collection, and say what came of it."""
    from pipeline.build.late_pictures import fetch_pictures

    place = pictures if pictures is not None else folder.with_name(f"{folder.resolve().name}.pictures")
    with TerminalProgress(console) as progress:
        report = fetch_pictures(folder, place, options, progress=progress)
    if report.fetched is None:
        console.print("There is nothing to fetch: no image shows a card and has a link.")
        return
    _tell_fetched(report, folder, place, console)


def _tell_fetched(report: PicturesReport, folder: Path, place: Path, console: Console) -> None:
    fetched = report.fetched
    assert fetched is not None  # noqa: S101 -- checked by the caller
    console.print(
        f"[green]{report.shown:,} pictures[/] took the place of cards, of {report.links:,} links. They are kept in "
        f"{escape(str(place))}. An open page shows them after a reload.",
        soft_wrap=True,
    )
    if fetched.failed:
        reasons = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in fetched.reasons.items())
        console.print(f"[yellow]{fetched.failed:,} links gave no picture[/] ({escape(reasons)}).", soft_wrap=True)
    if fetched.left:
        console.print(
            f"{fetched.left:,} links failed in an earlier run and were not tried again; --try-again all tries them.",
            soft_wrap=True,
        )
    if report.unusable:
        console.print(f"[yellow]{report.unusable:,} pictures arrived and cannot be read.[/]")
    if fetched.failed or fetched.left or report.unusable:
        console.print(f"The reason of each: explorer info {escape(str(folder))} --failed-csv FILE", soft_wrap=True)
