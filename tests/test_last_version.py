"""Data of the last version are read, verified and changed: a collection, its answers, a page, a checkout."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import py_compile
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from explorer.controllers.labeling import annotator_token
from explorer.messages.table import checked
from explorer.state.filter_state import FilterState
from explorer.state.saved_choices import kept_choices, restore_choices
from explorer.state.view_state import ViewState
from pipeline.audit.publication import read_certificate
from pipeline.audit.verification import verify_certificate
from pipeline.certification.files import latest
from pipeline.certification.lifecycle import outcome
from pipeline.collection import Collection
from pipeline.errors import ParameterError
from pipeline.label_store import Value, new_action_id, open_label_store
from pipeline.releases.files import list_releases, verify_release
from pipeline.rounds.questions import RoundOptions
from pipeline.rounds.reports import read_reports
from pipeline.rounds.run import run_round
from tests.explorer.cli.test_labels import run

LAST = Path(__file__).parent / "data" / "last_version"
ROOT = Path(__file__).parents[1]
BIRD, CAT = "content_bird", "content_cat"
CERTIFICATE = Path("audits") / BIRD / "1" / "certificate.json"


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """The last version's sentences about its collection."""
    values: dict[str, Any] = json.loads((LAST / "expected.json").read_text(encoding="utf-8"))
    return values


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A copy of the last version's collection."""
    with zipfile.ZipFile(LAST / "collection.zip") as packed:
        packed.extractall(tmp_path / "collection")
    return tmp_path / "collection"


def contents(path: Path) -> dict[str, str]:
    """Hash of every file; empty ones are locks. A store notes where it lies, so that copies are found: all but that."""
    files = [file for file in sorted(path.rglob("*")) if file.is_file() and file.stat().st_size]
    hashes = {str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    with closing(sqlite3.connect(path / "labels.sqlite")) as connection:
        ((place,),) = connection.execute("SELECT home FROM store")
        rows = "\n".join(connection.iterdump()).replace(place, "PLACE")
    return hashes | {"labels.sqlite": hashlib.sha256(rows.encode()).hexdigest()}


def exported(path: Path, what: str, *options: str) -> list[str]:
    out = path.parent / f"{what}.csv"
    run("labels", "export", path, "--out", out, "--what", what, *options)
    return out.read_text(encoding="utf-8-sig").splitlines()


def without_place(values: dict[str, Any], path: Path) -> dict[str, Any]:
    return {name: value for name, value in values.items() if str(path) not in json.dumps(value)}


# ---- files -----------------------------------------------------------------------------------------------------------
def test_the_script_that_wrote_it_is_kept_as_it_ran(expected: dict[str, Any]) -> None:
    assert hashlib.sha256((LAST / "write.py").read_bytes()).hexdigest() == expected["script"]


def test_the_commands_say_of_it_what_the_last_version_said(path: Path, expected: dict[str, Any]) -> None:
    info = without_place(json.loads(run("info", path, "--json")), path)
    assert info.pop("columns") == [], "a field that the last version did not have"
    assert info == expected["info"]
    assert info["images"] == 84
    assert without_place(json.loads(run("labels", "info", path, "--json")), path) == expected["labels_info"]


@pytest.mark.parametrize(("what", "options"), [("labels", ()), ("answers", ("--with-blind",)), ("captions", ())])
def test_every_answer_and_caption_is_read_as_it_was(
    path: Path, expected: dict[str, Any], what: str, options: tuple[str, ...]
) -> None:
    assert len(expected[what]) > 2
    assert exported(path, what, *options) == expected[what]


def test_releases_certifications_and_certificates_hold(path: Path, expected: dict[str, Any]) -> None:
    collection = Collection(path)
    with open_label_store(collection) as store:
        (release,) = list_releases(collection, BIRD)
        assert {"number": release.number, "sha256": release.sha256} == expected["release"]
        verify_release(collection, release)
        assert [report.number for report in read_reports(collection, BIRD)] == expected["rounds"]
        certification = latest(collection, CAT)
        assert certification is not None
        found = outcome(store, certification)
        assert {"finished": found.finished, "answers": found.answers} == expected["certification"]
        certificate = read_certificate(path / CERTIFICATE)
        assert certificate["statement"] == expected["statement"]
        assert verify_certificate(collection, store, certificate) == []
    assert expected["statement"] in run("audit", "verify", path, path / CERTIFICATE)


def test_reading_changes_no_file(path: Path) -> None:
    before = contents(path)
    assert len(before) > 60
    collection = Collection(path)
    collection.embedding()
    with open_label_store(collection) as store:
        assert store.annotators.list_all()
        assert verify_certificate(collection, store, read_certificate(path / CERTIFICATE)) == []
    run("info", path)
    run("labels", "info", path)
    assert contents(path) == before


def test_work_goes_on_where_it_was(path: Path, expected: dict[str, Any]) -> None:
    collection = Collection(path)
    answers = list(csv.DictReader(expected["answers"]))
    with open_label_store(collection) as store:
        known = {int(row["image_id"]) for row in answers if row["attribute"] == BIRD}
        images = [int(image) for image in collection.image_ids if int(image) not in known][:2]
        ann = store.annotators.find(expected["annotator"]["id"])
        store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, images, Value.NO)
        run_round(collection, store, BIRD, RoundOptions(batch=8, from_source=False))
        collection.refresh_scores()
        assert [report.number for report in read_reports(collection, BIRD)] == [*expected["rounds"], 3]
        assert verify_certificate(collection, store, read_certificate(path / CERTIFICATE)) == []
    written = exported(path, "answers", "--with-blind")
    assert len(written) == len(expected["answers"]) + len(images)
    assert written[: len(expected["answers"])] == expected["answers"]


