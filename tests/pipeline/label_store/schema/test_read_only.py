"""A collection in a read-only folder: reading works, and writing is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.collection import Collection
from pipeline.label_store import Value, new_action_id, open_label_store

ROOT = Path(__file__).parents[4]
BOUND = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
"""Runs a command as root whom permissions bind, as they bind everybody else."""


def run(*command: object) -> subprocess.CompletedProcess[str]:
    """Run Python as a user without root permissions."""
    return subprocess.run(
        [*(BOUND if os.geteuid() == 0 else []), sys.executable, *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder whose locked entries are unlocked at the end."""
    if os.geteuid() == 0 and (shutil.which(BOUND[0]) is None or run("-c", "").returncode):
        pytest.skip("permissions do not bind root, and here is no setpriv to bind it")
    yield tmp_path
    for path in (tmp_path, *tmp_path.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)


def locked_copy(collection_path: Path, place: Path, *, answered: bool) -> Path:
    """Copy a collection, have three images answered, and take away the right to write."""
    target = Path(shutil.copytree(collection_path, place / "collection"))
    if answered:
        with open_label_store(Collection(target)) as store:
            ann = store.annotators.add("Ann")
            store.answers.bulk_answer(
                new_action_id(), ann.id, "content_cat", 1, store.images.image_ids[:3].tolist(), Value.YES
            )
    for path in (target, *target.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return target


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_answers_are_exported_and_counted_where_nothing_can_be_written(collection_path: Path, place: Path) -> None:
    folder = locked_copy(collection_path, place, answered=True)
    before = everything(folder)
    out = place / "labels.csv"
    done = run("-m", "explorer", "labels", "export", folder, "--out", out)
    assert (done.returncode, done.stderr.split(" rows")[0]) == (0, "Wrote 3"), done.stderr
    assert out.read_text(encoding="utf-8").count('"yes"') == 3 + 1  # three labels, and the header
    told = run("-m", "explorer", "labels", "info", folder)
    assert told.returncode == 0, told.stderr
    assert "Ann" in told.stdout
    assert everything(folder) == before


def test_what_must_be_written_is_refused_with_the_cause(collection_path: Path, place: Path) -> None:
    folder = locked_copy(collection_path, place, answered=True)
    before = everything(folder)
    name = Collection(collection_path).record(0).source
    (place / "new.csv").write_text(f"file,content_cat\n{name},no\n", encoding="utf-8")
    checked = run("-m", "explorer", "labels", "import", folder, place / "new.csv", "--check")
    assert checked.returncode == 0, checked.stderr
    refused = run("-m", "explorer", "labels", "import", folder, place / "new.csv")
    assert refused.returncode == 1
    assert "is read-only here, so no answers can be kept in it" in refused.stderr.replace("\n", " ")
    assert "send it again" not in refused.stderr
    assert everything(folder) == before


@pytest.mark.slow
def test_a_read_only_collection_without_answers_says_that_none_can_be_kept(collection_path: Path, place: Path) -> None:
    folder = locked_copy(collection_path, place, answered=False)
    nothing = run("-m", "explorer", "labels", "export", folder, "--out", place / "labels.csv")
    assert "has no answers yet" in nothing.stderr.replace("\n", " ")
    script = (
        "import sys\nfrom pathlib import Path\nfrom pipeline.collection import Collection\n"
        "from pipeline.errors import StoreReadOnlyError\nfrom pipeline.label_store import open_label_store\n"
        "try:\n    open_label_store(Collection(Path(sys.argv[1])))\n"
        "except StoreReadOnlyError as error:\n    print(error)\n"
    )
    assert "is read-only here" in run("-c", script, folder).stdout
