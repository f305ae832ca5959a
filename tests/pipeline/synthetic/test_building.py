"""Building synthetic collections: repeatable, of any size, and nothing half-made."""

from __future__ import annotations

import shutil
import sqlite3
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import lance
import numpy as np
import pytest

from pipeline.collection import Collection
from pipeline.errors import CollectionDamagedError, CollectionError, CollectionMissingError
from pipeline.progress import Progress
from pipeline.synthetic.bam_file import BamFile
from pipeline.synthetic.build import build_synthetic
from pipeline.synthetic.random_streams import CHUNK
from pipeline.synthetic.spec import SyntheticSpec
from pipeline.synthetic.truth import BAM_FILE, read_truth
from tests.pipeline.synthetic.conftest import BAM_COLUMNS, SPEC, groups_of


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


@pytest.mark.slow
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


@pytest.mark.slow
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
    with pytest.raises(CollectionError, match=r"exists already.*allow it to be replaced"):
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
    with pytest.raises(CollectionMissingError, match="no synthetic collection"):
        read_truth(collection_path)


@pytest.mark.slow
def test_a_damaged_truth_is_an_error_that_says_so(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "truth.lance", tmp_path / "truth.lance")
    for file in (tmp_path / "truth.lance" / "data").iterdir():
        file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(CollectionDamagedError, match="Make the synthetic collection again"):
        read_truth(tmp_path)
