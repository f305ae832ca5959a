"""A kill at every write of a round, a certification, a release and an audit: the work continues, or is undone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from pipeline.audit.files import list_audits
from pipeline.audit.lifecycle import draw, freeze
from pipeline.audit.lifecycle import drop as drop_audit
from pipeline.audit.plan import FIXED, AuditPlan
from pipeline.audit.publication import publish, read_certificate
from pipeline.audit.records import Audit, State
from pipeline.audit.statistics.truth_rules import TruthRule, opinions
from pipeline.audit.verification import verify_certificate
from pipeline.certification.files import latest
from pipeline.certification.lifecycle import advance, begin, drop, make_plan
from pipeline.certification.plan import CertificationPlan
from pipeline.collection import Collection
from pipeline.collection.score_origins import named_origin
from pipeline.errors import ParameterError
from pipeline.label_store import KnownImages, LabelStore, Purpose, Reply, Value, new_action_id
from pipeline.label_store.schema.database import Database
from pipeline.releases.files import list_releases, verify_release
from pipeline.releases.make import make_release
from pipeline.rounds.reports import read_reports
from pipeline.rounds.run import run_round
from tests.helpers.power_cut import PowerCut, power_cut
from tests.helpers.scores import read_scores
from tests.pipeline.conftest import BIRD, OWN, Workspace, drawn_for, open_workspace

Do = Callable[[Workspace], object]


@contextmanager
def workspace_at(path: Path) -> Iterator[Workspace]:
    """Open a collection and its store as a process that has just started."""
    collection = Collection(path)
    database = Database(URL.create("sqlite", database=str(path / "labels.sqlite")))
    database.upgrade()
    store = LabelStore(database, KnownImages(collection.image_ids, None, None), "store")
    people = store.annotators.list_all()
    try:
        yield Workspace(collection, store, *people[:2]) if people else open_workspace(path, store)
    finally:
        store.close()


@pytest.fixture(scope="module")
def trained(collection_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection after its first round, half of whose questions were answered."""
    path = Path(shutil.copytree(collection_path, tmp_path_factory.mktemp("trained") / "collection"))
    with workspace_at(path) as workspace:
        workspace.begin_with()
        report = run_round(workspace.collection, workspace.store, BIRD, OWN)
        workspace.answer(report.training_batch, count=4)
    return path


