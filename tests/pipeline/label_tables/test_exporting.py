"""Tables out of a label store: every answer in them, nothing that a spreadsheet runs, whole files or none."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from pipeline.annotation.consensus import AgreementRule
from pipeline.collection import Collection
from pipeline.errors import ParameterError, TableError
from pipeline.label_store import Annotator, Drawn, LabelStore, Purpose, Reply, Value, new_action_id, open_label_store
from pipeline.label_tables import ExportOptions, What, export_table, labels_bytes
from pipeline.progress import Progress
from pipeline.text.formulas import FORMULA_STARTS, guarded, unguarded

CAT, INK = "content_cat", "media_pen_ink"
KINDS = ("csv", "parquet")


@pytest.fixture
def opened(collection_path: Path, tmp_path: Path) -> Iterator[tuple[LabelStore, Collection]]:
    """A store on a copy of the drawn collection."""
    collection = Collection(Path(shutil.copytree(collection_path, tmp_path / "collection")))
    with open_label_store(collection) as store:
        yield store, collection


@pytest.fixture
def ann(opened: tuple[LabelStore, Collection]) -> Annotator:
    return opened[0].annotators.add("Ann")


def stroke(
    store: LabelStore, who: Annotator, rows: slice, value: Value = Value.YES, attribute: str = CAT, version: int = 1
) -> None:
    store.answers.bulk_answer(new_action_id(), who.id, attribute, version, store.images.image_ids[rows].tolist(), value)


def audited(store: LabelStore, who: Annotator, rows: slice) -> None:
    """Have images drawn for an audit and answer yes to all."""
    ids = store.images.image_ids[rows].tolist()
    batch = store.batches.draw(CAT, 1, Purpose.AUDIT, [Drawn(image, "uniform", 0.25) for image in ids])
    page = store.questions.take_page(who.id, batch.id)
    replies = [Reply(item.draw_id, Value.YES, 1.5) for item in page.items]
    store.answers.record(new_action_id(), page.id, who.id, replies)


def read(path: Path) -> list[dict[str, Any]]:
    """Read a table with other people's readers; times as seconds, numbers as numbers."""
    if path.suffix == ".parquet":
        rows = parquet.read_table(path).to_pylist()
        return [{key: v.timestamp() if isinstance(v, datetime) else v for key, v in row.items()} for row in rows]
    with path.open(encoding="utf-8", newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]


def written(
    opened: tuple[LabelStore, Collection], path: Path, options: ExportOptions | None = None, **more: Any
) -> list[dict[str, Any]]:
    export_table(*opened, path, options, **more)
    return read(path)


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_those_of_the_store_with_the_newest_version_and_time(
    opened: tuple[LabelStore, Collection], ann: Annotator, tmp_path: Path, kind: str
) -> None:
    store, collection = opened
    bo = store.annotators.add("Bo")
    stroke(store, ann, slice(0, 6))
    stroke(store, bo, slice(3, 9), Value.NO, version=3)
    rows = written(opened, tmp_path / f"labels.{kind}")
    truth = store.answers.labels(CAT, Purpose.TRAINING, AgreementRule(1))
    words = {-1: "open", 0: "no", 1: "yes", 2: "unsure", 3: "split"}
    assert [(int(row["image_id"]), row["label"], int(row["yes"]), int(row["no"])) for row in rows] == [
        (image, words[label], yes, no)
        for image, label, yes, no in zip(
            truth.image_ids.tolist(), truth.labels.tolist(), truth.yes.tolist(), truth.no.tolist(), strict=True
        )
    ]
    assert [int(row["definition_version"]) for row in rows] == [1] * 3 + [3] * 6
    assert [row["file"] for row in rows] == [record.source for record in collection.records(range(9))]
    last = rows[0]["last_at"]
    seconds = last if kind == "parquet" else datetime.fromisoformat(last).timestamp()
    assert 0 <= datetime.now(UTC).timestamp() - seconds < 3600


def test_ids_are_numbers_in_parquet_and_quoted_in_csv(
    opened: tuple[LabelStore, Collection], ann: Annotator, tmp_path: Path
) -> None:
    stroke(opened[0], ann, slice(0, 1))
    image = int(opened[0].images.image_ids[0])
    export_table(*opened, tmp_path / "labels.csv")
    assert f'"{image}","images/' in (tmp_path / "labels.csv").read_text()
    assert written(opened, tmp_path / "labels.parquet")[0]["image_id"] == image


