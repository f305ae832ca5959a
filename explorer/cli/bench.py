"""``explorer bench``: measures the network, the map, rounds and fetching, and checks the audit's statistics."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from explorer.cli.terminal import escape, terminal_json

__all__ = ["bench_app"]

bench_app = typer.Typer(no_args_is_help=True, help="Measure this machine and the guarantees of audits.")

console = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@bench_app.command("embed")
def bench_embed(
    folder: Annotated[Path | None, typer.Option("--images", help="Folder of images; the sample by default.")] = None,
    limit: Annotated[int, typer.Option(help="Largest number of images.", min=32)] = 768,
    as_json: Json = False,
) -> None:
    """Measure how many images are embedded per second, compared with a plain torchvision loop over the same files."""
    from explorer.cli.output import bench_table
    from pipeline.benchmarks.embedding_speed import bench_embed as measure
    from pipeline.images.locations import FileLocation
    from pipeline.resources import asset
    from pipeline.sources.opening import open_source

    source = open_source(folder or asset("sample/sample.csv"))
    step = max(1, len(source.items) // limit)
    places = [item.location for item in source.items[::step]]
    files = [place.path for place in places if isinstance(place, FileLocation)]
    results = measure(files[:limit])
    if as_json:
        _print_json(results)
    else:
        Console().print(bench_table(results))


@bench_app.command("map")
def bench_map(
    points: Annotated[int, typer.Option(help="Images of the synthetic collection.", min=1)] = 100_000,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Folder of the synthetic collection; made if it does not exist.")
    ] = None,
    frames: Annotated[int, typer.Option(help="Frames to measure.", min=1)] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the places on the map.")] = 0,
    as_json: Json = False,
) -> None:
    """Measure one frame of the map, with pictures that are not cached, on a synthetic collection."""
    from explorer.cli.build import measure_map
    from explorer.cli.output import values_table

    values = measure_map(points, folder, console, frames=frames, seed=seed)
    if as_json:
        _print_json(values)
    else:
        Console().print(values_table(values))


@bench_app.command("round")
def bench_round(
    points: Annotated[int, typer.Option(help="Images of the synthetic collection.", min=1)] = 100_000,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Folder of the synthetic collection; made if it does not exist.")
    ] = None,
    attributes: Annotated[int, typer.Option(help="Attributes of a round.")] = 20,
    repeats: Annotated[int, typer.Option(help="Rounds to measure.")] = 10,
    seed: Annotated[int, typer.Option(help="Seed of the answers.")] = 0,
    as_json: Json = False,
) -> None:
    """Measure a round of many attributes on a synthetic collection: train, score every image, rank and write."""
    from explorer.cli.build import measure_round
    from explorer.cli.output import values_table

    values = measure_round(points, folder, console, attributes=attributes, repeats=repeats, seed=seed)
    if as_json:
        _print_json(values)
    else:
        Console().print(values_table(values))


@bench_app.command("links")
def bench_links(
    links: Annotated[int, typer.Option(help="Links of the list.", min=100)] = 10_000,
    seed: Annotated[int, typer.Option(help="Seed of their order.")] = 0,
    as_json: Json = False,
) -> None:
    """Measure fetching a list of links from a server on this machine. A third of the links are slow or fail."""
    from explorer.cli.output import values_table
    from explorer.cli.progress_bars import TerminalProgress
    from pipeline.benchmarks.links import bench_links as measure

    with TerminalProgress(console) as progress:
        values = measure(links, seed=seed, progress=progress)
    if as_json:
        _print_json(values)
    else:
        Console().print(values_table(values))


@bench_app.command("import")
def bench_import(
    modules: Annotated[int, typer.Option(help="Images of the release; 0 takes the variant's own number.", min=0)] = 0,
    variant: Annotated[str, typer.Option(help="crowd-only, 1m or 2.2m.")] = "2.2m",
    folder: Annotated[Path | None, typer.Option("--dir", help="Folder for the generated files while it runs.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the release.")] = 0,
    as_json: Json = False,
) -> None:
    """Measure the import of a generated BAM release, and its first map."""
    from explorer.cli.output import values_table
    from explorer.cli.progress_bars import TerminalProgress
    from pipeline.benchmarks.release_import import bench_import as measure

    with TerminalProgress(console) as progress:
        values = measure(modules, variant=variant, seed=seed, folder=folder, progress=progress)
    if as_json:
        _print_json(values)
    else:
        Console().print(values_table(values))


@bench_app.command("grow")
def bench_grow(
    images: Annotated[int, typer.Option(help="Images of the synthetic collection.", min=10)] = 20_000,
    new: Annotated[int, typer.Option(help="Images that are added.", min=1)] = 200,
    folder: Annotated[Path | None, typer.Option("--dir", help="Folder for the collection while it runs.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the collection.")] = 0,
    as_json: Json = False,
) -> None:
    """Measure an addition to a synthetic collection, without the embedding, and compare it with a rebuilt layout."""
    from explorer.cli.output import values_table
    from explorer.cli.progress_bars import TerminalProgress
    from pipeline.benchmarks.growing import bench_growing

    with TerminalProgress(console) as progress:
        values = bench_growing(images, new, seed=seed, folder=folder, progress=progress)
    if as_json:
        _print_json(values)
    else:
        Console().print(values_table(values))


@bench_app.command("audit")
def bench_audit(
    only: Annotated[str, typer.Option(help="Run only checks with this text in their name, for example watching.")] = "",
    as_json: Json = False,
) -> None:
    """Check the guarantees of the audit's statistics by enumeration and seeded simulation, in about a minute."""
    from explorer.cli.output import checks_table
    from explorer.cli.progress_bars import TerminalProgress
    from pipeline.benchmarks.audit import bench_audit as checks

    lines = []
    with TerminalProgress(console) as progress:
        for line in checks(progress, only=only):
            lines.append(line)
            if as_json:
                typer.echo(terminal_json(line, indent=None))
    if not as_json:
        Console().print(checks_table(lines))


@bench_app.command("backbone")
def bench_backbone(
    folder: Annotated[Path, typer.Argument(help="Folder of a built collection.", metavar="DIR")],
    truth: Annotated[Path, typer.Option(help="Table with 'file' or 'image_id', and a 0/1 column for each attribute.")],
    attribute: Annotated[list[str] | None, typer.Option(help="Only this attribute; may be repeated.")] = None,
    weights: Annotated[
        list[Path] | None, typer.Option(help="A file of weights to measure as well; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the folds.")] = 0,
    as_json: Json = False,
) -> None:
    """Compare all available backbones on a collection: linear probes, and neighbours of the same project."""
    from explorer.cli.output import backbones_table
    from explorer.cli.progress_bars import TerminalProgress
    from pipeline.benchmarks.backbones import bench_backbones
    from pipeline.collection import Collection
    from pipeline.embedding.embedder_choice import embedders_at_hand
    from pipeline.simulation.truth_table import read_truth_table

    collection = Collection(folder)
    answers = read_truth_table(truth, collection, attribute or (), tell=_say)
    embedders = embedders_at_hand(weights or ())
    with TerminalProgress(console) as progress:
        results = list(bench_backbones(collection, answers, embedders, seed=seed, progress=progress))
    if as_json:
        _print_json(results)
    else:
        Console().print(*backbones_table(results))


def _print_json(values: Any) -> None:
    typer.echo(terminal_json(values))


def _say(sentence: str) -> None:
    console.print(escape(sentence), soft_wrap=True)
