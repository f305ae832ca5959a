"""The ``explorer`` command: parses, calls the pipeline and prints. An error is one sentence and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from explorer.cli.audit import audit_app
from explorer.cli.bench import bench_app
from explorer.cli.building.given_options import Encoding, Ids, Layout, Scores, Vectors, wanted_of
from explorer.cli.growing.commands import add_growing_commands
from explorer.cli.labels import labels_app
from explorer.cli.mending.commands import add_examining_commands
from explorer.cli.quick_start import fewer_collections
from explorer.cli.remedies import words_of
from explorer.cli.rounds import add_round_commands
from explorer.cli.simulate import add_simulate_command
from explorer.cli.terminal import escape
from explorer.settings import label_store_url
from pipeline import __version__
from pipeline.errors import BamExplorerError, ParameterError

if TYPE_CHECKING:
    from pipeline.fetching import FetchOptions
    from pipeline.sources.folder import OnRequest
    from pipeline.storage import StorageAddress

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Explore a collection of images as a map of the pictures themselves.",
)
app.add_typer(bench_app, name="bench")
app.add_typer(audit_app, name="audit")
app.add_typer(labels_app, name="labels")
add_round_commands(app)
add_simulate_command(app)
add_growing_commands(app)
add_examining_commands(app)

console = Console(stderr=True, highlight=False)
DEMO_FOLDER = Path("bam-demo")
INTERRUPTED = 130

Backbone = Annotated[str, typer.Option(help="auto, resnet18 or efficientnet_lite0.")]
Weights = Annotated[
    Path | None,
    typer.Option(
        help="File of weights (.safetensors, .pth, .pt), or 'distilled' for those that come with the program."
    ),
]
Offline = Annotated[bool, typer.Option("--offline", help="Never try to download weights.")]
Port = Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open a browser window.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

# typer names neither its errors of usage nor the base of all of them: BadParameter <- UsageError <- base.
_USAGE_ERROR: Any = typer.BadParameter.__mro__[2]


class FoldersAs(StrEnum):
    """The values of ``--folders-as``, those of `pipeline.sources.folders_as.FolderUse`."""

    NOTHING = "nothing"
    CATEGORY = "category"
    ATTRIBUTE = "attribute"
    CAPTION = "caption"


@dataclass
class GlobalOptions:
    """The options before a command."""

    debug: bool = False
    """Whether an error is printed with its traceback."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


TryAgain = Annotated[str, typer.Option(help="Links that failed before and are fetched again: none, transient or all.")]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private", help="Also fetch links to this machine and to private networks.")
]
Robots = Annotated[bool, typer.Option("--robots", help="Obey robots.txt of every host.")]


@app.callback()
def read_options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Store the options before a command in the context's object."""
    del version
    context.ensure_object(GlobalOptions).debug = debug


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Folder of the demo's collection.")] = DEMO_FOLDER,
    port: Port = 5006,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the map when it is built.")] = True,
    no_browser: NoBrowser = False,
    backbone: Backbone = "auto",
    weights: Weights = None,
    offline: Offline = False,
) -> None:
    """Build the sample collection once and show it."""
    from explorer.cli.build import build_demo, serve_collection
    from explorer.cli.server import check_port

    if serve:
        check_port(port)
    build_demo(folder, console, backbone=backbone, weights=weights, offline=offline)
    if serve:
        serve_collection(folder, console, port=port, browser=not no_browser)


