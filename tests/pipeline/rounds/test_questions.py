"""Questions of a round: never more than a batch, none twice, and no use of gold questions and other checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collection.vectors import StoredVectors
from pipeline.label_store import Drawn, Purpose, Reply, Value, new_action_id
from pipeline.learning.query_strategies import STRATEGIES
from pipeline.rounds.answers import _some, training_answers, validation_sample
from pipeline.rounds.pending_questions import note_asking
from pipeline.rounds.questions import ask_questions, choose_questions
from pipeline.rounds.run import run_round
from tests.pipeline.conftest import BIRD, OWN, Workspace, drawn_for

MARGINS = np.linspace(-2, 2, 72, dtype=np.float32)


@given(
    st.lists(st.booleans(), max_size=60),
    st.integers(2, 40),
    st.integers(0, 5),
)
def test_of_very_many_known_answers_each_side_keeps_half_or_all_it_has(yes: list[bool], most: int, seed: int) -> None:
    truth = np.array(yes, np.bool_)
    rows = np.arange(len(yes), dtype=np.int64) * 2
    drawn = _some(rows, truth, most, seed)
    assert len(drawn) == min(most, len(rows))
    assert np.all(np.diff(drawn) > 0)
    assert set(drawn.tolist()) <= set(rows.tolist())
    for side in (truth, ~truth):
        assert np.isin(drawn, rows[side]).sum() >= min(side.sum(), most // 2)


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_fewer_questions_than_are_open_already_ask_nothing_new(workspace: Workspace, strategy: str) -> None:
    workspace.begin_with()
    first = run_round(workspace.collection, workspace.store, BIRD, replace(OWN, batch=40))
    assert first.validation_questions > 4
    second = run_round(workspace.reopened(), workspace.store, BIRD, replace(OWN, batch=4, strategy=strategy))
    assert (second.training_questions, second.validation_questions) == (0, 0)
    assert (second.training_batch, second.validation_batch) == ("", "")
    assert workspace.store.batches.count_open(BIRD) == first.validation_questions


def test_when_everything_is_answered_a_round_asks_nothing_and_scores_all(workspace: Workspace) -> None:
    workspace.say(workspace.of_kind("stripes"), Value.YES)
    workspace.say(workspace.of_kind("disc") + workspace.of_kind("square"), Value.NO)
    report = run_round(workspace.collection, workspace.store, BIRD, OWN)
    assert (report.answers, report.training_questions, report.validation_questions) == (72, 0, 0)
    assert BIRD in workspace.reopened().scored


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_asked_that_was_asked_is_gold_or_is_kept_out(workspace: Workspace, seed: int) -> None:
    workspace.begin_with()
    disc = workspace.of_kind("disc")
    workspace.store.batches.draw(
        BIRD, 1, Purpose.GOLD, [Drawn(image, "settled", expected=Value.NO) for image in disc[:5]]
    )
    workspace.store.batches.draw(BIRD, 1, Purpose.AUDIT, [Drawn(disc[5], "audit", 0.5)])
    kept_out = np.array(disc[6:10], np.int64)
    answers = training_answers(workspace.collection, workspace.store, BIRD, from_source=False, seed=seed)
    vectors = StoredVectors(workspace.collection)
    options = replace(OWN, batch=200)
    asking = choose_questions(workspace.store, BIRD, options, seed, MARGINS, vectors, answers, kept_out)
    validation, training = ({each.image_id for each in some} for some in (asking.validation, asking.training))
    answered = set(workspace.ids[answers.rows].tolist())
    assert not validation & (answered | set(disc[:10]))
    assert validation | training | answered | set(disc[:10]) == set(workspace.ids.tolist())
    assert not training & (validation | answered | {disc[5]})
    assert all(each.probability is not None and 0 < each.probability <= 1 for each in asking.validation)
    assert all(len(each.reason) <= 100 for each in asking.training)


def test_what_was_chosen_is_asked_under_the_rule_and_the_definition_of_its_choice(workspace: Workspace) -> None:
    workspace.begin_with()
    workspace.store.attributes.set_agreement(workspace.ann.id, BIRD, 1)
    answers = training_answers(workspace.collection, workspace.store, BIRD, from_source=False, seed=0)
    asking = choose_questions(workspace.store, BIRD, OWN, 0, MARGINS, StoredVectors(workspace.collection), answers)
    assert (asking.definition_version, asking.agree) == (1, 1)
    training, validation = ask_questions(
        workspace.store, BIRD, asking, note_asking(workspace.collection, BIRD, 1, "round-1")
    )
    assert (training[1], validation[1]) == (8, 8)
    titles = {batch.title for batch in workspace.store.questions.count_left(BIRD, workspace.ann.id).batches}
    assert titles == {"round 1: what teaches most"}
    ids, models = workspace.store.batches.asked_images(BIRD)
    assert models[-16:] == ["round-1"] * 16
    assert set(ids[-16:].tolist()) == drawn_for(workspace, Purpose.VALIDATION) | drawn_for(workspace, Purpose.TRAINING)


def test_an_unsure_or_open_validation_answer_judges_nothing(workspace_with: Callable[..., Workspace]) -> None:
    workspace = workspace_with()
    some = [Drawn(int(image), "validation: uniform", 0.25) for image in workspace.ids[:4]]
    batch = workspace.store.batches.draw(BIRD, 1, Purpose.VALIDATION, some)
    assert len(validation_sample(workspace.store, BIRD).rows) == 0
    page = workspace.store.questions.take_page(workspace.ann.id, batch.id, 10)
    values = (Value.YES, Value.UNSURE, Value.NO)
    replies = [Reply(item.draw_id, value, 1.0) for item, value in zip(page.items, values, strict=False)]
    workspace.store.answers.record(new_action_id(), page.id, workspace.ann.id, replies)
    sample = validation_sample(workspace.store, BIRD)
    assert sample.rows.tolist() == [0, 2]
    assert sample.truth.tolist() == [True, False]
    assert sample.weights.tolist() == [4.0, 4.0]
    assert not sample.says_enough


def test_rounds_with_one_seed_ask_the_same(workspace: Workspace) -> None:
    workspace.begin_with()
    answers = training_answers(workspace.collection, workspace.store, BIRD, from_source=False, seed=0)
    vectors = StoredVectors(workspace.collection)
    one, same, other = (
        choose_questions(workspace.store, BIRD, OWN, seed, MARGINS, vectors, answers) for seed in (4, 4, 5)
    )
    assert (one.training, one.validation) == (same.training, same.validation)
    assert one.validation != other.validation
