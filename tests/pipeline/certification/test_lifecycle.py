"""Certifications of a collection: a plan fixed and kept, asked set by set, and never a second chance."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline.certification import lifecycle as certifying
from pipeline.certification.files import Certification, latest
from pipeline.certification.lifecycle import advance, begin, drop, make_plan, outcome
from pipeline.certification.plan import CertificationPlan
from pipeline.errors import CollectionDamagedError, ParameterError, PublishedError, StoreUnavailableError
from pipeline.label_store import Drawn, KnownImages, Purpose
from pipeline.rounds.run import run_round
from tests.helpers.scores import read_scores
from tests.pipeline.conftest import BIRD, CAT, OWN, Workspace, contents, drawn_for

TARGET = 0.5


@pytest.fixture
def trained(workspace: Workspace) -> Workspace:
    """A workspace after its first round."""
    workspace.begin_with()
    run_round(workspace.collection, workspace.store, BIRD, OWN)
    workspace.collection.refresh_scores()
    return workspace


def plan(workspace: Workspace, seed: int = 1, target: float = TARGET) -> CertificationPlan:
    return make_plan(workspace.collection, workspace.store, BIRD, target_precision=target, seed=seed)


def answer_all(workspace: Workspace, certification: Certification) -> Certification:
    """Answer by the drawn shapes until no question is left."""
    answered: set[str] = set()
    while set(certification.batches) - answered:
        for batch in certification.batches:
            if batch not in answered:
                workspace.answer(batch)
        answered |= set(certification.batches)
        certification = advance(workspace.collection, workspace.store, certification)
    return certification


def test_without_scores_of_a_round_there_is_nothing_to_certify(workspace: Workspace) -> None:
    for attribute in (BIRD, CAT):
        with pytest.raises(ParameterError, match=r"no scores of a round yet. Run a round first"):
            make_plan(workspace.collection, workspace.store, attribute, target_precision=0.9, seed=1)


def test_a_plan_ranks_what_the_threshold_would_decide(trained: Workspace) -> None:
    the_plan = plan(trained)
    answered = set(trained.of_kind("stripes")[:6] + trained.of_kind("square")[:6])
    out = answered | drawn_for(trained, Purpose.VALIDATION)
    assert the_plan.population == 72 - len(out)
    assert not set(the_plan.images) & out
    assert (the_plan.attribute, the_plan.model_version, the_plan.target_precision) == (BIRD, 1, TARGET)
    assert latest(trained.collection, BIRD) is None, "nothing is asked or kept"
    assert drawn_for(trained, Purpose.CERTIFICATION) == set()


def test_what_was_begun_is_fixed_and_kept(trained: Workspace) -> None:
    the_plan = plan(trained)
    certification = begin(trained.collection, trained.store, the_plan)
    assert certification == latest(trained.reopened(), BIRD)
    assert (certification.number, certification.origin, certification.dropped) == (1, "round-1", False)
    assert certification.plan == the_plan
    file = trained.path / "rounds" / BIRD / "certification-1.json"
    before = json.loads(file.read_text())["plan"]
    done = answer_all(trained, certification)
    assert json.loads(file.read_text())["plan"] == before
    assert done.plan == the_plan


def test_questions_are_asked_set_by_set_and_none_twice(trained: Workspace) -> None:
    certification = begin(trained.collection, trained.store, plan(trained))
    assert len(certification.batches) == 1
    asked = drawn_for(trained, Purpose.CERTIFICATION)
    assert len(asked) == certification.plan.answers[0]
    assert advance(trained.collection, trained.store, certification) == certification, "all needed is asked already"
    page = trained.store.questions.take_page(trained.ann.id, certification.batches[0], 500)
    trained.store.questions.give_back(page.id, trained.ann.id)
    trained.answer(certification.batches[0], count=len(asked) - 1)
    assert advance(trained.collection, trained.store, certification) == certification
    done = answer_all(trained, certification)
    images, numbers, chances = trained.store.batches.probabilities(BIRD, Purpose.CERTIFICATION)
    assert len(set(images.tolist())) == len(images), "no image is asked twice"
    assert len(set(numbers.tolist())) == len(done.batches)
    assert set(images.tolist()) <= set(certification.plan.images)
    assert ((chances > 0) & (chances <= 1)).all()
    found = outcome(trained.store, done)
    assert found.finished
    assert found.answers == len(images)


def test_a_session_that_looks_at_an_older_state_asks_nothing_twice_and_loses_no_batch(trained: Workspace) -> None:
    old = begin(trained.collection, trained.store, plan(trained))
    older = replace(old, batches=())
    assert advance(trained.collection, trained.store, older).batches == old.batches
    trained.answer(old.batches[0])
    newer = advance(trained.collection, trained.store, older)
    assert newer.batches[:1] == old.batches
    assert latest(trained.collection, BIRD) == newer
    assert drop(trained.collection, trained.store, older).batches == newer.batches
    assert advance(trained.collection, trained.store, newer).dropped, "given up meanwhile: nothing more is asked"


def test_a_finished_result_stays_after_reopening_and_another_round(trained: Workspace) -> None:
    done = answer_all(trained, begin(trained.collection, trained.store, plan(trained)))
    found = outcome(trained.store, done)
    assert found.finished
    again = latest(trained.reopened(), BIRD)
    assert again == done
    run_round(trained.reopened(), trained.store, BIRD, OWN)
    assert latest(trained.reopened(), BIRD) == done
    assert outcome(trained.store, done) == found
    for _ in range(4):
        run_round(trained.reopened(), trained.store, BIRD, OWN)
    assert read_scores(trained.collection, BIRD, "round-1").shape == (72,), "the scores that it speaks of are kept"


def test_a_second_certification_of_the_same_scores_is_refused(trained: Workspace) -> None:
    one, other = plan(trained, seed=1), plan(trained, seed=2)
    begin(trained.collection, trained.store, one)
    with pytest.raises(ParameterError, match=r"have a certification already.*Run another round"):
        plan(trained)
    with pytest.raises(ParameterError, match="have a certification already"):
        begin(trained.collection, trained.store, other)
    certification = latest(trained.collection, BIRD)
    assert certification is not None
    assert (certification.number, certification.plan) == (1, one)


def test_one_that_was_given_up_after_questions_is_no_free_try_until_another_round(trained: Workspace) -> None:
    other = plan(trained, seed=2)
    certification = begin(trained.collection, trained.store, plan(trained))
    page = trained.store.questions.take_page(trained.ann.id, certification.batches[0], 1)
    assert drop(trained.collection, trained.store, certification).dropped
    with pytest.raises(PublishedError):
        trained.store.questions.take_page(trained.bo.id, certification.batches[0], 1)
    assert page.items
    with pytest.raises(ParameterError, match=r"cancelled after its first questions.*Run another round"):
        plan(trained)
    with pytest.raises(ParameterError, match="cancelled after its first questions"):
        begin(trained.collection, trained.store, other)
    run_round(trained.collection, trained.store, BIRD, OWN)
    trained.collection.refresh_scores()
    second = begin(trained.collection, trained.store, plan(trained))
    assert (second.number, second.origin) == (2, "round-2")
    assert not set(second.plan.images) & set(
        trained.store.batches.probabilities(BIRD, Purpose.CERTIFICATION)[0][:1].tolist()
    )


def test_after_another_round_its_scores_may_be_certified(trained: Workspace) -> None:
    done = answer_all(trained, begin(trained.collection, trained.store, plan(trained)))
    before = drawn_for(trained, Purpose.CERTIFICATION)
    run_round(trained.collection, trained.store, BIRD, OWN)
    trained.collection.refresh_scores()
    second = plan(trained)
    assert second.model_version == 2
    assert not set(second.images) & before, "what was asked before is not asked again"
    assert begin(trained.collection, trained.store, second).number == done.number + 1


@pytest.mark.parametrize("refreshed", [True, False])
def test_a_round_in_between_makes_a_plan_void(trained: Workspace, refreshed: bool) -> None:
    the_plan = plan(trained)
    run_round(trained.reopened(), trained.store, BIRD, OWN)
    if refreshed:
        trained.collection.refresh_scores()
    with pytest.raises(
        ParameterError, match=r"the present scores are round-2, because another round has run. Make a new plan"
    ):
        begin(trained.collection, trained.store, the_plan)
    assert latest(trained.collection, BIRD) is None


def test_a_store_that_was_away_at_the_beginning_is_asked_again_under_the_same_number(
    trained: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailableError("The store of answers does not answer.")

    the_plan = plan(trained)
    with monkeypatch.context() as patch:
        patch.setattr(trained.store.batches, "draw", away)
        with pytest.raises(StoreUnavailableError):
            begin(trained.collection, trained.store, the_plan)
    certification = begin(trained.collection, trained.store, the_plan)
    assert (certification.number, len(certification.batches)) == (1, 1)
    assert begin(trained.collection, trained.store, the_plan) == certification


def test_one_given_up_before_its_first_question_may_be_planned_anew(
    trained: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifying, "next_questions", lambda *_: np.empty(0, np.int64))
    certification = begin(trained.collection, trained.store, plan(trained))
    assert certification.batches == ()
    drop(trained.collection, trained.store, certification)
    monkeypatch.undo()
    assert begin(trained.collection, trained.store, plan(trained, seed=3)).number == 2


def test_a_round_takes_nothing_for_validation_that_a_certification_may_still_ask(trained: Workspace) -> None:
    certification = begin(trained.collection, trained.store, plan(trained))
    run_round(trained.collection, trained.store, BIRD, replace(OWN, batch=100))
    assert not drawn_for(trained, Purpose.VALIDATION) & set(certification.plan.images)
    done = answer_all(trained, certification)
    assert outcome(trained.store, done).finished, "no question was in another's hands"


def test_a_certification_is_of_its_own_scores_whatever_round_came_after(trained: Workspace) -> None:
    certification = begin(trained.collection, trained.store, plan(trained))
    run_round(trained.collection, trained.store, BIRD, OWN)
    trained.collection.refresh_scores()
    done = answer_all(trained, certification)
    assert done.origin == "round-1"
    ranked = dict(zip(trained.ids.tolist(), read_scores(trained.collection, BIRD, "round-1").tolist(), strict=True))
    order = [ranked[image] for _, image in sorted(zip(done.plan.positions, done.plan.images, strict=True))]
    assert order == sorted(order, reverse=True)


def test_planning_leaves_the_disk_as_it_was(trained: Workspace) -> None:
    before = contents(trained.path, "rounds", "scores", "models")
    plan(trained)
    assert contents(trained.path, "rounds", "scores", "models") == before


def test_a_file_that_cannot_be_read_is_said_to_be_so(trained: Workspace) -> None:
    begin(trained.collection, trained.store, plan(trained))
    file = trained.path / "rounds" / BIRD / "certification-1.json"
    whole = json.loads(file.read_text())
    wrong: list[object] = [[], {}, whole | {"plan": {}}, whole | {"plan": None}, whole | {"number": "one"}]
    for values in wrong:
        file.write_text(json.dumps(values), encoding="utf-8")
        with pytest.raises(CollectionDamagedError, match="Restore it from a copy, or move it away"):
            latest(trained.collection, BIRD)


@pytest.mark.parametrize("purpose", [Purpose.AUDIT, Purpose.VALIDATION])
def test_what_another_check_took_meanwhile_makes_a_plan_void(trained: Workspace, purpose: Purpose) -> None:
    the_plan = plan(trained)
    trained.store.batches.draw(BIRD, 1, purpose, [Drawn(image, "another", 0.5) for image in the_plan.images[:3]])
    with pytest.raises(ParameterError, match=f"3 images of the plan .* were drawn for {purpose} since it was made"):
        begin(trained.collection, trained.store, the_plan)
    assert latest(trained.collection, BIRD) is None
    anew = plan(trained)
    assert not set(anew.images) & set(the_plan.images[:3])
    assert begin(trained.collection, trained.store, anew).number == 1


def test_images_that_went_before_they_were_answered_count_as_no_yes_and_hold_up_nothing(trained: Workspace) -> None:
    begun = begin(trained.collection, trained.store, plan(trained))
    known, plan_of = trained.store.images, begun.plan
    trained.store._transactions.images = KnownImages(known.image_ids[~np.isin(known.image_ids, plan_of.images[:2])])
    trained.store.absent_images.compare()
    found = outcome(trained.store, answer_all(trained, begun))
    assert found.finished
    assert "2 images of the plan are not in the collection now. They count as no yes." in found.words
    sampled = found.tested[0]
    assert sampled.yes <= sampled.answered - 1
    trained.store._transactions.images = known
    trained.store.absent_images.compare()
    assert "not in the collection" not in outcome(trained.store, begun).words
