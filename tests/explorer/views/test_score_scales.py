"""Scores of a BAM release are shown on their own scale, with BAM's two cuts; everything is computed from 0 to 1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from explorer.app import Explorer
from explorer.composition import OpenCollections
from explorer.services.colorings import ColorKey, coloring_of
from pipeline.build.without_pictures import ReleaseOptions, build_release
from pipeline.collection import Collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.releases.export import export_collection
from pipeline.resources import asset
from pipeline.sources.bam_release import BamRelease, read_release
from pipeline.synthetic.bam_release import ReleaseSize, write_release


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> BamRelease:
    path = tmp_path_factory.mktemp("release") / "bam.sqlite"
    write_release(path, ReleaseSize(200, 100, 220, 10), seed=8)
    return read_release(path)


@pytest.fixture(scope="module")
def place(release: BamRelease, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("built") / "collection"
    build_release(release, target, load_taxonomy(asset("taxonomy/bam.toml")), ReleaseOptions())
    return target


@pytest.fixture
def explorer(place: Path, opened: OpenCollections) -> Explorer:
    return Explorer(place, dark=True, opened=opened)


def test_a_slider_has_the_ends_of_the_scale_and_marks_at_both_cuts(explorer: Explorer, release: BamRelease) -> None:
    rows = {row["name"]: row for row in explorer.filter_view.panel.rows}
    for name, scores in zip(release.attributes, release.scores, strict=True):
        row = rows[name]
        low, high = row["low"], row["high"]
        assert low == pytest.approx(min(float(scores.min()), -7.0))
        assert high == pytest.approx(max(float(scores.max()), -1.0))
        assert [low + place * (high - low) for place, _ in row["marks"]] == pytest.approx([-7, -1], abs=2e-3)
        assert [words for _, words in row["marks"]] == ["-7: surely negative up to here", "-1: positive from here"]


def test_a_filter_begins_at_the_positive_cut(explorer: Explorer, release: BamRelease) -> None:
    for name, scores in zip(release.attributes, release.scores, strict=True):
        assert explorer.filter_view.panel.settings[name]["count"] == int(np.count_nonzero(scores >= -1))


def test_the_card_shows_the_scores_of_the_file_and_no_size(explorer: Explorer, release: BamRelease) -> None:
    explorer.view.selected_row = 3
    record = explorer.inspector.card.record
    shown = {entry["name"]: entry["shown"] for entry in record["scores"]}
    assert shown == {
        name: f"{score:.1f}" for name, score in zip(release.attributes, release.scores[:, 3].tolist(), strict=True)
    }
    assert "Size" not in dict(record["facts"])


def test_the_legend_of_a_score_has_the_ends_of_the_scale(place: Path) -> None:
    collection = Collection(place)
    scale = collection.manifest.scale("content_bird")
    assert scale is not None
    coloring = coloring_of(ColorKey("score", "content_bird"), collection, None)
    ends = [float(text.replace("\u2212", "-")) for text in coloring.texts]
    assert ends == pytest.approx([scale.low, scale.high], abs=0.51)


def test_the_export_of_scores_is_on_their_own_scale(place: Path, release: BamRelease, tmp_path: Path) -> None:
    export_collection(Collection(place), None, tmp_path / "out", "parquet")
    table = parquet.read_table(tmp_path / "out" / "scores.parquet")
    for name, scores in zip(release.attributes, release.scores, strict=True):
        np.testing.assert_array_equal(table[name].to_numpy(), scores)