@pytest.mark.parametrize("kind", KINDS)
def test_the_log_comes_whole_undone_answers_too(
    opened: tuple[LabelStore, Collection], ann: Annotator, tmp_path: Path, kind: str
) -> None:
    store, _ = opened
    stroke(store, ann, slice(0, 3))
    store.answers.undo(new_action_id(), ann.id)
    audited(store, ann, slice(10, 14))
    options = ExportOptions(What.ANSWERS, with_blind=True)
    rows = written(opened, tmp_path / f"answers.{kind}", options)
    logged = list(store.answers.log())
    assert len(rows) == len(logged) == 7
    for row, answer in zip(rows, logged, strict=True):
        told = {key: row[key] for key in ("annotator_id", "attribute", "purpose", "value", "reason", "model_version")}
        assert told == {key: str(getattr(answer, key)) for key in told}
        assert (int(row["image_id"]), int(row["sequence"])) == (answer.image_id, answer.sequence)
        assert str(row["survives"]).lower() == str(answer.survives).lower()
        assert float(row["seconds"]) == answer.seconds
        assert (float(row["probability"]) if row["probability"] else None) == answer.probability
        assert row["annotator"] == "Ann"


def test_what_must_stay_blind_is_left_out_unless_asked_for(
    opened: tuple[LabelStore, Collection], ann: Annotator, tmp_path: Path
) -> None:
    store, _ = opened
    stroke(store, ann, slice(0, 2))
    audited(store, ann, slice(10, 14))
    for what in (What.LABELS, What.ANSWERS):
        exported = export_table(*opened, tmp_path / f"{what}.csv", ExportOptions(what))
        assert (exported.rows, exported.blind) == (2, 4)
        exported = export_table(*opened, tmp_path / f"{what}-all.csv", ExportOptions(what, with_blind=True))
        assert (exported.rows, exported.blind) == (6, 0)
    assert b"audit" not in labels_bytes(*opened, CAT)


def test_an_image_kept_from_training_has_no_training_label(
    opened: tuple[LabelStore, Collection], ann: Annotator, tmp_path: Path
) -> None:
    store, _ = opened
    stroke(store, ann, slice(0, 5))
    audited(store, ann, slice(0, 1))
    left = [int(row["image_id"]) for row in written(opened, tmp_path / "labels.csv")]
    assert int(store.images.image_ids[0]) not in left
    assert left


def test_only_the_attributes_asked_for_and_by_the_rule_asked_for(
    opened: tuple[LabelStore, Collection], ann: Annotator, tmp_path: Path
) -> None:
    stroke(opened[0], ann, slice(0, 2))
    stroke(opened[0], ann, slice(0, 3), attribute=INK)
    rows = written(opened, tmp_path / "ink.csv", ExportOptions(attributes=(INK,)))
    assert {row["attribute"] for row in rows} == {INK}
    strict = written(opened, tmp_path / "two.csv", ExportOptions(attributes=(INK,), agree=2))
    assert [row["label"] for row in strict] == ["open"] * 3
    with pytest.raises(ParameterError, match="There is no attribute 'content_dragon' here"):
        export_table(*opened, tmp_path / "none.csv", ExportOptions(attributes=("content_dragon",)))


@pytest.mark.parametrize("kind", KINDS)
def test_captions_come_with_their_author_and_run_in_no_spreadsheet(
    opened: tuple[LabelStore, Collection], tmp_path: Path, kind: str
) -> None:
    store, _ = opened
    who = store.annotators.add('@SUM(1) "Ann", 🐈')
    image = int(store.images.image_ids[4])
    texts = ["=HYPERLINK(1)", "+1", "-1", "@x", "'quoted", "'=quoted", 'a, "b" <i>c</i> 🐦', "плюс"]
    for text in texts:
        store.captions.add(new_action_id(), who.id, image, text)
    store.captions.add(new_action_id(), who.id, image, "gone")
    store.answers.undo(new_action_id(), who.id)
    rows = written(opened, tmp_path / f"captions.{kind}", ExportOptions(What.CAPTIONS))
    if kind == "csv":
        assert not [row for row in rows if row["text"].startswith(FORMULA_STARTS)]
        assert rows[0]["annotator"] == f"'{who.name}"
        rows = [row | {"text": unguarded(row["text"])} for row in rows]
    assert [row["text"] for row in rows] == texts


@given(st.text())
def test_a_guarded_text_is_no_formula_and_comes_back_as_it_was(text: str) -> None:
    assert not guarded(text).startswith(FORMULA_STARTS)
    assert unguarded(guarded(text)) == text


