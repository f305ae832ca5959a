"""The overview and the table of answers equal the sums of all answers by hand."""

from __future__ import annotations

import numpy as np

from pipeline.annotation.consensus import AgreementRule, Label, fold_answers
from pipeline.label_store import Annotator, AttributeProgress, Draft, LabelStore, Purpose, Value, new_action_id
from tests.pipeline.label_store.conftest import BIRD, Clock, draw, image, say

Y, N, U = Value.YES, Value.NO, Value.UNSURE
CAT = "content_cat"


def define(store: LabelStore, annotator: Annotator) -> None:
    for name in (BIRD, CAT):
        store.attributes.define(annotator.id, name, Draft(name), seen_version=0)


def numbers(standing: AttributeProgress) -> tuple[int, ...]:
    return (standing.yes, standing.no, standing.unsure, standing.split, standing.open)


def test_the_board_counts_images_by_their_label(
    label_store: LabelStore, ann: Annotator, bo: Annotator, cy: Annotator, clock: Clock
) -> None:
    define(label_store, ann)
    draw(label_store, [1, 2, 3, 7, 8, 9, 12], agree=2)
    label_store.attributes.set_agreement(ann.id, BIRD, 2)
    say(label_store, label_store.questions.next_page(ann.id, BIRD), Y, Y, N, Y, U, Y)
    say(label_store, label_store.questions.next_page(bo.id, BIRD), Y, N, N, N, U)
    clock.pass_seconds(100)
    say(label_store, label_store.questions.next_page(cy.id, BIRD), Y, U, U)
    birds, cats = label_store.attributes.list_progress()
    assert (birds.entry.name, cats.entry.name) == (BIRD, CAT)
    assert numbers(birds) == (2, 1, 1, 1, 1)
    assert (birds.answers, birds.people, birds.left, birds.last_at) == (14, 3, 2, clock.now)
    assert numbers(cats) == (0, 0, 0, 0, 0)
    assert (cats.answers, cats.people, cats.left, cats.last_at) == (0, 0, 0, None)
    label_store.attributes.set_archived(ann.id, CAT, True)
    assert label_store.attributes.list_progress()[1].entry.archived


def test_the_board_leaves_out_what_is_undone_barred_or_not_for_training(
    label_store: LabelStore, ann: Annotator, bo: Annotator
) -> None:
    define(label_store, ann)
    label_store.attributes.set_agreement(ann.id, BIRD, 1)
    label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(row) for row in range(10)], Y)
    label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(1)], N)
    assert numbers(label_store.attributes.list_progress()[0]) == (9, 1, 0, 0, 0), "the last word counts"
    label_store.answers.undo(new_action_id(), ann.id)
    assert numbers(label_store.attributes.list_progress()[0]) == (10, 0, 0, 0, 0)
    validation = draw(label_store, [4], Purpose.VALIDATION)
    assert numbers(label_store.attributes.list_progress()[0]) == (7, 0, 0, 0, 0), "with its two near-duplicates"
    say(label_store, label_store.questions.take_page(bo.id, validation.id), N)
    (birds, _) = label_store.attributes.list_progress()
    assert (numbers(birds), birds.answers, birds.people) == ((7, 0, 0, 0, 0), 11, 2)


def test_the_board_agrees_with_folding_all_answers(label_store: LabelStore, clock: Clock) -> None:
    people = [label_store.annotators.add(str(number)) for number in range(4)]
    define(label_store, people[0])
    chance = np.random.default_rng(3)
    for agree in (1, 2, 3):
        label_store.attributes.set_agreement(people[0].id, BIRD, agree)
        for person in people:
            rows = chance.choice(40, 12, replace=False).tolist()
            value = [Y, N, U][chance.integers(3)]
            label_store.answers.bulk_answer(new_action_id(), person.id, BIRD, 1, [image(row) for row in rows], value)
            if chance.random() < 0.3:
                label_store.answers.undo(new_action_id(), person.id)
        table = label_store.answers.table(BIRD)
        rule = AgreementRule(agree, None if agree == 1 else 2 * agree - 1)
        labels = fold_answers(table.image_ids, table.annotators.astype(np.int64), table.values, rule).labels
        expected = [
            int((labels == each).sum()) for each in (Label.YES, Label.NO, Label.UNSURE, Label.SPLIT, Label.OPEN)
        ]
        assert list(numbers(label_store.attributes.list_progress()[0])) == expected


def test_the_table_tells_all_of_every_answer_that_counts(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    label_store.answers.bulk_answer(new_action_id(), bo.id, BIRD, 3, [image(1), image(2)], N)
    label_store.answers.bulk_answer(new_action_id(), bo.id, BIRD, 3, [image(3)], Y, reason="import: labels.csv")
    label_store.answers.bulk_answer("undone", bo.id, BIRD, 3, [image(7)], Y)
    label_store.answers.undo(new_action_id(), bo.id)
    clock.pass_seconds(9)
    draw(label_store, [8, 9])
    say(label_store, label_store.questions.next_page(ann.id, BIRD), U, Y)
    audit, validation = (
        draw(label_store, [row], purpose) for row, purpose in ((20, Purpose.AUDIT), (21, Purpose.VALIDATION))
    )
    for batch in (audit, validation):
        say(label_store, label_store.questions.take_page(ann.id, batch.id), Y)
    table = label_store.answers.table(BIRD)
    assert table.image_ids.tolist() == [image(row) for row in (1, 2, 3, 8, 9, 21)]
    assert [table.people[place] for place in table.annotators] == [bo, bo, bo, ann, ann, ann]
    assert table.values.tolist() == [0, 0, 1, 2, 1, 1]
    assert table.origins.tolist() == ["stroke", "stroke", "import", "page", "page", "page"]
    assert table.reasons.tolist()[2:4] == ["import: labels.csv", "uniform"]
    assert table.purposes.tolist() == ["training"] * 5 + ["validation"]
    assert table.definition_versions.tolist() == [3, 3, 3, 1, 1, 1]
    assert table.at.tolist() == [clock.now - 9] * 3 + [clock.now] * 3
    assert table.seconds.tolist() == [0, 0, 0, 1, 1, 1]
    assert np.all(np.diff(table.sequences) >= 0)
    assert len(label_store.answers.table(BIRD, [Purpose.AUDIT])) == 1


def test_a_table_of_nothing_has_its_types(label_store: LabelStore) -> None:
    table = label_store.answers.table(BIRD)
    assert len(table) == 0
    kinds = (table.image_ids, table.annotators, table.values, table.at, table.seconds, table.sequences)
    assert [column.dtype.name for column in kinds] == ["int64", "int32", "int8", "float64", "float32", "int64"]


def test_origins_of_what_the_store_itself_asked(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    label_store.answers.bulk_answer("s", ann.id, BIRD, 1, [image(1), image(2)], Y)
    label_store.answers.spot_check("s", bo.id, 1, seed=1)
    say(label_store, label_store.questions.next_page(bo.id, BIRD), N)
    assert label_store.answers.table(BIRD).origins.tolist() == ["stroke", "stroke", "spot check"]
