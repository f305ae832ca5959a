"""Gold questions: made of settled labels, hidden among the others, asked once, and without effect on labels."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from sqlalchemy import select

from pipeline.annotation.annotator_accuracy import annotator_reports, suspect_gold
from pipeline.annotation.consensus import AgreementRule, Label
from pipeline.errors import ParameterError, UnknownRecordError
from pipeline.label_store import (
    LEASE_SECONDS,
    Annotator,
    Draft,
    Drawn,
    KnownImages,
    LabelStore,
    Page,
    Purpose,
    Reply,
    Requirements,
    Value,
    new_action_id,
)
from pipeline.label_store.schema.tables import draws
from tests.pipeline.label_store.conftest import BIRD, Clock, draw, image, rows_of, say

Y, N = Value.YES, Value.NO
ONE = AgreementRule()
COUNT = 800
TWINS = {1: 0, 3: 2, 41: 40}
"""Rows that are near-duplicates of others."""


@pytest.fixture
def images() -> KnownImages:
    groups = np.arange(COUNT)
    for row, group in TWINS.items():
        groups[row] = group
    return KnownImages(np.arange(COUNT, dtype=np.int64) * 10 + 100, groups)


@pytest.fixture
def label_store(label_store: LabelStore, ann: Annotator) -> LabelStore:
    """A store with the attribute, in which one annotator settles a label."""
    label_store.attributes.define(ann.id, BIRD, Draft("bird"), seen_version=0)
    return label_store


def truth(image_id: int) -> Value:
    """Every fourth image shows it."""
    return Y if (image_id // 10) % 4 == 2 else N


def settle(store: LabelStore, annotator: Annotator, clock: Clock, rows: range) -> None:
    """Have one person answer images truly."""
    batch = draw(store, list(rows), again=True)
    page = store.questions.take_page(annotator.id, batch.id, 500)
    say(store, page, *[truth(item.image_id) for item in page.items])
    clock.pass_seconds(LEASE_SECONDS + 1)


def gold_images(store: LabelStore) -> dict[int, str]:
    """Gold images with their expected answers."""
    with store.database.reading() as connection:
        query = select(draws.c.image_id, draws.c.expected).where(draws.c.purpose == Purpose.GOLD.value)
        return {row.image_id: row.expected for row in connection.execute(query)}


def work(store: LabelStore, annotator: Annotator, clock: Clock, pages: int, size: int = 24) -> list[Page]:
    """Answer some pages truly, each long after the last."""
    done = []
    for _ in range(pages):
        page = store.questions.next_page(annotator.id, BIRD, size, repeats=0.05)
        assert page is not None
        say(store, page, *[truth(item.image_id) for item in page.items])
        done.append(page)
        clock.pass_seconds(LEASE_SECONDS + 1)
    return done


def test_gold_is_made_of_what_the_rule_settles_half_of_each_and_one_of_near_duplicates(
    label_store: LabelStore, ann: Annotator, clock: Clock
) -> None:
    settle(label_store, ann, clock, range(100))
    settle(label_store, ann, clock, range(1, 4, 2))
    label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(row) for row in range(700, 760)], Y)
    draw(label_store, [40], Purpose.VALIDATION)
    standing = label_store.gold.summary(BIRD)
    batch = label_store.gold.make(BIRD, 30, seed=3)
    gold = gold_images(label_store)
    assert batch.images == len(gold) == 30
    assert Counter(gold.values()) == {"yes": 15, "no": 15}
    assert all(expected == truth(image_id) for image_id, expected in gold.items())
    assert not set(gold) & {image(row) for row in (*range(700, 760), 40, 41)}, "no stroke, and nothing barred"
    more = label_store.gold.make(BIRD, 2_000, seed=4)
    everything = gold_images(label_store)
    groups = label_store.images.group_of(everything).tolist()
    assert len(groups) == len(set(groups)) == 30 + more.images, "none twice, none beside its near-duplicate"
    after = label_store.gold.summary(BIRD)
    assert (after.yes + after.no, after.retired) == (len(everything), 0)
    assert (standing.settled_yes + standing.settled_no, len(everything)) == (98, 96), "of two pairs one each"
    with pytest.raises(ParameterError, match="Both are needed"):
        label_store.gold.make(BIRD, 2, seed=5)


def test_gold_needs_both_answers_and_a_sensible_number(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    with pytest.raises(ParameterError, match="0 settled images that are a yes"):
        label_store.gold.make(BIRD, 20, seed=1)
    with pytest.raises(ParameterError, match="2 to 2,000"):
        label_store.gold.make(BIRD, 1, seed=1)
    with pytest.raises(UnknownRecordError):
        label_store.gold.make("content_dragon", 20, seed=1)


def test_of_near_duplicates_made_together_one_is_taken(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    for row in range(4):  # two pairs, one of them with both answers
        settle(label_store, ann, clock, range(row, row + 1))
    label_store.gold.make(BIRD, 4, seed=1)
    gold = gold_images(label_store)
    assert gold[image(0)] == "yes"
    assert set(gold) in ({image(0), image(2)}, {image(0), image(3)})


def test_what_one_side_lacks_is_of_the_other(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    settle(label_store, ann, clock, range(4, 24))
    label_store.gold.make(BIRD, 12, seed=1)
    assert Counter(gold_images(label_store).values()) == {"yes": 5, "no": 7}


def test_gold_is_hidden_in_pages_at_its_share_and_nobody_is_asked_twice(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    settle(label_store, ann, clock, range(200))
    label_store.gold.make(BIRD, 80, seed=1)
    gold = set(gold_images(label_store))
    draw(label_store, list(range(200, 800)))
    pages = work(label_store, bo, clock, 22)
    asked = [item.image_id for page in pages for item in page.items]
    hidden = [image_id for image_id in asked if image_id in gold]
    assert 0.02 < len(hidden) / len(asked) < 0.13
    assert len(set(hidden)) == len(hidden)
    assert len({len([1 for item in page.items if item.image_id in gold]) for page in pages}) > 2, "no fixed number"
    places = {place for page in pages for place, item in enumerate(page.items) if item.image_id in gold}
    assert len(places) > 10, "at any place"
    assert {page.purpose for page in pages} == {Purpose.TRAINING}
    assert Counter(gold_images(label_store)[image_id] for image_id in hidden)["yes"] > len(hidden) / 10, "both kinds"
    assert len({len(page.items) for page in pages}) == 1, "a page has its size"


def test_who_answered_an_image_before_is_not_measured_by_it(
    label_store: LabelStore, ann: Annotator, clock: Clock
) -> None:
    settle(label_store, ann, clock, range(200))
    label_store.gold.make(BIRD, 80, seed=1)
    draw(label_store, list(range(200, 600)))
    pages = work(label_store, ann, clock, 10)
    looks = {entry.image_id for entry in label_store.answers.log(BIRD) if entry.reason == "second look"}
    assert not {item.image_id for page in pages for item in page.items} & set(gold_images(label_store)) - looks
    assert label_store.questions.next_page(ann.id, BIRD, purpose=Purpose.GOLD) is None


def test_what_is_said_of_gold_is_no_label_and_no_progress(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    settle(label_store, ann, clock, range(100))
    label_store.gold.make(BIRD, 40, seed=1)
    label_store.qualifications.set_requirements(ann.id, BIRD, Requirements(gold_share=0.2))
    before = label_store.answers.labels(BIRD, Purpose.TRAINING, ONE)
    assert label_store.batches.count_open(BIRD) == 0
    draw(label_store, list(range(200, 400)))
    assert label_store.attributes.list_progress()[0].left == label_store.batches.count_open(BIRD) == 200
    gold, wrong = gold_images(label_store), 0
    for _ in range(8):
        page = label_store.questions.next_page(bo.id, BIRD, 24)
        assert page is not None
        said = [(N if truth(item.image_id) is Y else Y) if item.image_id in gold else N for item in page.items]
        wrong += sum(item.image_id in gold for item in page.items)
        say(label_store, page, *said)
        clock.pass_seconds(LEASE_SECONDS + 1)
    assert wrong > 5
    after = label_store.answers.labels(BIRD, Purpose.TRAINING, ONE)
    known = np.isin(after.image_ids, before.image_ids)
    assert np.array_equal(after.labels[known], before.labels)
    assert label_store.answers.counts()[BIRD, Purpose.GOLD] == wrong
    assert label_store.attributes.list_progress()[0].left == 200 - (8 * 24 - wrong)
    log = [entry for entry in label_store.answers.log(BIRD) if entry.purpose is Purpose.GOLD]
    assert {(entry.image_id in gold, entry.reason, entry.probability) for entry in log} == {(True, "gold", None)}
    table = label_store.qualifications.annotator_answers(BIRD)
    reports = annotator_reports(
        len(table.people), table.annotators, table.values, table.seconds, table.expected, table.before
    )
    by_person = {person.id: report for person, report in zip(table.people, reports, strict=True)}
    assert (by_person[bo.id].accuracy.hits, by_person[bo.id].accuracy.of) == (0, wrong)
    assert by_person[ann.id].accuracy.of == 0
    assert by_person[bo.id].answers == 8 * 24 - wrong


@pytest.mark.parametrize("purpose", [Purpose.VALIDATION, Purpose.CERTIFICATION, Purpose.AUDIT])
def test_gold_is_hidden_in_statistical_work_too_and_stays_gold(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock, purpose: Purpose
) -> None:
    settle(label_store, ann, clock, range(100))
    label_store.gold.make(BIRD, 40, seed=1)
    label_store.qualifications.set_requirements(ann.id, BIRD, Requirements(gold_share=0.2))
    draw(label_store, list(range(200, 300)), purpose)
    asked = 0
    for _ in range(3):
        page = label_store.questions.next_page(bo.id, BIRD, 24, purpose=purpose)
        assert page is not None
        asked += len(page.items)
        say(label_store, page, *[truth(item.image_id) for item in page.items])
    gold = label_store.answers.counts()[BIRD, Purpose.GOLD]
    assert gold > 0
    assert len(label_store.answers.labels(BIRD, purpose, ONE)) == asked - gold


def test_without_a_share_or_without_gold_pages_are_as_they_were(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    settle(label_store, ann, clock, range(100))
    draw(label_store, list(range(200, 400)))
    assert rows_of(label_store.questions.next_page(bo.id, BIRD, 48)) == list(range(200, 248))
    label_store.gold.make(BIRD, 40, seed=1)
    label_store.qualifications.set_requirements(ann.id, BIRD, Requirements(gold_share=0.0))
    cy = label_store.annotators.add("Cy")
    assert rows_of(label_store.questions.next_page(cy.id, BIRD, 48)) == list(range(248, 296))


def test_a_page_that_expired_keeps_its_gold(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    settle(label_store, ann, clock, range(100))
    label_store.gold.make(BIRD, 40, seed=1)
    label_store.qualifications.set_requirements(ann.id, BIRD, Requirements(gold_share=0.2))
    draw(label_store, list(range(200, 400)))
    page = label_store.questions.next_page(bo.id, BIRD, 48)
    assert page is not None
    assert set(gold_images(label_store)) & {item.image_id for item in page.items}
    clock.pass_seconds(LEASE_SECONDS + 1)
    assert label_store.questions.renew_page(page.id, bo.id).items == page.items
    act = say(label_store, page, *[Y] * 48)
    label_store.answers.undo(new_action_id(), bo.id, act)
    assert label_store.questions.renew_page(page.id, bo.id).items == page.items, (
        "undone answers come back with their gold"
    )


def test_gold_that_most_contradict_is_suspect_and_retired_for_everybody(
    label_store: LabelStore, ann: Annotator, clock: Clock
) -> None:
    settle(label_store, ann, clock, range(100))
    label_store.gold.make(BIRD, 10, seed=1)
    (bad, good) = list(gold_images(label_store))[:2]
    people = [label_store.annotators.add(name) for name in ("Bo", "Cy", "Di")]
    for person in people:
        page = label_store.questions.next_page(person.id, BIRD, 24, purpose=Purpose.GOLD)
        assert page is not None
        assert len(page.items) == 10
        replies = [
            Reply(item.draw_id, truth(item.image_id) if item.image_id != bad else N if truth(bad) is Y else Y)
            for item in page.items
        ]
        label_store.answers.record(new_action_id(), page.id, person.id, replies)
    table = label_store.qualifications.annotator_answers(BIRD)
    asked = table.expected >= 0
    (suspect,) = suspect_gold(table.image_ids[asked], table.values[asked], table.expected[asked])
    assert (suspect.image_id, suspect.against, suspect.people) == (bad, 3, 3)
    assert (suspect.expected is Label.YES) == (truth(bad) is Y)
    before = label_store.state()
    label_store.gold.retire(ann.id, BIRD, bad)
    assert label_store.state() != before
    again = label_store.state()
    label_store.gold.retire(ann.id, BIRD, bad)
    assert label_store.state() == again, "a second time changes nothing"
    table = label_store.qualifications.annotator_answers(BIRD)
    assert bad not in table.image_ids[table.expected >= 0]
    assert good in table.image_ids[table.expected >= 0]
    reports = annotator_reports(
        len(table.people), table.annotators, table.values, table.seconds, table.expected, table.before
    )
    assert [(report.accuracy.hits, report.accuracy.of) for report in reports[1:]] == [(9, 9)] * 3
    assert label_store.gold.summary(BIRD).retired == 1
    ed = label_store.annotators.add("Ed")
    page = label_store.questions.next_page(ed.id, BIRD, 24, purpose=Purpose.GOLD)
    assert page is not None
    assert bad not in {item.image_id for item in page.items}
    assert len(page.items) == 9
    with pytest.raises(UnknownRecordError, match="not a gold question"):
        label_store.gold.retire(ann.id, BIRD, image(700))


def test_a_second_opinion_of_gold_drawn_by_a_program_is_everybodys(
    label_store: LabelStore, ann: Annotator, bo: Annotator
) -> None:
    batch = label_store.batches.draw(BIRD, 1, Purpose.GOLD, [Drawn(image(1), "settled", expected=Y)])
    for person in (ann, bo):
        assert rows_of(label_store.questions.take_page(person.id, batch.id)) == [1]
        say(label_store, label_store.questions.take_page(person.id, batch.id), Y)
        assert rows_of(label_store.questions.take_page(person.id, batch.id)) == []
