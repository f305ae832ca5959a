"""Archives as sources: read in place, member by member, and never unpacked."""

from __future__ import annotations

import io
import os
import tarfile
import threading
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.collection.originals import read_original
from pipeline.errors import ImageError, SourceError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.images.locations import MemberLocation
from pipeline.limits import Limits
from pipeline.resources import asset
from pipeline.sources import open_source
from pipeline.sources.left_out import left_out_sentences
from pipeline.sources.reading import location_size, read_location
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.image_files import encode, photo

Pack = Callable[[Path, Mapping[str, bytes]], Path]


def picture(seed: int) -> bytes:
    return encode(photo(40, 30, seed=seed), "PNG")


def as_zip(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path.with_suffix(".zip")


def as_tar(path: Path, members: Mapping[str, bytes]) -> Path:
    with tarfile.open(path.with_suffix(".tar"), "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path.with_suffix(".tar")


def read_all(path: Path) -> list[bytes]:
    return [read_location(item.location, Limits()) for item in open_source(path).items]


both = pytest.mark.parametrize("pack", [as_zip, as_tar])


@both
def test_members_are_images_and_are_read_in_place(tmp_path: Path, pack: Pack) -> None:
    members = {f"a/{number}.png": picture(number) for number in range(5)}
    path = pack(tmp_path / "pictures", members | {"a/notes.pdf": b"%PDF-1.4", "readme": b"hello"})
    source = open_source(path)
    assert [item.key for item in source.items] == sorted(members)
    for item in source.items:
        assert read_location(item.location, Limits()) == members[item.key]
        assert location_size(item.location) == len(members[item.key])
    assert sum(entry.count for entry in source.left_out) == 2
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [path.name], "nothing was unpacked"


@both
def test_an_archive_gives_the_same_images_as_the_folder_that_was_packed(tmp_path: Path, pack: Pack) -> None:
    members = {f"{number}.png": picture(number) for number in range(12)}
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, data in members.items():
        (folder / name).write_bytes(data)
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    made = []
    for place, path in enumerate((folder, pack(tmp_path / "pictures", members))):
        target = tmp_path / "made" / str(place)
        build_collection(open_source(path), target, FakeEmbedder(), taxonomy, BuildOptions())
        made.append(Collection(target))
    one, other = made
    assert np.array_equal(one.image_ids, other.image_ids)
    assert np.array_equal(one.embedding(), other.embedding())
    assert read_original(other, 0).picture == read_original(one, 0).picture != b""


@both
def test_a_sample_brings_its_caption_and_its_fields(tmp_path: Path, pack: Pack) -> None:
    members = {
        "x/1.png": picture(1),
        "x/1.json": b'{"caption": "a red bird", "year": 1901, "tags": ["a"], "kept": true}',
        "x/1.cls": b"7\n",
        "x/2.large.png": picture(2),
        "x/2.txt": b"a blue cat\n",
        "x/2.json": b"not json",
        "x/3.txt": b"nobody's text",
    }
    source = open_source(pack(tmp_path / "s", members))
    assert {item.key: item.caption for item in source.items} == {
        "x/1.png": "a red bird",
        "x/2.large.png": "a blue cat",
    }
    columns = {column.name: (column.kind, column.values.to_pylist()) for column in source.columns}
    assert columns == {
        "year": ("number", [1901.0, None]),
        "kept": ("text", ["yes", None]),
        "class": ("category", ["7", None]),
    }
    assert left_out_sentences(source.left_out) == ["1 other file is no picture (1 .txt)."]


def test_a_folder_of_shards_is_one_source(tmp_path: Path) -> None:
    for shard in range(3):
        as_tar(tmp_path / f"{shard:05d}", {f"{number}.png": picture(10 * shard + number) for number in range(2)})
    source = open_source(tmp_path)
    assert [item.key for item in source.items] == [f"{s:05d}.tar/{n}.png" for s in range(3) for n in range(2)]


def test_no_shard_lies_outside_the_folder_or_is_a_pipe(tmp_path: Path) -> None:
    outside = as_tar(tmp_path / "outside", {"1.png": picture(1)})
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.tar").symlink_to(outside)
    os.mkfifo(folder / "pipe.tar")
    with pytest.raises(SourceError, match="There are no images in"):
        open_source(folder)


@both
@pytest.mark.parametrize("name", ["../a.png", "/a.png", "x/../../a.png", "x\\a.png"])
def test_a_name_that_leads_out_of_the_archive_is_left_out(tmp_path: Path, pack: Pack, name: str) -> None:
    source = open_source(pack(tmp_path / "s", {name: picture(1), "fine.png": picture(2)}))
    assert [item.key for item in source.items] == ["fine.png"]
    assert left_out_sentences(source.left_out) == ["1 member was left out: its name leads out of the archive."]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr("a.png", picture(1))
        archive.writestr("./a.png", picture(2))
    with pytest.raises(SourceError, match=r"two members named 'a\.png'"):
        open_source(tmp_path / "s.zip")


@both
def test_links_and_hidden_members_are_no_images(tmp_path: Path, pack: Pack) -> None:
    path = pack(tmp_path / "s", {"fine.png": picture(1), "__MACOSX/._fine.png": b"x", ".hidden.png": picture(2)})
    if path.suffix == ".tar":
        with tarfile.open(path, "a") as archive:
            info = tarfile.TarInfo("link.png")
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(info)
    assert [item.key for item in open_source(path).items] == ["fine.png"]


@both
def test_a_member_larger_than_the_limit_is_refused_before_it_is_read_whole(tmp_path: Path, pack: Pack) -> None:
    path = pack(tmp_path / "s", {"bomb.png": b"\0" * 3_000_000})
    (item,) = open_source(path).items
    with pytest.raises(ImageError) as caught:
        read_location(item.location, Limits(max_bytes=1_000_000))
    assert caught.value.reason == "too_large"


def test_a_directory_that_understates_a_size_does_not_help(tmp_path: Path) -> None:
    path = as_zip(tmp_path / "s", {"bomb.png": b"\0" * 3_000_000})
    data = bytearray(path.read_bytes())
    true, false = (3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    path.write_bytes(bytes(data).replace(true, false))
    (item,) = open_source(path).items
    with pytest.raises(ImageError) as caught:
        read_location(item.location, Limits())
    assert caught.value.reason == "unreadable"


@both
@pytest.mark.parametrize("share", [0.1, 0.5, 0.6])
def test_a_cut_off_archive_names_itself(tmp_path: Path, pack: Pack, share: float) -> None:
    path = pack(tmp_path / "s", {f"{number}.png": picture(number) for number in range(20)})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises((SourceError, ImageError), match="cannot be read"):
        read_all(path)


def test_damaged_archives_raise_no_other_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for pack in (as_zip, as_tar):
        path = pack(tmp_path / "s", {f"{number}.png": picture(number) for number in range(4)} | {"0.json": b"{}"})
        good = path.read_bytes()
        for _ in range(60):
            data = bytearray(good)
            for place in rng.integers(0, len(data), 6):
                data[place] = rng.integers(0, 256)
            path.write_bytes(bytes(data))
            try:
                for item in open_source(path).items:
                    read_location(item.location, Limits())
            except (SourceError, ImageError):
                continue


def test_an_encrypted_archive_says_so(tmp_path: Path) -> None:
    path = as_zip(tmp_path / "s", {"a.png": picture(1)})
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(SourceError, match="is encrypted"):
        open_source(path)


@pytest.mark.parametrize("ending", [".tar.gz", ".TGZ", ".7z"])
def test_an_archive_that_must_be_unpacked_says_what_to_do(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"s{ending}"
    path.write_bytes(b"x")
    with pytest.raises(SourceError, match=r"Unpack it and give the folder, or pack it as \.zip or \.tar"):
        open_source(path)


@both
def test_a_member_of_an_archive_that_is_gone_is_missing(tmp_path: Path, pack: Pack) -> None:
    path = pack(tmp_path / "s", {"a.png": picture(1)})
    (item,) = open_source(path).items
    assert isinstance(item.location, MemberLocation)
    path.unlink()
    with pytest.raises(ImageError) as caught:
        read_location(item.location, Limits())
    assert caught.value.reason == "missing"


def test_threads_read_one_archive_at_once(tmp_path: Path) -> None:
    members = {f"{number}.png": picture(number) for number in range(40)}
    items = open_source(as_zip(tmp_path / "s", members)).items
    wrong: list[str] = []

    def read() -> None:
        wrong.extend(item.key for item in items if read_location(item.location, Limits()) != members[item.key])

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
