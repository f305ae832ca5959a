"""``explorer simulate``: the loop of rounds driven by simulated annotators, from a table of truth."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from explorer.cli.progress_bars import LateProgress
from explorer.cli.terminal import escape
from pipeline.errors import ParameterError, TableError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.simulation.loop import RoundFigures, ScoresCallback

__all__ = ["add_simulate_command"]

console = Console(stderr=True, highlight=False)


def add_simulate_command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate)


# wide: the options of a command are its parameters
def simulate(
    folder: Annotated[Path, typer.Argument(help="Folder of a built collection.", metavar="DIR")],
    truth: Annotated[Path, typer.Option(help="Table with 'file' or 'image_id', and a 0/1 column for each attribute.")],
    attribute: Annotated[list[str] | None, typer.Option(help="Only this attribute; may be repeated.")] = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            help="random, uncertainty, highest_score, diverse or default; may be repeated. [default: default]"
        ),
    ] = None,
    rounds: Annotated[int, typer.Option(help="Rounds per run.")] = 12,
    batch: Annotated[int, typer.Option(help="Questions per round.")] = 25,
    seeds: Annotated[int, typer.Option(help="Runs for each attribute and strategy.")] = 10,
    noise: Annotated[float, typer.Option(help="Probability that an annotator errs.")] = 0.0,
    annotators: Annotated[int, typer.Option(help="Annotators of each image; the majority counts.")] = 1,
    replay: Annotated[
        bool,
        typer.Option("--replay", help="Answer with the single votes of a BAM! release file."),
    ] = False,
    scores_out: Annotated[
        Path | None, typer.Option("--scores-out", help="Folder for the hidden scores and truth, a CSV table per run.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object for each round, one a line.")] = False,
) -> None:
    """Simulate rounds and measure on held-out images how many answers a strategy needs."""
    from pipeline.collection import Collection
    from pipeline.simulation.bam_crowd_labels import SUFFIXES, read_crowd_votes
    from pipeline.simulation.collection_data import simulation_data
    from pipeline.simulation.loop import SimulationOptions
    from pipeline.simulation.loop import simulate as rounds_of
    from pipeline.simulation.truth_table import read_truth_table

    options = SimulationOptions(rounds, batch, seeds, noise, annotators)
    collection = Collection(folder)
    if replay and truth.suffix.lower() not in SUFFIXES:
        raise ParameterError(
            f"{truth} holds no single votes for --replay. Use a BAM! release file ({SUFFIXES[0]}), or simulate errors "
            "with --noise."
        )
    answers = read_truth_table(truth, collection, attribute or (), tell=_say)
    votes = read_crowd_votes(truth, collection.image_ids, list(answers)) if replay else None
    strategies = list(dict.fromkeys(strategy or ["default"]))
    writer = None if scores_out is None else _scores_writer(scores_out, collection.image_ids)
    figures: list[RoundFigures] = []
    with LateProgress(console) as progress:
        data = simulation_data(collection)
        for one in rounds_of(data, answers, strategies, options, progress=progress, scores=writer, votes=votes):
            figures.append(one)
            if as_json:
                typer.echo(json.dumps(asdict(one)))
    if not as_json:
        _print_table(figures)


def _scores_writer(folder: Path, image_ids: NDArray[np.int64]) -> ScoresCallback:
    """Return a function that writes a table per run (round, image_id, score, truth) to check its figures."""
    from pipeline.label_tables.targets import SIMULATED, new_file

    def write(
        one: RoundFigures, rows: NDArray[np.int64], scores: NDArray[np.float32], truth: NDArray[np.bool_]
    ) -> None:
        path = folder / f"{_file_name(one.attribute)}.{one.strategy}.{one.seed}.csv"
        lines = [
            f"{one.round},{image_id},{score!r},{int(answer)}\n"
            for image_id, score, answer in zip(image_ids[rows].tolist(), scores.tolist(), truth.tolist(), strict=True)
        ]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if one.round == 1:
                with new_file(path, replace=True) as sink:
                    sink.write((",".join(SIMULATED) + "\n").encode())
            with path.open("a", encoding="utf-8", newline="") as file:
                file.writelines(lines)
        except OSError as error:
            raise TableError(
                f"Scores cannot be written to {path} ({error.strerror}). Choose another folder, or free some space."
            ) from error

    return write


def _file_name(attribute: str) -> str:
    return "".join(char if char.isalnum() or char in "_-@" else "_" for char in attribute)


def _print_table(figures: list[RoundFigures]) -> None:
    """Print a line for each attribute and strategy."""
    from rich.table import Table

    from pipeline.simulation.summary import summarize

    table = Table("attribute", "strategy")
    for name in ("answers to 80 %", "95 % interval", "reached", "average precision", "recall at 0.90", "supervised"):
        table.add_column(name, justify="right")
    for one in summarize(figures):
        table.add_row(
            one.attribute,
            one.strategy,
            f"{one.answers:.0f}",
            f"{one.low:.0f} to {one.high:.0f}",
            f"{one.reached} of {one.runs}",
            f"{one.average_precision:.3f}",
            f"{one.recall_at_p90:.3f}",
            f"{one.supervised:.3f}",
        )
    Console().print(table)


def _say(sentence: str) -> None:
    console.print(escape(sentence), soft_wrap=True)