# wide: the options of a command are its parameters
# long: the options of a command are its parameters
@app.command()
def build(
    source: Annotated[
        str,
        typer.Argument(
            help="A folder of images, a table with a 'file' column (.csv, .parquet), an archive (.zip, .tar), or the "
            "SQLite file of a BAM release. The first three also by address, as in s3://bucket/folder. With --only: a "
            "collection."
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="Folder of the new collection; needed without --only.")] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="Name of the source; part of every image's identity. [default: as before, or of the folder or table]"
        ),
    ] = None,
    taxonomy: Annotated[Path | None, typer.Option(help="TOML file that defines the attributes.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a collection that is already there.")] = False,
    backbone: Backbone = "auto",
    weights: Weights = None,
    offline: Offline = False,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random. [default: 0, or as before]")] = None,
    near_duplicates: Annotated[
        float | None,
        typer.Option(help="Distance below which images are near-duplicates; 0 turns them off. [default: as measured]"),
    ] = None,
    set_aside_answers: Annotated[
        bool,
        typer.Option(
            "--set-aside-answers",
            help="With --replace: continue although no image stays the same and answers lose their images.",
        ),
    ] = False,
    pages: Annotated[
        bool | None,
        typer.Option(
            "--pages/--no-pages",
            help="Make each page of a PDF and of a TIFF an image of its own. [default: as before with --replace]",
        ),
    ] = None,
    svg: Annotated[
        bool | None,
        typer.Option("--svg/--no-svg", help="Make drawings in SVG images. [default: as before with --replace]"),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(help="Folder for pictures that are fetched or copied out of a table. [default: OUT.pictures]"),
    ] = None,
    try_again: TryAgain = "transient",
    allow_private: AllowPrivate = False,
    robots: Robots = False,
    folders_as: Annotated[
        FoldersAs, typer.Option(help="Use of the first folder below the source, as in folder/class/1.jpg.")
    ] = FoldersAs.NOTHING,
    no_exif: Annotated[
        bool, typer.Option("--no-exif", help="Do not keep the date, the camera and the place that pictures state.")
    ] = False,
    vectors: Vectors = None,
    ids: Ids = None,
    layout: Layout = None,
    score: Scores = None,
    encoding: Encoding = None,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="STAGE",
            help="Run one stage of a finished collection again, and what depends on it: graph, duplicates, scores, "
            "layout or captions.",
        ),
    ] = None,
    perplexity: Annotated[
        float | None, typer.Option(help="With --only layout: effective number of neighbours in t-SNE.")
    ] = None,
    neighbors: Annotated[
        int | None,
        typer.Option(help="With --only layout: neighbours in UMAP. With --only graph: neighbours of each image."),
    ] = None,
    min_dist: Annotated[
        float | None, typer.Option(help="With --only layout: least distance of points in UMAP.")
    ] = None,
) -> None:
    """Build a collection from a folder, a table, an archive, a list of links or a BAM release."""
    from explorer.cli.mending.stages import StageOptions, run_again

    stage_options = StageOptions(perplexity, neighbors, min_dist, seed, near_duplicates)
    if only is not None:
        run_again(Path(source), out, only, stage_options, console)
        return
    if out is None:
        raise ParameterError("--out is missing: it names the folder of the new collection.")
    if not {"perplexity", "neighbors", "min_dist"}.isdisjoint(stage_options.given()):
        raise ParameterError("--perplexity, --neighbors and --min-dist need --only, which names the stage.")
    from explorer.cli.build import SourceOptions, build_from
    from pipeline.build import BuildOptions
    from pipeline.sources.folders_as import FolderUse
    from pipeline.storage import source_place

    options = BuildOptions(
        backbone=backbone,
        weights=weights,
        offline=offline,
        seed=seed or 0,
        replace=replace,
        near_duplicates=near_duplicates,
        labels_url=label_store_url(),
        set_aside_answers=set_aside_answers,
        exif=not no_exif,
    )
    source_options = SourceOptions(
        name=name,
        taxonomy=taxonomy,
        wanted=_on_request(source_place(source), out if replace else None, pages, svg),
        pictures=pictures,
        fetching=_fetch_options(try_again, allow_private=allow_private, robots=robots),
        folders_as=FolderUse(folders_as),
        given=wanted_of(vectors, layout, score or [], ids),
        encoding=encoding,
    )
    build_from(source_place(source), out, console, options, source_options)


def _on_request(
    source: Path | StorageAddress, replaced: Path | None, pages: bool | None, svg: bool | None
) -> OnRequest:
    """Return what is read on request; by default the same as of a collection that is replaced."""
    from pipeline.build.kept_answers import kept_requests
    from pipeline.sources.folder import OnRequest

    kept = (
        kept_requests(replaced)
        if replaced is not None and isinstance(source, Path) and source.is_dir()
        else frozenset[str]()
    )
    return OnRequest(
        pages="pages" in kept if pages is None else pages,
        svg="svg" in kept if svg is None else svg,
    )


