"""Rounds beside others: stopped, refused, failed on the way, and while people go on answering."""

from __future__ import annotations

import json
import threading

import pytest

from pipeline.collection.score_origins import named_origin
from pipeline.errors import (
    CollectionDamagedError,
    CollectionError,
    RoundError,
    StoreUnavailableError,
)
from pipeline.label_store import Drawn, Purpose, Reply, Value, new_action_id
from pipeline.progress import Progress
from pipeline.rounds.answers import training_answers
from pipeline.rounds.reports import read_reports
from pipeline.rounds.run import run_round
from tests.pipeline.conftest import BIRD, CAT, OWN, Workspace, contents


class Stopped(Exception):  # noqa: N818 -- not an error: a person stopped
    pass


@pytest.mark.parametrize("stage", ["Reading the answers", "Training", "Scoring", "Ranking", "Writing the scores"])
def test_a_round_that_was_stopped_is_not_seen(workspace: Workspace, stage: str) -> None:
    workspace.begin_with()
    run_round(workspace.collection, workspace.store, BIRD, OWN)
    before, state = contents(workspace.path, "scores", "models", "rounds"), workspace.store.state()
    manifest = (workspace.path / "collection.json").read_bytes()

    def stop(progress: Progress) -> None:
        if progress.stage.startswith(stage):
            raise Stopped

    with pytest.raises(Stopped):
        run_round(workspace.reopened(), workspace.store, BIRD, OWN, stop)
    assert contents(workspace.path, "scores", "models", "rounds") == before
    assert (workspace.path / "collection.json").read_bytes() == manifest
    assert workspace.store.state() == state, "nothing is asked, nothing is called off"
    assert run_round(workspace.reopened(), workspace.store, BIRD, OWN).number == 2


def test_a_second_round_of_the_attribute_at_once_is_refused(workspace: Workspace) -> None:
    workspace.begin_with()
    refused: list[str] = []

    def second(progress: Progress) -> None:
        if progress.stage == "Ranking":
            with pytest.raises(RoundError) as caught:
                run_round(workspace.reopened(), workspace.store, BIRD, OWN)
            refused.append(str(caught.value))
            assert run_round(workspace.reopened(), workspace.store, CAT, OWN.__class__()).attribute == CAT, (
                "another may run"
            )

    assert run_round(workspace.collection, workspace.store, BIRD, OWN, second).number == 1
    assert refused == [f"A round of {BIRD} is running already, here or in another process. Wait until it is done."]
    assert run_round(workspace.reopened(), workspace.store, BIRD, OWN).number == 2


def test_people_answer_while_a_round_runs_and_the_next_one_learns_it(workspace: Workspace) -> None:
    workspace.begin_with()
    first = run_round(workspace.collection, workspace.store, BIRD, OWN)
    page = workspace.store.questions.take_page(workspace.bo.id, first.training_batch, 500)
    ranking, answered = threading.Event(), threading.Event()
    ended: list[object] = []

    def wait(progress: Progress) -> None:
        if progress.stage == "Ranking":
            ranking.set()
            assert answered.wait(60)

    def work() -> None:
        try:
            ended.append(run_round(workspace.reopened(), workspace.store, BIRD, OWN, wait))
        except BaseException as error:  # noqa: BLE001 -- shown by the test
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert ranking.wait(60)

    half = len(page.items) // 2
    replies = [Reply(item.draw_id, Value.NO, 1.0) for item in page.items]
    workspace.store.answers.record(new_action_id(), page.id, workspace.bo.id, replies[:half])
    workspace.say(workspace.of_kind("stripes")[10:12], Value.YES)
    answered.set()
    thread.join(60)
    report = ended[0]
    assert getattr(report, "answers", report) == 12, "what the round had read"
    workspace.store.answers.record(
        new_action_id(), page.id, workspace.bo.id, replies[half:]
    )  # the batch is called off, the page is not
    barred = set(workspace.store.batches.barred_images(BIRD).tolist())
    taught = {item.image_id for item in page.items} | set(workspace.of_kind("stripes")[10:12]) - barred
    answers = training_answers(workspace.collection, workspace.store, BIRD, from_source=False, seed=0)
    assert taught <= set(workspace.ids[answers.rows].tolist())
    assert run_round(workspace.reopened(), workspace.store, BIRD, OWN).answers == len(answers.rows) > 12


