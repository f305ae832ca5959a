"""Import of tables into a label store: everything is recorded once, or nothing with a reason."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pipeline.annotation.consensus import AgreementRule
from pipeline.collection import Collection
from pipeline.errors import TableError
from pipeline.label_store import Annotator, Drawn, LabelStore, Purpose, Value, new_action_id, open_label_store
from pipeline.label_tables import (
    ExportOptions,
    ImportOptions,
    What,
    check_import,
    export_table,
    import_labels,
    undo_import,
)
from pipeline.progress import Progress
from tests.helpers.sizes import sizes

CAT, INK = "content_cat", "media_pen_ink"
KINDS = ("csv", "parquet")
CODES = {"no": 0, "yes": 1, "unsure": 2}


@pytest.fixture
def opened(collection_path: Path, tmp_path: Path) -> Iterator[tuple[LabelStore, Collection]]:
    """A store on a copy of the drawn collection."""
    collection = Collection(Path(shutil.copytree(collection_path, tmp_path / "collection")))
    with open_label_store(collection) as store:
        yield store, collection


def table(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows as other programs would."""
    if path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)
    return path


def labels(store: LabelStore, attribute: str = CAT) -> dict[int, int]:
    """Image -> label, as one answer settles it."""
    folded = store.answers.labels(attribute, Purpose.TRAINING, AgreementRule(1))
    return dict(zip(folded.image_ids.tolist(), folded.labels.tolist(), strict=True))


def ids(store: LabelStore) -> list[int]:
    found: list[int] = store.images.image_ids.tolist()
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_wide_table_is_read_whatever_way_yes_and_no_are_written(
    opened: tuple[LabelStore, Collection], tmp_path: Path, kind: str
) -> None:
    store, _ = opened
    cells = ["yes", "no", "1", "0", "TRUE", "False", "unsure", "", " Yes "]
    rows = [{"image_id": str(image), CAT: cell, "note": "x"} for image, cell in zip(ids(store), cells, strict=False)]
    done = import_labels(*opened, table(tmp_path / f"wide.{kind}", rows))
    assert done.recorded == 8
    assert list(labels(store).values()) == [1, 0, 1, 0, 1, 0, 2, 1]
    assert done.plan.passed_over["cells without an answer"] == 1


