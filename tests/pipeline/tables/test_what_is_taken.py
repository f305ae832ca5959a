"""Random tables: the answers taken are the answers written, or the table is refused with its line."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pipeline.collection import Collection
from pipeline.errors import SourceError, TableError
from pipeline.label_store import LabelStore, open_label_store
from pipeline.label_tables import ImportOptions, import_labels
from pipeline.simulation.truth_table import read_truth_table
from pipeline.sources.opening import open_source
from tests.helpers.sizes import sizes
from tests.helpers.written_tables import ATTRIBUTES, CELLS, Answers, Written, edited, write, written_tables

Reader = Callable[[Path], Answers]
KINDS = ("source", "labels", "long labels", "truth")
CALM = settings(
    max_examples=sizes(10, 40), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tables; for a source it is the folder of its images."""
    return tmp_path_factory.mktemp("tables")


@pytest.fixture(scope="module")
def opened(collection_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LabelStore, Collection]]:
    """A store on a copy of the drawn collection."""
    copy = shutil.copytree(collection_path, tmp_path_factory.mktemp("labels") / "collection")
    with open_label_store(Collection(Path(copy))) as store:
        yield store, Collection(Path(copy))


@pytest.fixture
def files(opened: tuple[LabelStore, Collection]) -> list[str]:
    """Images that tables may name: no name is one letter away from another."""
    names: list[str] = opened[1].sources().to_pylist()
    return [name for number, name in enumerate(sorted(names)) if number % 23 == 0]


@pytest.fixture
def readers(opened: tuple[LabelStore, Collection]) -> dict[str, Reader]:
    """The three readers of the program. Each returns the accepted rows."""
    store, collection = opened
    names = dict(zip(collection.image_ids.tolist(), collection.sources().to_pylist(), strict=True))

    def source(path: Path) -> Answers:
        items = open_source(path).items
        return {(item.key, name): "yes" if answer else "no" for item in items for name, answer in item.labels.items()}

    def labels(path: Path) -> Answers:
        who = f"table {uuid.uuid4()}"
        try:
            import_labels(store, collection, path, ImportOptions(annotator=who, create=True))
        except TableError as error:
            assert who not in {person.name for person in store.annotators.list_all()}, (
                "refused, and yet something was recorded"
            )
            if "It holds no answer." in str(error):
                return {}
            raise
        (person,) = (person for person in store.annotators.list_all() if person.name == who)
        said = (answer for answer in store.answers.log() if answer.annotator_id == person.id)
        return {(names[answer.image_id], answer.attribute): answer.value.value for answer in said}

    def truth(path: Path) -> Answers:
        table = read_truth_table(path, collection)
        rows = list(names.values())
        return {
            (rows[row], name): ("no", "yes")[code]
            for name, codes in table.items()
            for row, code in enumerate(codes.tolist())
            if code >= 0
        }

    return {"source": source, "labels": labels, "long labels": labels, "truth": truth}


def meant(kind: str, answers: Answers) -> Answers:
    """Return a reader's view of answers: only labels know unsure."""
    return {key: word for key, word in answers.items() if "labels" in kind or word != "unsure"}


def drawn(
    data: st.DataObject,
    kind: str,
    files: list[str],
    opened: tuple[LabelStore, Collection],
    place: Path,
    *,
    damaged: bool,
) -> Written:
    root = str(place) if kind == "source" else opened[1].manifest.source_root
    return data.draw(written_tables(files, root, damaged=damaged, long=kind == "long labels"))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@CALM
def test_in_whatever_form_a_table_is_written_its_answers_are_taken(
    kind: str,
    files: list[str],
    opened: tuple[LabelStore, Collection],
    readers: dict[str, Reader],
    place: Path,
    data: st.DataObject,
) -> None:
    table = drawn(data, kind, files, opened, place, damaged=False)
    assert readers[kind](write(place, table.content)) == meant(kind, table.answers)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@CALM
def test_a_table_with_one_damaged_place_is_refused_with_its_line(
    kind: str,
    files: list[str],
    opened: tuple[LabelStore, Collection],
    readers: dict[str, Reader],
    place: Path,
    data: st.DataObject,
) -> None:
    table = drawn(data, kind, files, opened, place, damaged=True)
    with pytest.raises((SourceError, TableError)) as refused:
        readers[kind](write(place, table.content))
    assert re.search(rf"\blines? (\d+ and )?{table.line}\b", str(refused.value)), (table.damage, str(refused.value))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@CALM
def test_one_character_too_many_or_too_few_never_makes_an_answer_up(
    kind: str,
    files: list[str],
    opened: tuple[LabelStore, Collection],
    readers: dict[str, Reader],
    place: Path,
    data: st.DataObject,
) -> None:
    table = drawn(data, kind, files, opened, place, damaged=False)
    codec = "utf-16-le" if table.content.startswith(b"\xff\xfe") else "utf-8"
    text = table.content.decode(codec)
    at = data.draw(st.integers(0, len(text) - 1))
    changed = edited(
        text, at, data.draw(st.sampled_from(["away", '"', ",", ";", "\t", "\n", "\r", "\0", "é", " ", "'"]))
    )
    try:
        taken = readers[kind](write(place, changed.encode(codec)))
    except (SourceError, TableError):
        return
    made_up = {
        (file, name): word
        for (file, name), word in taken.items()
        if file in files and name in ATTRIBUTES and table.answers.get((file, name)) != word
    }
    assert not made_up


@pytest.mark.parametrize("kind", ["labels", "truth"])
@given(data=st.data())
@settings(max_examples=sizes(6, 25), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_parquet_file_says_what_the_csv_file_of_the_same_cells_says(
    kind: str, files: list[str], readers: dict[str, Reader], place: Path, data: st.DataObject
) -> None:
    words = {name: data.draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=3, max_size=3)) for name in ATTRIBUTES}
    cells = {name: [data.draw(st.sampled_from(CELLS[word])) for word in column] for name, column in words.items()}
    path = place / "table.parquet"
    parquet.write_table(pa.table({"FILE ": files[:3]} | cells), path)
    answers = {
        (file, name): word for name, column in words.items() for file, word in zip(files, column, strict=False) if word
    }
    assert readers[kind](path) == meant(kind, answers)
