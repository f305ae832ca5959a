"""Sources in a bucket, read from a real S3 server on loopback: folders, tables and archives, in place."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.build import BuildOptions, build_collection
from pipeline.build.picture_stage import bring_pictures
from pipeline.collection import Collection
from pipeline.collection.originals import original_location, read_original
from pipeline.errors import ImageError, SourceError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.images.locations import RemoteLocation, RemoteMemberLocation
from pipeline.limits import Limits
from pipeline.progress import Progress
from pipeline.resources import asset
from pipeline.sources import Source, open_source
from pipeline.sources.left_out import left_out_sentences
from pipeline.sources.reading import read_location
from pipeline.storage import forget_stores, parse_storage_address
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.image_files import encode, photo
from tests.helpers.s3_server import KEY, SECRET, Buckets, dropping, serving_s3

pytest.importorskip("s3fs")


@pytest.fixture(scope="module")
def s3() -> Iterator[Buckets]:
    with serving_s3() as buckets:
        yield buckets


@pytest.fixture(autouse=True)
def credentials(s3: Buckets, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of a person with access, as the storage's own tools read it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    forget_stores()
    yield
    forget_stores()


def picture(seed: int, side: int = 40) -> bytes:
    return encode(photo(side, 30, seed=seed), "PNG")


def opened(address: str, **more: object) -> Source:
    return open_source(parse_storage_address(address), **more)  # type: ignore[arg-type]


def contents(source: Source) -> dict[str, bytes]:
    return {item.key: read_location(item.location, Limits()) for item in source.items}


def refused(address: str) -> str:
    with pytest.raises(SourceError) as error:
        opened(address)
    assert SECRET not in str(error.value)
    return str(error.value)


def test_a_folder_of_a_bucket_is_read_with_its_subfolders(s3: Buckets) -> None:
    files = {"a.png": picture(1), "deep/er/b c é.jpg": picture(2), "deep/ü%20.png": picture(3), "no_ending": picture(4)}
    s3.put({f"plain/{key}": data for key, data in files.items()})
    s3.put({"plain/": b"", "plain/.hidden.png": b"x", "plain/notes.txt": b"x", "plainer/c.png": picture(5)})
    source = opened("s3://pictures/plain/")
    assert contents(source) == files
    assert (source.name, source.place) == ("plain", "s3://pictures/plain")
    assert left_out_sentences(source.left_out) == [
        "1 hidden file or folder was left out.",
        "1 other file is no picture (1 .txt).",
    ]
    assert opened("s3://pictures/plain").fingerprint() == source.fingerprint()


def test_a_name_that_leads_up_is_left_out(s3: Buckets) -> None:
    s3.put({"odd/../../up.png": picture(1), "odd//empty.png": picture(1), "odd/a\\b.png": picture(1)}, "odd-names")
    s3.put({"odd/good.png": picture(1)}, "odd-names")
    source = opened("s3://odd-names/odd")
    assert [item.key for item in source.items] == ["good.png"]
    assert left_out_sentences(source.left_out) == [
        "3 objects were left out: their names are no paths below the folder."
    ]


def test_a_folder_of_many_pages_is_listed_with_progress(s3: Buckets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")  # the server's usual page has 1,000 objects
    monkeypatch.setattr("pipeline.sources.remote.REPORT_EVERY", 12)
    s3.put({f"many/{number:05d}.png": b"" for number in range(35)})
    seen: list[Progress] = []
    assert len(opened("s3://pictures/many", progress=seen.append).items) == 35
    assert [(one.done, one.unit) for one in seen] == [(12, "objects"), (24, "objects")]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_table_names_the_objects_beside_it(s3: Buckets, ending: str) -> None:
    s3.put({"t/in/1.png": picture(1), "t/2.png": picture(2)})
    table = pa.table({"file": ["in/1.png", "s3://pictures/t/2.png"], "caption": ["one", "two"], "year": [1999, 2001]})
    buffer = io.BytesIO()
    if ending == "parquet":
        parquet.write_table(table, buffer)
    elif ending == "csv":
        buffer.write(b"file,caption,year\nin/1.png,one,1999\ns3://pictures/t/2.png,two,2001\n")
    else:
        buffer.write(b'{"file": "in/1.png", "caption": "one", "year": 1999}\n')
        buffer.write(b'{"file": "s3://pictures/t/2.png", "caption": "two", "year": 2001}\n')
    s3.put({f"t/list.{ending}": buffer.getvalue()})
    source = opened(f"s3://pictures/t/list.{ending}")
    assert contents(source) == {"in/1.png": picture(1), "2.png": picture(2)}
    assert [item.caption for item in source.items] == ["two", "one"]
    assert [(one.name, one.values.to_pylist()) for one in source.columns] == [("year", [2001, 1999])]
    assert (source.name, source.place) == ("list", "s3://pictures/t")


@pytest.mark.parametrize(
    "cell", ["../up.png", "/etc/passwd", "file:///etc/passwd", "s3://other/a.png", "zip::s3://pictures/a", "t/../../x"]
)
def test_a_table_in_a_bucket_leads_nowhere_else(s3: Buckets, cell: str) -> None:
    s3.put({"hostile/list.csv": f"file,caption\n{cell},x\n".encode()})
    told = refused("s3://pictures/hostile/list.csv")
    assert told.startswith(
        f"s3://pictures/hostile/list.csv, line 2: {cell!r} is not a path below s3://pictures/hostile:"
    )


def test_a_parquet_table_with_the_pictures_themselves_is_read_by_range(s3: Buckets, tmp_path: Path) -> None:
    pictures = [{"bytes": picture(seed), "path": f"{seed}.png"} for seed in range(3)]
    buffer = io.BytesIO()
    parquet.write_table(pa.table({"image": pictures, "caption": ["a", "b", "c"]}), buffer)
    s3.put({"cells/data.parquet": buffer.getvalue()})
    source = opened("s3://pictures/cells/data.parquet")
    assert source.needs_pictures()
    brought = bring_pictures(source, tmp_path)
    assert contents(brought) == {f"{seed}.png": picture(seed) for seed in range(3)}
    assert brought.place == str(tmp_path.resolve())


def packed(kind: str, members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    if kind == "tar":
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for name, data in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        return buffer.getvalue()
    how = {"zip": zipfile.ZIP_DEFLATED, "stored.zip": zipfile.ZIP_STORED}[kind]
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["tar", "zip", "stored.zip"])
def test_an_archive_in_a_bucket_is_read_in_place(s3: Buckets, kind: str) -> None:
    members = {"dog/é 1.png": picture(1), "dog/2": picture(2), "cat/3.bmp": encode(photo(300, 300, seed=3), "BMP")}
    s3.put({f"packed/all.{kind}": packed(kind, {**members, "dog/2.txt": b"a caption", "../up.png": b"x"})})
    source = opened(f"s3://pictures/packed/all.{kind}")
    assert contents(source) == members
    assert {item.key: item.caption for item in source.items} == {
        "dog/é 1.png": "",
        "dog/2": "a caption",
        "cat/3.bmp": "",
    }
    assert all(isinstance(item.location, RemoteMemberLocation) for item in source.items)


def test_a_folder_of_shards_in_a_bucket_is_one_source(s3: Buckets) -> None:
    s3.put({f"shards/{number}.tar": packed("tar", {"x.png": picture(number), "x.cls": b"7"}) for number in range(2)})
    source = opened("s3://pictures/shards")
    assert contents(source) == {"0.tar/x.png": picture(0), "1.tar/x.png": picture(1)}
    assert [one.name for one in source.columns] == ["class"]


def test_a_member_that_unpacks_to_too_much_is_refused(s3: Buckets) -> None:
    s3.put({"bomb.zip": packed("zip", {"big.png": b"\0" * 3_000_000})})
    (item,) = opened("s3://pictures/bomb.zip").items
    with pytest.raises(ImageError, match="more than the 1,000,000 allowed") as error:
        read_location(item.location, Limits(max_bytes=1_000_000))
    assert error.value.reason == "too_large"


def test_a_huge_object_is_refused_before_it_is_read(s3: Buckets) -> None:
    s3.put({"huge/a.png": b"\0" * 2_000_000})
    (item,) = opened("s3://pictures/huge").items
    s3.client.delete_object(Bucket="pictures", Key="huge/a.png")
    with pytest.raises(ImageError) as error:
        read_location(item.location, Limits(max_bytes=1_000_000))
    assert error.value.reason == "too_large"


def test_an_object_that_is_gone_or_changed_since_it_was_listed_is_a_row_with_its_reason(s3: Buckets) -> None:
    s3.put({"moving/gone.png": picture(1), "moving/other.png": picture(2), "moving/p.tar": b""})
    s3.put({"tar/p.tar": packed("tar", {"a.png": picture(3)})})
    gone, other = opened("s3://pictures/moving").items
    (member,) = opened("s3://pictures/tar/p.tar").items
    s3.client.delete_object(Bucket="pictures", Key="moving/gone.png")
    s3.put({"moving/other.png": picture(4), "tar/p.tar": packed("tar", {"a.png": picture(5)})})
    reasons = []
    for item in (gone, other, member):
        with pytest.raises(ImageError, match=r"s3://pictures/\w+/\w+\.\w+ (is not there|was changed)") as error:
            read_location(item.location, Limits())
        reasons.append(error.value.reason)
    assert reasons == ["missing", "changed", "changed"]


def test_a_dropped_connection_is_resumed_where_it_was(s3: Buckets, monkeypatch: pytest.MonkeyPatch) -> None:
    data = np.random.default_rng(0).bytes(900_000)
    s3.put({"long/a.png": data})
    with dropping(s3.endpoint) as way:
        monkeypatch.setenv("AWS_ENDPOINT_URL", way.endpoint)
        forget_stores()
        (item,) = opened("s3://pictures/long").items
        way.cuts = [300_000, 250_000]
        assert read_location(item.location, Limits()) == data
        assert way.dropped == 2
        forget_stores()


def test_wrong_places_and_a_storage_that_is_down_are_said_in_words(
    s3: Buckets, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused("s3://no-such-bucket/a") == "s3://no-such-bucket/a: there is no bucket of this name. Check the name."
    assert refused("s3://pictures/nothing").startswith("There are no images below s3://pictures/nothing. Nothing is")
    assert "line" not in refused("s3://pictures/nothing/t.csv")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    forget_stores()
    assert refused("s3://pictures/plain").startswith("s3://pictures/plain: the storage does not answer (")


def test_wrong_credentials_are_said_without_repeating_them(s3: Buckets, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put({"plain/one.png": picture(1)})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWRONGWRONGWRONG0")
    forget_stores()
    with s3.checking():
        told = refused("s3://pictures/plain")
    assert told.startswith(
        "s3://pictures/plain: no credentials that the storage accepts were found (InvalidAccessKeyId)."
    )
    assert "AKIAWRONG" not in told


def test_without_credentials_the_sentence_says_where_they_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    forget_stores()
    told = refused("s3://pictures/plain")
    assert (
        "no credentials that the storage accepts were found (NoCredentialsError). Give them in the environment" in told
    )


@pytest.mark.parametrize("source", ["tar", *(pytest.param(one, marks=pytest.mark.slow) for one in ("folder", "table"))])
def test_a_collection_is_built_from_a_bucket_and_shows_originals_from_there(
    s3: Buckets, source: str, tmp_path: Path
) -> None:
    pictures = {f"{seed}.png": picture(seed, side=400) for seed in range(12)}
    s3.put({f"whole/{key}": data for key, data in pictures.items()})
    s3.put({"whole-table.csv": b"file\n" + b"".join(f"whole/{key}\n".encode() for key in pictures)})
    s3.put({"whole.tar": packed("tar", pictures)})
    address = {
        "folder": "s3://pictures/whole",
        "table": "s3://pictures/whole-table.csv",
        "tar": "s3://pictures/whole.tar",
    }
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(opened(address[source]), tmp_path / "c", FakeEmbedder(), taxonomy, BuildOptions())
    collection = Collection(tmp_path / "c")
    assert (len(collection), collection.manifest.failed) == (12, 0)
    assert isinstance(original_location(collection, 0), RemoteLocation | RemoteMemberLocation)
    assert read_original(collection, 0).picture
    held = b"".join(file.read_bytes() for file in (tmp_path / "c").rglob("*") if file.is_file())
    assert SECRET.encode() not in held
    assert KEY.encode() not in held


@pytest.mark.slow
def test_an_original_outside_the_address_of_the_source_is_not_read(s3: Buckets, tmp_path: Path) -> None:
    import dataclasses

    s3.put({f"mine/{seed}.png": picture(seed) for seed in range(12)})
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(opened("s3://pictures/mine"), tmp_path / "c", FakeEmbedder(), taxonomy, BuildOptions())
    collection = Collection(tmp_path / "c")
    assert original_location(collection, 0) is not None
    for root in ("s3://pictures/min", "s3://other", "file:///", "/", "s3://"):
        collection.manifest = dataclasses.replace(collection.manifest, source_root=root)
        assert original_location(collection, 0) is None