def test_parquet_may_hold_numbers_and_truths(opened: tuple[LabelStore, Collection], tmp_path: Path) -> None:
    store, _ = opened
    rows = [
        {"image_id": image, CAT: truth, INK: number}
        for image, truth, number in zip(ids(store), [True, False, None], [1.0, None, 0.0], strict=False)
    ]
    import_labels(*opened, table(tmp_path / "typed.parquet", rows))
    assert list(labels(store).values()) == [1, 0]
    assert list(labels(store, INK).values()) == [1, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_table_names_images_by_their_file(
    opened: tuple[LabelStore, Collection], tmp_path: Path, kind: str
) -> None:
    store, collection = opened
    rows = [
        {"file": collection.record(row).source, "attribute": attribute, "value": value}
        for row, attribute, value in [(0, CAT, "yes"), (0, INK, "no"), (5, CAT, "no")]
    ]
    import_labels(*opened, table(tmp_path / f"long.{kind}", rows))
    assert labels(store) == {ids(store)[0]: 1, ids(store)[5]: 0}
    assert labels(store, INK) == {ids(store)[0]: 0}


def test_answers_are_training_answers_of_the_name_given_with_the_present_definition(
    opened: tuple[LabelStore, Collection], tmp_path: Path
) -> None:
    store, _ = opened
    path = table(tmp_path / "one.csv", [{"image_id": ids(store)[0], CAT: "yes"}])
    import_labels(*opened, path, ImportOptions(annotator="Museum 🏛"))
    (answer,) = store.answers.log()
    assert (answer.purpose, answer.reason, answer.value) == (Purpose.TRAINING, "import", Value.YES)
    assert answer.definition_version == store.attributes.find(CAT).definition.version
    assert [person.name for person in store.annotators.list_all()] == ["Museum 🏛"]


@given(data=st.data(), kind=st.sampled_from(KINDS))
@settings(max_examples=sizes(3, 12), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_out_and_in_and_out_again_gives_the_same_labels(
    collection_path: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, kind: str
) -> None:
    folder = tmp_path_factory.mktemp("round")
    tables = []
    for turn in range(2):
        collection = Collection(Path(shutil.copytree(collection_path, folder / f"collection-{turn}")))
        tables.append(folder / f"labels-{turn}.{kind}")
        with open_label_store(collection) as store:
            if turn == 0:
                ann = store.annotators.add("Ann")
                for attribute in (CAT, INK):
                    said = data.draw(st.dictionaries(st.integers(0, 71), st.sampled_from(Value), min_size=1))
                    for row, value in said.items():
                        store.answers.bulk_answer(new_action_id(), ann.id, attribute, 1, [ids(store)[row]], value)
            else:
                import_labels(store, collection, tables[0])
            export_table(store, collection, tables[-1], ExportOptions())
    first, second = (_rows(path) for path in tables)
    assert first == second


def _rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of an export without times."""
    if path.suffix == ".parquet":
        return parquet.read_table(path).drop_columns(["last_at"]).to_pylist()
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: value for key, value in row.items() if key != "last_at"} for row in csv.DictReader(file)]


def test_run_again_nothing_doubles_and_an_interrupted_one_goes_on(
    opened: tuple[LabelStore, Collection], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = opened
    monkeypatch.setattr("pipeline.label_tables.importing.LARGEST_ACT", 10)
    rows = [{"image_id": image, CAT: "yes" if place % 3 else "no"} for place, image in enumerate(ids(store))]
    path = table(tmp_path / "all.csv", rows)

    def stop(progress: Progress) -> None:
        if progress.stage == "Recording" and progress.done >= 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_labels(*opened, path, progress=stop)
    assert 0 < len(list(store.answers.log())) < 72
    finished = import_labels(*opened, path)
    assert (finished.recorded, finished.before) == (72 - 30, 30)
    again = import_labels(*opened, path)
    assert (again.recorded, again.before) == (0, 72)
    assert len(list(store.answers.log())) == 72
    assert labels(store) == {image: int(place % 3 > 0) for place, image in enumerate(ids(store))}


def test_an_import_is_undone_as_a_whole_and_may_be_done_again(
    opened: tuple[LabelStore, Collection], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = opened
    monkeypatch.setattr("pipeline.label_tables.importing.LARGEST_ACT", 10)
    path = table(tmp_path / "all.csv", [{"image_id": image, CAT: "yes", INK: "no"} for image in ids(store)])
    import_labels(*opened, path)
    assert len(undo_import(*opened, path).acts) == 16
    assert labels(store) == labels(store, INK) == {}
    with pytest.raises(TableError, match="is there to undo"):
        undo_import(*opened, path)
    import_labels(*opened, path)
    assert len(labels(store)) == len(labels(store, INK)) == 72


def test_images_kept_from_training_are_left_out_and_counted(
    opened: tuple[LabelStore, Collection], tmp_path: Path
) -> None:
    store, _ = opened
    store.batches.draw(CAT, 1, Purpose.VALIDATION, [Drawn(image, "uniform", 0.1) for image in ids(store)[:4]])
    rows = [{"image_id": image, CAT: "yes" if place < 2 else "no"} for place, image in enumerate(ids(store)[:8])]
    path = table(tmp_path / "some.csv", rows)
    barred = store.batches.barred_among(CAT, ids(store))
    kept = [image for image in ids(store)[:8] if image not in barred]
    assert check_import(*opened, path).reserved == 8 - len(kept)
    done = import_labels(*opened, path)
    assert (done.recorded, done.reserved) == (len(kept), 8 - len(kept))
    assert sorted(labels(store)) == kept


@pytest.mark.parametrize("kind", KINDS)
def test_one_wrong_cell_and_nothing_is_recorded(
    opened: tuple[LabelStore, Collection], tmp_path: Path, kind: str
) -> None:
    store, _ = opened
    rows = [{"image_id": str(image), CAT: "yes"} for image in ids(store)[:10]]
    rows[6][CAT] = "maybe"
    place = "line 8" if kind == "csv" else "row 7"
    with pytest.raises(TableError, match=f"{place}: {CAT} is 'maybe'.*Nothing was recorded"):
        import_labels(*opened, table(tmp_path / f"bad.{kind}", rows))
    assert list(store.answers.log()) == []
    assert store.annotators.list_all() == []


def test_of_many_problems_the_first_five_are_told_and_all_are_counted(
    opened: tuple[LabelStore, Collection], tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [{"file": f"nowhere-{place}.png", CAT: "yes"} for place in range(40)]
    path = table(tmp_path / "lost.csv", rows)
    (problem,) = check_import(*opened, path).problems
    assert problem.startswith("40 rows of images")
    assert "nowhere-4.png" in problem
    assert "nowhere-5.png" not in problem
    assert "and 35 more" in problem
    path = table(path, [*rows, {"file": opened[1].record(3).source, CAT: "yes"}])
    done = import_labels(*opened, path, ImportOptions(skip_unknown=True))
    assert (done.recorded, done.plan.unknown.count) == (1, 40)


def test_one_image_cannot_be_two_things(opened: tuple[LabelStore, Collection], tmp_path: Path) -> None:
    image = ids(opened[0])[0]
    rows = [{"image_id": image, CAT: "yes"}, {"image_id": image, CAT: "yes"}]
    assert check_import(*opened, table(tmp_path / "same.csv", rows)).plan.total == 1
    rows[1][CAT] = "no"
    with pytest.raises(TableError, match=f"line 3: {CAT} is no, and yes in line 2"):
        import_labels(*opened, table(tmp_path / "two.csv", rows))


def test_new_attributes_are_made_when_asked_for(opened: tuple[LabelStore, Collection], tmp_path: Path) -> None:
    store, _ = opened
    path = table(tmp_path / "new.csv", [{"image_id": ids(store)[0], "content_sea_shell": "yes"}])
    with pytest.raises(TableError, match="There is no attribute content_sea_shell here"):
        import_labels(*opened, path)
    assert check_import(*opened, path, ImportOptions(create=True)).created == ("content_sea_shell",)
    assert list(store.answers.log()) == []
    import_labels(*opened, path, ImportOptions(create=True))
    assert store.attributes.find("content_sea_shell").definition.title == "sea shell"
    assert len(labels(store, "content_sea_shell")) == 1


def test_an_archived_attribute_takes_nothing_in(opened: tuple[LabelStore, Collection], tmp_path: Path) -> None:
    store, _ = opened
    store.attributes.set_archived(store.annotators.add("Ann").id, CAT, archived=True)
    with pytest.raises(TableError, match="is archived"):
        import_labels(*opened, table(tmp_path / "one.csv", [{"image_id": ids(store)[0], CAT: "yes"}]))


def test_ids_that_a_spreadsheet_rounded_are_found_by_their_file(
    opened: tuple[LabelStore, Collection], tmp_path: Path
) -> None:
    store, collection = opened
    row = {"image_id": f"{float(ids(store)[2]):.5E}", "file": collection.record(2).source, CAT: "yes"}
    import_labels(*opened, table(tmp_path / "sheet.csv", [row]))
    assert labels(store) == {ids(store)[2]: 1}


def test_an_id_and_a_file_must_be_one_image(opened: tuple[LabelStore, Collection], tmp_path: Path) -> None:
    row = {"image_id": ids(opened[0])[2], "file": opened[1].record(3).source, CAT: "yes"}
    with pytest.raises(TableError, match="name two images"):
        import_labels(*opened, table(tmp_path / "two.csv", [row]))


def test_answers_that_were_undone_or_must_not_train_are_passed_over(
    opened: tuple[LabelStore, Collection], tmp_path: Path
) -> None:
    store, _ = opened
    ann = store.annotators.add("Ann")
    store.answers.bulk_answer(new_action_id(), ann.id, CAT, 1, ids(store)[:3], Value.YES)
    store.answers.bulk_answer(new_action_id(), ann.id, CAT, 1, ids(store)[3:5], Value.NO)
    store.answers.undo(new_action_id(), ann.id)
    path = tmp_path / "answers.csv"
    export_table(*opened, path, ExportOptions(What.ANSWERS))
    text = path.read_text().replace('"training"', '"validation"', 1)
    path.write_text(text)
    plan = check_import(*opened, path).plan
    assert plan.total == 2
    assert plan.passed_over["undone answers"] == 2
    assert plan.passed_over["answers for another purpose than training"] == 1


HOSTILE = {
    "nothing": b"",
    "header alone": b"image_id,content_cat\n",
    "no identity": b"content_cat\nyes\n",
    "no answers": b"image_id,title\n1,x\n",
    "a bad name": b"image_id,content_Cat\n1,yes\n",
    "two columns of one name": b"image_id,content_cat,content_cat\n1,yes,no\n",
    "more cells than columns": b"image_id,content_cat\n1,yes,no\n",
    "latin": "image_id,content_cat\n1,s\u00ed\n".encode("latin-1"),
    "a zero byte": b"image_id,content_cat\n1,ye\0s\n",
    "an open quote": b'image_id,content_cat\n1,"yes\n',
    "a giant cell": b"image_id,content_cat\n1," + b"y" * 200_000 + b"\n",
    "digits of no id": b"image_id,content_cat\n99999999999999999999999,yes\n-1,yes\n\xd9\xa1,yes\n",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_table_of_labels_is_one_sentence(
    opened: tuple[LabelStore, Collection], tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(TableError):
        import_labels(*opened, path)
    assert list(opened[0].answers.log()) == []


@pytest.mark.parametrize("content", [b"", b"PAR1", b"image_id,content_cat\n1,yes\n", b"PAR1" + b"\0" * 90 + b"PAR1"])
def test_what_is_no_parquet_is_one_sentence(
    opened: tuple[LabelStore, Collection], tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(content)
    with pytest.raises(TableError, match="is not a Parquet table"):
        import_labels(*opened, path)


def test_a_table_that_is_not_there_is_said(opened: tuple[LabelStore, Collection], tmp_path: Path) -> None:
    for kind in KINDS:
        with pytest.raises(TableError, match="cannot be read"):
            check_import(*opened, tmp_path / f"none.{kind}")


def test_a_name_that_somebody_has_is_theirs(opened: tuple[LabelStore, Collection], tmp_path: Path) -> None:
    store, _ = opened
    ann: Annotator = store.annotators.add("Ann")
    import_labels(
        *opened, table(tmp_path / "one.csv", [{"image_id": ids(store)[0], CAT: "yes"}]), ImportOptions(annotator="Ann")
    )
    assert [answer.annotator_id for answer in store.answers.log()] == [ann.id]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,attribute,value,content_cat\na,content_cat,yes,no\n", "line 1: the column 'attribute' goes with one"),
        ("file,attribute,value,label\na,content_cat,yes,no\n", "line 1: the column 'attribute' goes with one"),
        ("file,content-cat\na,yes\n", "line 1, column 'content-cat': .* Write content_cat"),
        ("file,content_cat\nhttps://example.org/a.png,yes\n", "line 2: .*an address, and nothing is downloaded"),
        ("file,content_cat\nC:\\\\a.png,yes\n", "line 2: .*a drive of Windows"),
        ("file,content_cat,purpose\n{name},yes,practice\n", "line 2: purpose is 'practice'"),
        ("file,content_cat,survives\n{name},yes,perhaps\n", "line 2: survives is 'perhaps', neither true nor false"),
        ("file,content_cat,survives\n{name},yes,unsure\n", "line 2: survives is 'unsure', neither true nor false"),
        ("file,content_cat\n{name},yes\n./{name},no\n", "line 3: content_cat is no, and yes in line 2"),
    ],
)
def test_what_could_be_meant_in_two_ways_is_refused_with_its_line(
    opened: tuple[LabelStore, Collection], tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text.replace("{name}", opened[1].record(0).source), encoding="utf-8")
    with pytest.raises(TableError, match=words):
        import_labels(*opened, path)
    assert list(opened[0].answers.log()) == []


def test_what_is_allowed_is_said_of_answers_alone(opened: tuple[LabelStore, Collection], tmp_path: Path) -> None:
    name = opened[1].record(0).source
    told = [
        " ".join(check_import(*opened, table(tmp_path / "table.parquet", rows)).problems)
        for rows in ([{"file": name, CAT: "2"}], [{"file": name, CAT: "yes"}, {"file": name, CAT: "no"}])
    ]
    assert "row 1: content_cat is '2'. Allowed are yes, no" in told[0]
    assert "row 2: content_cat is no, and yes in row 1. Correct them." in told[1]
    assert "Allowed" not in told[1]


@pytest.mark.parametrize("column", ["value", "label", "attribute"])
def test_a_column_that_could_be_an_answer_is_named_where_it_is_none(
    opened: tuple[LabelStore, Collection], tmp_path: Path, column: str
) -> None:
    row = {"file": opened[1].record(0).source, CAT: "yes", column: "no"}
    plan = check_import(*opened, table(tmp_path / "table.csv", [row])).plan
    assert plan.ignored == f"Not used: the column '{column}'."


def test_columns_that_are_not_used_are_named(opened: tuple[LabelStore, Collection], tmp_path: Path) -> None:
    row = {"file": opened[1].record(0).source, CAT: "1.0", "contents_bird": "yes", "caption": "a cat"}
    plan = check_import(*opened, table(tmp_path / "some.csv", [row])).plan
    assert plan.ignored == "Not used: the columns 'contents_bird', 'caption'."
