"""Addresses of storage: which are allowed, and that no secret of one is shown or kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import StorageError
from pipeline.storage import StorageAddress, is_address, parse_storage_address, stored_address


@pytest.mark.parametrize(
    ("text", "shown", "name"),
    [
        ("s3://bucket", "s3://bucket", "bucket"),
        ("S3A://bucket/a b/ü.zip/", "s3://bucket/a b/ü.zip", "ü.zip"),
        ("gcs://bucket/x", "gs://bucket/x", "x"),
        ("abfss://container@account.dfs.core.windows.net/x.csv", None, "x.csv"),
        (
            "https://Host.example:8443/a%20b.tar?X-Amz-Signature=hush#part",
            "https://host.example:8443/a%20b.tar",
            "a b.tar",
        ),
    ],
)
def test_an_address_is_read_and_shown(text: str, shown: str | None, name: str) -> None:
    assert is_address(text)
    address = parse_storage_address(text)
    assert (str(address), address.name) == (shown or text, name)
    assert "hush" not in f"{address!r} {address.text} {address.parent!r}"
    assert stored_address(address.text) == address


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file:///etc/passwd", "Give the path of the folder or file itself"),
        ("local:///etc", "Give the path of the folder or file itself"),
        ("zip::file:///x.zip", "a chain of protocols"),
        ("simplecache::s3://bucket/a", "a chain of protocols"),
        ("s3://bucket/a.zip::file:///etc/passwd", "a chain of protocols"),
        *(
            (f"{one}://x/y", "is not read; allowed are s3://, gs://")
            for one in ("memory", "reference", "ssh", "github")
        ),
        ("s3://key:hush@bucket/a", "names a user or a password"),
        ("https://me:hush@host/a.zip", "names a user or a password"),
        ("abfs://me:hush@account/a", "names a user or a password"),
        ("az://container/a?sv=1&sig=hush", "ends in a signature"),
        ("s3://bucket/a/../b", "holds '.', '..'"),
        ("https://host/%2e%2e/b", "holds '.', '..'"),
        ("s3://bucket//a", "holds '.', '..'"),
        ("s3:///a", "names no bucket or host"),
        ("s3://bucket/\x1b[31m", "is no address of storage"),
        ("s3://bucket/" + "a" * 5000, "is no address of storage"),
    ],
)
def test_an_address_that_leads_elsewhere_or_holds_a_secret_is_refused(text: str, words: str) -> None:
    assert is_address(text)
    with pytest.raises(StorageError) as error:
        parse_storage_address(text)
    assert words in str(error.value)
    assert "hush" not in str(error.value)
    assert "\x1b" not in str(error.value)


@pytest.mark.parametrize("text", ["C:/pictures", "c:\\pictures", "folder", "./s3:/x", "/a/b://c", ""])
def test_a_path_is_no_address(text: str) -> None:
    assert not is_address(text)


@given(
    st.lists(st.text(st.characters(exclude_characters="/", exclude_categories=["Cc", "Cs"]), min_size=1), min_size=1)
)
def test_a_key_below_a_folder_lies_below_it(parts: list[str]) -> None:
    for folder in (StorageAddress("s3", "b", "f"), StorageAddress("s3", "b", "")):
        below = folder.below("/".join(parts))
        assert folder.holds(below)
        assert not StorageAddress("s3", "b", "f-other").holds(below)
        assert stored_address(below.text) == below
