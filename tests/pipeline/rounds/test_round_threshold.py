"""A round keeps the meaning of its threshold, and its report gives the reason for every change."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from explorer.controllers.rounds.figures import knowledge_figures
from pipeline.collection.manifest import AttributeFacts
from pipeline.label_store import Value
from pipeline.learning.round_threshold import PlacedBy
from pipeline.rounds.answers import validation_sample
from pipeline.rounds.reports import read_reports, rounds_folder
from pipeline.rounds.run import run_round
from pipeline.rounds.score_versions import read_model
from tests.helpers.scores import read_scores
from tests.pipeline.conftest import BIRD, CAT, OWN, Workspace

WITH_SOURCE = replace(OWN, from_source=True)


def facts_of(workspace: Workspace, attribute: str) -> AttributeFacts:
    return next(entry for entry in workspace.reopened().manifest.attributes if entry.name == attribute)


def passing_now(workspace: Workspace, attribute: str) -> int:
    opened = workspace.reopened()
    scores = opened.scores[opened.scored.index(attribute)]
    return int((scores >= np.float32(facts_of(workspace, attribute).threshold)).sum())


def test_a_first_round_places_its_threshold_by_cross_validation_on_known_answers(
    workspace: Workspace,
) -> None:
    before = facts_of(workspace, CAT)
    passed = passing_now(workspace, CAT)
    workspace.say(workspace.of_kind("stripes")[:4], Value.NO, CAT)
    report = run_round(workspace.collection, workspace.store, CAT, WITH_SOURCE)
    assert (report.cut_by, report.calibrated, report.cross_calibrated) == (PlacedBy.CROSS_VALIDATION, False, True)
    assert (report.threshold_before, report.passing_before) == (before.threshold, passed)
    assert report.passing == passing_now(workspace, CAT)
    known = report.cross_validated
    assert known is not None
    assert (known.answers, known.yes) == (report.answers, report.yes)
    facts = facts_of(workspace, CAT)
    assert (facts.precision, facts.recall) == known.at(report.threshold)
    assert facts.precision is not None
    assert facts.precision >= 0.9, "the target of the old threshold"
    assert facts.average_precision == known.average_precision


def test_a_report_names_the_old_threshold_the_new_one_and_the_reason(workspace: Workspace) -> None:
    workspace.say(workspace.of_kind("stripes")[:4], Value.NO, CAT)
    report = run_round(workspace.collection, workspace.store, CAT, WITH_SOURCE)
    said = " ".join(report.sentences)
    assert f"The threshold was {report.threshold_before:.3f}, and {report.passing_before} images passed it" in said
    assert f"It is {report.threshold:.3f} now, and {report.passing} images pass" in said
    assert "Cross-validation on" in said
    assert "Known answers also train the model, so these figures are too optimistic" in said
    assert report.cut_words in facts_of(workspace, CAT).note


def test_what_the_source_knows_is_scored_as_if_it_were_not_known_and_all_else_by_the_model(
    workspace: Workspace,
) -> None:
    answered = workspace.of_kind("disc")[:3]
    workspace.say(answered, Value.YES, CAT)
    run_round(workspace.collection, workspace.store, CAT, WITH_SOURCE)
    opened = workspace.reopened()
    model = read_model(opened, CAT, "round-1")
    by_model = model.probability(opened.embedding().astype(np.float32) @ model.weights + np.float32(model.intercept))
    differs = ~np.isclose(read_scores(opened, CAT, "round-1"), by_model, atol=1e-4)
    of_source = (opened.known(CAT) >= 0) & ~np.isin(workspace.ids, answered)
    assert differs[of_source].mean() > 0.5
    assert not differs[~of_source].any()


def test_with_few_answers_no_more_images_pass_than_before(workspace: Workspace) -> None:
    passed = passing_now(workspace, CAT)
    workspace.say(workspace.of_kind("disc")[:3], Value.YES, CAT)
    workspace.say(workspace.of_kind("square")[:3], Value.NO, CAT)
    report = run_round(workspace.collection, workspace.store, CAT, OWN)
    assert report.cut_by == PlacedBy.SHARE
    assert report.cross_validated is None
    assert report.passing == passing_now(workspace, CAT)
    assert report.passing is not None
    assert report.passing <= passed
    assert f"about as many images pass as before, {passed}." in report.sentences[2]


def test_the_first_threshold_of_few_answers_is_the_boundary_and_so_is_the_next(workspace: Workspace) -> None:
    workspace.begin_with(yes=3, no=3)
    first = run_round(workspace.collection, workspace.store, BIRD, OWN)
    assert (first.cut_by, first.threshold, first.passing_before) == (PlacedBy.BOUNDARY, 0.5, None)
    assert "The first threshold is 0.500" in first.sentences[2]
    assert "not probabilities yet" in first.sentences[-1]
    workspace.say(workspace.of_kind("stripes")[3:4], Value.YES)
    workspace.collection.refresh_scores()
    second = run_round(workspace.reopened(), workspace.store, BIRD, OWN)
    assert (second.cut_by, second.threshold) == (PlacedBy.BOUNDARY, 0.5)


def test_near_duplicates_are_held_out_together(workspace_with: object) -> None:
    groups = np.arange(72) // 6
    workspace = workspace_with(groups)  # type: ignore[operator]
    images = workspace.ids.tolist()
    workspace.say(images[:18], Value.YES)  # three groups of near-duplicates
    workspace.say(images[36:54], Value.NO)
    report = run_round(workspace.collection, workspace.store, BIRD, OWN)
    assert report.cross_validated is None, "many images of three groups of near-duplicates are three answers"


def test_where_validation_cannot_say_the_tab_shows_what_is_known_otherwise_beside_it(workspace: Workspace) -> None:
    workspace.say(workspace.of_kind("stripes")[:4], Value.NO, CAT)
    report = run_round(workspace.collection, workspace.store, CAT, WITH_SOURCE)
    estimates = validation_sample(workspace.store, CAT).estimates(read_scores(workspace.collection, CAT, report.origin))
    figures = knowledge_figures(estimates.at(report.threshold), estimates, report.cross_validated)
    assert [figure.value for figure in figures[:3]] == ["too few answers"] * 3
    assert all("cross-validation on known answers" in figure.beside for figure in figures[:3])
    assert all("too optimistic" in figure.beside for figure in figures[:3])
    known = report.cross_validated
    assert known is not None
    here = known.at(report.threshold)
    assert here != known.at(0.999)
    assert [figure.beside[:5] for figure in figures[:2]] == [f"{value:.2f} " for value in here]
    none = knowledge_figures(estimates.at(report.threshold), estimates, None)
    assert not any(figure.beside for figure in none)


def test_reports_of_older_programs_are_read(workspace: Workspace) -> None:
    workspace.begin_with()
    report = run_round(workspace.collection, workspace.store, BIRD, OWN)
    path = rounds_folder(workspace.collection, BIRD) / "1.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    newer = ("passing", "threshold_before", "passing_before", "cut_by", "cut_words", "cross_calibrated")
    for name in (*newer, "cross_validated"):
        del values[name]
    path.write_text(json.dumps(values), encoding="utf-8")
    read = read_reports(workspace.collection, BIRD)[0]
    assert (read.threshold, read.passing, read.cross_validated) == (report.threshold, None, None)
    assert len(read.sentences) == 3
    assert run_round(workspace.reopened(), workspace.store, BIRD, OWN).number == 2
