"""``explorer round``, ``explorer export`` and ``explorer bench round`` as a person runs them."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from pipeline.collection import Collection
from pipeline.errors import (
    ArchivedError,
    CollectionDamagedError,
    CollectionMissingError,
    ParameterError,
    RoundError,
    TableError,
)
from pipeline.label_store import Value, new_action_id, open_label_store
from pipeline.releases.files import list_releases
from pipeline.releases.make import make_release
from pipeline.rounds.reports import read_reports
from pipeline.rounds.run import _alone
from pipeline.synthetic.build import build_synthetic
from pipeline.synthetic.spec import SyntheticSpec
from tests.explorer.cli.test_cli import explorer, sentence
from tests.explorer.cli.test_labels import run, run_and_listen

CAT, INK, NEW = "content_cat", "media_pen_ink", "content_dragon"


@pytest.fixture
def path(collection_path: Path, tmp_path: Path) -> Path:
    """A copy of the drawn collection, in which the source knows cats and drawings in ink."""
    return Path(shutil.copytree(collection_path, tmp_path / "collection"))


def make_released(path: Path) -> Path:
    """Add some answers of a person and a release."""
    with open_label_store(Collection(path)) as store:
        ann = store.annotators.add("Ann")
        store.answers.bulk_answer(new_action_id(), ann.id, CAT, 1, store.images.image_ids[:3].tolist(), Value.YES)
        run("round", path, "--attribute", CAT)
        make_release(Collection(path), store, CAT, threshold=0.5, lower=0.4, by="Ann")
    return path


@pytest.fixture(scope="module")
def released(collection_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with answers and a release, for tests that export it and change nothing in it."""
    folder = tmp_path_factory.mktemp("released")
    return make_released(Path(shutil.copytree(collection_path, folder / "collection")))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# ---- explorer round --------------------------------------------------------------------------------------------------
def test_a_round_says_what_it_did_and_asks_questions(path: Path) -> None:
    output = run("round", path, "--attribute", CAT, "--batch", 8)
    assert "Round 1: trained on 48 answers (16 yes" in output
    assert "asks 6 images that teach most and 2 drawn by chance" in output
    with open_label_store(Collection(path)) as store:
        assert store.batches.count_open(CAT) == 8


def test_a_round_as_json_is_the_report_that_is_kept(path: Path) -> None:
    values = json.loads(run("round", path, "--attribute", CAT, "--strategy", "random", "--json"))
    assert (values["attribute"], values["number"], values["strategy"], values["images"]) == (CAT, 1, "random", 72)
    (kept,) = read_reports(Collection(path), CAT)
    assert kept.origin == values["origin"]
    assert json.loads(run("round", path, "--attribute", CAT, "--json"))["number"] == 2


def test_an_unknown_attribute_is_named_and_nothing_is_made(path: Path) -> None:
    before = files(path)
    with pytest.raises(ParameterError, match="no attribute 'content_unicorn' here"):
        run("round", path, "--attribute", "content_unicorn")
    with pytest.raises(ParameterError, match=r"no attribute '\.\./outside' here"):
        run("round", path, "--attribute", "../outside")
    assert files(path) == before


def test_without_a_yes_there_is_no_round(path: Path) -> None:
    run("labels", "import", path, _table(path, f"{NEW},no"), "--create")
    with pytest.raises(RoundError, match="No positive examples for"):
        run("round", path, "--attribute", NEW)


def test_an_archived_attribute_is_not_asked_about(path: Path) -> None:
    with open_label_store(Collection(path)) as store:
        store.attributes.set_archived(store.annotators.add("Ann").id, CAT, archived=True)
    with pytest.raises(ArchivedError, match="Restore it from the archive"):
        run("round", path, "--attribute", CAT)


def test_a_second_round_at_once_is_refused(path: Path) -> None:
    with _alone(Collection(path), CAT), pytest.raises(RoundError, match="running already"):
        run("round", path, "--attribute", CAT)


