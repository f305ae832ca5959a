"""Folders named like classes: a category, attributes or captions, and the same images."""

from __future__ import annotations

import csv
import io
import os
import tarfile
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.images.identity import image_ids
from pipeline.sources import Source, open_source
from pipeline.sources.folders_as import MOST_CLASSES, FolderUse, with_folders
from tests.helpers.image_files import encode, photo

PICTURE = encode(photo(20, 16, seed=1), "PNG")


def laid_out(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(PICTURE)
    return root


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return open_source(laid_out(tmp_path / "pets", "cat/1.png", "cat/deep/2.png", "guide_dog/1.png", "loose.png"))


def ids(source: Source) -> list[int]:
    return image_ids(source.name, [item.key for item in source.items]).tolist()


@pytest.mark.parametrize("use", list(FolderUse))
def test_no_use_changes_the_images(source: Source, use: FolderUse) -> None:
    used, _ = with_folders(source, use)
    assert ids(used) == ids(source)
    assert [item.location for item in used.items] == [item.location for item in source.items]


def test_nothing_is_done_unless_it_is_asked_for(source: Source) -> None:
    assert with_folders(source, FolderUse.NOTHING) == (source, "")


def test_the_first_folder_is_a_category(source: Source) -> None:
    used, said = with_folders(source, FolderUse.CATEGORY)
    (column,) = used.columns
    assert (column.name, column.kind, column.values.to_pylist()) == (
        "folder",
        "category",
        ["cat", "cat", "guide_dog", None],
    )
    assert said == "The first folder of 3 of 4 images became the category 'folder' (2 names)."


def test_the_first_folder_is_a_caption(source: Source) -> None:
    used, said = with_folders(source, FolderUse.CAPTION)
    assert [item.caption for item in used.items] == ["cat", "cat", "guide dog", ""]
    assert said == "The first folder of 3 of 4 images became the caption."


def test_the_first_folder_is_an_attribute_and_the_others_are_its_no(source: Source) -> None:
    used, said = with_folders(source, FolderUse.ATTRIBUTE)
    assert used.attributes == ("content_cat", "content_guide_dog")
    cat, dog = {"content_cat": True, "content_guide_dog": False}, {"content_cat": False, "content_guide_dog": True}
    assert [item.labels for item in used.items] == [cat, cat, dog, {}], "in no folder is unknown"
    assert said == (
        "The first folder of 3 of 4 images became 2 attributes: yes for its own images (1 to 2 images), no for those "
        "of the other folders."
    )


@pytest.mark.parametrize("name", ["Dog", "guide dog", "tench, Tinca tinca", "a__b", "hund-ä", "1", "x" * 200 + "!"])
def test_a_folder_that_names_no_attribute_is_refused(tmp_path: Path, name: str) -> None:
    source = open_source(laid_out(tmp_path / "pets", "cat/1.png", f"{name}/1.png"))
    if name == "1":
        assert with_folders(source, FolderUse.ATTRIBUTE)[0].attributes == ("content_1", "content_cat")
        return
    with pytest.raises(SourceError, match="1 folder of 2 cannot name an attribute") as caught:
        with_folders(source, FolderUse.ATTRIBUTE)
    assert repr(name[:100]) in str(caught.value)
    assert with_folders(source, FolderUse.CATEGORY)[0].columns[0].kind == "category"


def test_too_many_folders_are_no_attributes_and_still_a_category(tmp_path: Path) -> None:
    names = [f"n{number:08}/1.png" for number in range(MOST_CLASSES + 1)]
    source = open_source(laid_out(tmp_path / "imagenet", *names))
    with pytest.raises(SourceError, match=r"has 101 folders, and at most 100 become attributes"):
        with_folders(source, FolderUse.ATTRIBUTE)
    assert "101 names" in with_folders(source, FolderUse.CATEGORY)[1]


@pytest.mark.parametrize("use", ["category", "attribute", "caption"])
def test_a_source_without_folders_is_refused(tmp_path: Path, use: str) -> None:
    source = open_source(laid_out(tmp_path / "flat", "1.png", "2.png"))
    with pytest.raises(SourceError, match=f"No image of flat is in a folder, so there is no folder to use as {use}"):
        with_folders(source, FolderUse(use))


def test_what_a_table_states_itself_stays(tmp_path: Path) -> None:
    root = laid_out(tmp_path / "pets", "cat/1.png", "cat/2.png", "dog/1.png")
    with (root / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "caption", "content_cat", "Folder"])
        writer.writerows([["cat/1.png", "Tom", "no", "x"], ["cat/2.png", "", "", "y"], ["dog/1.png", "", "", "z"]])
    source = open_source(root / "table.csv")
    captions, said = with_folders(source, FolderUse.CAPTION)
    assert [item.caption for item in captions.items] == ["Tom", "cat", "dog"]
    assert said.endswith("1 kept a caption of their own.")
    attributes, _ = with_folders(source, FolderUse.ATTRIBUTE)
    assert attributes.attributes == ("content_cat", "content_dog")
    assert attributes.items[0].labels == {"content_cat": False, "content_dog": False}
    category, _ = with_folders(source, FolderUse.CATEGORY)
    assert [column.name for column in category.columns] == ["Folder", "folder (path)"]


def test_a_shard_is_no_folder(tmp_path: Path) -> None:
    for shard in range(2):
        with tarfile.open(tmp_path / f"{shard}.tar", "w") as archive:
            for name in ("cat/1.png", "dog/1.png"):
                info = tarfile.TarInfo(name)
                info.size = len(PICTURE)
                archive.addfile(info, io.BytesIO(PICTURE))
    (column,) = with_folders(open_source(tmp_path), FolderUse.CATEGORY)[0].columns
    assert column.values.to_pylist() == ["cat", "dog"] * 2


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_text_is_escaped(tmp_path: Path) -> None:
    source = open_source(laid_out(tmp_path / "pets", os.fsdecode(b"c\xfft/1.png")))
    (column,) = with_folders(source, FolderUse.CATEGORY)[0].columns
    assert column.values.to_pylist() == ["c\\udcfft"]
    with_folders(source, FolderUse.CAPTION)[0].items[0].caption.encode()
