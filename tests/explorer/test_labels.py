"""``explorer labels`` as a person runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from explorer.cli import app
from explorer.settings import LABELS_ENVIRONMENT, label_store_url
from pipeline.collection import Collection
from pipeline.errors import ParameterError, StoreConflictError
from pipeline.label_store import URL_VARIABLE, Value, new_act_id, open_label_store


@pytest.fixture
def path(collection_path: Path, tmp_path: Path) -> Path:
    """A collection with two answers of one person."""
    copy = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    with open_label_store(Collection(copy)) as store:
        ann = store.add_annotator("Ann [b]bold[/b]")
        ids = store.images.image_ids[:2].tolist()
        store.stroke(new_act_id(), ann.id, "content_bird", 1, ids, Value.YES)
    return copy


def run(*arguments: object) -> str:
    """Run the command in this process; errors come through as they are."""
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False, standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.stdout


def test_the_answers_are_counted_and_their_place_is_told(path: Path) -> None:
    values = json.loads(run("labels", "info", path, "--json"))
    assert values["answers"] == [{"attribute": "content_bird", "purpose": "training", "count": 2}]
    assert [person["name"] for person in values["annotators"]] == ["Ann [b]bold[/b]"]
    assert values["place"] == str(path / "labels.sqlite")
    assert "Ann [b]bold[/b]" in run("labels", "info", path)


def test_asking_for_answers_makes_no_store(collection_path: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    assert "nobody has answered" in run("labels", "info", copy)
    assert not list(copy.glob("*labels*"))


def test_a_copy_is_separated(path: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(path, tmp_path / "copy"))
    with pytest.raises(StoreConflictError):
        run("labels", "info", copy)
    run("labels", "fork", copy)
    assert json.loads(run("labels", "info", copy, "--json"))["answers"][0]["count"] == 2


def test_moving_needs_a_place_to_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LABELS_ENVIRONMENT, raising=False)
    with pytest.raises(ParameterError, match=r"BAM_EXPLORER_LABELS_URL is not set"):
        run("labels", "move", path)


def test_the_url_comes_from_the_environment_alone() -> None:
    assert LABELS_ENVIRONMENT == URL_VARIABLE
    assert label_store_url({LABELS_ENVIRONMENT: "postgresql://x/y"}) == "postgresql://x/y"
    assert label_store_url({LABELS_ENVIRONMENT: ""}) is None
    assert label_store_url({}) is None
