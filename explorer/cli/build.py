"""The work of the commands ``demo``, ``build``, ``synth`` and ``serve``, with progress and messages."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from explorer.cli.build_release import build_bam, check_seed
from explorer.cli.progress_bars import TerminalProgress
from explorer.cli.quick_start import fewer_collections
from explorer.cli.remedies import left_out_words
from explorer.cli.server import check_port, serve
from explorer.cli.terminal import escape
from explorer.settings import label_store_url
from pipeline.build import BuildOptions, build_collection, check_target
from pipeline.build.from_table import check_options, reading_of
from pipeline.build.kept_answers import kept_source_name
from pipeline.collection import Collection
from pipeline.collection.manifest import Manifest
from pipeline.embedding.duplicates import check_near_distance
from pipeline.errors import CollectionError, CollectionMissingError, CollectionVersionError, ParameterError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.given import Given, GivenVectors, Wanted, given_parts, given_vectors
from pipeline.images.locations import NoLocation
from pipeline.progress import Progress
from pipeline.resources import asset
from pipeline.sources.folder import OnRequest
from pipeline.sources.folders_as import FolderUse, with_folders
from pipeline.sources.opening import open_source, source_name
from pipeline.sources.source import Source
from pipeline.sources.sqlite_reading import is_sqlite
from pipeline.sources.table import TableReading
from pipeline.storage import StorageAddress
from pipeline.tables import open_table
from pipeline.taxonomy import Taxonomy

if TYPE_CHECKING:
    from pipeline.embedding.embedders import Embedder
    from pipeline.fetching import FetchOptions

__all__ = [
    "SourceOptions",
    "build_demo",
    "build_from",
    "fetch_or_copy",
    "measure_map",
    "measure_round",
    "serve_collection",
    "synthesize",
]


def build_demo(folder: Path, console: Console, *, backbone: str, weights: Path | None, offline: bool) -> None:
    """Build the sample collection at `folder`, unless the folder holds the same sample already."""
    source = open_source(asset("sample/sample.csv"), name="sample")
    taxonomy = load_taxonomy(asset("taxonomy/sample.toml"))
    existing = _existing(folder)
    if existing is not None and (existing.source_name, existing.taxonomy.name) != (source.name, taxonomy.name):
        raise CollectionError(
            f"{folder} holds another collection ({existing.name}). Choose another place with --dir, or show it with: "
            f"explorer serve {folder}"
        )
    same_backbone = existing is not None and backbone in {"auto", existing.embedding.backbone} and weights is None
    if existing is not None and same_backbone and existing.source_fingerprint == source.fingerprint():
        console.print(f"The sample is already built in {escape(str(folder))}: nothing to compute.")
        return
    options = BuildOptions(
        backbone=backbone,
        weights=weights,
        offline=offline,
        replace=existing is not None,
        labels_url=label_store_url(),
    )
    _build(source, folder, taxonomy, options, console)
    _say_how_to_show(folder, console)


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How a source is read.

    Parameters
    ----------
    name, taxonomy
        Name of the source and file of its attributes; None for the usual ones.
    wanted
        Kinds of files that are read on request.
    pictures
        Folder for pictures that are fetched or copied; None for one beside the collection.
    fetching
        How links are fetched.
    folders_as
        Use of the first folder below the source.
    given
        Vectors, layout and scores that are given.
    encoding
        Encoding of a CSV table; None for UTF-8.
    """

    name: str | None = None
    taxonomy: Path | None = None
    wanted: OnRequest | None = None
    pictures: Path | None = None
    fetching: FetchOptions | None = None
    folders_as: FolderUse = FolderUse.NOTHING
    given: Wanted = field(default_factory=Wanted)
    encoding: str | None = None


