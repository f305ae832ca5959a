"""The colourings of the map: every column of the source but places."""

from __future__ import annotations

import csv
from pathlib import Path

from explorer.controllers.map.choices import color_key, color_options
from explorer.services.colorings import coloring_of
from explorer.state.filter_state import FilterState
from explorer.state.view_state import ViewState
from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.resources import asset
from pipeline.sources import open_source
from tests.conftest import draw_images
from tests.helpers.fake_embedder import FakeEmbedder


def test_a_date_is_a_scale_of_dates_and_a_place_is_no_colour(tmp_path: Path) -> None:
    path = draw_images(tmp_path / "source", 6)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row |= {"made": f"2019-05-0{number + 1}", "spot": f"48.{number}5, 2.25"}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(open_source(path), tmp_path / "made", FakeEmbedder(), taxonomy, BuildOptions())
    collection = Collection(tmp_path / "made")
    layout = collection.layout(collection.manifest.layouts[0].name)
    options = color_options(collection, layout)
    assert "column:made" in options
    assert "column:spot" not in options
    view, filters = ViewState(), FilterState({})
    view.color = "column:spot"
    assert color_key(view, filters, collection, ()) is None, "not even if a browser asks for it"
    view.color = "column:made"
    key = color_key(view, filters, collection, ())
    assert key is not None
    assert coloring_of(key, collection, layout).texts == ("2019-05-01", "2019-05-05")
