"""Attributes: versions that cannot be overwritten by accident, and settings of each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from pipeline.errors import (
    ArchivedError,
    DefinitionConflictError,
    ParameterError,
    TaxonomyError,
    UnknownImageError,
    UnknownRecordError,
)
from pipeline.label_store import Annotator, Draft, LabelStore, Purpose, Value
from pipeline.taxonomy import Attribute, Taxonomy
from tests.pipeline.label_store.conftest import BIRD, Clock, draw, image, rows_of, say

FISH = "content_fish"
DRAFT = Draft("fish", "Is there a fish?", ("a live fish",), ("fish and chips",), (image(1),), (image(2), image(3)))


def taxonomy(*attributes: Attribute) -> Taxonomy:
    return Taxonomy("Test", 1, attributes)


BIRDS = Attribute(BIRD, "content", "bird", "Is there a bird?", ("real ones",), ("planes",))
CATS = Attribute("content_cat", "content", "cat")


def test_an_attribute_is_made_and_changed_by_versions(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    first = label_store.attributes.define(ann.id, FISH, DRAFT, seen_version=0)
    assert (first.version, first.annotator_id, first.at) == (1, ann.id, clock.now)
    clock.pass_seconds(5)
    second = label_store.attributes.define(ann.id, FISH, replace(DRAFT, title="  any\n fish "), seen_version=1)
    assert (second.version, second.title) == (2, "any fish")
    assert label_store.attributes.history(FISH) == [first, second]
    entry = label_store.attributes.find(FISH)
    assert (entry.name, entry.group, entry.definition, entry.archived, entry.agree) == (
        FISH,
        "content",
        second,
        False,
        1,
    )


def test_who_changes_what_another_changed_meanwhile_is_told_and_nothing_is_written(
    label_store: LabelStore, ann: Annotator, bo: Annotator
) -> None:
    label_store.attributes.define(ann.id, FISH, DRAFT, seen_version=0)
    label_store.attributes.define(bo.id, FISH, replace(DRAFT, title="fishes"), seen_version=1)
    for seen in (0, 1, 7):
        with pytest.raises(DefinitionConflictError, match=rf"changed by Bo meanwhile.*on version {seen}"):
            label_store.attributes.define(ann.id, FISH, replace(DRAFT, title="a fish"), seen_version=seen)
    assert [entry.title for entry in label_store.attributes.history(FISH)] == ["fish", "fishes"]


def test_the_same_words_are_no_new_version(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    first = label_store.attributes.define(ann.id, FISH, DRAFT, seen_version=0)
    assert label_store.attributes.define(bo.id, FISH, DRAFT, seen_version=1) == first
    assert label_store.attributes.define(ann.id, FISH, DRAFT, seen_version=0) == first, "sent again after a lost reply"


def test_of_two_who_define_at_once_one_is_told(label_store: LabelStore, ann: Annotator) -> None:
    def define(number: int) -> int:
        try:
            return label_store.attributes.define(ann.id, FISH, Draft(f"fish {number}"), seen_version=0).version
        except DefinitionConflictError:
            return 0

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(define, range(4))) == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("draft", "error", "words"),
    [
        (Draft(""), ParameterError, "title of an attribute has 0 characters"),
        (Draft("x" * 61), ParameterError, "1 to 60"),
        (Draft("x", "y" * 501), ParameterError, "1 to 500"),
        (Draft("x", counts=("y" * 201,)), ParameterError, "1 to 200"),
        (Draft("x", counts_not=("y",) * 21), ParameterError, "21 points of what does not count"),
        (Draft("x\x00y"), ParameterError, "control character"),
        (Draft("x", examples_yes=tuple(range(100, 350, 10))), ParameterError, "25 examples exceed the limit of 24"),
        (Draft("x", examples_yes=(7,)), UnknownImageError, "no image 7"),
        (Draft("x", examples_yes=(100,), examples_no=(100,)), ParameterError, "example of yes and of no"),
    ],
)
def test_what_is_typed_is_checked(
    label_store: LabelStore, ann: Annotator, draft: Draft, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        label_store.attributes.define(ann.id, FISH, draft, seen_version=0)
    assert label_store.attributes.list_all() == []


def test_names_and_people_are_checked(label_store: LabelStore, ann: Annotator) -> None:
    with pytest.raises(TaxonomyError, match="is not the name of an attribute"):
        label_store.attributes.define(ann.id, "caption", DRAFT, seen_version=0)
    with pytest.raises(UnknownRecordError, match="no annotator"):
        label_store.attributes.define("nobody", FISH, DRAFT, seen_version=0)
    with pytest.raises(UnknownRecordError, match="Define it as a new one"):
        label_store.attributes.define(ann.id, FISH, DRAFT, seen_version=3)
    for call in (label_store.attributes.find, label_store.attributes.history):
        with pytest.raises(UnknownRecordError, match="no attribute 'content_fish'"):
            call(FISH)


def test_any_text_comes_back_as_it_was_typed(label_store: LabelStore, ann: Annotator) -> None:
    nasty = Draft("<b>'x\"</b>", "\\ % _ 🐟 {0}", ("'; DROP TABLE draws; --",), ("[]",))
    kept = label_store.attributes.define(ann.id, FISH, nasty, seen_version=0)
    assert (kept.title, kept.definition, kept.counts, kept.counts_not) == (
        nasty.title,
        nasty.definition,
        nasty.counts,
        nasty.counts_not,
    )


def test_a_collections_attributes_are_there_once_and_in_its_order(label_store: LabelStore, ann: Annotator) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: label_store.attributes.seed(taxonomy(BIRDS, CATS)), range(4)))
    label_store.attributes.define(ann.id, "content_ant", Draft("ant"), seen_version=0)
    assert [entry.name for entry in label_store.attributes.list_all()] == [BIRD, "content_cat", "content_ant"]
    (version,) = label_store.attributes.history(BIRD)
    assert (version.annotator_id, version.definition, version.counts_not) == ("", "Is there a bird?", ("planes",))


def test_a_build_with_other_words_adds_a_version_but_leaves_peoples_words_alone(
    label_store: LabelStore, ann: Annotator
) -> None:
    label_store.attributes.seed(taxonomy(BIRDS, CATS))
    label_store.attributes.define(ann.id, CATS.name, Draft("any cat"), seen_version=1)
    label_store.attributes.seed(taxonomy(replace(BIRDS, definition="A bird?"), replace(CATS, title="kitten")))
    assert [entry.definition for entry in label_store.attributes.history(BIRD)] == ["Is there a bird?", "A bird?"]
    assert label_store.attributes.find(CATS.name).definition.title == "any cat"
    before = label_store.state()
    label_store.attributes.seed(taxonomy(replace(BIRDS, definition="A bird?")))
    assert label_store.state() == before


def test_a_collections_words_are_cleaned_rather_than_refused(label_store: LabelStore) -> None:
    long = replace(BIRDS, title="", definition="x" * 900, counts=("a\x00b", "  ", "y" * 300))
    for _ in range(2):
        label_store.attributes.seed(taxonomy(long))
    (version,) = label_store.attributes.history(BIRD)
    assert (version.title, len(version.definition)) == (BIRD, 500)
    assert version.counts == ("ab", "y" * 200)


def test_two_must_agree_where_there_are_two(label_store: LabelStore, ann: Annotator) -> None:
    label_store.attributes.seed(taxonomy(BIRDS))
    label_store.annotators.add("Bo")
    label_store.attributes.seed(taxonomy(BIRDS, CATS))
    assert [entry.agree for entry in label_store.attributes.list_all()] == [1, 2]


def test_nobody_is_asked_about_what_is_archived_but_a_page_in_hand_is_answered(
    label_store: LabelStore, ann: Annotator
) -> None:
    label_store.attributes.seed(taxonomy(BIRDS))
    batch = draw(label_store, [1, 2, 3])
    page = label_store.questions.next_page(ann.id, BIRD, 2)
    assert label_store.attributes.set_archived(ann.id, BIRD, True).archived
    for call in (
        lambda: draw(label_store, [7]),
        lambda: label_store.questions.take_page(ann.id, batch.id),
        lambda: label_store.questions.next_page(ann.id, BIRD),
    ):
        with pytest.raises(ArchivedError, match=r"content_bird is archived.*Restore the attribute"):
            call()
    say(label_store, page, Value.YES, Value.NO)
    assert label_store.answers.counts() == {(BIRD, Purpose.TRAINING): 2}
    label_store.attributes.set_archived(ann.id, BIRD, False)
    assert rows_of(label_store.questions.next_page(ann.id, BIRD)) == [3]


def test_settings_of_nothing_are_refused(label_store: LabelStore, ann: Annotator) -> None:
    label_store.attributes.seed(taxonomy(BIRDS))
    with pytest.raises(UnknownRecordError, match="no attribute"):
        label_store.attributes.set_archived(ann.id, "content_dog", True)
    with pytest.raises(UnknownRecordError, match="no attribute"):
        label_store.attributes.set_agreement(ann.id, "content_dog", 2)
    for agree in (0, 6):
        with pytest.raises(ParameterError, match="1 to 5"):
            label_store.attributes.set_agreement(ann.id, BIRD, agree)
