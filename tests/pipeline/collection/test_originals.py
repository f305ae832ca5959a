"""An original is read where it was built from, if it is still the same file, and from nowhere else."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from pipeline.collection import Collection, originals
from pipeline.collection.originals import Original, original_location, read_original
from pipeline.images.decoding import decode_rgb
from pipeline.images.locations import CellLocation, FileLocation, Location, MemberLocation, file_behind, location_text
from tests.helpers.image_files import encode, photo

NONE = Original()


@pytest.fixture
def collection(collection_path: Path) -> Collection:
    return Collection(collection_path)


def elsewhere(collection: Collection, root: Path, location: str = "", **record: Any) -> Any:
    """Pretend that the collection was built from another folder, or that a record says something else."""
    known = dataclasses.replace(collection.record(0), **record)
    manifest = dataclasses.replace(collection.manifest, source_root=str(root))
    return SimpleNamespace(manifest=manifest, record=lambda row: known, stored_location=lambda row: location)


def file_of(collection: Collection, row: int) -> Path:
    location = original_location(collection, row)
    path = file_behind(location) if location is not None else None
    assert path is not None
    return path


def test_the_original_of_every_image_is_the_file_it_was_built_from(collection: Collection) -> None:
    for row in range(3):
        data = read_original(collection, row).picture
        with Image.open(io.BytesIO(data)) as image, Image.open(file_of(collection, row)) as original:
            assert image.format == "WEBP"
            assert max(image.size) <= max(original.size)


def test_it_is_no_larger_than_wished(collection: Collection) -> None:
    data = read_original(collection, 0, 40).picture
    assert max(Image.open(io.BytesIO(data)).size) == 40


def test_a_folder_that_is_gone_or_never_was_named_has_no_originals(collection: Collection, tmp_path: Path) -> None:
    assert read_original(elsewhere(collection, tmp_path / "gone"), 0) == NONE
    assert read_original(elsewhere(collection, Path()), 0) == NONE
    nameless = elsewhere(collection, tmp_path)
    nameless.manifest = dataclasses.replace(nameless.manifest, source_root="")
    assert read_original(nameless, 0) == NONE


def test_a_file_that_changed_is_not_the_image_any_more(collection: Collection, tmp_path: Path) -> None:
    source = collection.record(0).source
    copy = tmp_path / source
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(file_of(collection, 0).read_bytes())
    assert read_original(elsewhere(collection, tmp_path), 0) != NONE
    copy.write_bytes(copy.read_bytes() + b" ")
    assert read_original(elsewhere(collection, tmp_path), 0) == NONE


@pytest.mark.parametrize(
    "source", ["../secret.png", "inside/../../secret.png", "link.png", "/etc/hostname", "", "a\0b"]
)
def test_nothing_outside_the_folder_is_read(collection: Collection, tmp_path: Path, source: str) -> None:
    root = tmp_path / "root"
    (root / "inside").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(file_of(collection, 0).read_bytes())
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    outside = elsewhere(collection, root, source=source)
    assert original_location(outside, 0) is None
    assert read_original(outside, 0) == NONE


def test_a_file_that_is_no_picture_is_no_original(collection: Collection, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("text")
    text = elsewhere(collection, tmp_path, source="text.png", sha256=hashlib.sha256(b"text").hexdigest())
    assert original_location(text, 0) is not None
    assert read_original(text, 0) == NONE


def original_of(collection: Collection, folder: Path, name: str, data: bytes, width: int, height: int) -> Any:
    """A collection whose first image was built from this file."""
    (folder / name).write_bytes(data)
    stored = os.fsencode(name).decode("utf-8", "surrogateescape").encode("utf-8", "backslashreplace").decode()
    sha256 = hashlib.sha256(data).hexdigest()
    return elsewhere(collection, folder, source=stored, sha256=sha256, width=width, height=height)


def test_a_large_original_is_decoded_no_larger_than_wished(
    collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encode(photo(4000, 3000), "JPEG")
    large = original_of(collection, tmp_path, "large.jpg", data, 4000, 3000)
    decoded = []

    def watched(*arguments: Any, **options: Any) -> Any:
        decoded.append(decode_rgb(*arguments, **options))
        return decoded[-1]

    monkeypatch.setattr(originals, "decode_rgb", watched)
    shown = Image.open(io.BytesIO(read_original(large, 0, 900).picture))
    assert max(shown.size) == 900
    assert max(decoded[0].rgb.shape) <= 2 * 900


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "options"),
    [("PNG", {}), ("JPEG", {"progressive": True, "subsampling": 0})],
    ids=["PNG", "progressive JPEG"],
)
def test_an_original_that_takes_too_much_memory_is_not_decoded_and_that_is_said(
    collection: Collection, tmp_path: Path, form: str, options: dict[str, Any]
) -> None:
    side = 11_000  # 121 megapixels: 484 MB as pixels, 726 MB as coefficients
    data = encode(Image.new("RGB", (side, side), "red"), form, **options)
    found = read_original(original_of(collection, tmp_path, "vast", data, side, side), 0, 900)
    assert found.picture == b""
    assert "11,000 x 11,000 pixels" in found.note
    assert "preview" in found.note


def test_a_vast_baseline_jpeg_is_shown_since_it_shrinks_while_it_loads(collection: Collection, tmp_path: Path) -> None:
    data = encode(Image.new("RGB", (11_000, 11_000), "red"), "JPEG")
    found = read_original(original_of(collection, tmp_path, "vast", data, 11_000, 11_000), 0, 900)
    assert Image.open(io.BytesIO(found.picture)).size == (900, 900)


def test_an_original_whose_name_is_no_text_is_found(collection: Collection, tmp_path: Path) -> None:
    data = encode(photo(), "PNG")
    odd = original_of(collection, tmp_path, os.fsdecode(b"odd\xff\xe9.png"), data, 256, 192)
    assert read_original(odd, 0).picture


def test_a_pipe_in_the_place_of_an_original_is_not_waited_for(collection: Collection, tmp_path: Path) -> None:
    odd = original_of(collection, tmp_path, "a.png", b"", 1, 1)
    (tmp_path / "a.png").unlink()
    os.mkfifo(tmp_path / "a.png")
    assert read_original(odd, 0) == NONE


@pytest.mark.parametrize(
    "kind", [FileLocation, lambda path: MemberLocation(path, "a"), lambda path: CellLocation(path, "a", 0)]
)
def test_a_stored_place_leads_to_no_file_outside_the_source(
    collection: Collection, tmp_path: Path, kind: Callable[[Path], Location]
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("secret")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "fine").write_text("fine")
    for path in (tmp_path / "secret", root / ".." / "secret", root / "link", Path("/etc/passwd"), root / "gone"):
        assert original_location(elsewhere(collection, root, location_text(kind(path), root)), 0) is None
    fine = kind(root / "fine")
    assert original_location(elsewhere(collection, root, location_text(fine, root)), 0) == fine


def test_a_damaged_place_has_no_original(collection: Collection, tmp_path: Path) -> None:
    assert original_location(elsewhere(collection, tmp_path, '["file"]'), 0) is None
