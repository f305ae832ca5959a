"""Judge query strategies from simulated rounds: ``python -m tests.benchmarks.simulating ROUNDS.jsonl ...``.

Reads what ``explorer simulate --json`` printed and prints one JSON line an attribute: each strategy's mean answers to
80 % of the fully supervised recall at precision 0.90 with a 95 % bootstrap interval over paired seeds (a run that never
gets there counts as its whole budget), and the default's as a multiple of random's and of the better of uncertainty and
highest score. With ``--table`` prints a Markdown table instead.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from pipeline.simulation.loop import RoundFigures
from pipeline.simulation.summary import answers_to_reach, compare, summarize
from tests.benchmarks.machine import facts

ORDER = ("random", "uncertainty", "highest_score", "diverse", "default")


def main() -> None:
    """Parse the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", type=Path, nargs="+")
    parser.add_argument("--batch", type=int, default=25)
    parser.add_argument("--command", default="explorer simulate DIR --truth truth.csv --json")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    lines = [line for path in options.rounds for line in path.read_text(encoding="utf-8").splitlines()]
    figures = [RoundFigures(**json.loads(line)) for line in lines]
    answers = answers_to_reach(figures)
    sums = {(one.attribute, one.strategy): one for one in summarize(figures)}
    machine = facts(options.command)
    if options.table:
        sys.stdout.write(f"| attribute | hidden yes | {' | '.join(ORDER)} | at most |\n|{'---|' * (len(ORDER) + 3)}\n")
    for attribute in dict.fromkeys(attribute for attribute, _ in sums):
        mine = next(one for one in figures if one.attribute == attribute)
        means = {name: sums[attribute, name] for name in ORDER if (attribute, name) in sums}
        best = min(("uncertainty", "highest_score"), key=lambda name: means[name].answers)
        limit = 1.2 * means[best].answers + options.batch
        entry: dict[str, object] = {
            "measure": "answers_to_80_percent",
            "attribute": attribute,
            "hidden": mine.hidden,
            "hidden_yes": mine.hidden_yes,
            "hidden_prevalence": round(mine.hidden_yes / mine.hidden, 4),
            "seeds": means["default"].runs,
            "supervised_recall_at_p90": round(mine.supervised, 4),
        }
        for name, one in means.items():
            entry[name] = {
                "answers": one.answers,
                "interval": [one.low, one.high],
                "reached": one.reached,
                "average_precision_at_the_end": round(one.average_precision, 4),
            }
        for other in dict.fromkeys(("random", best)):
            one = next(one for one in compare(answers, "default", other) if one.attribute == attribute)
            entry[f"default_over_{other}"] = [round(one.ratio, 3), round(one.low, 3), round(one.high, 3)]
        entry |= {"limit": round(limit, 1), "within_limit": means["default"].answers <= limit}
        if options.table:
            cells = " | ".join(f"{means[name].answers:.0f}" for name in ORDER)
            sys.stdout.write(f"| {attribute} | {mine.hidden_yes} of {mine.hidden} | {cells} | {limit:.0f} |\n")
        else:
            sys.stdout.write(json.dumps(entry | machine) + "\n")


if __name__ == "__main__":
    main()
