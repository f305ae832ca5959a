"""A BAM release becomes a collection that is useful before any picture is there."""

from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from explorer.cli.command import app
from pipeline.build.release_tables import NEGATIVE_CUT, POSITIVE_CUT, card_of_each, standardised
from pipeline.build.without_pictures import LAYOUT, ReleaseOptions, build_release
from pipeline.collection import Collection
from pipeline.collection.originals import read_original
from pipeline.errors import CollectionError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.images.locations import LinkLocation, NoLocation, location_from_text
from pipeline.label_store import open_label_store
from pipeline.progress import Progress
from pipeline.resources import asset
from pipeline.sources.bam_release import BamRelease, read_release
from pipeline.sources.bam_tables import LABEL_WORDS
from pipeline.synthetic.bam_release import ReleaseSize, write_release

SIZE = ReleaseSize(modules=400, labels=600, choices=1300, captions=80)
TAXONOMY = load_taxonomy(asset("taxonomy/bam.toml"))
ODD_LINK = 'https://pictures.example/a "quoted"\\name.jpg'


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("release") / "bam.sqlite"
    write_release(path, SIZE, seed=11)
    with sqlite3.connect(path) as database:
        database.execute("update modules set src = null, license = null, project_id = null where rowid = 1")
        database.execute("update modules set src = ? where rowid = 2", (ODD_LINK,))
        database.execute("update modules set src = 'javascript:alert(1)' where rowid = 3")
    database.close()
    return path


@pytest.fixture(scope="module")
def release(file: Path) -> BamRelease:
    return read_release(file)


