"""A collection grows: new images join their neighbours, and nothing that was there changes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.collection import Collection
from pipeline.collection.own_files import foreign_files
from pipeline.collection.vectors import StoredVectors
from pipeline.embedding.spec import EmbeddingSpec
from pipeline.errors import CollectionError, ModelMismatchError, SourceError
from pipeline.growing import AddReport, add_images
from pipeline.progress import Progress
from pipeline.search import Search
from pipeline.sources.opening import open_source
from pipeline.sources.source import Source
from tests.conftest import draw_images
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.power_cut import PowerCut, power_cut

COUNT = 12


@pytest.fixture(scope="module")
def more(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve more drawn images, with a table that has a column of its own."""
    table = draw_images(tmp_path_factory.mktemp("more") / "more", COUNT, seed=7)
    lines = table.read_text(encoding="utf-8").splitlines()
    lines = [f"{line},{'shelf' if number == 0 else number}" for number, line in enumerate(lines)]
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return table


@pytest.fixture(scope="module")
def source(more: Path) -> Source:
    return open_source(more, name="more")


@pytest.fixture
def path(collection_path: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(collection_path, tmp_path / "collection"))


def add(path: Path, source: Source) -> AddReport:
    return add_images(path, source, FakeEmbedder())


def old_rows(before: Collection, after: Collection) -> NDArray[np.int64]:
    return np.searchsorted(after.image_ids, before.image_ids)


# ---- what stays ------------------------------------------------------------------------------------------------------
def test_no_image_that_was_there_moves_or_changes(path: Path, source: Source) -> None:
    before = Collection(path)
    report = add(path, source)
    after = Collection(path)
    rows = old_rows(before, after)
    assert (report.added, report.failed, report.there) == (COUNT, 0, 0)
    assert len(after) == len(before) + COUNT
    assert np.array_equal(after.image_ids[rows], before.image_ids)
    assert np.array_equal(after.embedding()[rows], before.embedding())
    assert np.array_equal(after.scores[:, rows], before.scores)
    for facts in before.manifest.layouts:
        one, other = before.layout(facts.name), after.layout(facts.name)
        assert np.array_equal(one.positions, other.positions[rows], equal_nan=True)
        assert np.array_equal(one.trust, other.trust[rows], equal_nan=True)
        assert np.array_equal(one.clusters, other.clusters[:, rows])
        named = [(name.level, name.cluster, name.text, name.x, name.y) for name in one.names]
        assert [(name.level, name.cluster, name.text, name.x, name.y) for name in other.names] == named
    for column in before.metadata_columns:
        if before.metadata_columns[column] == "number":
            assert np.array_equal(before.numbers(column), after.numbers(column)[rows], equal_nan=True)
    assert before.tiles([0, 5]) == after.tiles(rows[[0, 5]].tolist())
    assert foreign_files(path) == []


# ---- what comes ------------------------------------------------------------------------------------------------------
def test_new_images_join_their_neighbours(path: Path, source: Source) -> None:
    before = Collection(path)
    add(path, source)
    after = Collection(path)
    new = np.setdiff1d(np.arange(len(after)), old_rows(before, after))
    kinds = np.array([str(name).split("/")[-1].split("-")[0] for name in after.sources().to_pylist()])
    vectors, old = after.embedding().astype(np.float32), old_rows(before, after)
    nearest = old[((vectors[new][:, None] - vectors[old][None]) ** 2).sum(axis=2).argmin(axis=1)]
    assert np.mean(kinds[nearest] == kinds[new]) > 0.9  # the vectors tell the kinds apart
    layout = after.layout("all-tsne")
    assert np.isfinite(layout.positions).all()
    shown = old[((layout.positions[new][:, None] - layout.positions[old][None]) ** 2).sum(axis=2).argmin(axis=1)]
    assert np.mean(kinds[shown] == kinds[new]) > 0.9
    assert np.mean(layout.clusters[0][new] == layout.clusters[0][shown]) > 0.7
    assert layout.trust[new].mean() > 0.4
    assert len({tuple(place) for place in layout.positions[new].tolist()}) == COUNT


