"""Output of commands: facts of a collection and figures of a measurement, as values and as tables."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from explorer.cli.remedies import left_out_words
from explorer.cli.terminal import escape
from pipeline.collection import Collection
from pipeline.collection.originals import PictureFacts, picture_facts
from pipeline.errors import ParameterError
from pipeline.sources.left_out import LeftOut
from pipeline.text.formulas import guarded

__all__ = ["bench_table", "checks_table", "info_table", "info_values", "labels_table", "values_table", "write_failures"]


def info_values(collection: Collection) -> dict[str, Any]:
    """Return the values of ``explorer info --json``. Their keys are stable."""
    manifest, pictures = collection.manifest, picture_facts(collection)
    failed = collection.failures() if pictures is None else [*collection.failures(), *pictures.failures]
    return {
        "path": str(collection.path),
        "name": manifest.name,
        "created": manifest.created,
        "images": manifest.images,
        "failed": manifest.failed,
        "failures": [{"source": source, "error": error} for source, error in failed],
        **({} if pictures is None else {"pictures": _pictures(pictures)}),
        "left_out": [asdict(entry) for entry in manifest.left_out],
        "columns": [{"name": facts.name, "kind": str(facts.kind), "known": facts.known} for facts in manifest.columns],
        "backbone": manifest.embedding.backbone,
        "weights": manifest.embedding.weights,
        "weights_sha256": manifest.embedding.weights_sha256,
        "backbone_reason": manifest.embedding.reason,
        "dimensions": manifest.dimensions,
        "duplicates": _duplicates(collection),
        "layouts": [
            {
                "name": facts.name,
                "title": facts.title,
                "method": facts.method,
                "images": facts.images,
                "seed": facts.seed,
                "trustworthiness": facts.trustworthiness,
                "neighbor_recall": facts.neighbor_recall,
            }
            for facts in manifest.layouts
        ],
        "attributes": [
            {
                "name": facts.name,
                "decided_by_source": manifest.taxonomy.attribute(facts.name).decided_by_source,
                "known_yes": facts.known_yes,
                "known_no": facts.known_no,
                "average_precision": facts.average_precision,
                "threshold": facts.threshold,
                "precision": facts.precision,
                "recall": facts.recall,
                "note": facts.note,
                **({} if facts.scale is None else {"scale": asdict(facts.scale)}),
            }
            for facts in manifest.attributes
        ],
    }


def _pictures(facts: PictureFacts) -> dict[str, Any]:
    return {"shown": facts.shown, "waiting": facts.waiting, "without_link": facts.without, "failed": facts.reasons}


def write_failures(failures: Sequence[Mapping[str, str]], path: Path) -> None:
    """Write the files that could not be used as a CSV table with the columns ``file``, ``reason`` and ``error``.

    Parameters
    ----------
    failures
        As in `info_values`.
    path
        The new table. Nothing is replaced.

    Raises
    ------
    ParameterError
        If something is at `path` already, or nothing can be written there.
    """
    try:
        with path.open("x", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["file", "reason", "error"])
            for failure in failures:
                reason, _, words = failure["error"].partition(": ")
                writer.writerow([guarded(failure["source"]), reason, guarded(words)])
    except OSError as error:
        raise ParameterError(f"{path} cannot be written ({error.strerror}). Choose a new file.") from error


def _picture_words(pictures: Mapping[str, Any]) -> str:
    """Return how many pictures there are, and why there are no others."""
    failed = sum(pictures["failed"].values())
    words = f"{pictures['shown']:,} shown, {pictures['waiting']:,} to fetch, {failed:,} failed"
    if failed:
        reasons = (f"{count:,} {reason.replace('_', ' ')}" for reason, count in pictures["failed"].items())
        words += f" ({', '.join(reasons)})"
    if pictures["without_link"]:
        words += f", {pictures['without_link']:,} without a link"
    return escape(words)


def _duplicates(collection: Collection) -> dict[str, Any]:
    kinds = collection.duplicate_kinds()
    return {
        "groups": len(np.unique(collection.duplicates())) - len(collection) + sum(kinds.values()),
        "images": sum(kinds.values()),
        **kinds,
        "distance": collection.manifest.near_duplicate_distance,
    }


def info_table(values: Mapping[str, Any]) -> Table:
    """Return `info_values` as a table for a terminal."""
    table = Table(title=escape(str(values["name"])), show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for key in ("path", "created", "images", "failed", "backbone", "weights", "weights_sha256", "dimensions"):
        table.add_row(key.replace("_", " "), escape(str(values[key])))
    if "pictures" in values:
        table.add_row("pictures", _picture_words(values["pictures"]))
    for sentence in left_out_words(LeftOut(**entry) for entry in values["left_out"]):
        table.add_row("left out", escape(sentence))
    for column in values["columns"]:
        table.add_row("column", escape(f"{column['name']}: {column['kind']}, known for {column['known']:,} images"))
    found = values["duplicates"]
    counts = (
        f"{found['images']:,} images in {found['groups']:,} groups ({found['exact']:,} exact, {found['near']:,} near)"
    )
    table.add_row("duplicates", counts)
    for layout in values["layouts"]:
        trust = layout["trustworthiness"]
        quality = "" if trust is None else f", trustworthiness {trust:.3f}"
        table.add_row("layout", escape(f"{layout['title']}: {layout['images']:,} images{quality}"))
    for attribute in values["attributes"]:
        precision = attribute["average_precision"]
        quality = attribute["note"].removesuffix(".") if precision is None else f"average precision {precision:.2f}"
        mark = " (decided by the source)" if attribute["decided_by_source"] else ""
        known = f"{attribute['known_yes']} yes, {attribute['known_no']} no"
        table.add_row(attribute["name"], escape(f"{known}{mark}; {quality}"))
    return table


def bench_table(results: Sequence[Mapping[str, Any]]) -> Table:
    """Return the rows of a measurement as a table for a terminal."""
    table = Table(title="bench", title_justify="left")
    keys = list(results[0]) if results else []
    for key in keys:
        table.add_column(key, overflow="fold")
    for result in results:
        table.add_row(*(f"{value:.2f}" if isinstance(value, float) else str(value) for value in result.values()))
    return table


def values_table(values: Mapping[str, Any]) -> Table:
    """Return one measurement as a table with a row for each figure."""
    table = Table(show_header=False)
    table.add_column(style="dim")
    table.add_column()
    for key, value in values.items():
        inner = ", ".join(f"{name} {number}" for name, number in value.items()) if isinstance(value, dict) else value
        table.add_row(key, escape(str(inner)))
    return table


def checks_table(lines: Sequence[Mapping[str, Any]]) -> Table:
    """Return the checks of ``explorer bench audit`` as a table with a row for each check."""
    table = Table(title="bench audit", title_justify="left")
    for key in ("check", "guaranteed", "mean", "worst", "kept"):
        table.add_column(key, overflow="fold")
    for line in lines:
        kept = "" if "holds" not in line else "yes" if line["holds"] else "NO"
        table.add_row(escape(line["check"]), *(f"{line[key]:g}" for key in ("nominal", "mean", "worst")), kept)
    return table


def backbones_table(results: Sequence[Mapping[str, Any]]) -> list[Table]:
    """Return the tables of ``explorer bench backbone``: all images, then each folder, with a column a backbone."""
    families = results[0]["families"] if results else {}
    parts = {"all images": results} | {name: [result["families"][name] for result in results] for name in families}
    return [_quality_table(title, results, figures) for title, figures in parts.items()]


def _quality_table(title: str, backbones: Sequence[Mapping[str, Any]], figures: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title=escape(f"{title}: average precision"), title_justify="left")
    table.add_column("")
    table.add_column("share of yes", justify="right")
    for backbone in backbones:
        table.add_column(escape(f"{backbone['backbone']}, {backbone['weights']}"), justify="right", overflow="fold")
    for attribute, probe in figures[0]["probes"].items() if figures else ():
        share = probe["yes"] / (probe["yes"] + probe["no"])
        values = [figure["probes"][attribute]["average_precision"] for figure in figures]
        table.add_row(escape(attribute), f"{share:.2f}", *(f"{value:.3f}" for value in values))
    for key, words in (("mean_average_precision", "mean"), ("project_neighbors", "same project among the nearest 10")):
        values = [figure[key] for figure in figures]
        table.add_row(words, "", *("" if value is None else f"{value:.3f}" for value in values))
    return table


def labels_table(values: Mapping[str, Any]) -> Table:
    """Return the table of ``explorer labels info``."""
    table = Table(show_header=False)
    table.add_column(style="dim")
    table.add_column()
    table.add_row("collection", escape(values["path"]))
    if not values["store"]:
        table.add_row("answers", "none yet")
        return table
    table.add_row("store", values["store"])
    table.add_row("place", escape(values["place"]))
    from pipeline.label_store import SetAside

    aside = SetAside(**values["set_aside"])
    if aside.answers:
        table.add_row("set aside", aside.summary)
    for entry in values["answers"]:
        table.add_row(f"{escape(entry['attribute'])}, {entry['purpose']}", f"{entry['count']:,}")
    names = ", ".join(escape(person["name"]) for person in values["annotators"]) or "none yet"
    table.add_row("annotators", names)
    return table
