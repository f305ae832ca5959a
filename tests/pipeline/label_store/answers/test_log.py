"""The log of actions: a repeated action changes nothing, and actions with undos equal a replay of the rest."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.engine import URL

from pipeline.annotation.consensus import AgreementRule
from pipeline.errors import ActionError, ParameterError, PurposeError, UnknownImageError
from pipeline.label_store import Annotator, KnownImages, LabelStore, Purpose, Reply, Value, new_action_id
from pipeline.label_store.schema.database import Database
from pipeline.label_store.schema.tables import batches
from tests.helpers.sizes import sizes
from tests.pipeline.label_store.conftest import BIRD, Clock, draw, image


def present(store: LabelStore) -> list[tuple[int, int, int, int]]:
    """The present labels: image, yes, no, unsure."""
    labels = store.answers.labels(BIRD, Purpose.TRAINING, AgreementRule(2))
    columns = (labels.image_ids, labels.yes, labels.no, labels.unsure)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_an_answer_sent_again_changes_nothing(label_store: LabelStore, ann: Annotator) -> None:
    batch = draw(label_store, [1, 2])
    page = label_store.questions.take_page(ann.id, batch.id)
    act, reply = new_action_id(), [Reply(page.items[0].draw_id, Value.YES)]
    receipts = [label_store.answers.record(act, page.id, ann.id, reply) for _ in range(3)]
    assert len({receipt.act.sequence for receipt in receipts}) == 1
    assert len(list(label_store.answers.log())) == 1
    undo = new_action_id()
    assert label_store.answers.undo(undo, ann.id).id == label_store.answers.undo(undo, ann.id).id == act
    assert present(label_store) == []


def test_one_act_sent_by_two_at_once_is_recorded_once(label_store: LabelStore, ann: Annotator) -> None:
    batch = draw(label_store, list(range(12, 40)))
    page = label_store.questions.take_page(ann.id, batch.id, 28)
    with ThreadPoolExecutor(4) as pool:
        for item in page.items:
            act = new_action_id()
            send = [
                pool.submit(label_store.answers.record, act, page.id, ann.id, [Reply(item.draw_id, Value.NO)])
                for _ in range(4)
            ]
            assert len({future.result().act.sequence for future in send}) == 1
    assert len(list(label_store.answers.log())) == len(page.items)


def test_an_id_names_one_act_of_one_person(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    label_store.answers.bulk_answer("mine", ann.id, BIRD, 1, [image(1)], Value.YES)
    with pytest.raises(ActionError, match="belongs to another annotator"):
        label_store.answers.bulk_answer("mine", bo.id, BIRD, 1, [image(1)], Value.YES)
    with pytest.raises(ActionError, match="belongs to an answer"):
        label_store.answers.undo("mine", ann.id)


def test_a_stroke_is_undone_as_one(label_store: LabelStore, ann: Annotator) -> None:
    label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(row) for row in range(30)], Value.YES)
    assert len(present(label_store)) == 30
    label_store.answers.undo(new_action_id(), ann.id)
    assert present(label_store) == []
    label_store.answers.redo(new_action_id(), ann.id)
    assert len(present(label_store)) == 30


def test_undo_brings_the_earlier_word_back(label_store: LabelStore, ann: Annotator) -> None:
    batch = draw(label_store, [1])
    page = label_store.questions.take_page(ann.id, batch.id)
    for value in (Value.YES, Value.NO):
        label_store.answers.record(new_action_id(), page.id, ann.id, [Reply(page.items[0].draw_id, value)])
    assert present(label_store) == [(image(1), 0, 1, 0)]
    label_store.answers.undo(new_action_id(), ann.id)
    assert present(label_store) == [(image(1), 1, 0, 0)]


def test_only_ones_own_acts_are_undone(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    act = label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(1)], Value.YES).act
    with pytest.raises(ActionError, match="nothing to undo of this annotator under the id"):
        label_store.answers.undo(new_action_id(), bo.id, act.id)
    with pytest.raises(ActionError, match="nothing to undo of this annotator"):
        label_store.answers.undo(new_action_id(), bo.id)
    with pytest.raises(ActionError, match="nothing to do again"):
        label_store.answers.redo(new_action_id(), ann.id)


def test_a_new_act_ends_redo(label_store: LabelStore, ann: Annotator) -> None:
    first = label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(1)], Value.YES).act
    label_store.answers.undo(new_action_id(), ann.id)
    label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(2)], Value.YES)
    with pytest.raises(ActionError, match="nothing to do again"):
        label_store.answers.redo(new_action_id(), ann.id)
    assert label_store.answers.redo(new_action_id(), ann.id, first.id).survives, (
        "by its name it can still be done again"
    )


def test_captions_have_authors_and_can_be_undone(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    label_store.captions.add(new_action_id(), ann.id, image(1), "  A heron,\n standing ")
    label_store.captions.add(new_action_id(), bo.id, image(1), "<b>Vogel</b>")
    found = label_store.captions.of_images([image(1), image(2)])
    assert [(caption.text, caption.annotator_id) for caption in found] == [
        ("A heron, standing", ann.id),
        ("<b>Vogel</b>", bo.id),
    ]
    label_store.answers.undo(new_action_id(), ann.id)
    assert [caption.annotator_id for caption in label_store.captions.of_images([image(1)])] == [bo.id]
    with pytest.raises(ParameterError, match="1 to 2,000"):
        label_store.captions.add(new_action_id(), ann.id, image(1), "x" * 2001)


def test_annotators_have_random_ids_and_are_unauthenticated(label_store: LabelStore, clock: Clock) -> None:
    first = label_store.annotators.add(" Ann ")
    clock.pass_seconds(1)
    second = label_store.annotators.add("Ann")
    assert first.id != second.id
    assert label_store.annotators.list_all() == [first, second]
    assert (first.name, first.authenticated, len(first.id)) == ("Ann", False, 32)
    for name in ("", "  ", "x" * 81, "a\x00b", "\x1b[31m"):
        with pytest.raises(ParameterError, match=r"1 to 80|control character"):
            label_store.annotators.add(name)


def test_misuse_is_said_in_words(label_store: LabelStore, ann: Annotator) -> None:
    batch = draw(label_store, [1], Purpose.AUDIT)
    page = label_store.questions.take_page(ann.id, batch.id)
    reply = Reply(page.items[0].draw_id, Value.YES)
    with pytest.raises(PurposeError, match="drawn for audit, so its answers cannot be training"):
        label_store.answers.record(new_action_id(), page.id, ann.id, [reply], purpose=Purpose.TRAINING)
    with pytest.raises(UnknownImageError, match="no image 3 "):
        label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [3, 4], Value.YES)
    for replies in ([], [reply, reply]):
        with pytest.raises(ParameterError, match="at least one reply"):
            label_store.answers.record(new_action_id(), page.id, ann.id, replies)
    for seconds in (-1.0, float("nan"), 1e9):
        with pytest.raises(ParameterError, match="seconds="):
            label_store.answers.record(new_action_id(), page.id, ann.id, [Reply(reply.draw_id, Value.YES, seconds)])
    with pytest.raises(ParameterError, match="1 to 36 characters"):
        label_store.answers.record("", page.id, ann.id, [reply])
    assert list(label_store.answers.log()) == []


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("stroke"), st.integers(0, 1), st.lists(st.integers(0, 5), min_size=1), st.sampled_from(Value)
        ),
        st.tuples(st.just("answer"), st.integers(0, 1), st.integers(0, 3), st.sampled_from(Value)),
        st.tuples(st.sampled_from(["undo", "redo"]), st.integers(0, 1), st.just(None), st.just(None)),
    ),
    max_size=25,
)


def fresh_store(folder: str) -> LabelStore:
    database = Database(URL.create("sqlite", database=str(Path(folder) / f"{uuid.uuid4().hex}.sqlite")))
    database.upgrade()
    return LabelStore(database, KnownImages(np.arange(40, dtype=np.int64) * 10 + 100), "store", Clock())


def play(store: LabelStore, steps: list[tuple[str, int, object, object]]) -> list[int]:
    """Do the steps; return the numbers of those whose act survives, by a stack kept here."""
    people = [store.annotators.add("Ann"), store.annotators.add("Bo")]
    batch = draw(store, [10, 11, 12, 13], opinions=2)
    pages = [store.questions.take_page(person.id, batch.id) for person in people]
    done: list[list[int]] = [[], []]
    undone: list[list[int]] = [[], []]
    for number, (kind, who, what, value) in enumerate(steps):
        if kind == "stroke":
            ids = [image(row) for row in what]  # type: ignore[attr-defined]
            store.answers.bulk_answer(new_action_id(), people[who].id, BIRD, 1, ids, value)  # type: ignore[arg-type]
        elif kind == "answer":
            reply = Reply(pages[who].items[what].draw_id, value)  # type: ignore[call-overload, arg-type]
            store.answers.record(new_action_id(), pages[who].id, people[who].id, [reply])
        source, sink = (done, undone) if kind == "undo" else (undone, done)
        if kind in {"undo", "redo"}:
            change = store.answers.undo if kind == "undo" else store.answers.redo
            if source[who]:
                change(new_action_id(), people[who].id)
                sink[who].append(source[who].pop())
            else:
                with pytest.raises(ActionError):
                    change(new_action_id(), people[who].id)
        else:
            done[who].append(number)
            undone[who].clear()
    return sorted(itertools.chain(*done))


@settings(max_examples=sizes(4, 15))
@given(STEPS)
def test_any_acts_and_undos_equal_the_replay_of_what_survives(steps: list[tuple[str, int, object, object]]) -> None:
    with TemporaryDirectory() as folder:
        store, replayed = fresh_store(folder), fresh_store(folder)
        surviving = play(store, steps)
        play(replayed, [steps[number] for number in surviving])
        assert present(store) == present(replayed)
        assert store.answers.counts() == replayed.answers.counts()
        # The working state follows as well: a new person would get the same questions.
        assert still_asked(store) == still_asked(replayed)
        store.close()
        replayed.close()


def still_asked(store: LabelStore) -> list[int]:
    """Return the images that a new person would be asked about."""
    with store.database.reading() as connection:
        batch_id = connection.execute(select(batches.c.id)).scalar_one()
    return [item.image_id for item in store.questions.take_page(store.annotators.add("Cy").id, batch_id).items]


@pytest.mark.parametrize("depth", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_undo_goes_all_the_way_back_across_restarts(
    new_database: Callable[[], Database], images: KnownImages, clock: Clock, depth: int
) -> None:
    store = LabelStore(new_database(), images, "store", clock)
    ann = store.annotators.add("Ann")
    for number in range(depth):
        store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(number % 40)], Value.YES)
    half = depth // 2
    for _ in range(half):
        store.answers.undo(new_action_id(), ann.id)
    store.close()
    store = LabelStore(new_database(), images, "store", clock)
    for _ in range(depth - half):
        store.answers.undo(new_action_id(), ann.id)
    assert present(store) == []
    with pytest.raises(ActionError, match="nothing to undo"):
        store.answers.undo(new_action_id(), ann.id)
    for _ in range(depth):
        store.answers.redo(new_action_id(), ann.id)
    assert len(present(store)) == min(depth, 40)
    assert len(list(store.answers.log())) == depth
