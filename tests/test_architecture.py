"""The arrows between modules: pipeline never imports explorer, pure modules do no I/O, nothing shadows a library."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PIPELINE = sorted((ROOT / "pipeline").rglob("*.py"))
EXPLORER = sorted((ROOT / "explorer").rglob("*.py"))

PURE = {
    "contents",
    "deep_grey",
    "exif",
    "flattening",
    "formats",
    "gif",
    "image_files/memory",
    "jpeg",
    "jpeg2000",
    "image_files/opening",
    "plain_text",
    "png",
    "ppm",
    "profiles",
    "tiff",
    "webp",
    "anytime",
    "families",
    "audit/planning",
    "precision",
    "sample_sizes",
    "truth_rules",
    "badges",
    "bars",
    "cluster_names",
    "cluster_terms",
    "coloring",
    "encoding",
    "frame_view",
    "keywords",
    "layout_index",
    "learning_curve",
    "priorities",
    "agreement",
    "agreement_measures",
    "annotators",
    "label_layers",
    "proportions",
    "duplicates",
    "calibration",
    "catalogue",
    "cells",
    "certification",
    "certification_design",
    "certification_plan",
    "classifier",
    "clustering",
    "cold_start",
    "collage",
    "crowd",
    "cross_validation",
    "density",
    "diagnostics",
    "drafts",
    "drawing",
    "errors",
    "filters",
    "frame",
    "framing",
    "identities",
    "left_out",
    "identity",
    "imperfect_model",
    "level_of_detail",
    "linear_model",
    "manifest",
    "missed",
    "missed_bound",
    "more_answers",
    "neighbors",
    "opinions",
    "packing",
    "pictures",
    "places",
    "plain_values",
    "projection",
    "quality",
    "quadtree",
    "query_strategies",
    "recall",
    "reduction",
    "regions",
    "round_cuts",
    "round_steps",
    "schema",
    "search_words",
    "similarity",
    "simulation",
    "simulation_parts",
    "simulation_split",
    "simulation_summary",
    "spec",
    "streams",
    "tables/answers",
    "tables/columns",
    "tables/paths",
    "tables/text",
    "threshold_choice",
    "thresholds",
    "thumbnails",
    "training",
    "validation",
    "validation_estimates",
    "word_cutting",
}
"""By name, or by folder and name where an edge has the same name."""

DISK = {"pathlib", "lance", "pyarrow", "os", "shutil", "urllib", "socket", "subprocess"}

LAYERS = ["main", "session", "app", "views", "searching", "frames", "services", "map_choices", "state", "settings"]
"""Of explorer, highest first: a module imports nothing above its own layer."""


def imports(path: Path) -> set[str]:
    """Full names of the modules that a file imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import loads a second copy under `panel serve`"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def names_of(path: Path) -> set[str]:
    return {path.stem, f"{path.parent.name}/{path.stem}"}


def roots(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", PIPELINE, ids=lambda path: path.stem)
def test_the_compute_layer_knows_nothing_of_the_screen(path: Path) -> None:
    assert not roots(path) & {"explorer", "panel", "bokeh", "holoviews", "param", "typer"}


@pytest.mark.parametrize("path", [path for path in PIPELINE if names_of(path) & PURE], ids=lambda path: path.stem)
def test_pure_modules_do_no_input_or_output(path: Path) -> None:
    allowed = {"pathlib"} if path.stem == "schema" else set()
    assert not roots(path) & DISK - allowed


def test_every_module_called_pure_exists() -> None:
    assert set().union(*map(names_of, PIPELINE)) >= PURE


@pytest.mark.parametrize("path", [p for p in EXPLORER if p.parent.name == "state"], ids=lambda path: path.stem)
def test_state_knows_no_panel_and_no_view(path: Path) -> None:
    assert "panel" not in roots(path)
    assert not any(name.startswith(("explorer.views", "explorer.app", "explorer.services")) for name in imports(path))


def layer(name: str) -> int | None:
    part = name.split(".")[1] if name.startswith("explorer.") else ""
    return LAYERS.index(part) if part in LAYERS else None


@pytest.mark.parametrize("path", EXPLORER, ids=lambda path: path.stem)
def test_arrows_point_one_way(path: Path) -> None:
    own = layer(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if own is None:
        return
    above = [name for name in imports(path) if (other := layer(name)) is not None and other < own]
    assert not above


@pytest.mark.parametrize("path", [p for p in EXPLORER if p.parent.name == "explorer"], ids=lambda path: path.stem)
def test_no_module_of_the_app_shadows_another_package(path: Path) -> None:
    taken = set(sys.stdlib_module_names) | set(packages_distributions())
    assert path.stem == "__init__" or path.stem not in taken - {"explorer"}


def test_no_circle_of_imports() -> None:
    graph = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): {
            name for name in imports(path) if name.startswith(("pipeline.", "explorer."))
        }
        for path in PIPELINE + EXPLORER
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name in done or name not in graph:
            return
        for other in graph[name]:
            visit(other, (*trail, name))
        done.add(name)

    for name in graph:
        visit(name, ())
