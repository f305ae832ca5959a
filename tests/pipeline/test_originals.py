"""An original is read where it was built from, if it is still the same file, and from nowhere else."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from pipeline.collection import Collection
from pipeline.originals import original_path, read_original


@pytest.fixture
def collection(collection_path: Path) -> Collection:
    return Collection(collection_path)


def elsewhere(collection: Collection, root: Path, **record: Any) -> Any:
    """Pretend that the collection was built from another folder, or that a record says something else."""
    known = dataclasses.replace(collection.record(0), **record)
    manifest = dataclasses.replace(collection.manifest, source_root=str(root))
    return SimpleNamespace(manifest=manifest, record=lambda row: known)


def file_of(collection: Collection, row: int) -> Path:
    path = original_path(collection, row)
    assert path is not None
    return path


def test_the_original_of_every_image_is_the_file_it_was_built_from(collection: Collection) -> None:
    for row in range(3):
        data = read_original(collection, row)
        assert data is not None
        with Image.open(io.BytesIO(data)) as image, Image.open(file_of(collection, row)) as original:
            assert image.format == "WEBP"
            assert max(image.size) <= max(original.size)


def test_it_is_no_larger_than_wished(collection: Collection) -> None:
    data = read_original(collection, 0, 40)
    assert data is not None
    assert max(Image.open(io.BytesIO(data)).size) == 40


def test_a_folder_that_is_gone_or_never_was_named_has_no_originals(collection: Collection, tmp_path: Path) -> None:
    assert read_original(elsewhere(collection, tmp_path / "gone"), 0) is None
    assert read_original(elsewhere(collection, Path()), 0) is None
    nameless = elsewhere(collection, tmp_path)
    nameless.manifest = dataclasses.replace(nameless.manifest, source_root="")
    assert read_original(nameless, 0) is None


def test_a_file_that_changed_is_not_the_image_any_more(collection: Collection, tmp_path: Path) -> None:
    source = collection.record(0).source
    copy = tmp_path / source
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(file_of(collection, 0).read_bytes())
    assert read_original(elsewhere(collection, tmp_path), 0) is not None
    copy.write_bytes(copy.read_bytes() + b" ")
    assert read_original(elsewhere(collection, tmp_path), 0) is None


@pytest.mark.parametrize(
    "source", ["../secret.png", "inside/../../secret.png", "link.png", "/etc/hostname", "", "a\0b"]
)
def test_nothing_outside_the_folder_is_read(collection: Collection, tmp_path: Path, source: str) -> None:
    root = tmp_path / "root"
    (root / "inside").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(file_of(collection, 0).read_bytes())
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    outside = elsewhere(collection, root, source=source)
    assert original_path(outside, 0) is None
    assert read_original(outside, 0) is None


def test_a_file_that_is_no_picture_is_no_original(collection: Collection, tmp_path: Path) -> None:
    import hashlib

    (tmp_path / "text.png").write_text("text")
    text = elsewhere(collection, tmp_path, source="text.png", sha256=hashlib.sha256(b"text").hexdigest())
    assert original_path(text, 0) is not None
    assert read_original(text, 0) is None
