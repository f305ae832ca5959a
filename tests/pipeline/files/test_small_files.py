"""Small files: only plain ones are opened, no link is written through, and no pipe is waited for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import CollectionError
from pipeline.files.locks import locked
from pipeline.files.small_files import (
    check_plain_tree,
    new_plain_file,
    read_json,
    read_plain,
    write_json,
    writing,
)


@pytest.mark.parametrize("kind", ["pipe", "folder", "loop", "nothing", "device"])
def test_what_is_no_file_is_an_error_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "collection.json"
    make: dict[str, Callable[[], object]] = {
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "loop": lambda: path.symlink_to(path),
        "nothing": lambda: None,
        "device": lambda: path.symlink_to("/dev/zero"),
    }
    make[kind]()
    with pytest.raises(OSError, match=r"\w"):
        read_plain(path)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"a": ' * 100_000, "\xff\xfe", "9" * 5_000])
def test_what_is_no_json_is_a_value_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"\w"):
        read_json(tmp_path / "a.json")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(" " * 200)
    with pytest.raises(OSError, match="larger than"):
        read_json(tmp_path / "a.json", most=100)


@pytest.mark.parametrize("name", ["a.json.tmp", ".a.json.lock"])
def test_nothing_is_written_through_a_link_or_into_a_pipe(tmp_path: Path, name: str) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("dear")
    for make in (lambda path: path.symlink_to(letter), os.mkfifo):
        make(tmp_path / name)
        with pytest.raises(CollectionError), writing(tmp_path), locked(tmp_path / "a.json"):
            write_json(tmp_path / "a.json", {})
        (tmp_path / name).unlink()
    assert letter.read_text() == "dear"


def test_a_lock_leaves_what_is_in_its_file(tmp_path: Path) -> None:
    (tmp_path / ".a.json.lock").write_text("mine")
    with locked(tmp_path / "a.json"):
        pass
    assert (tmp_path / ".a.json.lock").read_text() == "mine"


def test_a_new_file_beside_another_never_has_a_name_that_is_taken(tmp_path: Path) -> None:
    made = [new_plain_file(tmp_path / "a.csv") for _ in range(3)]
    for _, file in made:
        file.close()
    assert len({path for path, _ in made}) == 3


def test_a_pipe_anywhere_in_a_dataset_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "images.lance/_versions").mkdir(parents=True)
    check_plain_tree(tmp_path)
    os.mkfifo(tmp_path / "images.lance/_versions/1.manifest")
    with pytest.raises(OSError, match=r"1\.manifest"):
        check_plain_tree(tmp_path)
