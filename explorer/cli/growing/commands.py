"""``explorer add``, ``refresh`` and ``arrange``: a finished collection gets new images, or new layouts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from explorer.cli.building.given_options import Encoding
from explorer.cli.progress_bars import TerminalProgress
from explorer.cli.remedies import left_out_words
from explorer.cli.terminal import escape, terminal_json
from pipeline.errors import ParameterError
from pipeline.text.plain_text import plain

if TYPE_CHECKING:
    from pipeline.collection.manifest import Manifest
    from pipeline.embedding.embedders import NetworkEmbedder
    from pipeline.embedding.spec import EmbeddingSpec
    from pipeline.growing import AddReport
    from pipeline.sources.folder import OnRequest
    from pipeline.storage import StorageAddress

__all__ = ["add_growing_commands"]

Folder = Annotated[Path, typer.Argument(help="Folder of a built collection.", metavar="DIR")]
Pages = Annotated[
    bool | None,
    typer.Option(
        "--pages/--no-pages",
        help="Make each page of a PDF and of a TIFF an image of its own. [default: as the collection was built]",
    ),
]
Svg = Annotated[
    bool | None,
    typer.Option("--svg/--no-svg", help="Make drawings in SVG images. [default: as the collection was built]"),
]
SHOWN = 5
"""Files that are named."""

ENOUGH = 0.1
"""Share of new images from which a fresh layout is worth its time."""

console = Console(stderr=True, highlight=False)


def add_growing_commands(app: typer.Typer) -> None:
    """Add the commands that change a finished collection."""
    app.command("add")(add)
    app.command("arrange")(arrange)
    app.command("refresh")(refresh)


# wide: the options of a command are its parameters
def add(
    folder: Folder,
    source: Annotated[str, typer.Argument(help="A source of images, as for explorer build.")],
    name: Annotated[
        str | None,
        typer.Option(help="Name of the source, part of every identity; by default that of the folder or file."),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="File of the weights with which the collection was built, if they were given.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never try to download weights.")] = False,
    no_exif: Annotated[bool, typer.Option("--no-exif", help="Do not keep date, camera and place of EXIF.")] = False,
    pages: Pages = None,
    svg: Svg = None,
    encoding: Encoding = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Add the new images of a source to a collection; images that are there stay where they are."""
    from explorer.cli.build import fetch_or_copy
    from pipeline.collection.tables import read_manifest
    from pipeline.growing import AddOptions, add_images, check_addition
    from pipeline.sources.opening import open_source
    from pipeline.sources.table import TableReading
    from pipeline.storage import source_place

    started = time.perf_counter()
    manifest, place = read_manifest(folder), source_place(source)
    listed = open_source(
        place, name=name, wanted=_on_request(place, manifest, pages, svg), reading=TableReading(encoding)
    )
    check_addition(folder, listed)
    for note in listed.notes:
        console.print(escape(note), soft_wrap=True)
    if listed.needs_pictures():
        listed = fetch_or_copy(listed, folder.with_name(f"{folder.name}.pictures"), console, None)
    console.print(f"{len(listed.items):,} images in [bold]{escape(listed.name)}[/]")
    with console.status("Loading the model"):
        embedder = _embedder(manifest.embedding, weights, offline=offline)
    with TerminalProgress(console) as progress:
        report = add_images(folder, listed, embedder, AddOptions(exif=not no_exif), progress=progress)
    for sentence in (*_sentences(report, time.perf_counter() - started), *left_out_words(listed.left_out)):
        console.print(escape(sentence), soft_wrap=True)
    if as_json:
        typer.echo(
            terminal_json(
                {
                    "added": report.added,
                    "failed": report.failed,
                    "there": report.there,
                    "same_bytes": report.same_bytes,
                    "images": report.manifest.images,
                    "revision": report.manifest.revision.number,
                }
            )
        )


def arrange(folder: Folder, seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0) -> None:
    """Lay out all images of a collection that has grown again, as near their present places as possible."""
    from pipeline.growing import lay_out_again

    with TerminalProgress(console) as progress:
        manifest = lay_out_again(folder, seed=seed, progress=progress)
    console.print(f"Laid out {manifest.images:,} images again. Answers and scores are as they were.", soft_wrap=True)


