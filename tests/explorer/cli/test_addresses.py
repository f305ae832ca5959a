"""`explorer build` and `explorer add` with addresses of other storage."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from explorer.cli.command import app
from explorer.services.original_pictures import OriginalPictures
from pipeline.collection import Collection
from pipeline.storage import forget_stores
from tests.helpers.apart import run_apart
from tests.helpers.image_files import encode, photo
from tests.helpers.s3_server import KEY, SECRET, Buckets, serving_s3


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Buckets]:
    with serving_s3() as buckets:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", buckets.endpoint)
        forget_stores()
        yield buckets
        forget_stores()


def said(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, str(result.exception or result.output)


@pytest.mark.slow
def test_a_collection_is_built_from_a_bucket_shows_its_originals_and_grows(s3: Buckets, tmp_path: Path) -> None:
    s3.put({f"my set/{seed}.png": encode(photo(600, 400, seed=seed), "PNG") for seed in range(12)})
    out = tmp_path / "c"
    assert said("build", "s3://pictures/my set", "--out", str(out), "--offline")[0] == 0
    assert Collection(out).manifest.source_root == "s3://pictures/my set"
    originals = OriginalPictures(Collection(out))
    found = run_apart(originals.get(0, 600, is_wanted=lambda: True))
    assert Image.open(io.BytesIO(found.picture)).size == (600, 400)
    s3.put({"my set/new.png": encode(photo(60, 40, seed=99), "PNG")})
    assert said("add", str(out), "s3://pictures/my set", "--offline")[0] == 0
    assert len(Collection(out)) == 13
    originals.close()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("file:///etc", "Give the path of the folder or file itself"),
        ("zip::s3://b/a.zip", "a chain of protocols"),
        ("s3://me:hush@b/a", "names a user or a password"),
        ("http://127.0.0.1:9/a.zip", "leads to this machine or a private network"),
    ],
)
@pytest.mark.parametrize("command", ["build", "add"])
def test_an_address_that_is_not_allowed_is_refused_in_words(
    command: str, address: str, words: str, collection_path: Path, tmp_path: Path
) -> None:
    place = ["add", str(collection_path), address] if command == "add" else ["build", address, "--out", str(tmp_path)]
    code, told = said(*place)
    assert code == 1
    assert words in told
    assert "hush" not in told