# ---- pages -----------------------------------------------------------------------------------------------------------
def test_a_browser_still_knows_its_annotator(
    path: Path, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotator_token, "DAYS", 100 * 365)  # the token was signed once, and this test stays
    with open_label_store(Collection(path)) as store:
        said = expected["annotator"]
        assert annotator_token.annotator_of(said["token"], store.secret) == said["id"]
        assert annotator_token.annotator_of(said["token"], b"another store's secret") is None


def test_a_page_that_was_open_during_an_update_comes_back_as_it_was(expected: dict[str, Any]) -> None:
    message = checked("MapCanvas", {"type": "restore", "session": expected["choices"] | {"room": "label"}})
    view, filters = ViewState(), FilterState({BIRD: 0.5, CAT: 0.5})
    restore_choices(message["session"], view, filters, {"all-umap", "all-tsne"})
    assert (view.layout_name, view.show_counts, view.picture_size, view.dark) == ("all-umap", False, "large", False)
    assert kept_choices(view, filters) == expected["choices"]


def test_choices_of_a_page_that_no_version_knows_are_left_out() -> None:
    view, filters = ViewState(), FilterState({BIRD: 0.5})
    kept = {"view": {"room": "label", "color": "x" * 300, "dark": "no"}, "minimums": [], "active": 3, "room": "rounds"}
    before = kept_choices(view, filters)
    restore_choices(kept, view, filters, {"all-umap"})
    assert kept_choices(view, filters) == before


@pytest.mark.parametrize(
    "act",
    [
        {"kind": "answer", "replies": [[1, "yes", 1.5], [2, "unsure", 0.2]]},
        {"kind": "caption", "draw": 1, "image": 0, "text": "a sun", "seconds": 3.0},
    ],
    ids=["answers", "a caption"],
)
def test_answers_that_an_old_page_could_not_send_are_taken(act: dict[str, Any]) -> None:
    message = {"type": "act", "id": "0" * 32, "page": "1" * 32, "annotator": "2" * 32, **act}
    assert json.loads(json.dumps(checked("LabelTab", message))) == message


def test_a_message_of_an_old_page_that_is_gone_says_to_load_the_page(expected: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match="Reload the page; nothing was changed"):
        checked("SidePanel", {"type": "room", "room": "label"})


# ---- the checkout ----------------------------------------------------------------------------------------------------
def compile_into(folder: Path, name: str, code: str) -> None:
    """Leave a compiled module as an older checkout leaves it when its source has moved away."""
    source = folder.parent / f"{name}.py"

    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(code, encoding="utf-8")
    py_compile.compile(str(source), doraise=True)
    source.unlink()


def test_compiled_files_in_the_places_of_the_last_version_do_no_harm(tmp_path: Path, path: Path) -> None:
    checkout = tmp_path / "checkout"
    for package in ("pipeline", "explorer", "assets/taxonomy"):
        shutil.copytree(ROOT / package, checkout / package, ignore=shutil.ignore_patterns("__pycache__"))
    broken = "raise RuntimeError('a module of the last version was imported')"
    stale = ("pipeline/image_files/exif", "pipeline/schema", "pipeline/collection_writer", "explorer/places")
    packages = ("pipeline/search/search_words", "explorer/cli/commands", "explorer/state/session_state")
    was_module = ("pipeline/build", "pipeline/collection", "pipeline/search", "explorer/cli", "explorer/services")
    for place in (*stale, *packages):
        compile_into(checkout / Path(place).parent / "__pycache__", Path(place).name, broken)
    for place in was_module:  # a module of this name is a folder now: the compiled file lies beside the folder
        compile_into(checkout / Path(place).parent / "__pycache__", Path(place).name, broken)
    command = [sys.executable, "-m", "explorer", "info", str(path), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["images"] == 84
