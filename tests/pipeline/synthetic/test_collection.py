"""Synthetic collections on disk: whole, aligned, repeatable, in BAM's own shape, and nothing half-made."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import defaultdict
from pathlib import Path

import lance
import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from pipeline.collection import Collection
from pipeline.errors import CollectionDamagedError
from pipeline.synthetic.truth import FACTS_FILE, read_truth
from tests.pipeline.synthetic.conftest import SPEC, groups_of


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
    facts = json.loads((made / FACTS_FILE).read_text(encoding="utf-8"))
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