@given(st.sampled_from(["=", "'=", "''+", "'", "@"]), st.text())
def test_texts_that_look_guarded_come_back_too(start: str, rest: str) -> None:
    assert unguarded(guarded(start + rest)) == start + rest


def test_nothing_is_overwritten_and_nothing_half_written_stays(
    opened: tuple[LabelStore, Collection], ann: Annotator, tmp_path: Path
) -> None:
    stroke(opened[0], ann, slice(0, 2))
    target = tmp_path / "out" / "labels.csv"
    target.parent.mkdir()
    export_table(*opened, target)
    mine = target.read_text()
    with pytest.raises(TableError, match="exists already"):
        export_table(*opened, target)
    stroke(opened[0], ann, slice(2, 4))

    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_table(*opened, target, replace=True, progress=stop)
    assert target.read_text() == mine
    assert [path.name for path in target.parent.iterdir()] == ["labels.csv"]
    export_table(*opened, target, replace=True)
    assert len(read(target)) == 4


@pytest.mark.parametrize("text", ["mine", "file,content_bird\na.png,yes\n", "", "image_id,file\n"])
@pytest.mark.parametrize("what", list(What))
def test_a_table_that_no_export_wrote_is_never_replaced(
    opened: tuple[LabelStore, Collection], ann: Annotator, tmp_path: Path, text: str, what: What
) -> None:
    stroke(opened[0], ann, slice(0, 2))
    (tmp_path / "table.csv").write_text(text)
    (tmp_path / "link.csv").symlink_to(tmp_path / "table.csv")
    for name in ("table.csv", "link.csv"):
        with pytest.raises(TableError, match="no table that this program wrote"):
            export_table(*opened, tmp_path / name, ExportOptions(what), replace=True)
    assert (tmp_path / "table.csv").read_text() == text
    for kind in ("csv", "parquet"):
        for _ in range(2):
            export_table(*opened, tmp_path / f"own.{kind}", ExportOptions(what), replace=True)


def test_a_table_is_not_written_among_the_files_of_the_collection(
    opened: tuple[LabelStore, Collection], ann: Annotator
) -> None:
    stroke(opened[0], ann, slice(0, 2))
    with pytest.raises(ParameterError, match="among the files of the collection"):
        export_table(*opened, opened[1].path / "models" / "labels.parquet")


@pytest.mark.parametrize("name", ["labels.xlsx", "labels"])
def test_another_ending_is_refused(opened: tuple[LabelStore, Collection], tmp_path: Path, name: str) -> None:
    with pytest.raises(ParameterError, match=r"does not end in \.csv or \.parquet"):
        export_table(*opened, tmp_path / name)


def test_a_folder_that_is_not_there_is_said(opened: tuple[LabelStore, Collection], tmp_path: Path) -> None:
    with pytest.raises(TableError, match="cannot be written"):
        export_table(*opened, tmp_path / "nowhere" / "labels.csv")


def test_a_download_is_the_same_table(
    opened: tuple[LabelStore, Collection], ann: Annotator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stroke(opened[0], ann, slice(0, 20))
    stroke(opened[0], ann, slice(0, 3), attribute=INK)
    for kind in KINDS:
        path = tmp_path / f"one.{kind}"
        export_table(*opened, path, ExportOptions(attributes=(CAT,)))
        if kind == "csv":
            assert labels_bytes(*opened, CAT) == path.read_bytes()
        else:
            assert parquet.read_table(io.BytesIO(labels_bytes(*opened, CAT, kind))).equals(parquet.read_table(path))
    monkeypatch.setattr("pipeline.label_tables.exporting.LARGEST_DOWNLOAD", 19)
    with pytest.raises(ParameterError, match="Export them into a file"):
        labels_bytes(*opened, CAT)


def test_an_image_that_was_removed_from_the_collection_keeps_its_answers_and_its_name(
    opened: tuple[LabelStore, Collection], ann: Annotator, tmp_path: Path
) -> None:
    store, collection = opened
    stroke(store, ann, slice(0, 3))
    called = collection.sources()[:3].to_pylist()
    collection.image_ids = collection.image_ids[1:]  # as after a build without it
    collection.sources = lambda: Collection(collection.path).sources()[1:]  # type: ignore[method-assign]
    rows = written(opened, tmp_path / "labels.csv")
    assert [row["file"] for row in rows] == called