def test_what_is_barred_while_a_round_reads_does_not_train(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:

    workspace.begin_with()
    one, real = workspace.of_kind("stripes")[0], workspace.store.batches.asked_images

    def between(attribute: str) -> object:
        workspace.store.batches.draw(BIRD, 1, Purpose.AUDIT, [Drawn(one, "audit", 0.5)])
        return real(attribute)

    monkeypatch.setattr(workspace.store.batches, "asked_images", between)
    answers = training_answers(workspace.collection, workspace.store, BIRD, from_source=False, seed=0)
    assert one not in workspace.ids[answers.rows]
    assert len(answers.rows) == 11


def test_a_store_that_does_not_answer_in_mid_round_leaves_the_earlier_scores(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.begin_with()
    run_round(workspace.collection, workspace.store, BIRD, OWN)

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailableError("The store of answers does not answer.")

    for method in ("cancel", "draw"):
        with monkeypatch.context() as patch:
            patch.setattr(workspace.store.batches, method, away)
            with pytest.raises(StoreUnavailableError):
                run_round(workspace.reopened(), workspace.store, BIRD, OWN)
        assert named_origin(workspace.collection, BIRD) == "round-1"
        assert [report.number for report in read_reports(workspace.collection, BIRD)] == [1]
    assert run_round(workspace.reopened(), workspace.store, BIRD, OWN).number == 2
    assert named_origin(workspace.collection, BIRD) == "round-2"


def test_a_disk_that_cannot_be_written_leaves_the_earlier_scores(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.begin_with()
    run_round(workspace.collection, workspace.store, BIRD, OWN)
    state = workspace.store.state()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    import lance

    with monkeypatch.context() as patch:
        patch.setattr(lance, "write_dataset", lambda *_, **__: full())
        with pytest.raises(CollectionError, match="No space left"):
            run_round(workspace.reopened(), workspace.store, BIRD, OWN)
    assert named_origin(workspace.collection, BIRD) == "round-1"
    assert workspace.store.state() == state
    assert run_round(workspace.reopened(), workspace.store, BIRD, OWN).number == 2


@pytest.mark.parametrize("file", ["rounds/content_bird/2.json", "collection.json"])
def test_a_round_that_cannot_be_kept_takes_back_what_it_asked_and_wrote(workspace: Workspace, file: str) -> None:
    workspace.begin_with()
    first = run_round(workspace.collection, workspace.store, BIRD, OWN)
    workspace.answer(first.training_batch)
    workspace.answer(first.validation_batch)
    before = contents(workspace.path, "scores", "models", "rounds") | contents(
        workspace.path.parent, "copy/collection.json"
    )
    hindrance = workspace.path / f"{file}.tmp"
    hindrance.mkdir()  # every new write of the file uses this name
    with pytest.raises(CollectionError, match="cannot be written"):
        run_round(workspace.reopened(), workspace.store, BIRD, OWN)
    hindrance.rmdir()
    after = contents(workspace.path, "scores", "models", "rounds") | contents(
        workspace.path.parent, "copy/collection.json"
    )
    assert after == before
    assert workspace.store.questions.count_left(BIRD, workspace.ann.id).left == 0, (
        "nothing is asked for a model that is not there"
    )
    again = run_round(workspace.reopened(), workspace.store, BIRD, OWN)
    assert (again.number, again.training_questions) == (2, 8)
    assert workspace.store.batches.count_open(BIRD) == 16, "what was drawn for validation counts"


def test_a_version_in_use_is_never_written_again(workspace: Workspace) -> None:
    workspace.begin_with()
    run_round(workspace.collection, workspace.store, BIRD, OWN)
    (workspace.path / "rounds" / BIRD / "1.json").unlink()  # as the words of a damaged one allow
    before = contents(workspace.path / "scores" / BIRD, "round-1.lance")
    assert run_round(workspace.collection, workspace.store, BIRD, OWN).number == 2
    assert contents(workspace.path / "scores" / BIRD, "round-1.lance") == before


def test_a_report_that_cannot_be_read_is_said_to_be_so(workspace: Workspace) -> None:
    workspace.begin_with()
    run_round(workspace.collection, workspace.store, BIRD, OWN)
    file = workspace.path / "rounds" / BIRD / "1.json"
    for text in ("{", "[]", "{}", json.dumps(json.loads(file.read_text()) | {"more": 1})):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(CollectionDamagedError, match="Restore it from a copy, or move it away"):
            read_reports(workspace.collection, BIRD)


def test_reports_are_in_the_order_of_their_rounds(workspace: Workspace) -> None:
    workspace.begin_with()
    report = run_round(workspace.collection, workspace.store, BIRD, OWN)
    folder = workspace.path / "rounds" / BIRD
    values = json.loads((folder / "1.json").read_text())
    for number in (10, 9, 2):
        (folder / f"{number}.json").write_text(json.dumps(values | {"number": number}), encoding="utf-8")
    reports = read_reports(workspace.collection, BIRD)
    assert [each.number for each in reports] == [1, 2, 9, 10]
    assert reports[0] == report
    assert read_reports(workspace.collection, "content_nobody") == []
