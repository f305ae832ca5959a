"""Near-duplicates and images of one project, and the wall that keeps them out of training."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.consensus import AgreementRule
from pipeline.errors import ParameterError, PurposeError, UnknownImageError
from pipeline.label_store import STATISTICAL, Annotator, Drawn, KnownImages, LabelStore, Purpose, Value, new_action_id
from tests.pipeline.label_store.conftest import BIRD, COUNT, draw, image, rows_of

PROJECTS = {20: 7, 21: 7, 22: 7, 5: 8, 30: 8}
"""Rows 20 to 22 are of one project, and so are 5 and 30; 4, 5 and 6 are near-duplicates of each other."""


@pytest.fixture
def images(images: KnownImages) -> KnownImages:
    projects = np.full(COUNT, -1)
    for row, project in PROJECTS.items():
        projects[row] = project
    return KnownImages(images.image_ids, images.groups, projects)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 4)), min_size=1, max_size=25),
    st.sets(st.integers(0, 24), max_size=5),
)
def test_kin_are_what_the_definition_says(known: list[tuple[int, int]], chosen: set[int]) -> None:
    groups, projects = np.array(known).T
    images = KnownImages(np.arange(len(known), dtype=np.int64) * 3 + 1, groups, projects)
    rows = [row for row in sorted(chosen) if row < len(known)]
    near = {row for row in range(len(known)) for one in rows if groups[row] == groups[one]}
    of_project = {row for row in range(len(known)) for one in near if projects[row] == projects[one] >= 0}
    expected = sorted(3 * row + 1 for row in near | of_project)
    assert images.related([3 * row + 1 for row in rows]).tolist() == expected


def test_without_projects_kin_are_the_near_duplicates() -> None:
    images = KnownImages(np.array([2, 4, 6, 8]), np.array([0, 1, 0, 3]))
    assert images.related([6]).tolist() == images.with_near_duplicates([6]).tolist() == [2, 6]
    assert images.related([]).tolist() == []


def test_kin_of_an_unknown_image_are_an_error() -> None:
    with pytest.raises(UnknownImageError, match="no image 5"):
        KnownImages(np.array([2, 4])).related([5])


def test_projects_are_one_an_image() -> None:
    with pytest.raises(ParameterError, match="projects has 1 entries for 2 images"):
        KnownImages(np.array([2, 4]), None, np.array([1]))


@pytest.mark.parametrize("purpose", sorted(STATISTICAL))
def test_a_statistical_draw_bars_near_duplicates_and_their_projects(label_store: LabelStore, purpose: Purpose) -> None:
    draw(label_store, [4], purpose)
    assert label_store.batches.barred_images(BIRD).tolist() == [image(row) for row in (4, 5, 6, 30)]
    with pytest.raises(PurposeError, match=r"near-duplicate or an image of its project was drawn"):
        draw(label_store, [1, 30])
    draw(label_store, [21], purpose)
    assert label_store.batches.barred_images(BIRD).tolist() == [image(row) for row in (4, 5, 6, 20, 21, 22, 30)]
    assert label_store.batches.barred_images("content_cat").tolist() == [], "the wall is the attribute's own"
    assert draw(label_store, [30], attribute="content_cat").images == 1


@pytest.mark.parametrize("purpose", [Purpose.TRAINING, Purpose.GOLD])
def test_what_is_no_statistics_bars_nothing(label_store: LabelStore, purpose: Purpose) -> None:
    expected = Value.YES if purpose is Purpose.GOLD else None
    label_store.batches.draw(BIRD, 1, purpose, [Drawn(image(20), "some", expected=expected)])
    assert label_store.batches.barred_images(BIRD).tolist() == []


def test_answers_of_a_project_stop_teaching(label_store: LabelStore, ann: Annotator) -> None:
    label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(20), image(1), image(30)], Value.YES)
    draw(label_store, [22, 6], Purpose.VALIDATION)
    assert label_store.answers.labels(BIRD, Purpose.TRAINING, AgreementRule()).image_ids.tolist() == [image(1)]
    receipt = label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(21), image(2)], Value.YES)
    assert receipt.left_out == (image(21),)


def test_images_of_a_project_may_be_drawn_for_another_statistical_purpose(label_store: LabelStore) -> None:
    draw(label_store, [20], Purpose.VALIDATION)
    assert draw(label_store, [21], Purpose.AUDIT).images == 1


def test_a_page_asks_no_image_of_a_barred_project(label_store: LabelStore, ann: Annotator) -> None:
    draw(label_store, [1, 2])
    draw(label_store, [20], Purpose.VALIDATION)
    assert rows_of(label_store.questions.next_page(ann.id, BIRD)) == [1, 2]
