"""Edited JSON of a collection gives a sentence that names the file, and never a crash, a wait or another file."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.cli.output import info_values
from pipeline.audit.files import list_audits
from pipeline.certification.files import latest
from pipeline.collection import Collection
from pipeline.collection.score_origins import named_origin
from pipeline.errors import BamExplorerError, CollectionDamagedError, ParameterError
from pipeline.releases.files import Release, list_releases, releases_folder
from pipeline.rounds.reports import read_reports, rounds_folder
from pipeline.rounds.score_versions import prune_scores, read_model
from tests.helpers.sizes import sizes

WRONG: list[Any] = [None, True, 0, -1, 2**70, 1.5, "", "../../../x", "/etc", "a/b", [], {}, [[]], [{}], {"a": []}]
RELEASE = Release("content_cat", 1, 0.0, "Ann", "round-1", "", "", 1, 0.5, 0.5, 0, 0, 0, 0, 0, {}, "")


@pytest.fixture(scope="module")
def edited(collection_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(collection_path, tmp_path_factory.mktemp("edited") / "out"))


def places(values: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Name every place in a JSON value."""
    inner = values.items() if isinstance(values, dict) else enumerate(values[:2]) if isinstance(values, list) else ()
    return [at, *(place for key, value in inner for place in places(value, (*at, key)))]


def put(values: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    target = values
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    return values


def read_all(path: Path) -> None:
    """Read everything that commands and pages read of a collection."""
    collection = Collection(path)
    info_values(collection)
    assert collection.scores.ndim == 2
    for facts in collection.manifest.layouts:
        collection.layout(facts.name)
    for facts in collection.manifest.attributes:
        named_origin(collection, facts.name)


@settings(max_examples=sizes(40, 150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(["collection.json", "clusters/all-tsne.json"]))
def test_a_value_of_another_type_is_a_sentence_and_no_crash(edited: Path, data: st.DataObject, name: str) -> None:
    file = edited / name
    sound = file.read_text()
    place = data.draw(st.sampled_from(places(json.loads(sound))))
    file.write_text(json.dumps(put(json.loads(sound), place, data.draw(st.sampled_from(WRONG)))))
    try:
        with suppress(BamExplorerError):  # any other error is a failure
            read_all(edited)
    finally:
        file.write_text(sound)


@pytest.mark.parametrize("name", ["collection.json", "clusters/all-tsne.json", "images.lance/_versions/x.manifest"])
@pytest.mark.parametrize("kind", ["pipe", "loop", "folder", "no JSON", "nested"])
def test_what_lies_where_a_file_is_expected_is_named_at_once(copy_of: Path, name: str, kind: str) -> None:
    path, file = copy_of, copy_of / name
    file.unlink(missing_ok=True)
    make: dict[str, Callable[[], object]] = {
        "pipe": lambda: os.mkfifo(file),
        "loop": lambda: file.symlink_to(file),
        "folder": file.mkdir,
        "no JSON": lambda: file.write_bytes(b"\xff{"),
        "nested": lambda: file.write_text("[" * 100_000),
    }
    make[kind]()
    if name.endswith(".manifest") and kind not in ("pipe", "loop"):
        return  # Lance ignores files with names other than its own
    with pytest.raises(CollectionDamagedError, match=r"collection\.json|all-tsne|x\.manifest"):
        read_all(path)


@pytest.mark.parametrize("name", ["/etc", "..", "../audits/content_cat", "a/b", ".", "", "a\0b", "x" * 300])
def test_a_name_of_an_attribute_leads_nowhere_else(collection: Collection, name: str) -> None:
    for use in (list_audits, list_releases, releases_folder, rounds_folder, read_reports, latest):
        with pytest.raises(ParameterError, match="cannot be the name"):
            use(collection, name)
    with pytest.raises(ParameterError):
        prune_scores(collection, name, ())
    with pytest.raises((ParameterError, CollectionDamagedError)):
        read_model(collection, name, "round-1")
    with pytest.raises((ParameterError, CollectionDamagedError)):
        read_model(collection, "content_cat", name)


@pytest.mark.parametrize("attribute", ["/elsewhere/x", "../content_cat", "content_dog"])
def test_a_record_that_says_it_is_another_one_is_refused(copy_of: Path, attribute: str) -> None:
    collection = Collection(copy_of)
    place = copy_of / "releases/content_cat/1/release.json"
    place.parent.mkdir(parents=True)
    for wrong in (asdict(RELEASE) | {"attribute": attribute}, asdict(RELEASE) | {"number": 2}):
        place.write_text(json.dumps(wrong))
        with pytest.raises(CollectionDamagedError, match=r"release\.json says that it is"):
            list_releases(collection, "content_cat")
    place.write_text(json.dumps(asdict(RELEASE)))
    assert list_releases(collection, "content_cat") == [RELEASE]


def test_a_link_among_the_records_leads_nobody_out(copy_of: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere/1").mkdir(parents=True)
    for name in ("audits", "rounds", "releases"):
        (copy_of / name).symlink_to(tmp_path / "elsewhere")
    collection = Collection(copy_of)
    for use in (list_audits, releases_folder, rounds_folder):
        with pytest.raises(ParameterError, match="through a link"):
            use(collection, "content_cat")


@pytest.fixture
def copy_of(collection_path: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(collection_path, tmp_path / "out"))