def test_new_images_are_scored_found_and_described(path: Path, source: Source) -> None:
    before = Collection(path)
    add(path, source)
    after = Collection(path)
    new = np.setdiff1d(np.arange(len(after)), old_rows(before, after))
    kinds = np.array([str(name).split("/")[-1].split("-")[0] for name in after.sources().to_pylist()])
    discs, others = new[kinds[new] == "disc"], new[kinds[new] != "disc"]
    assert after.scores_of("content_cat")[discs].mean() > after.scores_of("content_cat")[others].mean() + 0.3
    assert (after.known("content_cat")[new] >= 0).any()
    facts = after.manifest.facts("content_cat")
    assert facts is not None
    assert facts.known_yes == int((after.known("content_cat") == 1).sum())
    assert after.numbers("shelf")[new].tolist().count(3) == 1
    assert np.isnan(after.numbers("shelf")[old_rows(before, after)]).all()
    assert set(discs.tolist()) <= set(Search(after).by_words("disc").rows.tolist())
    assert StoredVectors(after).of(new).shape == (COUNT, after.manifest.dimensions)
    assert after.previews(new.astype(np.int32)) != []
    added = after.manifest.added[-1]
    assert (added.name, added.images, added.revision) == ("more", COUNT, 1)


def test_the_same_pictures_under_another_name_are_exact_duplicates(path: Path, drawn_source: Source) -> None:
    before = Collection(path)
    again = replace(
        drawn_source, name="again", items=tuple(replace(item, source_name="again") for item in drawn_source.items[:5])
    )
    columns = tuple(replace(one, values=one.values.slice(0, 5)) for one in again.columns)
    report = add(path, replace(again, columns=columns))
    after = Collection(path)
    assert (report.added, report.same_bytes) == (5, 5)
    assert after.duplicate_kinds()["exact"] >= before.duplicate_kinds()["exact"] + 5
    rows = old_rows(before, after)
    assert np.array_equal(after.duplicates()[rows], rows[before.duplicates()])
    new = np.setdiff1d(np.arange(len(after)), rows)
    assert np.isin(after.duplicates()[new], rows).all()


# ---- what is refused or skipped --------------------------------------------------------------------------------------
def test_images_that_are_there_are_skipped(path: Path, source: Source, drawn_source: Source) -> None:
    before = Collection(path)
    assert (add(path, drawn_source).there, Collection(path).is_newest()) == (len(drawn_source.items), True)
    assert before.is_newest()
    add(path, source)
    report = add(path, source)
    assert (report.added, report.there) == (0, COUNT)
    assert Collection(path).manifest.revision.number == 1


def test_other_weights_are_refused_in_one_sentence(path: Path, source: Source) -> None:
    other = FakeEmbedder(spec=EmbeddingSpec("fake", "others", "other", 32))
    with pytest.raises(ModelMismatchError, match="give the same weights"):
        add_images(path, source, other)
    assert Collection(path).manifest.revision.number == 0


def test_a_source_in_the_collection_or_the_collection_itself_is_refused(path: Path, source: Source) -> None:
    inside = path / "log"
    inside.mkdir(exist_ok=True)
    for root in (path, inside, path.parent):
        with pytest.raises(CollectionError):
            add(path, replace(source, root=root, is_table=False))
    other = Path(shutil.copytree(path, path.parent / "other"))
    with pytest.raises(SourceError, match="is a collection itself"):
        add(path, replace(source, root=other))


def test_another_source_of_the_same_name_is_refused_if_its_pictures_differ(
    path: Path, drawn_source: Source, more: Path
) -> None:
    with pytest.raises(SourceError, match="a name of its own"):
        add(path, open_source(more, name=drawn_source.name))


def test_files_that_cannot_be_read_are_counted(path: Path, tmp_path: Path) -> None:
    folder = draw_images(tmp_path / "bad", 2).parent / "images"
    (folder / "broken.png").write_bytes((folder / "disc-000.png").read_bytes()[:60])
    report = add(path, open_source(folder, name="bad"))
    assert (report.added, report.failed) == (2, 1)
    assert len(Collection(path).failures()) == 1
    for file in folder.glob("*"):
        file.write_bytes(b"\x89PNG no picture")
    with pytest.raises(SourceError, match="None of the 3 new files"):
        add(path, open_source(folder, name="worse"))