@pytest.fixture(scope="module")
def built(release: BamRelease, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    target = tmp_path_factory.mktemp("built") / "collection"
    build_release(release, target, TAXONOMY, ReleaseOptions(name="bam"))
    return Collection(target)


def test_the_mids_are_the_identities(built: Collection, release: BamRelease) -> None:
    np.testing.assert_array_equal(built.image_ids, release.mids)


def test_facts_about_images_are_kept(built: Collection, release: BamRelease) -> None:
    assert built.projects().tolist() == release.projects.tolist()
    records = built.records(range(len(built)))
    assert [one.license for one in records] == [text or "" for text in release.licences.to_pylist()]
    codes, words = built.categories("mature_content")
    assert [words[code] == "true" for code in codes] == release.mature.to_pylist()


def test_links_are_stored_as_locations_and_nothing_else_is_taken_for_one(
    built: Collection, release: BamRelease
) -> None:
    stored = [location_from_text(built.stored_location(row), Path()) for row in range(len(built))]
    assert stored[0] == NoLocation()
    assert stored[1] == LinkLocation(ODD_LINK)
    assert stored[2] == NoLocation()
    assert stored[3:] == [LinkLocation(link) for link in release.links.to_pylist()[3:]]
    assert built.record(0).source == f"module {release.mids[0]}"
    assert not read_original(built, 5).picture


def test_scores_stay_on_their_scale_on_disk_and_are_numbers_from_0_to_1_in_memory(
    built: Collection, release: BamRelease
) -> None:
    for row, name in enumerate(release.attributes):
        stored = built.open_dataset(f"scores/{name}/imported-1.lance").to_table()["score"].to_numpy()
        np.testing.assert_array_equal(stored, release.scores[row])
        scale, scores = built.manifest.scale(name), built.scores_of(name)
        assert scale is not None
        assert scores.min() >= 0
        assert scores.max() <= 1
        np.testing.assert_allclose(scale.low + scores * (scale.high - scale.low), stored, atol=1e-4)
        assert [mark.value for mark in scale.marks] == [NEGATIVE_CUT, POSITIVE_CUT]


def test_the_default_minimum_is_bams_positive_cut(built: Collection, release: BamRelease) -> None:
    for row, name in enumerate(release.attributes):
        facts = built.manifest.facts(name)
        assert facts is not None
        assert facts.threshold is not None
        passing = built.scores_of(name) >= np.float32(facts.threshold)
        np.testing.assert_array_equal(passing, release.scores[row] >= POSITIVE_CUT)


def test_labels_of_the_crowd_are_known_answers_and_unsure_is_unknown(built: Collection, release: BamRelease) -> None:
    known = np.full(release.scores.shape, -1)
    labels = release.crowd.labels
    for row, column, value in zip(labels.rows, labels.columns, labels.values, strict=True):
        known[column, row] = {"positive": 1, "negative": 0, "unsure": -1}[LABEL_WORDS[value]]
    for column, name in enumerate(release.attributes):
        np.testing.assert_array_equal(built.known(name), known[column])
    assert (known == -1).any()
    assert any(LABEL_WORDS[value] == "unsure" for value in labels.values)


def test_automatic_labels_are_columns(built: Collection, release: BamRelease) -> None:
    codes, words = built.categories("automatic content_bird")
    column = release.attributes.index("content_bird")
    assert [words[code] for code in codes] == [LABEL_WORDS[code] for code in release.automatic[column]]


def test_captions_can_be_searched(built: Collection, release: BamRelease) -> None:
    captions = release.crowd.captions
    record = built.record(int(captions.rows[0]))
    assert captions.texts[0].as_py() in record.caption
    table = built.open_dataset("captions.lance").to_table()
    assert set(table["image_id"].to_pylist()) == set(release.mids[captions.rows].tolist())


def test_hits_keep_their_seconds_and_clicks(built: Collection, release: BamRelease) -> None:
    hits = built.open_dataset("hits.lance").to_table()
    assert hits["clicks"].to_pylist() == release.crowd.hits.clicks.tolist()
    assert hits["seconds"].to_pylist() == release.crowd.hits.seconds.tolist()
    assert hits["worker_id"].to_pylist() == release.crowd.hits.workers.to_pylist()


def test_cards_stand_in_for_pictures_and_are_shared(built: Collection, release: BamRelease) -> None:
    best = card_of_each(release.scores)
    assert built.manifest.thumbnails == len(np.unique(best))
    for card in np.unique(best):
        rows = np.flatnonzero(best == card)[:3].tolist()
        assert len(set(built.tiles(rows))) == 1
    assert len(set(built.tiles(range(len(built))))) == len(np.unique(best))
    assert Image.open(io.BytesIO(built.preview(0))).size == (512, 512)


def test_vectors_are_standardised_scores_of_length_1(built: Collection, release: BamRelease) -> None:
    vectors = built.embedding().astype(np.float64)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=2e-3)
    spread = release.scores.astype(np.float64).T
    spread = (spread - spread.mean(axis=0)) / spread.std(axis=0)
    np.testing.assert_allclose(vectors, spread / np.linalg.norm(spread, axis=1)[:, None], atol=2e-3)


def test_equal_scores_still_give_vectors_of_length_1() -> None:
    vectors = standardised(np.full((20, 5), -3.0, np.float32))
    np.testing.assert_allclose(np.linalg.norm(vectors.astype(np.float64), axis=1), 1, atol=2e-3)


def test_the_map_is_said_to_be_quick_and_keeps_neighbours(built: Collection) -> None:
    layout = built.layout(LAYOUT)
    assert layout.facts.title.startswith("quick map of the scores")
    assert np.isfinite(layout.positions).all()
    assert layout.facts.trustworthiness is not None
    assert layout.facts.trustworthiness > 0.9


def test_the_same_release_gives_the_same_collection(release: BamRelease, built: Collection, tmp_path: Path) -> None:
    build_release(release, tmp_path / "again", TAXONOMY, ReleaseOptions(name="bam"))
    check_same(Collection(tmp_path / "again"), built)


def answers_of(collection: Collection) -> list[tuple[object, ...]]:
    with open_label_store(collection) as store:
        names = {person.id: person.name for person in store.annotators.list_all()}
        return sorted(
            (names[one.annotator_id], one.image_id, one.attribute, one.value, one.seconds)
            for one in store.answers.log()
        )


