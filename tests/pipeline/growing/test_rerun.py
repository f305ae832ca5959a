"""One stage of a finished collection runs again, with those that read what it makes; everything else stays."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.composition import OpenCollections
from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.collection.updating import CollectionUpdate
from pipeline.errors import CollectionError, ParameterError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.growing.rerun import ALONE, rerun
from pipeline.resources import asset
from pipeline.sources.source import Source
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.power_cut import PowerCut, power_cut


@pytest.fixture
def path(collection_path: Path, tmp_path: Path) -> Path:
    """A collection that may be changed."""
    return Path(shutil.copytree(collection_path, tmp_path / "collection"))


def places(path: Path, name: str = "all-umap") -> np.ndarray:
    return Collection(path).layout(name).positions


def test_a_stage_that_would_make_the_same_has_nothing_to_do(path: Path) -> None:
    before = Collection(path).manifest
    assert [rerun(path, name) for name in ALONE] == [()] * len(ALONE)
    assert rerun(path, "layout", {"perplexity": 30.0, "seed": 0}) == ()
    assert Collection(path).manifest.revision.number == before.revision.number == 0


def test_a_layout_runs_again_with_other_parameters_and_nothing_else_does(path: Path) -> None:
    before = Collection(path)
    old = places(path)
    assert rerun(path, "layout", {"min_dist": 0.9}) == ("layout",)
    after = Collection(path)
    assert not np.array_equal(places(path), old)
    assert after.manifest.layouts[0] == before.manifest.layouts[0]  # t-SNE does not use it
    for what in ("attributes", "columns", "images", "created", "near_duplicate_distance"):
        assert getattr(after.manifest, what) == getattr(before.manifest, what)
    assert np.array_equal(after.scores, before.scores)
    assert np.array_equal(before.layout("all-umap").positions, old), "an open reader keeps what it opened"
    assert rerun(path, "layout", {"min_dist": 0.9}) == ()
    assert rerun(path, "layout") == (), "the other parameters stay as they were"


@pytest.mark.slow
def test_a_perplexity_that_needs_more_neighbours_than_there_are_finds_them(path: Path) -> None:
    rerun(path, "graph", {"neighbors": 6})
    few = places(path, "all-tsne")
    assert rerun(path, "layout", {"perplexity": 20.0}) == ("layout",)
    assert not np.array_equal(places(path, "all-tsne"), few)


def test_stages_that_read_what_was_made_run_too(path: Path) -> None:
    assert rerun(path, "graph", {"neighbors": 20}) == ("graph", "duplicates", "layout")
    table = Collection(path).open_dataset("graph/fake.lance")
    assert table.schema.field("neighbors").type.list_size == 20
    assert rerun(path, "graph") == ()


def test_new_first_scores_have_a_new_name_and_the_old_ones_stay(path: Path) -> None:
    assert rerun(path, "scores", {"seed": 5}) == ("scores", "layout")
    manifest = Collection(path).manifest
    assert manifest.origins() == {"content_cat": "model-2", "media_pen_ink": "model-2"}
    assert (path / "scores/content_cat/model-1.lance").is_dir()
    assert (path / "models/content_cat-model-2.safetensors").is_file()
    assert rerun(path, "scores") == ()


def test_scores_of_a_round_keep_their_place(path: Path) -> None:
    with CollectionUpdate(path) as update:
        update.overwrite(
            "scores/content_cat/round-1.lance", update.dataset("scores/content_cat/model-1.lance").to_table()
        )

        def named(facts: object) -> object:
            return replace(facts, origin="round-1", threshold=0.25) if facts.name == "content_cat" else facts  # type: ignore[attr-defined,type-var]

        update.commit(lambda now: replace(now, attributes=tuple(map(named, now.attributes))))  # type: ignore[arg-type]
    assert rerun(path, "scores", {"seed": 5}) == ("scores", "layout")
    manifest = Collection(path).manifest
    assert manifest.origins() == {"content_cat": "round-1", "media_pen_ink": "model-2"}
    facts = manifest.facts("content_cat")
    assert facts is not None
    assert facts.threshold == 0.25


@pytest.mark.slow
def test_the_result_is_that_of_a_build_with_these_parameters(path: Path, drawn_source: Source, tmp_path: Path) -> None:
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(drawn_source, tmp_path / "built", FakeEmbedder(), taxonomy, BuildOptions(seed=3))
    rerun(path, "layout", {"seed": 3})
    for name in ("all-tsne", "all-umap", "positives-tsne"):
        assert np.array_equal(places(path, name), places(tmp_path / "built", name), equal_nan=True)


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("embedding", {}, "'embedding' is no stage that can run alone. Allowed are graph, duplicates, scores"),
        ("captions", {"perplexity": 50.0}, "The stage captions does not use perplexity. It has no parameters."),
        ("scores", {"min_dist": 0.5}, "The stage scores does not use min_dist. It has seed."),
        ("layout", {"perplexity": 1.0}, "perplexity 1.0 is not possible; allowed is above 1 and at most 300."),
        ("layout", {"perplexity": float("nan")}, "perplexity nan is not possible"),
        ("graph", {"neighbors": 1}, "neighbors 1 is not possible; allowed is from 2 to 1,000."),
    ],
)
def test_what_is_not_possible_is_refused_and_changes_nothing(
    path: Path, name: str, changes: dict[str, float], words: str
) -> None:
    with pytest.raises(ParameterError, match=words):
        rerun(path, name, changes)
    assert Collection(path).manifest.revision.number == 0


def test_a_layout_without_its_graph_names_the_stage_that_makes_it(path: Path) -> None:
    shutil.rmtree(path / "graph/fake.lance")
    with pytest.raises(CollectionError, match=r"has no graph of neighbours, .* Run the stage graph first"):
        rerun(path, "layout")
    assert rerun(path, "graph")[0] == "graph"


@pytest.mark.parametrize(
    "share", [0.5, *(pytest.param(share, marks=pytest.mark.slow) for share in (0.0, 0.2, 0.8, 0.9, 0.95))]
)
def test_a_killed_rerun_leaves_the_old_or_the_new_and_the_next_one_does_it(
    path: Path, tmp_path: Path, share: float
) -> None:
    untouched = Path(shutil.copytree(path, tmp_path / "untouched"))
    whole = Path(shutil.copytree(path, tmp_path / "whole"))
    with power_cut() as steps:
        rerun(whole, "layout", {"seed": 7})
    with suppress(PowerCut), power_cut(int(steps.done * share)):
        rerun(path, "layout", {"seed": 7})
    dead = Collection(path)
    expected = whole if dead.manifest.revision.number else untouched  # the manifest is the commit
    for facts in dead.manifest.layouts:
        assert np.array_equal(dead.layout(facts.name).positions, places(expected, facts.name), equal_nan=True)
    assert rerun(path, "layout", {"seed": 7}) == ("layout",)
    for facts in Collection(whole).manifest.layouts:
        assert np.array_equal(places(path, facts.name), places(whole, facts.name), equal_nan=True)


def test_an_open_server_shows_the_new_layout_to_a_page_that_is_loaded_afterwards(path: Path) -> None:
    with OpenCollections() as opened:
        before = opened.services(path)
        old = before.layout("all-umap").positions
        rerun(path, "layout", {"min_dist": 0.9})
        assert np.array_equal(before.layout("all-umap").positions, old)
        assert np.array_equal(opened.services(path).layout("all-umap").positions, places(path))
        assert not np.array_equal(places(path), old)
