"""The tables of the model card, from a line that ``judge`` printed: ``python -m assets.make_weights.card < LINE``."""

from __future__ import annotations

import json
import sys
from typing import Any

KINDS = ("drawings", "photographs", "clip art")


def tables(judged: dict[str, Any]) -> str:
    """Write the evaluation as Markdown: kinds and families, then every attribute, beside the teacher's figures."""
    parts = {name: part for name, part in judged.items() if isinstance(part, dict) and "attributes" in part}
    lines = ["| pictures | images | ours | Lite0 | ratio | same project among 10 | Lite0's |"]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for name, part in parts.items():
        figures = [part["mean_average_precision"], part["teacher"], part["ratio"]]
        shown = ["too few" if figure is None else f"{figure:.3f}" for figure in figures]
        found = [part["project_neighbors"], part["teacher_neighbors"]]
        neighbors = ["no pairs" if count is None else f"{count:.2f}" for count in found]
        lines.append(f"| {name} | {part['images']:,} | {' | '.join([*shown, *neighbors])} |")
    lines += [
        "",
        f"| attribute | {' | '.join(f'{kind}, ours | Lite0' for kind in KINDS)} |",
        "| --- |" + " ---: |" * 2 * len(KINDS),
    ]
    names = dict.fromkeys(name for kind in KINDS for name in parts[kind]["attributes"])
    for name in names:
        pairs = [parts[kind]["attributes"].get(name, ["", ""]) for kind in KINDS]
        cells = [f"{value:.3f}" if value != "" else "" for pair in pairs for value in pair]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(tables(json.loads(sys.stdin.read())) + "\n")