# ---- stopped ---------------------------------------------------------------------------------------------------------
def test_an_addition_stopped_while_it_embeds_goes_on_where_it_stopped(
    path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.growing.staging.COMMIT_EVERY", 4)
    monkeypatch.setattr("pipeline.build.image_stage._DEFAULT_BATCH", 4)

    def stop(progress: Progress) -> None:
        if progress.done >= 8:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        add_images(path, source, FakeEmbedder(), progress=stop)
    assert Collection(path).is_newest()
    told: list[Progress] = []
    whole = Path(shutil.copytree(path, path.parent / "whole"))
    add_images(path, source, FakeEmbedder(), progress=told.append)
    assert told[0].note == "4 from before"
    add_images(whole, source, FakeEmbedder())
    assert same(Collection(path), Collection(whole))


def same(one: Collection, other: Collection) -> bool:
    """Whether two collections have the same images, vectors, scores, places, groups and words."""
    layouts = [facts.name for facts in one.manifest.layouts]
    return (
        np.array_equal(one.image_ids, other.image_ids)
        and np.array_equal(one.embedding(), other.embedding())
        and np.array_equal(one.scores, other.scores)
        and np.array_equal(one.duplicates(), other.duplicates())
        and all(
            np.array_equal(one.layout(name).positions, other.layout(name).positions, equal_nan=True)
            and np.array_equal(one.layout(name).clusters, other.layout(name).clusters)
            for name in layouts
        )
        and one.open_dataset("captions.lance").count_rows() == other.open_dataset("captions.lance").count_rows()
    )


@pytest.mark.slow
def test_a_kill_at_any_step_is_made_good_by_the_same_command(path: Path, source: Source, tmp_path: Path) -> None:
    before = Collection(path)
    whole = Path(shutil.copytree(path, tmp_path / "whole"))
    with power_cut() as steps:
        add(whole, source)
    expected = Collection(whole)
    for last in range(0, steps.done, 3):
        dead = Path(shutil.copytree(path, tmp_path / f"dead-{last}"))
        with suppress(PowerCut), power_cut(last):
            add(dead, source)
        found = Collection(dead)
        assert same(found, before) or same(found, expected), f"step {last}"
        add(dead, source)
        assert same(Collection(dead), expected), f"step {last}"
        assert foreign_files(dead) == []
        assert not (tmp_path / f".dead-{last}.growth.building").exists()
        shutil.rmtree(dead)


@pytest.mark.slow
def test_a_process_killed_twenty_times_ends_with_what_an_undisturbed_one_has(
    path: Path, more: Path, source: Source, tmp_path: Path
) -> None:
    """The moments are drawn by chance; whichever they are, a reader finds the old collection or the new one."""
    before, whole = Collection(path), Path(shutil.copytree(path, tmp_path / "whole"))
    add(whole, source)
    expected = Collection(whole)
    script = (
        "import sys; from pathlib import Path; from pipeline.growing import add_images, staging\n"
        "from pipeline.sources.opening import open_source; from tests.helpers.fake_embedder import FakeEmbedder\n"
        "staging.COMMIT_EVERY = 2\n"
        "print('ready', flush=True)\n"
        "add_images(Path(sys.argv[1]), open_source(Path(sys.argv[2]), name='more'), FakeEmbedder())"
    )
    command = [sys.executable, "-c", script, str(path), str(more)]
    chance = np.random.default_rng(3)
    for _ in range(20):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        with suppress(subprocess.TimeoutExpired):
            process.wait(float(chance.uniform(0.05, 1.5)))
        process.kill()
        process.communicate()
        found = Collection(path)
        assert same(found, before) or same(found, expected)
    add(path, source)
    assert same(Collection(path), expected)
    assert foreign_files(path) == []