def refresh(
    folder: Folder,
    source: Annotated[str, typer.Argument(help="A source of the collection on this machine, as it is now.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the source in the collection; by default that of this place.")
    ] = None,
    pages: Pages = None,
    svg: Svg = None,
    encoding: Encoding = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON with all files.")] = False,
) -> None:
    """Say which images of a source are new, gone or edited since they came to a collection; change nothing."""
    from pipeline.collection import Collection
    from pipeline.growing.changes import known_name, source_changes
    from pipeline.sources.opening import open_source
    from pipeline.sources.table import TableReading
    from pipeline.storage import source_place

    collection, place = Collection(folder), source_place(source)
    if not isinstance(place, Path):
        raise ParameterError(
            f"{place} is an address, and only a source on this machine is compared. explorer add DIR SOURCE adds what "
            "is new there."
        )
    listed = open_source(
        place,
        name=name or known_name(collection, place if place.is_dir() else place.parent),
        wanted=_on_request(place, collection.manifest, pages, svg),
        reading=TableReading(encoding),
    )
    with TerminalProgress(console) as progress:
        found = source_changes(collection, listed, progress=progress)
    groups = {"new": found.new, "gone": found.gone, "edited": found.edited, "unreadable": found.unreadable}
    if as_json:
        typer.echo(terminal_json({group: list(files) for group, files in groups.items()}))
        return
    for group, files in groups.items():
        shown = f": {', '.join(files[:SHOWN])}{', ...' if len(files) > SHOWN else ''}" if files else ""
        typer.echo(plain(f"{len(files):,} {group}{shown}"))
    if found.new:
        console.print("Add the new ones with: explorer add DIR SOURCE", soft_wrap=True)


def _on_request(source: Path | StorageAddress, manifest: Manifest, pages: bool | None, svg: bool | None) -> OnRequest:
    """Return what a folder yields on request; by default the same as when the collection was built."""
    from pipeline.sources.folder import OnRequest

    kept = manifest.requested if isinstance(source, Path) and source.is_dir() else ()
    return OnRequest(pages="pages" in kept if pages is None else pages, svg="svg" in kept if svg is None else svg)


def _embedder(wanted: EmbeddingSpec, weights: Path | None, *, offline: bool) -> NetworkEmbedder:
    """Return the embedder of a collection, or one that `add_images` refuses with the reason."""
    from pipeline.embedding.backbones import BACKBONES
    from pipeline.embedding.distilled_weights import DISTILLED
    from pipeline.embedding.embedder_choice import choose_embedder
    from pipeline.errors import ModelMismatchError

    if wanted.backbone not in BACKBONES:
        raise ModelMismatchError(
            f"The vectors of this collection are not from a network of this program ({wanted.backbone}), so no image "
            "can be added to it. Build a collection from the pictures."
        )
    if weights is None and wanted.weights_sha256 == DISTILLED.sha256:
        weights = Path("distilled")
    return choose_embedder(backbone=wanted.backbone, weights=weights, offline=offline)


def _sentences(report: AddReport, seconds: float) -> list[str]:
    sentences = [f"{report.there:,} images are in the collection already."] if report.there else []
    if not report.added:
        return [*sentences, "Nothing is new: the collection is as it was."]
    sentences.append(
        f"Added {report.added:,} images in {seconds:.0f} s; the collection has {report.manifest.images:,} now."
    )
    if report.same_bytes:
        sentences.append(
            f"{report.same_bytes:,} of them have the same bytes as another image; they are grouped with it."
        )
    if report.manifest.share_added > ENOUGH:
        share = f"{report.manifest.share_added:.0%}"
        sentences.append(
            f"{share} of the images came after the map was laid out: explorer arrange DIR lays it out again."
        )
    if report.failed:
        sentences.append(f"{report.failed:,} files could not be used, for example: {report.reason}")
    return sentences
