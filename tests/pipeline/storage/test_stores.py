"""Stores of other protocols, and libraries that are missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from pipeline.errors import SourceError, StorageError
from pipeline.limits import Limits
from pipeline.sources import open_source
from pipeline.sources.reading import read_location
from pipeline.storage import (
    StorageAddress,
    forget_stores,
    parse_storage_address,
    register_store,
    store_of,
)
from pipeline.storage.failures import failure_of
from pipeline.storage.fsspec_store import FsspecStore
from tests.helpers.image_files import encode, photo


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    forget_stores()
    yield
    forget_stores()


@pytest.mark.parametrize(
    ("address", "library", "install"),
    [
        ("s3://b/x", "s3fs", '"bam-explorer[s3]"'),
        ("gs://b/x", "gcsfs", '"bam-explorer[gs]"'),
        ("az://b/x", "adlfs", "adlfs"),
    ],
)
def test_a_missing_library_is_named_with_the_command_that_installs_it(
    address: str, library: str, install: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fsspec.registry import _registry

    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(_registry, address[:2], raising=False)  # a class that was loaded before
    with pytest.raises(SourceError) as error:
        open_source(parse_storage_address(address))
    assert str(error.value) == (
        f"{address[:2]}:// needs the library {library}, which is not installed. Install it with: python -m pip install "
        f"{install}"
    )


def test_any_file_system_of_fsspec_can_be_a_store() -> None:
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    register_store("mine", lambda: FsspecStore(system))
    pictures = {"a b.png": encode(photo(40, 30, seed=1), "PNG"), "deep/ü.png": encode(photo(40, 30, seed=2), "PNG")}
    for key, data in pictures.items():
        system.pipe_file(f"/mine/{key}", data)
    source = open_source(parse_storage_address("mine://mine"))
    assert {item.key: read_location(item.location, Limits()) for item in source.items} == pictures


def test_an_error_of_a_library_never_repeats_its_text() -> None:
    class Broken:
        def find(self, *_: object, **__: object) -> None:
            raise RuntimeError("GET https://host/x?X-Amz-Signature=hush failed")

    with pytest.raises(StorageError) as error:
        list(FsspecStore(Broken()).files(StorageAddress("s3", "b", "x")))
    assert str(error.value) == "s3://b/x cannot be read (RuntimeError)."


def test_a_store_is_made_once() -> None:
    address = StorageAddress("https", "host.example", "a")
    assert store_of(address) is store_of(StorageAddress("https", "other.example", "b"))


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        ("PermanentRedirect", "region", "lies in another region (PermanentRedirect). Set the region"),
        ("AuthorizationHeaderMalformed", "region", "lies in another region"),
        ("AccessDenied", "permission", "may not be read with these credentials (AccessDenied)"),
        ("ExpiredToken", "credentials", "(ExpiredToken). Give them in the environment"),
        ("a text with hush", "unreadable", "cannot be read (ClientError)"),
    ],
)
def test_a_refusal_of_s3_is_told_by_its_code(code: str, reason: str, words: str) -> None:
    exceptions = pytest.importorskip("botocore.exceptions")
    error = exceptions.ClientError({"Error": {"Code": code, "Message": "hush"}}, "ListObjectsV2")
    told = failure_of(error, "s3://b/x")
    assert told.reason == reason
    assert words in str(told)
    assert str(told).startswith("s3://b/x")
    assert "hush" not in str(told)