@pytest.mark.parametrize("options", [("--strategy", "guess"), ("--batch", 1)])
def test_options_outside_what_is_allowed_are_wrong_usage(path: Path, options: tuple[object, ...]) -> None:
    with pytest.raises(ParameterError):
        run("round", path, "--attribute", CAT, *options)
    assert not (path / "rounds").exists()


def test_without_a_collection_there_is_one_sentence(tmp_path: Path) -> None:
    assert "explorer build" in sentence(explorer("round", tmp_path / "nowhere", "--attribute", CAT))
    with pytest.raises(CollectionMissingError):
        run("export", tmp_path / "nowhere", "--out", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


# ---- explorer export -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_everything_goes_into_a_folder(released: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "deep" / "out"
    said = run_and_listen("export", released, "--out", out, "--format", kind)[1]
    tables = [f"labels.{kind}", f"releases/{CAT}-1.{kind}", f"scores.{kind}"]
    assert files(out) == sorted([*tables, f"releases/{CAT}-1.json"])
    assert all(name in said for name in tables)
    collection = Collection(released)
    (release,) = list_releases(collection, CAT)
    assert release.sha256[:12] in said
    assert json.loads((out / f"releases/{CAT}-1.json").read_text())["sha256"] == release.sha256


def test_tables_hold_what_the_collection_holds(released: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("export", released, "--out", out, "--format", "parquet")
    collection = Collection(released)
    scores = parquet.read_table(out / "scores.parquet")
    assert scores["image_id"].to_pylist() == collection.image_ids.tolist()
    assert scores["file"].to_pylist() == collection.sources().to_pylist()
    for name, expected in zip(collection.scored, collection.scores, strict=True):
        assert np.array_equal(scores[name].to_numpy(), expected)
    table = parquet.read_table(out / f"releases/{CAT}-1.parquet")
    assert table.column_names == ["image_id", "file", "value", "by", "score"]
    assert table["file"].to_pylist() == collection.sources().to_pylist()
    assert table["by"].to_pylist()[:4] == ["human"] * 3 + ["threshold"]
    run("export", released, "--out", tmp_path / "csv")
    assert [float(row[CAT]) for row in rows(tmp_path / "csv/scores.csv")] == pytest.approx(scores[CAT].to_pylist())
    assert [row["label"] for row in rows(tmp_path / "csv/labels.csv")] == ["yes"] * 3


def test_only_the_attributes_asked_for(released: Path, tmp_path: Path) -> None:
    run("export", released, "--out", tmp_path / "out", "--attribute", INK)
    assert files(tmp_path / "out") == ["labels.csv", "scores.csv"]
    assert list(rows(tmp_path / "out/scores.csv")[0]) == ["image_id", "file", INK]
    with pytest.raises(ParameterError, match="no attribute 'content_unicorn'"):
        run("export", released, "--out", tmp_path / "other", "--attribute", "content_unicorn")
    assert not (tmp_path / "other").exists()


def test_a_folder_with_something_in_it_is_replaced_on_demand_alone(released: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("keep")
    with pytest.raises(TableError, match="allow tables to be replaced"):
        run("export", released, "--out", out)
    assert files(out) == ["mine.txt"]
    for _ in range(2):
        run("export", released, "--out", out, "--replace")
    assert (out / "mine.txt").read_text() == "keep"
    assert len(rows(out / "scores.csv")) == 72


@pytest.mark.parametrize("name", ["scores.csv", f"releases/{CAT}-1.csv", f"releases/{CAT}-1.json"])
def test_a_file_that_no_export_wrote_is_never_replaced_by_one(released: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    (out / name).parent.mkdir(parents=True)
    for make in (lambda path: path.write_text("mine"), lambda path: path.symlink_to(tmp_path / "nowhere.csv")):
        make(out / name)
        with pytest.raises(TableError, match="no table that this program wrote"):
            run("export", released, "--out", out, "--replace")
        assert files(out) == [name] if not (out / name).is_symlink() else not (tmp_path / "nowhere.csv").exists()
        (out / name).unlink()


def test_tables_are_not_written_elsewhere_through_a_link(released: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/releases").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TableError, match="through a link"):
        run("export", released, "--out", tmp_path / "out", "--replace")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_the_collection_itself_is_no_place_for_tables(released: Path) -> None:
    before = files(released)
    for place in (released, released / "tables"):
        with pytest.raises(ParameterError, match="in the collection itself"):
            run("export", released, "--out", place, "--replace")
    assert files(released) == before


def test_a_release_that_was_changed_is_not_exported(path: Path, tmp_path: Path) -> None:
    released = make_released(path)
    table = released / f"releases/{CAT}/1/labels.parquet"
    changed = parquet.read_table(table).slice(1)
    table.chmod(0o644)
    parquet.write_table(changed, table)
    with pytest.raises(CollectionDamagedError, match="SHA-256"):
        run("export", released, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_answered_and_nothing_released_is_said(path: Path, tmp_path: Path) -> None:
    said = run_and_listen("export", path, "--out", tmp_path / "out")[1]
    assert "no release yet" in said
    assert "there are no labels" in said
    assert files(tmp_path / "out") == ["scores.csv"]
    assert not list(path.glob("*labels*"))


def test_names_that_spreadsheets_would_run_are_guarded_and_missing_scores_empty(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow as pa

    names = ["=1+1.png", "'@x.png", '-"a",\nb.png', "plain.png"] * 18
    monkeypatch.setattr(Collection, "sources", lambda self: pa.array(names))
    scores = np.tile(np.array([[0.5, np.nan, 1e-9, 1]], np.float32), (2, 18))
    monkeypatch.setattr(Collection, "scores", property(lambda self: scores))
    run("export", path, "--out", tmp_path / "out")
    found = rows(tmp_path / "out/scores.csv")
    assert [row["file"] for row in found[:4]] == ["'=1+1.png", "''@x.png", '\'-"a",\nb.png', "plain.png"]
    assert [row[CAT] for row in found[:2]] == ["0.5", ""]
    run("export", path, "--out", tmp_path / "columns", "--format", "parquet")
    table = parquet.read_table(tmp_path / "columns/scores.parquet")
    assert table["file"].to_pylist() == names
    assert table[CAT].null_count == 18


def test_another_format_is_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="allowed are csv, parquet"):
        run("export", path, "--out", tmp_path / "out", "--format", "xlsx")


# ---- explorer bench round --------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_measured_round_leaves_the_collection_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "synthetic"
    build_synthetic(SyntheticSpec(2_000, seed=1), place)
    before = {name: (place / name).stat().st_mtime_ns for name in files(place)}
    given = ("bench", "round", "--points", 2_000, "--dir", place, "--json")
    values = json.loads(run(*given, "--attributes", 3, "--repeats", 2))
    assert {name: (place / name).stat().st_mtime_ns for name in files(place)} == before
    assert (values["points"], values["width"], values["attributes"], values["repeats"]) == (2_000, 512, 3, 2)
    assert len(values["round_s"]) == 2
    assert min(values["round_s"]) <= values["p50_s"] <= values["p95_s"] <= max(values["round_s"])
    assert {"train_s", "score_s", "rank_s", "write_s", "first_s", "processor"} <= set(values)
    with pytest.raises(ParameterError, match="holds 2,000 images"):
        run("bench", "round", "--points", 3_000, "--dir", place)
    with pytest.raises(ParameterError, match="Use fewer"):
        run(*given, "--attributes", 200)


@pytest.mark.parametrize("option", ["attributes", "repeats"])
def test_a_measurement_of_nothing_is_refused(option: str) -> None:
    with pytest.raises(ParameterError, match=f"{option}=0 is out of range"):
        run("bench", "round", f"--{option}", 0)


def _table(path: Path, line: str) -> Path:
    """A table that says one thing of the first image."""
    attribute, value = line.split(",")
    table = path.parent / "table.csv"
    table.write_text(f"image_id,{attribute}\n{Collection(path).image_ids[0]},{value}\n")
    return table
