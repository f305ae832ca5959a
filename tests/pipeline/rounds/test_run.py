"""A round learns from settled answers, scores all images, adds the next questions, and is complete or invisible."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.collection import Collection
from pipeline.errors import (
    ArchivedError,
    ParameterError,
    RoundError,
    UnknownRecordError,
)
from pipeline.label_store import Purpose, Value
from pipeline.learning.training import draw_weak_negatives
from pipeline.rounds import answers as round_answers
from pipeline.rounds.answers import training_answers, validation_sample
from pipeline.rounds.questions import RoundOptions
from pipeline.rounds.reports import read_reports
from pipeline.rounds.run import run_round
from pipeline.rounds.score_versions import read_model
from tests.helpers.scores import read_scores
from tests.pipeline.conftest import BIRD, CAT, OWN, Workspace, contents, drawn_for, rewrite_vectors


def test_a_round_scores_every_image_by_its_model(workspace: Workspace) -> None:
    workspace.begin_with()
    report = run_round(workspace.collection, workspace.store, BIRD, OWN)
    assert (report.number, report.origin, report.answers, report.yes, report.images) == (1, "round-1", 12, 6, 72)
    opened = workspace.reopened()
    scores = opened.scores[opened.scored.index(BIRD)]
    model = read_model(opened, BIRD, "round-1")
    margins = opened.embedding().astype(np.float32) @ model.weights + np.float32(model.intercept)
    np.testing.assert_allclose(scores, model.probability(margins), atol=1e-5)
    stripes = np.isin(opened.image_ids, workspace.of_kind("stripes"))
    assert scores[stripes].mean() > scores[~stripes].mean() + 0.1
    assert read_reports(workspace.collection, BIRD) == [report]
    assert report.sentences[0].startswith("Round 1: trained on 12 answers (6 yes), ranked 72 images in ")


def test_scores_are_in_the_order_of_rows_where_the_vectors_are_not(workspace: Workspace) -> None:
    workspace.begin_with()
    rewrite_vectors(workspace.path, np.random.default_rng(1).permutation(72))
    opened = workspace.reopened()
    run_round(opened, workspace.store, BIRD, OWN)
    model = read_model(opened, BIRD, "round-1")
    margins = opened.embedding().astype(np.float32) @ model.weights + np.float32(model.intercept)
    np.testing.assert_allclose(read_scores(opened, BIRD, "round-1"), model.probability(margins), atol=1e-5)


def test_an_attribute_that_only_people_know_is_in_the_taxonomy_afterwards(workspace: Workspace) -> None:
    assert BIRD not in workspace.collection.manifest.taxonomy.names
    workspace.begin_with()
    run_round(workspace.collection, workspace.store, BIRD, OWN)
    attribute = workspace.reopened().manifest.taxonomy.attribute(BIRD)
    assert (attribute.group, attribute.title, attribute.definition) == ("content", "bird", "Is there a bird?")
    assert (attribute.counts, attribute.counts_not) == (("parrots",), ("planes",))
    assert BIRD in workspace.reopened().scored


def test_without_a_yes_a_round_says_what_to_do_and_leaves_nothing(workspace: Workspace) -> None:
    before = contents(workspace.path, "scores", "models", "layouts")
    with pytest.raises(
        RoundError, match=r'No positive examples for "bird" yet \(no settled answers\)\. Label at least one'
    ):
        run_round(workspace.collection, workspace.store, BIRD, OWN)
    workspace.say(workspace.of_kind("square"), Value.NO)
    with pytest.raises(RoundError, match=r'No positive examples for "bird" yet \(24 answers, all no\)'):
        run_round(workspace.collection, workspace.store, BIRD, OWN)
    assert contents(workspace.path, "scores", "models", "layouts") == before
    assert read_reports(workspace.collection, BIRD) == []
    assert workspace.store.batches.count_open(BIRD) == 0


def test_when_all_are_unsure_there_is_no_yes(workspace: Workspace) -> None:
    workspace.say(workspace.of_kind("stripes"), Value.UNSURE)
    with pytest.raises(RoundError, match=r"No positive examples .*\(no settled answers"):
        run_round(workspace.collection, workspace.store, BIRD, OWN)


def test_only_yes_is_set_against_images_drawn_at_random(workspace: Workspace) -> None:
    workspace.begin_with(yes=8, no=0)
    report = run_round(workspace.collection, workspace.store, BIRD, OWN)
    assert (report.answers, report.yes, report.calibrated) == (8, 8, False)
    scores = read_scores(workspace.collection, BIRD, "round-1")
    yes = np.isin(workspace.ids, workspace.of_kind("stripes")[:8])
    assert scores[yes].mean() > scores[~yes].mean()
    assert "not probabilities yet" in report.sentences[-1]


def test_two_who_disagree_settle_nothing_under_a_rule_of_two(workspace: Workspace) -> None:
    workspace.store.attributes.set_agreement(workspace.ann.id, BIRD, 2)
    some = workspace.of_kind("stripes")
    workspace.say(some[:4], Value.YES)
    workspace.say(some[:4], Value.NO, who=workspace.bo)
    with pytest.raises(RoundError, match="no settled answers"):
        run_round(workspace.collection, workspace.store, BIRD, OWN)
    workspace.say(some[4:7], Value.YES)
    workspace.say(some[4:7], Value.YES, who=workspace.bo)
    answers = training_answers(workspace.collection, workspace.store, BIRD, from_source=False, seed=0)
    assert sorted(workspace.ids[answers.rows].tolist()) == sorted(some[4:7])
    assert answers.closed[np.isin(workspace.ids, some[:7])].all(), "what was answered is not drawn by accident"
    assert run_round(workspace.collection, workspace.store, BIRD, OWN).answers == 3


def test_three_yes_among_many_images_are_enough(workspace: Workspace) -> None:
    few = workspace.of_kind("stripes")[:3]
    workspace.say(few, Value.YES)
    workspace.say([image for image in workspace.ids.tolist() if image not in few][:40], Value.NO)
    report = run_round(workspace.collection, workspace.store, BIRD, OWN)
    assert (report.answers, report.yes) == (43, 3)
    scores = read_scores(workspace.collection, BIRD, "round-1")
    assert np.isfinite(scores).all()


def test_rare_yes_of_the_source_are_not_lost_when_there_are_very_many_answers(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(round_answers, "MOST_KNOWN", 8)
    known = np.zeros(72, np.int8)
    known[[5, 33, 60]] = 1
    monkeypatch.setattr(workspace.collection, "known", lambda _: known)
    for seed in range(5):
        answers = training_answers(workspace.collection, workspace.store, CAT, from_source=True, seed=seed)
        assert (len(answers.rows), answers.from_source, answers.rows[answers.yes].tolist()) == (8, 8, [5, 33, 60])
        assert answers.closed.all(), "what the source knows is not asked"


def test_answers_of_the_source_train_where_nobody_answered(workspace: Workspace) -> None:
    known = workspace.collection.known(CAT)
    with_yes = workspace.ids[known == 1]
    workspace.say([int(with_yes[0])], Value.NO, CAT)
    answers = training_answers(workspace.collection, workspace.store, CAT, from_source=True, seed=0)
    assert len(answers.rows) == (known >= 0).sum()
    assert answers.from_source == (known >= 0).sum() - 1
    said = dict(zip(workspace.ids[answers.rows].tolist(), answers.yes.tolist(), strict=True))
    assert said[int(with_yes[0])] is False, "what a person said stands before what the source says"
    assert said[int(with_yes[1])] is True


def test_an_archived_attribute_is_not_asked_about(workspace: Workspace) -> None:
    workspace.begin_with()
    workspace.store.attributes.set_archived(workspace.ann.id, BIRD, True)
    with pytest.raises(ArchivedError, match="Restore it from the archive"):
        run_round(workspace.collection, workspace.store, BIRD, OWN)


@pytest.mark.parametrize("name", ["content_nothing", "../../beside"])
def test_an_unknown_attribute_is_refused_before_anything_is_made(workspace: Workspace, name: str) -> None:
    with pytest.raises(UnknownRecordError, match="Define it first"):
        run_round(workspace.collection, workspace.store, name, OWN)
    assert not (workspace.path / "rounds").exists()
    assert not (workspace.path.parent / "beside").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [({"batch": 1}, "2 to 2,000"), ({"validation_share": 0.1}, "0.2 to 0.5"), ({"strategy": "best"}, "no strategy")],
)
def test_options_outside_what_is_allowed_are_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        RoundOptions(**given)  # type: ignore[arg-type]


def test_half_a_batch_is_drawn_by_chance_and_open_questions_count_for_the_next(workspace: Workspace) -> None:
    workspace.begin_with()
    first = run_round(workspace.collection, workspace.store, BIRD, OWN)
    assert (first.training_questions, first.validation_questions) == (8, 8)
    assert workspace.store.batches.count_open(BIRD) == 16
    second = run_round(workspace.reopened(), workspace.store, BIRD, OWN)
    assert (second.training_questions, second.validation_questions, second.validation_batch) == (8, 0, "")
    assert workspace.store.batches.count_open(BIRD) == 16, "what the older model wanted to know is asked no more"
    workspace.answer(first.validation_batch, count=5)
    third = run_round(workspace.reopened(), workspace.store, BIRD, OWN)
    assert (third.training_questions, third.validation_questions, third.validation) == (8, 5, 5)


def test_validation_its_near_duplicates_and_its_projects_never_train(workspace_with: Callable[..., Workspace]) -> None:
    groups, projects = np.arange(72), np.arange(72) // 4
    groups[1::2] = groups[::2]  # pairs; projects of four
    workspace = workspace_with(groups, projects)
    workspace.begin_with(yes=10, no=10)
    run_round(workspace.collection, workspace.store, BIRD, OWN)
    drawn = drawn_for(workspace, Purpose.VALIDATION)
    assert drawn
    related = set(workspace.store.images.related(sorted(drawn)).tolist())
    assert drawn < related
    asked = drawn_for(workspace, Purpose.TRAINING)
    assert asked
    assert not asked & related
    answers = training_answers(workspace.collection, workspace.store, BIRD, from_source=False, seed=0)
    assert not set(workspace.ids[answers.rows].tolist()) & related
    assert set(workspace.ids[answers.barred].tolist()) == related
    known = training_answers(workspace.collection, workspace.store, BIRD, from_source=True, seed=0)
    assert not set(workspace.ids[known.rows].tolist()) & related
    free = ~answers.barred
    assert not answers.barred[draw_weak_negatives(free, seed=0)].any()


def test_near_duplicates_do_not_fill_a_page(workspace_with: Callable[..., Workspace]) -> None:
    groups = np.arange(72) // 6
    workspace = workspace_with(groups)
    workspace.say([int(workspace.ids[0])], Value.YES)
    for strategy in ("uncertainty", "highest_score", "diverse", "random", "default"):
        options = replace(OWN, batch=20, strategy=strategy)
        report = run_round(workspace.collection, workspace.store, BIRD, options)
        page = (
            workspace.store.questions.take_page(workspace.ann.id, report.training_batch, 500)
            if report.training_batch
            else None
        )
        shown = (
            [] if page is None else [int(groups[np.searchsorted(workspace.ids, item.image_id)]) for item in page.items]
        )
        assert len(shown) == len(set(shown)), strategy
        if page is not None:
            workspace.store.questions.give_back(page.id, workspace.ann.id)


def test_first_scores_are_never_touched_on_disk(workspace: Workspace) -> None:
    before = contents(workspace.path, "scores", "models")
    for _ in range(5):
        run_round(workspace.reopened(), workspace.store, CAT, replace(OWN, from_source=True))
    after = contents(workspace.path, "scores", "models")
    assert {name: after[name] for name in before} == before
    kept = {path.name for path in (workspace.path / "scores" / CAT).glob("*.lance")}
    assert kept == {"model-1.lance", "round-3.lance", "round-4.lance", "round-5.lance"}
    assert read_model(workspace.collection, CAT, "round-1").weights.shape == (32,)


def test_validation_answers_fit_the_probabilities_and_estimate_the_cut(workspace: Workspace) -> None:
    workspace.begin_with(yes=8, no=8)
    first = run_round(workspace.collection, workspace.store, BIRD, replace(OWN, batch=60))
    workspace.answer(first.validation_batch)
    sample = validation_sample(workspace.store, BIRD)
    assert len(sample.rows) == first.validation_questions == 30
    stripes = set(workspace.of_kind("stripes"))
    assert sample.truth.tolist() == [image in stripes for image in workspace.ids[sample.rows].tolist()]
    assert (sample.weights >= 1).all()
    second = run_round(workspace.reopened(), workspace.store, BIRD, replace(OWN, batch=60))
    assert second.validation == 30
    assert second.calibrated == sample.says_enough
    facts = next(entry for entry in workspace.reopened().manifest.attributes if entry.name == BIRD)
    assert facts.origin == "round-2"
    assert facts.threshold == pytest.approx(second.threshold)


def test_weights_of_one_draw_stand_for_all_open_images(workspace: Workspace) -> None:
    workspace.begin_with()
    report = run_round(workspace.collection, workspace.store, BIRD, replace(OWN, batch=120))
    workspace.answer(report.validation_batch)
    sample = validation_sample(workspace.store, BIRD)
    assert report.validation_questions == 60, "all that nobody answered"
    np.testing.assert_allclose(sample.weights, 1.0)


def test_images_that_crossed_the_cut_are_counted_and_those_that_moved_furthest_named(workspace: Workspace) -> None:
    before = workspace.collection.scores[workspace.collection.scored.index(CAT)]
    cut = next(entry.threshold for entry in workspace.collection.manifest.attributes if entry.name == CAT)
    workspace.say(workspace.of_kind("stripes"), Value.YES, CAT)
    report = run_round(workspace.collection, workspace.store, CAT, OWN)
    now = read_scores(workspace.collection, CAT, "round-1")
    up = (now >= np.float32(report.threshold)) & ~(before >= np.float32(cut))
    down = ~(now >= np.float32(report.threshold)) & (before >= np.float32(cut))
    assert (report.up, report.down) == (up.sum(), down.sum())
    assert report.up + report.down > 0
    assert set(report.up_images) == set(workspace.ids[up].tolist())
    assert set(report.down_images) == set(workspace.ids[down].tolist())


def test_a_model_older_than_the_embedding_is_no_hindrance_to_another_round(workspace: Workspace, copy: Path) -> None:
    workspace.begin_with()
    run_round(workspace.collection, workspace.store, BIRD, OWN)
    file = copy / "collection.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"dimensions": 16}), encoding="utf-8")
    rewrite_vectors(copy, np.arange(72), Collection(copy).embedding()[:, :16].copy())
    assert run_round(workspace.reopened(), workspace.store, BIRD, OWN).number == 2
    assert read_model(workspace.reopened(), BIRD, "round-2").weights.shape == (16,)