def _fetch_options(try_again: str, *, allow_private: bool, robots: bool) -> FetchOptions:
    from pipeline.fetching import FetchOptions, Politeness, TryAgain

    if try_again not in set(TryAgain):
        raise ParameterError(f"--try-again {try_again} is not possible; allowed are {', '.join(TryAgain)}.")
    politeness = Politeness(robots=robots)
    return FetchOptions(politeness=politeness, try_again=TryAgain(try_again), allow_private=allow_private)


@app.command()
def fetch(
    folder: Annotated[Path, typer.Argument(help="Folder of a built collection.", metavar="DIR")],
    pictures: Annotated[
        Path | None, typer.Option(help="Folder for the pictures that are fetched. [default: DIR.pictures]")
    ] = None,
    try_again: TryAgain = "transient",
    allow_private: AllowPrivate = False,
    robots: Robots = False,
) -> None:
    """Fetch the pictures of a collection that shows cards, and show the pictures in their place."""
    from explorer.cli.build_release import fetch_late

    options = _fetch_options(try_again, allow_private=allow_private, robots=robots)
    fetch_late(folder, pictures, options, console)


@app.command()
def synth(
    images: Annotated[int, typer.Option(help="Number of images.")],
    out: Annotated[Path, typer.Option(help="Folder of the new collection.")],
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a collection that is already there.")] = False,
) -> None:
    """Make a synthetic collection of any size, with the true answers and a BAM! release file."""
    from explorer.cli.build import synthesize

    synthesize(images, out, console, seed=seed, replace=replace)


@app.command()
def serve(
    folder: Annotated[Path, typer.Argument(help="Folder of a built collection.", metavar="DIR")],
    port: Port = 5006,
    no_browser: NoBrowser = False,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST[:PORT]", help="Host name of a proxy; repeat the option for more names."),
    ] = None,
    prefix: Annotated[str, typer.Option(metavar="PATH", help="Path below which a proxy shows the map.")] = "",
) -> None:
    """Show a collection in the browser."""
    with fewer_collections():
        from explorer.cli.build import serve_collection

    serve_collection(folder, console, port=port, browser=not no_browser, origins=allow_origin or (), prefix=prefix)


def main() -> None:
    """Run the command. An error becomes one sentence on standard error and an exit code.

    Exit codes: 0 done, 1 an error that the person can correct, 2 wrong usage, 130 stopped by Ctrl-C, 70 a defect.
    """
    options = GlobalOptions()
    try:
        code = app(standalone_mode=False, obj=options) or 0
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except _USAGE_ERROR as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001 -- the last resort: an error without a traceback
        # A library that calls back into Python reports Ctrl-C as an error of its own, with its name in the words.
        code = INTERRUPTED if KeyboardInterrupt.__name__ in str(error) else _report(error, options)
    if code == INTERRUPTED:  # typer's own words for Ctrl-C depend on its version and do not say what to do
        _say("Stopped. Nothing half-done will be opened. Run the same command again to continue a build.")
        sys.stderr.flush()
        os._exit(INTERRUPTED)  # at once: while libraries' threads end, a second interrupt could arrive
    sys.exit(code)


def _report(error: Exception, options: GlobalOptions) -> int:
    """Print an error. Return the exit code of its kind."""
    if options.debug:
        traceback.print_exception(error)
    if isinstance(error, BamExplorerError):
        _say(words_of(error))
        return 2 if isinstance(error, ParameterError) else 1
    if isinstance(error, OSError):  # any command may meet an error of the disk
        place = f": {error.filename}" if error.filename else ""
        _say(f"The file system refused ({error.strerror or error}{place}). Check the path, permissions and space.")
        return 1
    from explorer.installation import outdated_words

    if isinstance(error, RuntimeError) and "torchvision::" in str(error):  # its compiled half was not loaded
        _say(f"The installed torch and torchvision do not fit together ({error}). Install both by one command.")
        return 1
    outdated = outdated_words()
    if outdated is not None and isinstance(error, ImportError):
        _say(outdated)
        return 1
    remedy = outdated or "Run with --debug to see where."
    _say(f"Something unexpected happened ({type(error).__name__}: {error}). {remedy}")
    return 70


def _say(sentence: str) -> None:
    lines = "\n".join(escape(line) for line in sentence.split("\n"))
    console.print(f"[bold red]error:[/] {lines}", soft_wrap=True)
