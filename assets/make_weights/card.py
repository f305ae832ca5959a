"""The tables of the model card, from a line that ``judge`` printed: ``python -m assets.make_weights.card < LINE``."""

from __future__ import annotations

import json
import sys
from typing import Any

KINDS = ("drawings", "photographs")


def tables(judged: dict[str, Any]) -> str:
    """Write what was judged as Markdown: kinds and families, then every attribute, ours beside the teacher's."""
    parts = {name: part for name, part in judged.items() if isinstance(part, dict) and "attributes" in part}
    lines = ["| unseen pictures | images | ours | Lite0 | ratio | same project among 10 | Lite0's |"]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for name, part in parts.items():
        figures = [part["mean_average_precision"], part["teacher"], part["ratio"]]
        shown = ["too few" if figure is None else f"{figure:.3f}" for figure in figures]
        neighbors = [f"{part['project_neighbors']:.2f}", f"{part['teacher_neighbors']:.2f}"]
        lines.append(f"| {name} | {part['images']:,} | {' | '.join([*shown, *neighbors])} |")
    lines += [
        "",
        "| attribute | drawings, ours | Lite0 | photographs, ours | Lite0 |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    names = dict.fromkeys(name for kind in KINDS for name in parts[kind]["attributes"])
    for name in names:
        pairs = [parts[kind]["attributes"].get(name, ["", ""]) for kind in KINDS]
        cells = [f"{value:.3f}" if value != "" else "" for pair in pairs for value in pair]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(tables(json.loads(sys.stdin.read())) + "\n")
