"""``explorer labels`` as a person runs it."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from explorer.cli.command import app
from explorer.cli.progress_bars import LateProgress
from explorer.cli.remedies import words_of
from explorer.settings import LABELS_ENVIRONMENT, label_store_url
from pipeline.collection import Collection
from pipeline.errors import ParameterError, StoreConflictError, StoreMissingError, TableError
from pipeline.label_store import URL_VARIABLE, Value, new_action_id, open_label_store
from pipeline.progress import Progress


@pytest.fixture
def path(collection_path: Path, tmp_path: Path) -> Path:
    """A collection with two answers of one person."""
    copy = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    with open_label_store(Collection(copy)) as store:
        ann = store.annotators.add("Ann [b]bold[/b]")
        ids = store.images.image_ids[:2].tolist()
        store.answers.bulk_answer(new_action_id(), ann.id, "content_bird", 1, ids, Value.YES)
    return copy


def run(*arguments: object) -> str:
    """Run the command in this process; errors come through as they are."""
    return run_and_listen(*arguments)[0]


def run_and_listen(*arguments: object) -> tuple[str, str]:
    """Run the command; return its standard output and its standard error."""
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False, standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.stdout, result.stderr


def test_the_number_and_the_place_of_the_answers_are_printed(path: Path) -> None:
    values = json.loads(run("labels", "info", path, "--json"))
    assert values["answers"] == [{"attribute": "content_bird", "purpose": "training", "count": 2}]
    assert [person["name"] for person in values["annotators"]] == ["Ann [b]bold[/b]"]
    assert values["place"] == str(path / "labels.sqlite")
    assert "Ann [b]bold[/b]" in run("labels", "info", path)


def test_asking_for_answers_makes_no_store(collection_path: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    assert "none yet" in run("labels", "info", copy)
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


def test_labels_go_out_and_come_in_by_command(path: Path, collection_path: Path, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    assert "Wrote 2 rows" in run_and_listen("labels", "export", path, "--out", table)[1]
    other = Path(shutil.copytree(collection_path, tmp_path / "other"))
    assert "this was a check" in run_and_listen("labels", "import", other, table, "--check", "--create")[1]
    assert json.loads(run("labels", "info", other, "--json"))["answers"] == []
    run("labels", "import", other, table, "--create", "--annotator", "Ann [b]")
    info = json.loads(run("labels", "info", other, "--json"))
    assert info["answers"] == [{"attribute": "content_bird", "purpose": "training", "count": 2}]
    assert [person["name"] for person in info["annotators"]] == ["Ann [b]"]
    run("labels", "import", other, table, "--annotator", "Ann [b]", "--undo")
    assert json.loads(run("labels", "info", other, "--json"))["answers"] == []


def test_a_check_says_what_is_wrong_as_the_import_would(path: Path, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("file,content_bird,content_dragon\nnowhere.png,yes,\n")
    with pytest.raises(TableError, match=r"1 row of images.*nowhere\.png.*leave them out") as output:
        run("labels", "import", path, table, "--check")
    assert "--skip-unknown" in words_of(output.value)


def test_export_takes_only_what_it_knows(path: Path, collection_path: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="allowed are labels, answers, captions"):
        run("labels", "export", path, "--out", tmp_path / "x.csv", "--what", "scores")
    copy = Path(shutil.copytree(collection_path, tmp_path / "silent"))
    with pytest.raises(StoreMissingError, match="nothing to export"):
        run("labels", "export", copy, "--out", tmp_path / "x.csv")
    assert not list(copy.glob("*labels*"))


def test_quick_work_draws_no_bar_and_slow_work_does(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    now = iter([0.0, 0.0, 1.9, 2.1, 2.2])
    monkeypatch.setattr("explorer.cli.progress_bars.time", SimpleNamespace(monotonic=lambda: next(now)))
    with LateProgress(console) as progress:
        progress(Progress("Recording", 1, 3))
        assert console.file.getvalue() == ""  # type: ignore[attr-defined]
        progress(Progress("Recording", 2, 3))
    assert "Recording" in console.file.getvalue()  # type: ignore[attr-defined]
