from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.sources.opening import open_source
from tests.helpers.source_items import file_of


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def table(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_folder_gives_its_images_with_subfolders_sorted_by_path(tmp_path: Path) -> None:
    for name in ("b.PNG", "a/🦜 two words.jpg", "a/.hidden.png", ".secret/c.png", "notes.txt"):
        touch(tmp_path / name)
    assert [item.key for item in open_source(tmp_path).items] == ["a/🦜 two words.jpg", "b.PNG"]


def test_the_name_of_a_source_is_its_folder_unless_given(tmp_path: Path) -> None:
    touch(tmp_path / "birds" / "a.png")
    assert open_source(tmp_path / "birds").name == "birds"
    assert open_source(tmp_path / "birds", name="aves").items[0].source_name == "aves"


def test_links_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    touch(tmp_path / "outside" / "private.png")
    inside = tmp_path / "inside"
    touch(inside / "a.png")
    (inside / "b.png").symlink_to(tmp_path / "outside" / "private.png")
    (inside / "folder").symlink_to(tmp_path / "outside")
    (inside / "c.png").symlink_to(inside / "a.png")
    assert [item.key for item in open_source(inside).items] == ["a.png", "c.png"]


def test_a_missing_path_is_named_with_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere does not exist\. Give a folder"):
        open_source(tmp_path / "nowhere")


def test_an_empty_folder_is_an_error_that_lists_the_endings(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no images in .*\.png"):
        open_source(tmp_path)


def test_a_table_of_a_header_alone_is_said_to_have_no_row(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("file,content_cat\n")
    with pytest.raises(SourceError, match="has no row below its header"):
        open_source(tmp_path / "table.csv")


def test_a_file_that_is_no_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"is no source of images\. Give a folder of images, an archive"):
        open_source(touch(tmp_path / "a.png"))


def test_a_table_carries_metadata_and_known_answers(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        'file,caption,licence,project_id,content_bird,media_comic\nb.png,"A, b",CC0-1.0,7,yes,\na.png,,,,no,1\n',
    )
    source = open_source(path)
    assert source.attributes == ("content_bird", "media_comic")
    a, b = source.items
    assert (b.caption, b.license, b.project_id, b.labels) == ("A, b", "CC0-1.0", 7, {"content_bird": True})
    assert (a.project_id, a.labels) == (None, {"content_bird": False, "media_comic": True})


@pytest.mark.parametrize("key", ["../a.png", "/etc/passwd", "a/../../b.png", "..\\a.png", ""])
def test_a_table_cannot_name_files_outside_its_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(SourceError, match=r"line 2: .* is not a path below"):
        open_source(table(tmp_path, f'file,caption\n"{key}",x\n'))


def test_a_table_cannot_leave_its_folder_through_a_link(tmp_path: Path) -> None:
    touch(tmp_path / "private.png")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.png").symlink_to(tmp_path / "private.png")
    with pytest.raises(SourceError, match="leads out of"):
        open_source(table(folder, "file\nlink.png\n"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name\na.png\n", "has no column 'file'"),
        ("file,content_bird\na.png,perhaps\n", "allowed are yes, no and nothing"),
        ("file,content_Bird\na.png,yes\n", "is not the name of an attribute"),
        ("file,project_id\na.png,-3\n", "is no whole number"),
        ('file,caption\na.png,"unclosed\n', "is not a CSV table"),
    ],
)
def test_a_table_that_breaks_a_rule_is_named_with_the_rule(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        open_source(table(tmp_path, text))


def test_a_table_in_another_encoding_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("file,caption\na.png,é\n".encode("latin-1"))
    with pytest.raises(SourceError, match="UTF-8"):
        open_source(path)


def test_the_fingerprint_changes_with_any_file_and_with_what_is_known(tmp_path: Path) -> None:
    file = touch(tmp_path / "a.png")
    path = table(tmp_path, "file,content_bird\na.png,yes\n")
    before = open_source(path).fingerprint()
    assert open_source(path).fingerprint() == before
    os.utime(file, (1, 1))
    touched = open_source(path).fingerprint()
    assert touched != before
    table(tmp_path, "file,content_bird\na.png,no\n")
    assert open_source(path).fingerprint() != touched


def test_a_table_says_how_it_was_read_and_which_columns_it_does_not_use(tmp_path: Path) -> None:
    text = f"file;Caption;camera;content_bird\n{tmp_path}/a.png;A;X;unsure\n;;;\n.\\b.png;B;Y;0.0\n"
    source = open_source(table(tmp_path, text))
    assert [(item.key, item.caption, item.labels) for item in source.items] == [
        ("a.png", "A", {}),
        ("b.png", "B", {"content_bird": False}),
    ]
    assert source.notes == (
        "Columns are separated by semicolons.",
        "1 empty row was skipped.",
        f"1 absolute path was read as a path below {tmp_path}.",
        "1 cell says unsure, open or split, which a source takes for unknown.",
    )
    assert source.ignored == ""
    assert [(one.name, one.values.to_pylist()) for one in source.columns] == [("camera", ["X", "Y"])]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,content_bird\na.png,yes\n./a.png,no\n", r"lines 2 and 3 both name 'a\.png'"),
        ("file,licence,license\na.png,CC0,MIT\n", "line 1 has two columns of the licence"),
        ("file,content-bird\na.png,yes\n", "Write content_bird, if that is meant"),
        ("file\nhttps://example.org/a.png\n", "line 2: .*an address, and nothing is downloaded"),
        ("file,project_id\na.png,9007199254740993.0\n", "line 2: project_id .* is no whole number"),
    ],
)
def test_what_could_be_lost_or_mistaken_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        open_source(table(tmp_path, text))


def test_a_name_is_found_in_whatever_form_its_accents_are_encoded(tmp_path: Path) -> None:
    touch(tmp_path / "u\u0308.png")
    (item,) = open_source(table(tmp_path, "file\n\u00fc.png\n")).items
    assert file_of(item).exists()
