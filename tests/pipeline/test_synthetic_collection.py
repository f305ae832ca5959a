"""Synthetic collections on disk: whole, aligned, repeatable, in BAM's own shape, and nothing half-made."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import lance
import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from pipeline.collection import Collection
from pipeline.errors import CollectionDamagedError, CollectionError, CollectionMissingError
from pipeline.schema import Progress
from pipeline.synthetic.bam_file import BamFile
from pipeline.synthetic.build import build_synthetic
from pipeline.synthetic.spec import SyntheticSpec
from pipeline.synthetic.streams import CHUNK
from pipeline.synthetic.truth import BAM_FILE, read_facts, read_truth

SPEC = SyntheticSpec(3_000, seed=3, training_images=16_384, background_clusters=60, pictures=90, duplicates=0.05)

BAM_COLUMNS = (
    "content_bicycle",
    "content_bird",
    "content_building",
    "content_cars",
    "content_cat",
    "content_dog",
    "content_flower",
    "content_people",
    "content_tree",
    "emotion_gloomy",
    "emotion_happy",
    "emotion_peaceful",
    "emotion_scary",
    "media_3d_graphics",
    "media_comic",
    "media_graphite",
    "media_oilpaint",
    "media_pen_ink",
    "media_vectorart",
    "media_watercolor",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("synthetic") / "made"
    build_synthetic(SPEC, target)
    return target


@pytest.fixture
def opened(made: Path) -> Collection:
    return Collection(made)


@pytest.fixture
def release(made: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"file:{made / BAM_FILE}?mode=ro", uri=True)
    yield database
    database.close()


def groups_of(made: Path) -> dict[int, tuple[str, list[int]]]:
    """True groups: name to kind and ids."""
    table = lance.dataset(str(made / "duplicates.lance")).to_table()
    groups: dict[int, tuple[str, list[int]]] = {}
    for image_id, group, kind in zip(*(table[name].to_pylist() for name in ("image_id", "group", "kind")), strict=True):
        groups.setdefault(group, (kind, []))[1].append(image_id)
        assert groups[group][0] == kind
    return groups


def test_it_opens_and_every_array_is_aligned(made: Path, opened: Collection) -> None:
    count = SPEC.images
    assert len(opened) == count
    ids = opened.image_ids
    assert np.all(np.diff(ids) > 0)
    assert ids[0] >= 0
    assert ids[-1] < 10 * count + 10_000, "small numbers like BAM's"
    assert opened.embedding().shape == (count, 512)
    assert opened.scored == SPEC.names
    assert opened.scores.shape == (20, count)
    layout = opened.layout(opened.manifest.layouts[0].name)
    assert np.isfinite(layout.positions).all()
    assert np.abs(layout.positions).max() <= 1
    truth = read_truth(made)
    assert np.array_equal(truth.image_ids, ids)
    assert truth.names == SPEC.names
    for row in (0, 1234, count - 1):
        record = opened.record(row)
        assert record.image_id == ids[row]
        assert f"/{ids[row]}.jpg" in record.source
        assert record.width > 0
        assert len(record.sha256) == 64
    assert opened.failures() == []


def test_vectors_are_of_unit_length(opened: Collection) -> None:
    lengths = np.linalg.norm(opened.embedding().astype(np.float32), axis=1)
    assert np.allclose(lengths, 1, atol=2e-3)


def test_scores_are_probabilities_as_good_as_the_manifest_says(made: Path, opened: Collection) -> None:
    truth = read_truth(made).answers
    assert opened.scores.min() >= 0
    assert opened.scores.max() <= 1
    misses = []
    for facts, scores, answers in zip(opened.manifest.attributes, opened.scores, truth, strict=True):
        if answers.sum() >= 100:
            misses.append(facts.average_precision - average_precision_score(answers, scores))
            assert scores.mean() == pytest.approx(answers.mean(), rel=0.4)
    assert len(misses) > 8
    assert abs(np.mean(misses)) < 0.06
    assert np.abs(misses).max() < 0.25  # a hundred yes in a few projects say little of one attribute


def test_difficulties_are_recorded(made: Path) -> None:
    facts = read_facts(made)
    assert facts["spec"]["seed"] == 3
    stated = {entry["name"]: entry["prevalence"] for entry in facts["spec"]["attributes"]}
    assert stated["content_bicycle"] == 0.003
    found = dict(zip(SPEC.names, read_truth(made).answers.mean(axis=1).tolist(), strict=True))
    assert facts["found"]["prevalence"] == pytest.approx(found)
    # Images of a project lie in one cluster, so shares vary as if there were fewer images.
    for name, share in stated.items():
        assert found[name] == pytest.approx(share, abs=5 * np.sqrt(share / (SPEC.images / SPEC.images_a_project)))


def test_thumbnails_are_shared_and_not_repeated_on_disk(made: Path, opened: Collection) -> None:
    stored = lance.dataset(str(made / "thumbnails.lance"))
    assert stored.count_rows() == opened.manifest.thumbnails <= SPEC.pictures
    images = lance.dataset(str(made / "images.lance")).to_table()
    shown = images["thumbnail"].to_numpy()
    assert set(shown.tolist()) == set(stored.to_table(columns=["image_id"])["image_id"].to_pylist())
    tiles = opened.tiles(np.arange(SPEC.images))
    by_picture = defaultdict(set)
    for picture, tile in zip(shown.tolist(), tiles, strict=True):
        by_picture[picture].add(tile)
    assert all(len(different) == 1 for different in by_picture.values())
    whole = stored.to_table()
    expected = dict(zip(whole["image_id"].to_pylist(), whole["preview"].to_pylist(), strict=True))
    assert opened.preview(77) == expected[int(shown[77])]


def test_a_thumbnail_that_is_gone_is_damage(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "copy")
    dataset = lance.dataset(str(tmp_path / "copy" / "thumbnails.lance"))
    first = dataset.to_table(columns=["image_id"])["image_id"][0].as_py()
    dataset.delete(f"image_id = {first}")
    with pytest.raises(CollectionDamagedError, match=r"thumbnails\.lance has \d+ rows instead of"):
        Collection(tmp_path / "copy")
    manifest = json.loads((tmp_path / "copy" / "collection.json").read_text())
    manifest["thumbnails"] -= 1
    (tmp_path / "copy" / "collection.json").write_text(json.dumps(manifest))
    with pytest.raises(CollectionDamagedError, match="thumbnails that are not there"):
        Collection(tmp_path / "copy").tiles([0])


def test_true_groups_are_named_after_their_smallest_id_and_are_what_they_say(made: Path, opened: Collection) -> None:
    groups = groups_of(made)
    images = lance.dataset(str(made / "images.lance")).to_table()
    hashes, pictures = images["sha256"].to_pylist(), images["thumbnail"].to_pylist()
    vectors, truth = opened.embedding(), read_truth(made).answers
    members = [image_id for _, ids in groups.values() for image_id in ids]
    assert len(members) == len(set(members)) == pytest.approx(SPEC.images * SPEC.duplicates, abs=5)
    assert {kind for kind, _ in groups.values()} == {"exact", "near"}
    for name, (kind, ids) in groups.items():
        assert 2 <= len(ids) <= 5
        assert name == min(ids)
        rows = [opened.row_of(image_id) for image_id in ids]
        assert len({pictures[row] for row in rows}) == 1
        assert np.all(truth[:, rows] == truth[:, rows[:1]])
        assert len({hashes[row] for row in rows}) == (1 if kind == "exact" else len(rows))
        equal = all(np.array_equal(vectors[row], vectors[rows[0]]) for row in rows)
        assert equal == (kind == "exact")
        wide = vectors[rows].astype(np.float32)
        assert (wide @ wide.T).min() > 0.95
    alone = [number for row, number in enumerate(hashes) if int(opened.image_ids[row]) not in set(members)]
    assert len(set(alone)) == len(alone)


def test_images_of_a_project_are_neighbours(made: Path) -> None:
    projects = lance.dataset(str(made / "images.lance")).to_table(columns=["project_id"])["project_id"].to_numpy()
    assert np.all(np.diff(projects) >= 0)
    assert len(projects) / len(np.unique(projects)) == pytest.approx(SPEC.images_a_project, rel=0.1)


def test_clusters_are_numbered_by_size_and_named_where_they_are(opened: Collection) -> None:
    layout = opened.layout(opened.manifest.layouts[0].name)
    assert layout.clusters.shape == (3, SPEC.images)
    sizes = [np.bincount(labels[labels >= 0]) for labels in layout.clusters]
    assert all((np.diff(level) <= 0).all() for level in sizes)
    texts = [(name.level, name.text) for name in layout.names if name.text]
    assert len(set(texts)) == len(texts) > 20
    for name in layout.names:
        assert name.size == sizes[name.level][name.cluster]
        inside = layout.positions[layout.clusters[name.level] == name.cluster]
        away = np.hypot(*(inside - [name.x, name.y]).T)
        assert away.min() < 1e-6
        assert np.mean(away <= name.radius) == pytest.approx(0.75, abs=0.05)


def test_names_of_clusters_are_true_of_the_images(made: Path, opened: Collection) -> None:
    layout = opened.layout(opened.manifest.layouts[0].name)
    truth = dict(zip(SPEC.names, read_truth(made).answers, strict=True))
    titles = {attribute.title: truth[attribute.name] for attribute in opened.manifest.taxonomy.attributes}
    of_attributes = [name for name in layout.names if name.text in titles]
    assert of_attributes
    for name in of_attributes:
        assert titles[name.text][layout.clusters[name.level] == name.cluster].mean() >= 1 / 3


def test_known_answers_are_what_the_crowd_settled(made: Path, opened: Collection, release: sqlite3.Connection) -> None:
    settled: dict[str, dict[int, bool]] = defaultdict(dict)
    query = "select mid, attribute, label from crowd_labels where label != 'unsure'"
    for mid, attribute, label in release.execute(query):
        settled[attribute][mid] = label == "positive"
    for facts in opened.manifest.attributes:
        known = opened.known(facts.name)
        rows = np.flatnonzero(known >= 0)
        found = dict(zip(opened.image_ids[rows].tolist(), (known[rows] == 1).tolist(), strict=True))
        assert found == settled[facts.name]
        assert facts.known_yes == sum(found.values())
        assert facts.known_no == len(found) - facts.known_yes
    row = int(np.flatnonzero(opened.known("content_people") == 1)[0])
    assert opened.known_of(row)["content_people"] is True


def test_the_release_file_has_bams_tables_columns_and_keys(release: sqlite3.Connection) -> None:
    scores = [("mid", "int", 0), *((name, "real", 0) for name in BAM_COLUMNS)]
    labels = [("mid", "int", 0), *((name, "text", 0) for name in BAM_COLUMNS)]
    expected = {
        "modules": [
            ("mid", "int", 1),
            ("project_id", "int", 0),
            ("src", "text", 0),
            ("mature_content", "boolean", 0),
            ("license", "text", 0),
        ],
        "scores": scores,
        "automatic_labels": labels,
        "crowd_labels": [("mid", "int", 1), ("attribute", "text", 2), ("label", "text", 0)],
        "crowd_raw_hits": [
            ("assignment_id", "text", 0),
            ("attribute", "text", 0),
            ("worker_id", "text", 0),
            ("n_clicks", "int", 0),
            ("n_seconds", "real", 0),
            ("last_modified", "text", 0),
        ],
        "crowd_raw_choices": [
            ("assignment_id", "text", 0),
            ("mid", "int", 0),
            ("attribute", "text", 0),
            ("label", "bool", 0),
        ],
        "crowd_raw_captions": [
            ("assignment_id", "text", 0),
            ("mid", "int", 0),
            ("attribute", "text", 0),
            ("caption", "text", 0),
            ("label", "bool", 0),
        ],
    }
    found = {}
    for (table,) in release.execute("select name from sqlite_master where type = 'table'").fetchall():
        columns = release.execute(f"pragma table_info({table})").fetchall()
        found[table] = [(name, kind.lower(), key) for _, name, kind, _, _, key in columns]
    assert found == expected


def test_rows_of_the_release_file_refer_to_each_other(opened: Collection, release: sqlite3.Connection) -> None:
    mids = [mid for (mid,) in release.execute("select mid from modules order by mid")]
    assert mids == opened.image_ids.tolist()
    for table in ("scores", "automatic_labels"):
        assert [mid for (mid,) in release.execute(f"select mid from {table}")] == mids  # noqa: S608
    for table in ("crowd_labels", "crowd_raw_choices", "crowd_raw_captions"):
        strangers = f"select count(*) from {table} where mid not in (select mid from modules)"  # noqa: S608
        assert release.execute(strangers).fetchone() == (0,)
    lost = (
        "select count(*) from {} c left join crowd_raw_hits h using (assignment_id, attribute) "
        "where h.worker_id is null"
    )
    for table in ("crowd_raw_choices", "crowd_raw_captions"):
        assert release.execute(lost.format(table)).fetchone() == (0,)
    assert release.execute("select count(*) - count(distinct assignment_id) from crowd_raw_hits").fetchone() == (0,)
    unchosen = (
        "select count(*) from crowd_raw_captions t left join crowd_raw_choices c using (assignment_id, mid, attribute) "
        "where c.label is not t.label"
    )
    assert release.execute(unchosen).fetchone() == (0,)
    unlabelled = (
        "select count(*) from crowd_raw_choices c left join crowd_labels l using (mid, attribute) where l.label is null"
    )
    assert release.execute(unlabelled).fetchone() == (0,)


def test_automatic_labels_are_scores_cut_where_bams_users_cut(release: sqlite3.Connection) -> None:
    scores = np.array(release.execute("select * from scores").fetchall())[:, 1:].astype(np.float64)
    labels = np.array([row[1:] for row in release.execute("select * from automatic_labels").fetchall()])
    assert np.median(scores) < -5
    assert scores.max() > 1, "unbounded"
    assert np.array_equal(labels == "positive", scores >= -1)
    assert np.array_equal(labels == "negative", scores <= -7)
    assert set(np.unique(labels)) == {"positive", "unsure", "negative"}


def test_scores_of_the_release_rank_as_those_of_the_collection(opened: Collection, release: sqlite3.Connection) -> None:
    scores = np.array(release.execute("select content_people from scores").fetchall())[:, 0]
    ranked = opened.scores[opened.scored.index("content_people")][np.argsort(scores)]
    assert np.all(np.diff(ranked) >= -1e-6)


def test_a_share_of_urls_is_dead_and_no_url_leads_anywhere(opened: Collection, release: sqlite3.Connection) -> None:
    sources = [source for (source,) in release.execute("select src from modules order by mid")]
    hosts = [urlsplit(source).hostname or "" for source in sources]
    assert {host.split(".", 1)[1] for host in hosts} == {"example.org", "example.invalid"}
    dead = np.mean([host.endswith(".invalid") for host in hosts])
    assert dead == pytest.approx(SPEC.dead_urls, abs=0.06)
    assert opened.record(42).source == sources[42]


def contents(folder: Path) -> dict[str, object]:
    """All that a collection holds, apart from when it was made."""
    opened = Collection(folder)
    layout = opened.layout(opened.manifest.layouts[0].name)
    rows = np.arange(0, len(opened), 500)
    with sqlite3.connect(folder / BAM_FILE) as database:
        names = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        tables = {name: database.execute(f"select * from {name}").fetchall() for name in names}  # noqa: S608
    database.close()
    return {
        "ids": opened.image_ids.tobytes(),
        "vectors": opened.embedding().tobytes(),
        "scores": opened.scores.tobytes(),
        "places": layout.positions.tobytes() + layout.clusters.tobytes(),
        "names": layout.names,
        "truth": read_truth(folder).answers.tobytes(),
        "images": lance.dataset(str(folder / "images.lance")).to_table().to_pydict(),
        "duplicates": groups_of(folder),
        "tiles": opened.tiles(rows),
        "attributes": opened.manifest.attributes,
        "release": tables,
    }


def test_the_same_seed_gives_the_same_arrays_whatever_the_block_size(tmp_path: Path) -> None:
    spec = SyntheticSpec(2 * CHUNK + 500, seed=8, dimensions=32, training_images=2048, pictures=30)
    for name, chosen, chunks in (("one", spec, 1), ("two", spec, 2), ("other", replace(spec, seed=9), 16)):
        build_synthetic(chosen, tmp_path / name, block_chunks=chunks)
    first, second, other = (contents(tmp_path / name) for name in ("one", "two", "other"))
    for part in first:
        assert first[part] == second[part], part
    for part in ("ids", "vectors", "scores", "places", "truth", "images", "duplicates"):
        assert first[part] != other[part], part


@pytest.mark.parametrize("count", [1, 2, 30])
def test_very_few_images_make_a_collection_too(tmp_path: Path, count: int) -> None:
    spec = SyntheticSpec(count, dimensions=32, training_images=1024, pictures=3)
    build_synthetic(spec, tmp_path / "few")
    opened = Collection(tmp_path / "few")
    assert len(opened) == len(opened.tiles(range(count))) == count
    assert opened.scores.shape == (20, count)


class StoppedError(Exception):
    """Raised by progress, as Ctrl-C would."""


@pytest.mark.parametrize("stage", ["Laying", "Drawing", "Preparing", "Writing images", "Writing scores"])
def test_stopping_leaves_nothing_behind(tmp_path: Path, stage: str) -> None:
    spec = SyntheticSpec(CHUNK + 10, dimensions=32, training_images=1024, pictures=3)

    def stop(progress: Progress) -> None:
        if progress.stage.startswith(stage) and progress.done:
            raise StoppedError

    with pytest.raises(StoppedError):
        build_synthetic(spec, tmp_path / "out", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_stages_report_from_nothing_to_all(tmp_path: Path) -> None:
    told: dict[str, list[Progress]] = defaultdict(list)
    spec = SyntheticSpec(500, dimensions=32, training_images=1024, pictures=3)
    build_synthetic(spec, tmp_path / "out", progress=lambda progress: told[progress.stage].append(progress))
    assert len(told) == 6
    for reports in told.values():
        done = [report.done for report in reports]
        assert done == sorted(done)
        assert (done[0], done[-1]) == (0, reports[-1].total)


def test_a_collection_is_replaced_only_when_allowed_and_other_folders_never(tmp_path: Path) -> None:
    spec = SyntheticSpec(5, dimensions=32, training_images=1024, pictures=3)
    build_synthetic(spec, tmp_path / "out")
    with pytest.raises(CollectionError, match=r"exists already.*--replace"):
        build_synthetic(spec, tmp_path / "out")
    build_synthetic(replace(spec, images=6), tmp_path / "out", replace_existing=True)
    assert len(Collection(tmp_path / "out")) == 6
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("dear")
    with pytest.raises(CollectionError, match="is not a collection"):
        build_synthetic(spec, tmp_path / "letters", replace_existing=True)
    assert (tmp_path / "letters" / "letter.txt").exists()


def test_a_disk_too_small_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.synthetic.build.BYTES_AN_IMAGE", 10**15)
    with pytest.raises(CollectionError, match=r"3,000 images need about [\d.]+ GB, and .* has [\d.]+ GB free"):
        build_synthetic(SPEC, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_release_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="cannot be written"):
        BamFile(tmp_path / "nowhere" / BAM_FILE, BAM_COLUMNS)


def test_other_collections_have_no_truth(collection_path: Path) -> None:
    for read in (read_truth, read_facts):
        with pytest.raises(CollectionMissingError, match="no synthetic collection"):
            read(collection_path)


def test_a_damaged_truth_is_an_error_that_says_so(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "truth.lance", tmp_path / "truth.lance")
    for file in (tmp_path / "truth.lance" / "data").iterdir():
        file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(CollectionDamagedError, match="Make the synthetic collection again"):
        read_truth(tmp_path)
