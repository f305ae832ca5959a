"""Pictures behind links and in cells of a table are brought to files, and a collection is built of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.benchmarks.link_server import picture
from pipeline.build import BuildOptions, build_collection
from pipeline.build.picture_stage import bring_pictures
from pipeline.collection import Collection
from pipeline.collection.originals import read_original
from pipeline.errors import SourceError
from pipeline.fetching import FetchLimits, FetchOptions, Politeness, TryAgain
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.images.locations import FileLocation, NoLocation
from pipeline.resources import asset
from pipeline.sources import Source, open_source
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.misbehaving_server import Served, serving

QUICK = FetchOptions(
    FetchLimits(connect=5, answer=2, stall=2, whole=5), Politeness(tries=1, backoff=0.01), allow_private=True
)


@pytest.fixture
def server() -> Iterator[Served]:
    with serving() as served:
        yield served


def links(folder: Path, urls: list[str]) -> Path:
    path = folder / "links.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["URL", "caption", "year"])
        writer.writerows([url, f"number {number}", 1900 + number] for number, url in enumerate(urls))
    return path


def build(source: Source, target: Path) -> Collection:
    build_collection(source, target, FakeEmbedder(), load_taxonomy(asset("taxonomy/bam.toml")), BuildOptions())
    return Collection(target)


def test_a_list_of_links_becomes_a_collection(server: Served, tmp_path: Path) -> None:
    urls = [f"{server.url}/good/{number}" for number in range(6)]
    bad = [f"{server.url}/missing/1", f"{server.url}/missing/2", f"{server.url}/html/1"]
    source = open_source(links(tmp_path, urls + bad))
    said: list[str] = []
    here = bring_pictures(source, tmp_path / "pictures", QUICK, say=said.append)
    assert said == [
        f"3 links gave no picture (2 not found, 1 html page). Pictures and reasons are kept in {tmp_path / 'pictures'}."
    ]
    collection = build(here, tmp_path / "made")
    assert {collection.record(row).source for row in range(len(collection))} == set(urls)
    assert {url: error.partition(":")[0] for url, error in collection.failures()} == {
        bad[0]: "not_found",
        bad[1]: "not_found",
        bad[2]: "html_page",
    }
    row = next(row for row in range(6) if collection.record(row).source == urls[3])
    values = {facts.name: value for facts, value in collection.own_values(row)}
    assert (collection.record(row).caption, values) == ("number 3", {"URL": urls[3], "year": 1903})
    assert read_original(collection, row).picture, "the fetched file is the original"


def test_what_is_there_is_not_fetched_again(server: Served, tmp_path: Path) -> None:
    source = open_source(links(tmp_path, [f"{server.url}/good/{number}" for number in range(5)]))
    first = bring_pictures(source, tmp_path / "pictures", QUICK)
    asked = sum(server.server.requests.values())
    again = bring_pictures(source, tmp_path / "pictures", QUICK)
    assert sum(server.server.requests.values()) == asked == 5
    assert again.fingerprint() == first.fingerprint(), "a stopped build goes on"


def test_a_link_into_this_machine_is_refused_unless_it_is_allowed(server: Served, tmp_path: Path) -> None:
    source = open_source(links(tmp_path, [f"{server.url}/good/1"]))
    (item,) = bring_pictures(source, tmp_path / "pictures", FetchOptions()).items
    assert isinstance(item.location, NoLocation)
    assert item.location.reason == "private_address"
    assert sum(server.server.requests.values()) == 0
    (item,) = bring_pictures(source, tmp_path / "pictures", FetchOptions(allow_private=True)).items
    assert isinstance(item.location, NoLocation), "nothing is tried again unless it is asked for"
    allowed = FetchOptions(try_again=TryAgain.TRANSIENT, allow_private=True)
    (item,) = bring_pictures(source, tmp_path / "pictures", allowed).items
    assert isinstance(item.location, FileLocation)
    assert item.location.path.read_bytes() == picture(1)


@pytest.mark.parametrize(
    "cell",
    ["", "ftp://a.org/1.jpg", "file:///etc/passwd", "javascript:alert(1)", "http://a b", "data:image/png;base64,x"],
)
def test_a_cell_that_is_no_link_is_named_by_its_line(tmp_path: Path, cell: str) -> None:
    with pytest.raises(SourceError, match=r"line 3: .* is no link"):
        open_source(links(tmp_path, ["https://a.org/1.jpg", cell]))


def test_a_link_that_comes_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="lines 2 and 3 both name 'https://a"):
        open_source(links(tmp_path, ["https://a.org/1.jpg"] * 2))


def test_a_table_with_two_columns_of_links_is_ambiguous(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("url,src\nhttps://a.org/1.jpg,https://a.org/2.jpg\n")
    with pytest.raises(SourceError, match="several columns that could hold the images: url, src"):
        open_source(tmp_path / "t.csv")


def test_a_file_column_wins_over_links(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,url\na.png,https://a.org/1.jpg\n")
    source = open_source(tmp_path / "t.csv")
    assert not source.needs_pictures()
    assert [column.name for column in source.columns] == ["url"]


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """A table with pictures in the form of Hugging Face datasets, one cell empty and one broken."""
    images = [{"bytes": picture(number), "path": f"{number}.jpg"} for number in range(200)]
    images[7] = {"bytes": None, "path": "7.jpg"}
    images[9] = {"bytes": b"no picture", "path": "9.jpg"}
    table = pa.table({"image": images, "label": [f"class {number % 3}" for number in range(200)]})
    parquet.write_table(table, tmp_path / "train.parquet", row_group_size=30)
    return tmp_path / "train.parquet"


def test_a_table_of_pictures_becomes_a_collection(cells: Path, tmp_path: Path) -> None:
    source = open_source(cells)
    assert [item.key for item in source.items] == sorted(f"{number}.jpg" for number in range(200))
    here = bring_pictures(source, tmp_path / "pictures")
    collection = build(here, tmp_path / "made")
    assert {file: error.partition(":")[0] for file, error in collection.failures()} == {
        "7.jpg": "no_picture",
        "9.jpg": "not_an_image",
    }
    for row in range(len(collection)):
        number = int(collection.record(row).source.removesuffix(".jpg"))
        ((facts, value),) = collection.own_values(row)
        assert (facts.name, facts.kind, value) == ("label", "category", f"class {number % 3}")
    here = bring_pictures(source, tmp_path / "pictures")
    for item in here.items:
        if isinstance(item.location, FileLocation) and item.key != "9.jpg":
            assert item.location.path.read_bytes() == picture(int(item.key.removesuffix(".jpg")))


def test_pictures_without_names_are_known_by_their_rows(tmp_path: Path) -> None:
    table = pa.table({"jpg": [picture(number) for number in range(3)], "caption": ["a", "b", "c"]})
    parquet.write_table(table, tmp_path / "t.parquet")
    source = open_source(tmp_path / "t.parquet")
    assert [(item.key, item.caption) for item in source.items] == [(f"row-{n:09d}", "abc"[n]) for n in range(3)]
    assert source.notes == ("Images are read from the column 'jpg'; their identities are the numbers of their rows.",)


def test_a_file_with_the_name_of_a_picture_that_is_not_ours_stays(cells: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    bring_pictures(open_source(cells), folder)
    first = min(path for path in (folder / "cells").rglob("*") if path.is_file())
    first.write_bytes(b"mine")
    with pytest.raises(SourceError, match="is in the way"):
        bring_pictures(open_source(cells), folder)
    assert first.read_bytes() == b"mine"
    first.unlink()
    (tmp_path / "elsewhere").write_bytes(b"mine")
    first.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SourceError, match="is in the way"):
        bring_pictures(open_source(cells), folder)
    assert (tmp_path / "elsewhere").read_bytes() == b"mine"
    assert not list(folder.rglob("*.part"))


def test_a_table_that_was_cut_off_is_an_error_with_its_name(cells: Path, tmp_path: Path) -> None:
    source = open_source(cells)
    data = cells.read_bytes()
    cells.write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError, match=r"train\.parquet, column 'image\.bytes' cannot be read"):
        bring_pictures(source, tmp_path / "pictures")
