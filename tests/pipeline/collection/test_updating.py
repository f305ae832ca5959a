"""A finished collection is changed in one step: readers see the old revision or the new one, and nothing between."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import pytest

from pipeline.collection import Collection
from pipeline.collection.manifest import Manifest
from pipeline.collection.own_files import foreign_files
from pipeline.collection.tables import read_manifest
from pipeline.collection.updating import KEPT, CollectionUpdate
from pipeline.errors import CollectionChangedError, CollectionDamagedError, CollectionError, ParameterError
from tests.helpers.power_cut import PowerCut, power_cut

LAYOUT, CLUSTERS = "layouts/all-tsne.lance", "clusters/all-tsne.json"


@pytest.fixture
def path(collection_path: Path, tmp_path: Path) -> Path:
    """A copy of the drawn collection."""
    return Path(shutil.copytree(collection_path, tmp_path / "collection"))


def moved(path: Path, by: float, *, marks: tuple[str, ...] = ()) -> Manifest:
    """Move the layout, name its clusters again, add a column and rename the collection, in one update."""
    with CollectionUpdate(path) as update:
        table = update.dataset(LAYOUT).to_table()
        x = pa.array(table["x"].to_numpy() + np.float32(by))
        update.overwrite(LAYOUT, table.set_column(table.column_names.index("x"), "x", x))
        entries = json.loads((path / update.manifest.revision.files.get(CLUSTERS, CLUSTERS)).read_text("utf-8"))
        update.write_json(CLUSTERS, [entry | {"text": f"moved by {by:g}"} for entry in entries])
        gone = update.dataset("duplicates.lance").to_table()
        if gone.num_rows:
            update.delete("duplicates.lance", f"image_id = {gone['image_id'][0].as_py()}")
        marked = update.dataset("images.lance").to_table().slice(0, 0)
        for mark in marks:
            marked = marked.append_column(mark, pa.array([], pa.string()))
        update.append("images.lance", marked)
        return update.commit(lambda manifest: replace(manifest, name=f"moved by {by:g}"))


def seen(path: Path) -> tuple[object, ...]:
    """Everything of a collection that `moved` changes, as a new reader sees it."""
    return seen_by(Collection(path))


def seen_by(collection: Collection) -> tuple[object, ...]:
    layout = collection.layout("all-tsne")
    names = {name.text for name in layout.names if name.text.startswith("moved")}
    groups = collection.duplicates().tolist()
    return collection.manifest.name, round(float(np.nanmin(layout.positions[:, 0])), 2), names, groups


def test_an_update_is_seen_by_new_readers_and_not_by_open_ones(path: Path) -> None:
    opened, untouched = Collection(path), Collection(path)
    before = seen_by(opened)
    moved(path, 100)
    after = seen(path)
    assert after != before
    assert after[1] == pytest.approx(float(before[1]) + 100, abs=0.1)  # type: ignore[arg-type]
    assert seen_by(opened) == before
    assert seen_by(untouched) == before  # it had opened no dataset before the update
    assert not opened.is_newest()
    assert Collection(path).is_newest()


def test_an_update_that_is_left_without_a_commit_changes_nothing(path: Path) -> None:
    before = seen(path)
    with CollectionUpdate(path) as update:
        update.overwrite(LAYOUT, update.dataset(LAYOUT).to_table().slice(0, 3))
    assert seen(path) == before
    moved(path, 5)
    assert len(Collection(path).layout("all-tsne").positions) == len(Collection(path))


@pytest.mark.slow
@pytest.mark.parametrize("again", [False, True])
def test_a_kill_at_any_step_leaves_the_old_or_the_new_revision(path: Path, tmp_path: Path, again: bool) -> None:
    """`again`: the collection had updates before, so that old revisions are removed too."""
    if again:
        for by in range(1, KEPT + 2):
            moved(path, by)
    before = seen(path)
    whole = Path(shutil.copytree(path, tmp_path / "whole"))
    with power_cut() as steps:
        moved(whole, 100)
    after = seen(whole)
    outcomes = []
    for last in range(steps.done):
        dead = Path(shutil.copytree(path, tmp_path / f"dead-{last}"))
        opened = Collection(dead)
        with suppress(PowerCut), power_cut(last):
            moved(dead, 100)
            pytest.fail(f"it ended before step {last}")
        found = seen(dead)
        assert found in (before, after), f"step {last}"
        assert seen_by(opened) == before
        outcomes.append(found == after)
        moved(dead, 100 if found == before else 0)  # the next update goes on from either
        assert seen(dead)[1] == pytest.approx(after[1])
        assert foreign_files(dead) == []
        shutil.rmtree(dead)
    assert outcomes == sorted(outcomes)
    assert not outcomes[0]


def test_a_kill_just_before_the_commit_and_just_after_it(path: Path, tmp_path: Path) -> None:
    """Of all steps that the test above tries, only these two."""
    before, last = seen(path), 0
    while True:
        dead = Path(shutil.copytree(path, tmp_path / f"dead-{last}"))
        with CollectionUpdate(dead) as update, power_cut(last) as steps, suppress(PowerCut):
            update.overwrite(LAYOUT, update.dataset(LAYOUT).to_table().slice(0, 0))
            update.commit(lambda manifest: replace(manifest, layouts=()))
        changed = not Collection(dead).manifest.layouts
        assert changed or seen(dead) == before
        if changed:
            break
        last += 1
    assert 0 < last <= steps.done


def test_what_a_killed_update_left_is_removed_by_the_next_one(path: Path) -> None:
    moved(path, 1)
    with CollectionUpdate(path) as update:
        update.overwrite("exif.lance", pa.table({"image_id": [1]}))
        update.write_json(CLUSTERS, [])
    left = [path / "exif.lance", path / "clusters" / "all-tsne.2.json"]
    assert all(file.exists() for file in left)
    with CollectionUpdate(path):
        pass
    assert not any(file.exists() for file in left)


def test_a_later_update_does_not_take_over_rows_of_a_killed_one(path: Path) -> None:
    moved(path, 1)
    count = lance.dataset(str(path / "images.lance")).count_rows()
    row = lance.dataset(str(path / "images.lance")).to_table().slice(0, 1)
    with CollectionUpdate(path) as update:
        update.append("images.lance", row)
    moved(path, 2)
    manifest = read_manifest(path)
    there = lance.dataset(str(path / "images.lance"), version=manifest.revision.versions["images.lance"])
    assert there.count_rows() == count


def test_new_columns_are_null_in_the_rows_that_were_there(path: Path) -> None:
    moved(path, 1, marks=("shelf",))
    collection = Collection(path)
    assert collection.metadata_columns["shelf"] == "text"
    assert set(collection.categories("shelf")[0].tolist()) == {-1}


def test_a_few_earlier_revisions_stay_and_older_files_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.collection.updating.CLOCK_STEP", datetime.timedelta(0))
    opened = [Collection(path)]
    for by in range(1, KEPT + 3):
        moved(path, by)
        opened.append(Collection(path))
    for collection in opened[-KEPT - 1 :]:
        collection.layout("all-tsne")
    with pytest.raises(CollectionChangedError, match="changed several times since it was opened"):
        opened[0].layout("all-tsne")
    assert len(list((path / "clusters").glob("all-tsne.*.json"))) == KEPT + 1
    assert len(lance.dataset(str(path / LAYOUT)).versions()) <= KEPT + 2


def test_what_a_round_names_while_an_update_runs_is_kept(path: Path) -> None:
    with CollectionUpdate(path) as update:
        update.write_json(CLUSTERS, [])
        Collection(path).note_label_store("a-store", instead=True)
        update.commit(lambda manifest: replace(manifest, name="changed"))
    assert (read_manifest(path).label_store, read_manifest(path).name) == ("a-store", "changed")


def test_two_updates_at_once_are_refused_in_one_sentence(path: Path) -> None:
    with CollectionUpdate(path), pytest.raises(CollectionError, match="building or changing"):
        CollectionUpdate(path)
    with CollectionUpdate(path):
        pass
    assert not (path.parent / ".collection.lock").exists()


def test_only_files_with_revisions_are_written(path: Path) -> None:
    with CollectionUpdate(path) as update, pytest.raises(ParameterError, match="has no revisions"):
        update.write_json("collection.json", {})
    assert Collection(path).is_newest()


@pytest.mark.parametrize(
    "change",
    [
        lambda revision: revision["versions"].update({"images.lance": 0}),
        lambda revision: revision["versions"].update({"images.lance": "1"}),
        lambda revision: revision["versions"].update({"images.lance": 900}),
        lambda revision: revision["files"].update({CLUSTERS: "../../secret.json"}),
        lambda revision: revision["files"].update({CLUSTERS: 1}),
        lambda revision: revision.update({"number": "one"}),
    ],
)
def test_a_damaged_revision_is_refused(path: Path, change: Callable[[dict[str, object]], None]) -> None:
    moved(path, 1)
    values = json.loads((path / "collection.json").read_text("utf-8"))
    change(values["revision"])
    (path / "collection.json").write_text(json.dumps(values), "utf-8")
    with pytest.raises(CollectionDamagedError):
        Collection(path).layout("all-tsne")