@pytest.fixture(scope="module")
def released(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a release."""
    path = _copied(trained, tmp_path_factory.mktemp("released") / "collection")
    with workspace_at(path) as workspace:
        make_release(workspace.collection, workspace.store, BIRD, threshold=0.5, lower=0.5, by="Ann")
    return path


def _copied(source: Path, target: Path) -> Path:
    """Copy a collection; data that is never written in place is linked."""

    def copied(one: str, other: str) -> None:
        (os.link if ".lance" in one else shutil.copy2)(one, other)

    return Path(shutil.copytree(source, target, copy_function=copied))


def _deaths(start: Path, tmp_path: Path, do: Do) -> Iterator[Path]:
    """Repeat the same work, killed one step later each time; yield the state after each kill."""
    with workspace_at(_copied(start, tmp_path / "whole")) as workspace, power_cut() as steps:
        do(workspace)
    assert steps.done > 2, "nothing was written: there is nothing to survive"
    for last in range(steps.done):
        path = _copied(start, tmp_path / f"dead-{last}")
        with workspace_at(path) as workspace, suppress(PowerCut), power_cut(last):
            do(workspace)
            pytest.fail(f"it ended before step {last}")
        yield path
        shutil.rmtree(path)


def open_training(workspace: Workspace) -> set[str]:
    """Batches of training questions that are still asked."""
    with workspace.store.database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT DISTINCT batch_id FROM draws WHERE purpose = 'training' AND answered < wanted"
        )
        return set(rows.scalars())


def open_of(workspace: Workspace, purpose: Purpose) -> int:
    """Return images drawn for a purpose whose questions are still open."""
    with workspace.store.database.reading() as connection:
        return int(
            connection.exec_driver_sql(
                "SELECT count(*) FROM draws JOIN batches ON batches.id = batch_id WHERE draws.purpose = ?"
                " AND answered < wanted AND published IS NULL AND cancelled IS NULL",
                (purpose.value,),
            ).scalar_one()
        )


@pytest.mark.slow
def test_a_round_killed_anywhere_leaves_no_question_that_nobody_calls_off(trained: Path, tmp_path: Path) -> None:
    for path in _deaths(
        trained, tmp_path, lambda workspace: run_round(workspace.collection, workspace.store, BIRD, OWN)
    ):
        with workspace_at(path) as workspace:
            before = len(list(workspace.store.answers.log()))
            read_scores(workspace.collection, BIRD, named_origin(workspace.collection, BIRD))
            report = run_round(workspace.collection, workspace.store, BIRD, OWN)
            assert open_training(workspace) <= {report.training_batch}
            assert [each.number for each in read_reports(workspace.collection, BIRD)] == list(
                range(1, report.number + 1)
            )
            assert named_origin(workspace.collection, BIRD) == report.origin
            assert len(list(workspace.store.answers.log())) == before == 16
            assert not (path / "rounds" / BIRD / "asking.json").exists()


def plan(workspace: Workspace, seed: int = 1) -> CertificationPlan:
    return make_plan(workspace.collection, workspace.store, BIRD, target_precision=0.5, seed=seed)


def start_certification(workspace: Workspace) -> object:
    return begin(
        workspace.collection,
        workspace.store,
        make_plan(workspace.collection, workspace.store, BIRD, target_precision=0.5, seed=1),
    )


@pytest.mark.slow
def test_a_certification_killed_while_it_begins_goes_on_with_the_same_plan(trained: Path, tmp_path: Path) -> None:
    for path in _deaths(trained, tmp_path, start_certification):
        with workspace_at(path) as workspace:
            kept = latest(workspace.collection, BIRD)
            if kept is None:
                assert drawn_for(workspace, Purpose.CERTIFICATION) == set()
                continue
            going = advance(workspace.collection, workspace.store, kept)
            assert len(drawn_for(workspace, Purpose.CERTIFICATION)) == going.plan.answers[0]
            assert [workspace.store.batches.count_images(batch) for batch in going.batches] == [going.plan.answers[0]]
            with pytest.raises(ParameterError, match="have a certification already"):
                plan(workspace, seed=2)


@pytest.mark.slow
def test_one_that_asked_before_it_died_gives_no_second_chance_when_it_is_given_up(
    trained: Path, tmp_path: Path
) -> None:
    asked = 0
    for path in _deaths(trained, tmp_path, start_certification):
        with workspace_at(path) as workspace:
            kept = latest(workspace.collection, BIRD)
            if kept is not None:
                drop(workspace.collection, workspace.store, kept)
            assert open_of(workspace, Purpose.CERTIFICATION) == 0
            if drawn_for(workspace, Purpose.CERTIFICATION):
                asked += 1
                with pytest.raises(ParameterError, match="same scores would"):
                    plan(workspace, seed=2)
                for file in (path / "rounds" / BIRD).glob("certification-*.json"):
                    file.unlink()  # nor when its file is moved away
                with pytest.raises(ParameterError, match="would depend on these answers"):
                    plan(workspace, seed=2)
    assert asked


def _next_set(workspace: Workspace) -> object:
    kept = latest(workspace.collection, BIRD)
    assert kept is not None
    workspace.answer(kept.batches[0])
    return advance(workspace.collection, workspace.store, kept)


def _give_up(workspace: Workspace) -> object:
    kept = latest(workspace.collection, BIRD)
    assert kept is not None
    return drop(workspace.collection, workspace.store, kept)


@pytest.mark.parametrize("do", [_next_set, _give_up])
@pytest.mark.slow
def test_a_certification_killed_later_asks_nothing_twice_and_can_be_given_up(
    trained: Path, tmp_path: Path, do: Do
) -> None:
    begun = _copied(trained, tmp_path / "begun")
    with workspace_at(begun) as workspace:
        start_certification(workspace)
    for path in _deaths(begun, tmp_path, do):
        with workspace_at(path) as workspace:
            kept = latest(workspace.collection, BIRD)
            assert kept is not None
            going = advance(workspace.collection, workspace.store, kept)
            chances = workspace.store.batches.probabilities(BIRD, Purpose.CERTIFICATION)[0].tolist()
            assert len(chances) == len(set(chances))
            assert {batch for batch in going.batches if workspace.store.batches.count_images(batch) is not None} == set(
                workspace.store.batches.drawn_with(BIRD, Purpose.CERTIFICATION, going.origin)
            )
            assert drop(workspace.collection, workspace.store, going).dropped
            assert open_of(workspace, Purpose.CERTIFICATION) == 0


def _release(workspace: Workspace) -> object:
    return make_release(workspace.collection, workspace.store, BIRD, threshold=0.6, lower=0.4, by="Ann")


def test_a_release_killed_anywhere_is_whole_or_not_there(released: Path, tmp_path: Path) -> None:
    for path in _deaths(released, tmp_path, _release):
        with workspace_at(path) as workspace:
            for there in list_releases(workspace.collection, BIRD):
                verify_release(workspace.collection, there)
            made, _ = make_release(workspace.collection, workspace.store, BIRD, threshold=0.6, lower=0.4, by="Ann")
            assert made.number == 2
            verify_release(workspace.collection, made)


def the_plan() -> AuditPlan:
    rule = TruthRule.OWNER
    return AuditPlan(BIRD, 1, rule, 4, 6, 0.5, FIXED, 1, 0.95, 7, 0.05, opinions(rule))


def _freeze(workspace: Workspace) -> Audit:
    return freeze(workspace.collection, workspace.store, the_plan(), workspace.ann)


def _begin_audit(workspace: Workspace) -> Audit:
    return draw(workspace.collection, workspace.store, _freeze(workspace))


def answer_audit(workspace: Workspace, audit: Audit) -> None:
    page = workspace.store.questions.take_page(workspace.ann.id, audit.batch, 100)
    replies = [Reply(item.draw_id, Value.YES, 1.0) for item in page.items]
    workspace.store.answers.record(new_action_id(), page.id, workspace.ann.id, replies)


def test_an_audit_killed_while_it_begins_draws_the_same_images_or_can_be_given_up(
    released: Path, tmp_path: Path
) -> None:
    for path in _deaths(released, tmp_path, _begin_audit):
        with workspace_at(path) as workspace:
            audits = list_audits(workspace.collection, BIRD)
            audit = audits[0] if audits else _freeze(workspace)
            assert draw(workspace.collection, workspace.store, audit).state is State.DRAWN
            assert len(drawn_for(workspace, Purpose.AUDIT)) == 10


@pytest.mark.slow
def test_one_that_asked_before_it_died_asks_no_more_once_it_is_given_up(released: Path, tmp_path: Path) -> None:
    for path in _deaths(released, tmp_path, _begin_audit):
        with workspace_at(path) as workspace:
            for audit in list_audits(workspace.collection, BIRD):
                assert drop_audit(workspace.collection, workspace.store, audit).state is State.DROPPED
            assert open_of(workspace, Purpose.AUDIT) == 0


def _publish(workspace: Workspace) -> object:
    return publish(workspace.collection, workspace.store, list_audits(workspace.collection, BIRD)[0])


@pytest.mark.slow
def test_an_audit_killed_while_it_is_published_is_published_and_verifies(released: Path, tmp_path: Path) -> None:
    begun = _copied(released, tmp_path / "begun")
    with workspace_at(begun) as workspace:
        answer_audit(workspace, _begin_audit(workspace))
    for path in _deaths(begun, tmp_path, _publish):
        with workspace_at(path) as workspace:
            audit, file = publish(workspace.collection, workspace.store, list_audits(workspace.collection, BIRD)[0])
            assert audit.state is State.PUBLISHED
            assert verify_certificate(workspace.collection, workspace.store, read_certificate(file)) == []


def test_a_death_within_a_transaction_leaves_nothing_of_it(trained: Path, tmp_path: Path) -> None:
    def stroke(workspace: Workspace) -> object:
        return workspace.store.answers.bulk_answer(
            new_action_id(), workspace.ann.id, BIRD, 1, workspace.of_kind("disc")[:5], Value.NO
        )

    counts = []
    path = _copied(trained, tmp_path / "stroke")
    with workspace_at(path) as workspace:
        before = len(list(workspace.store.answers.log()))
    for last in range(2):
        with workspace_at(path) as workspace, suppress(PowerCut), power_cut(last):
            stroke(workspace)
        with workspace_at(path) as workspace:
            counts.append(len(list(workspace.store.answers.log())) - before)
    assert counts == [0, 5], "all five once it is durable, none before"