def build_from(
    path: Path | StorageAddress, out: Path, console: Console, options: BuildOptions, source_options: SourceOptions
) -> None:
    """Build a collection from a source. A replacement keeps the name of the old source.

    Pictures behind links are fetched to a folder first, and pictures in cells of bytes are copied there. By default it
    is beside `out`.
    """
    if isinstance(path, Path) and is_sqlite(path):
        if source_options.folders_as is not FolderUse.NOTHING:
            raise ParameterError(f"--folders-as {source_options.folders_as}: a BAM release has no folders.")
        if source_options.given.given or source_options.encoding is not None:
            raise ParameterError(
                "A BAM release has scores of its own: leave --vectors, --layout, --score, --ids and --encoding out."
            )
        build_bam(path, out, console, options, name=source_options.name, taxonomy=source_options.taxonomy)
        return
    name = source_options.name
    chosen = load_taxonomy(source_options.taxonomy or asset("taxonomy/bam.toml"))
    check_near_distance(options.near_duplicates)
    check_seed(options.seed)
    kept = kept_source_name(out) if options.replace and name is None else None
    wanted = source_options.given
    check_options(wanted, options)
    reading = reading_of(wanted, source_options.encoding)
    source = _listed(path, name or kept, console, source_options, reading)
    source, folders = with_folders(source, source_options.folders_as)
    for note in source.notes:
        console.print(escape(note), soft_wrap=True)
    check_target(out, source, replace=options.replace)
    if kept is not None and kept != source_name(path):
        console.print(
            f"The source keeps the name [bold]{escape(kept)}[/] of the collection that is replaced, so that answers "
            "stay with their images. --name gives it another.",
            soft_wrap=True,
        )
    if source.needs_pictures():
        pictures = source_options.pictures or out.with_name(f"{out.name}.pictures")
        source = fetch_or_copy(source, pictures, console, source_options.fetching)
    table = None
    if isinstance(path, Path) and source.lines is not None:
        table = open_table(path, source_options.encoding)
    given = given_parts(source, table, wanted)
    with TerminalProgress(console) as progress:
        vectors = given_vectors(
            source, table, wanted, out.absolute().parent, progress=progress, say=_saying(console, "green")
        )
    manifest = _build(source, out, chosen, options, console, vectors, given)
    for sentence in filter(None, (source.ignored, folders, _from_exif(manifest, source))):
        console.print(escape(sentence), soft_wrap=True)
    _say_how_to_show(out, console)


def _listed(
    path: Path | StorageAddress, name: str | None, console: Console, options: SourceOptions, reading: TableReading
) -> Source:
    """List the images of a source; of one in other storage with progress."""
    if isinstance(path, Path):
        return open_source(path, name=name, wanted=options.wanted, reading=reading)
    with console.status(f"Listing {escape(str(path))}") as status:

        def show_count(progress: Progress) -> None:
            status.update(f"Listing {escape(str(path))}: {progress.done:,} {progress.unit}")

        return open_source(
            path, name=name, wanted=options.wanted, fetching=options.fetching, progress=show_count, reading=reading
        )


def fetch_or_copy(source: Source, folder: Path, console: Console, options: FetchOptions | None) -> Source:
    """Fetch the links of a source, and copy its pictures in cells of bytes, to files in a folder, with progress."""
    from pipeline.build.picture_stage import bring_pictures  # it loads the libraries of the network
    from pipeline.fetching.reasons import Reason

    console.print(f"Pictures are fetched or copied to [bold]{escape(str(folder))}[/] and kept there.", soft_wrap=True)
    with TerminalProgress(console) as progress:
        found = bring_pictures(source, folder, options, progress=progress, say=_saying(console))
    reasons = {item.location.reason for item in found.items if isinstance(item.location, NoLocation)}
    if Reason.PRIVATE_ADDRESS in reasons and options is not None and not options.allow_private:
        console.print(
            "--allow-private fetches links to this machine and to private networks. Use it only for a list that you "
            "trust.",
            soft_wrap=True,
        )
    return found


def synthesize(images: int, out: Path, console: Console, *, seed: int, replace: bool) -> None:
    """Make a synthetic collection."""
    from pipeline.synthetic.build import build_synthetic
    from pipeline.synthetic.spec import SyntheticSpec
    from pipeline.synthetic.truth import BAM_FILE

    started = time.perf_counter()
    spec = SyntheticSpec(images, seed=seed)
    with TerminalProgress(console) as progress:
        build_synthetic(
            spec, out, replace_existing=replace, labels_url=label_store_url(), progress=progress, say=_saying(console)
        )
    place = escape(str(out))
    console.print(f"[green]Made[/] {place}: {images:,} synthetic images in {time.perf_counter() - started:.0f} s.")
    console.print(f"A BAM release file of the same images is in {escape(str(out / BAM_FILE))}", soft_wrap=True)
    _say_how_to_show(out, console)


def measure_map(points: int, folder: Path | None, console: Console, *, frames: int, seed: int) -> dict[str, object]:
    """Measure frames of the synthetic collection in `folder`, which is made if missing, or of a temporary one."""
    from explorer.cli.bench_map import bench_map

    with synthetic_collection(points, folder, console) as place, TerminalProgress(console) as progress:
        return bench_map(place, frame_count=frames, seed=seed, progress=progress)


def measure_round(
    points: int, folder: Path | None, console: Console, *, attributes: int, repeats: int, seed: int
) -> dict[str, object]:
    """Measure rounds of a synthetic collection, found or made as in `measure_map`."""
    from pipeline.benchmarks.rounds import bench_round, check_counts

    check_counts(attributes, repeats)
    with synthetic_collection(points, folder, console) as place, TerminalProgress(console) as progress:
        return bench_round(place, attribute_count=attributes, repeats=repeats, seed=seed, progress=progress)