def check_same(one: Collection, other: Collection) -> None:
    np.testing.assert_array_equal(one.scores, other.scores)
    np.testing.assert_array_equal(one.embedding(), other.embedding())
    np.testing.assert_array_equal(one.layout(LAYOUT).positions, other.layout(LAYOUT).positions)
    for name in (
        "images",
        "columns",
        "hits",
        "thumbnails",
        "captions",
        "words",
        "crowd_labels",
        "crowd_choices",
        "crowd_captions",
    ):
        tables = [built.open_dataset(f"{name}.lance").to_table() for built in (one, other)]
        assert tables[0].equals(tables[1]), name


def test_a_place_that_is_taken_is_refused_before_anything_is_written(release: BamRelease, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    with pytest.raises(CollectionError):
        build_release(release, tmp_path / "taken", TAXONOMY)
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["mine.txt"]


def test_the_command_recognises_the_file_and_says_what_it_read(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "collection"
    done = CliRunner().invoke(app, ["build", str(file), "--out", str(out)])
    said = done.output.replace("\n", " ")
    assert done.exit_code == 0, said
    assert "Read 400 images with scores of 20 attributes, 600 labels of the crowd, 1,300 choices" in said
    assert "The map is a quick one" in said
    again = CliRunner().invoke(app, ["build", str(file), "--out", str(out)])
    assert again.exit_code == 0, again.output
    info = CliRunner().invoke(app, ["info", str(out), "--json"])
    assert json.loads(info.stdout)["images"] == 400


def test_a_file_that_is_no_release_is_one_sentence(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.sqlite") as database:
        database.execute("create table pictures (a)")
    database.close()
    done = CliRunner().invoke(app, ["build", str(tmp_path / "other.sqlite"), "--out", str(tmp_path / "out")])
    assert "is an SQLite file without the table modules and the table scores" in str(done.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("stage", ["Writing scores", "Indexing captions", "Laying out by t-SNE"])
def test_a_build_that_is_stopped_goes_on_with_the_stage_that_was_not_done(
    stage: str, release: BamRelease, built: Collection, tmp_path: Path
) -> None:
    stages: list[str] = []

    def watch(progress: Progress) -> None:
        stages.append(progress.stage)
        if progress.stage == stage and stages.count(stage) == 1:
            raise KeyboardInterrupt

    out, options = tmp_path / "collection", ReleaseOptions(name="bam")
    with pytest.raises(KeyboardInterrupt):
        build_release(release, out, TAXONOMY, options, progress=watch)
    before = list(dict.fromkeys(stages))
    assert before[-1] == stage
    again: list[str] = []
    build_release(release, out, TAXONOMY, options, progress=lambda progress: again.append(progress.stage))
    assert again[0] == stage
    assert not set(again) & set(before[:-1])
    check_same(Collection(out), built)
    assert not (out / "stages.json").exists()


def test_a_build_with_another_seed_uses_no_stage_of_the_one_that_was_stopped(
    release: BamRelease, built: Collection, tmp_path: Path
) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage == "Laying out by t-SNE":
            raise KeyboardInterrupt

    out = tmp_path / "collection"
    with pytest.raises(KeyboardInterrupt):
        build_release(release, out, TAXONOMY, ReleaseOptions(name="bam", seed=3), progress=stop)
    build_release(release, out, TAXONOMY, ReleaseOptions(name="bam"))
    check_same(Collection(out), built)


@pytest.mark.slow
def test_a_build_that_is_killed_at_random_moments_ends_like_an_undisturbed_one(
    file: Path, built: Collection, tmp_path: Path
) -> None:
    out = tmp_path / "collection"
    command = [sys.executable, "-m", "explorer", "build", str(file), "--out", str(out), "--name", "bam"]
    random_moments = np.random.default_rng(5)
    started = time.monotonic()
    subprocess.run([*command[:-4], "--out", str(tmp_path / "measured")], check=True, capture_output=True)
    usual = time.monotonic() - started
    killed = 0
    for _ in range(8):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=random_moments.uniform(0.2, 1.0) * usual)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert killed
    check_same(Collection(out), built)
    assert answers_of(Collection(out)) == answers_of(Collection(tmp_path / "measured"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["collection", "measured"]
