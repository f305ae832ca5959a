"""Replacing a collection: after a kill at any step, the old or the new one is there, and no file is lost."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.collection import replacing
from pipeline.collection.own_files import is_collection, is_own
from pipeline.collection.replacing import clear_aside, clear_build, put_in_place

MANIFEST = {
    "format_version": 2,
    "program_version": "0",
    "source_fingerprint": "",
    "embedding": {},
    "taxonomy": {},
    "layouts": [],
}

KEPT = ("rounds/content_cat/1.json", "releases/content_cat/1/release.json", "audits/mine.txt", "labels.sqlite")
STEPS = {"os.rename", "os.remove", "os.rmdir", "os.link", "os.mkdir"}


def make(folder: Path, said: str, **manifest: object) -> Path:
    for path in ("models/fake-reduction.safetensors", "clusters/all-tsne.json"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(said)
    (folder / "collection.json").write_text(json.dumps(MANIFEST | {"name": said} | manifest))
    return folder


def answered(folder: Path) -> Path:
    for path in (
        "rounds/content_cat/1.json",
        "releases/content_cat/1/release.json",
        "audits/mine.txt",
        "labels.sqlite",
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(f"{path} of people")
    return folder


def check_whole(place: Path) -> None:
    said = json.loads((place / "collection.json").read_text())["name"]
    assert said in ("old", "new")
    for path in ("models/fake-reduction.safetensors", "clusters/all-tsne.json"):
        assert (place / path).read_text() == said
    for path in (
        "rounds/content_cat/1.json",
        "releases/content_cat/1/release.json",
        "audits/mine.txt",
        "labels.sqlite",
    ):
        assert (place / path).read_text() == f"{path} of people"


def be_killed_at(step: int) -> None:
    """End this process, as a kill does, when it is about to take its n-th step on the disk."""
    taken = itertools.count(1)
    sys.addaudithook(lambda event, _: os._exit(9) if event in STEPS and next(taken) == step else None)


def kill_at_each_step(folder: Path, way: str) -> None:
    """Replace a collection again and again, in a process that is killed one step later each time."""
    if way == "two renames":
        replacing.exchange_folders = lambda one, other: False
    for step in itertools.count(1):
        place = answered(make(folder / str(step) / "out", "old", label_store="the-store"))
        made = make(folder / str(step) / ".out.building", "new")
        child = os.fork()
        if not child:
            be_killed_at(step)
            put_in_place(made, place)
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            return


@pytest.mark.parametrize("way", ["swap", "two renames"])
def test_a_kill_at_any_step_leaves_the_old_or_the_new_and_the_next_build_goes_on(tmp_path: Path, way: str) -> None:
    # A process of its own, without threads: only such a one can be copied at any moment.
    work = (
        f"from tests.pipeline.collection.test_replacing import *; kill_at_each_step(Path({str(tmp_path)!r}), {way!r})"
    )
    subprocess.run([sys.executable, "-c", work], check=True, cwd=Path(__file__).parents[3])
    steps = sorted(tmp_path.iterdir(), key=lambda path: int(path.name))
    assert len(steps) > 15, "there were that many steps at least to be killed at"
    said = []
    for step in steps:
        place = step / "out"
        if way == "swap" or place.exists():
            check_whole(place)
        clear_aside(place)
        check_whole(place)
        clear_build(place)
        check_whole(place)
        assert [path.name for path in step.iterdir()] == ["out"]
        manifest = json.loads((place / "collection.json").read_text())
        assert manifest["label_store"] == "the-store"
        said.append(manifest["name"])
    assert said == sorted(said, reverse=True), "old up to some step, and new from there on"
    assert (said[0], said[-1]) == ("old", "new")


def test_what_people_do_while_a_build_is_stopped_half_way_is_carried_over_at_its_end(tmp_path: Path) -> None:
    place = answered(make(tmp_path / "out", "old"))
    made = make(tmp_path / ".out.building", "new")
    for path, text in {"labels.sqlite-wal": "of an older state", "rounds/content_cat/1.json": "old"}.items():
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_text(text)
    put_in_place(made, place)
    check_whole(place)
    assert not (place / "labels.sqlite-wal").exists(), "an old journal would undo what was answered since"


def test_a_file_put_into_what_is_moved_aside_is_not_removed_with_it(tmp_path: Path) -> None:
    place = make(tmp_path / "out", "new")
    aside = make(tmp_path / ".out.old", "old")
    (aside / "mine.txt").write_text("mine")
    with pytest.raises(Exception, match=r"mine\.txt"):
        clear_aside(place)
    assert (aside / "mine.txt").read_text() == "mine"
    assert is_collection(aside), "the next build still knows it"


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("words.lance/data/.tmpuEl60U", True),
        ("images.lance/_versions/.tmp0aB9zZ", True),
        ("words.lance/_indices/00000000-0000-0000-0000-000000000000/.tmpAbCdEf", True),
        ("words.lance/data/.tmp", False),
        ("words.lance/.tmpuEl60U", False),
        ("mine/data/.tmpuEl60U", False),
    ],
)
def test_what_a_kill_leaves_while_a_dataset_is_written_is_known_as_ours(
    tmp_path: Path, name: str, is_ours: bool
) -> None:
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_bytes(b"half")
    assert is_own(tmp_path, name) is is_ours