@contextmanager
def synthetic_collection(points: int, folder: Path | None, console: Console) -> Iterator[Path]:
    """Find or make a synthetic collection for a measurement. Without a folder it is removed afterwards."""
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bam-bench-", dir=Path.cwd()))) / "map"
        if not folder.exists():
            synthesize(points, folder, console, seed=0, replace=False)
        found = Collection(folder).manifest.images
        if found != points:
            raise ParameterError(f"{folder} holds {found:,} images, but --points is {points:,}. Choose another --dir.")
        yield folder


def serve_collection(
    folder: Path,
    console: Console,
    *,
    port: int,
    browser: bool,
    origins: Sequence[str] = (),
    prefix: str = "",
) -> None:
    """Serve a collection until Ctrl-C, and print its address."""
    started = time.perf_counter()

    def announce(url: str) -> None:
        seconds = time.perf_counter() - started
        console.print(
            f"The map is at [link={url}][bold]{url}[/bold][/link] (ready in {seconds:.1f} s). Ctrl-C stops it.",
            soft_wrap=True,
        )

    check_port(port)
    with fewer_collections(), TerminalProgress(console) as progress:
        from explorer.composition import THIS_PROCESS  # libraries of some seconds, the first time
        from explorer.services.warm_up import warm_up

        warm_up(THIS_PROCESS.services(folder), progress, whole=False)
    serve(folder, port=port, browser=browser, announce=announce, origins=origins, prefix=prefix)


def _build(
    source: Source,
    out: Path,
    taxonomy: Taxonomy,
    options: BuildOptions,
    console: Console,
    vectors: GivenVectors | None = None,
    given: Given | None = None,
) -> Manifest:
    started = time.perf_counter()
    check_target(out, source, replace=options.replace)
    console.print(f"{len(source.items):,} images in [bold]{escape(source.name)}[/]")
    maker = vectors if vectors is not None else _network(options, console)
    spec = maker.spec
    console.print(f"Backbone [bold]{spec.backbone}[/], {spec.dimensions} dimensions: {escape(spec.reason)}")
    console.print(f"Weights: {escape(spec.weights)} (SHA-256 {spec.weights_sha256[:12]})")
    with TerminalProgress(console) as progress:
        manifest = build_collection(
            source, out, maker, taxonomy, options, given=given, progress=progress, say=_saying(console)
        )
    _report(manifest, out, time.perf_counter() - started, console)
    return manifest


def _network(options: BuildOptions, console: Console) -> Embedder:
    from pipeline.embedding.embedder_choice import choose_embedder

    with console.status("Loading the model"):
        return choose_embedder(backbone=options.backbone, weights=options.weights, offline=options.offline)


def _from_exif(manifest: Manifest, source: Source) -> str:
    """Return a sentence about what the pictures state about themselves; empty where they state nothing."""
    found = manifest.columns[len(source.columns) :]
    if not found:
        return ""
    named = ", ".join(f"{facts.name!r} ({facts.known:,})" for facts in found)
    return f"Read from EXIF, and shown to everyone who opens the collection: {named}. --no-exif leaves this out."


def _saying(console: Console, color: str = "yellow") -> Callable[[str], None]:
    """Return a function that prints a sentence in the terminal, above the progress bars."""
    return lambda sentence: console.print(f"[{color}]{escape(sentence)}[/]", soft_wrap=True)


def _report(manifest: Manifest, out: Path, seconds: float, console: Console) -> None:
    place = escape(str(out))
    console.print(f"[green]Built[/] {place}: {manifest.images:,} images in {seconds:.0f} s.")
    if manifest.failed:
        failures = Collection(out).failures()
        count = "1 image" if manifest.failed == 1 else f"{manifest.failed:,} images"
        console.print(f"[yellow]{count} could not be used[/], kept as rows with a reason:")
        for source, reason in failures[:5]:
            console.print(f"  {escape(source)}: {escape(reason)}", soft_wrap=True)
        if len(failures) > 5:
            console.print(f"  ... all of them: explorer info {place} --json")
    for sentence in left_out_words(manifest.left_out):
        console.print(escape(sentence), soft_wrap=True)


def _say_how_to_show(out: Path, console: Console) -> None:
    console.print(f"Show it with: [bold]explorer serve {escape(str(out))}[/]")


def _existing(folder: Path) -> Manifest | None:
    """Return the manifest of the demo's folder; None if it is empty. A damaged or foreign folder is an error."""
    try:
        return Collection(folder).manifest
    except CollectionMissingError:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CollectionError(
                f"{folder} exists and is not a collection. Choose another place with --dir."
            ) from None
        return None
    except CollectionVersionError as error:
        raise CollectionVersionError(
            f"{folder} was built by another version of this program. Remove that folder, or choose another place with "
            "--dir, and run explorer demo again."
        ) from error
