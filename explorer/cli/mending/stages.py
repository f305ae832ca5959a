"""The work of ``explorer build --only``: run one stage of a finished collection again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from explorer.cli.progress_bars import TerminalProgress
from explorer.cli.terminal import escape
from pipeline.collection.own_files import is_collection
from pipeline.errors import ParameterError

__all__ = ["StageOptions", "run_again"]

_OPTIONS = {"neighbors": "--neighbors", "perplexity": "--perplexity", "min_dist": "--min-dist", "seed": "--seed"}
_OPTIONS |= {"distance": "--near-duplicates"}


@dataclass(frozen=True, slots=True)
class StageOptions:
    """Parameters of stages that were given; None for those that stay as they are."""

    perplexity: float | None = None
    neighbors: int | None = None
    min_dist: float | None = None
    seed: int | None = None
    distance: float | None = None

    def given(self) -> Mapping[str, float | int]:
        """Return the parameters that were given, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def run_again(source: Path, out: Path | None, stage: str, options: StageOptions, console: Console) -> None:
    """Run one stage of the collection at `out`, or at `source` if no other place is named.

    Raises
    ------
    ParameterError
        If the stage, a parameter of it or a value is not possible.
    CollectionError
        If there is no collection, or it cannot be changed.
    """
    from pipeline.growing.rerun import ALONE, parameters_alone, rerun  # it loads the libraries of the stages

    folder = out or source
    if stage not in ALONE:
        raise ParameterError(f"--only {stage} is not possible; allowed are {', '.join(ALONE)}.")
    unused = [name for name in options.given() if name not in parameters_alone(stage)]
    if unused:
        used = ", ".join(_OPTIONS[name] for name in parameters_alone(stage)) or "no parameters"
        raise ParameterError(f"{_OPTIONS[unused[0]]} is not used by the stage {stage}, which takes {used}.")
    if out is None and not is_collection(folder):
        raise ParameterError(f"--only needs a finished collection, and {folder} is none. Name it first or with --out.")
    started = time.perf_counter()
    with TerminalProgress(console) as progress:
        ran = rerun(folder, stage, options.given(), progress=progress)
    place = escape(str(folder))
    if not ran:
        console.print(f"{place}: nothing to do. The stage {stage} would make what is there.", soft_wrap=True)
        return
    seconds = time.perf_counter() - started
    console.print(
        f"[green]Done[/] {place}: ran {', '.join(ran)} in {seconds:.0f} s. Reload open pages to see it.", soft_wrap=True
    )
