"""Work on an attribute: one job at a time, shown on every page, cancelled between steps, its end always reported."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from explorer.services.round_service import UNEXPECTED, RoundService
from pipeline.errors import ParameterError
from pipeline.progress import Progress, ProgressCallback
from tests.helpers.waiting import DEADLINE


def run(service: RoundService, work: Callable[[ProgressCallback], None], attribute: str = "bird") -> str:
    """Do some work and return how it ended."""
    ended, told = threading.Event(), []

    def done(problem: str) -> None:
        told.append(problem)
        ended.set()

    service.start(attribute, "Round 1", work, done)
    assert ended.wait(DEADLINE)
    return told[0]


def test_work_is_done_and_its_steps_are_seen() -> None:
    service, seen = RoundService(), []

    def look() -> None:
        working = service.working("bird")
        seen.append(working.words if working else "")

    forget = service.watch(look)
    assert run(service, lambda progress: progress(Progress("Scoring", 1, 2, "images"))) == ""
    assert any("Scoring … 50 %" in words for words in seen)
    assert service.working("bird") is None
    forget()
    count = len(seen)
    run(service, lambda _: None)
    assert len(seen) == count, "who no longer watches hears nothing"


def test_an_attribute_has_one_work_at_a_time_and_others_go_on() -> None:
    service, go = RoundService(), threading.Event()
    service.start("bird", "Round 1", lambda _: go.wait(DEADLINE), lambda _: None)
    with pytest.raises(ParameterError, match="under way"):
        service.start("bird", "Round 1", lambda _: None, lambda _: None)
    assert run(service, lambda _: None, "cat") == ""
    go.set()


def test_stopped_between_two_steps() -> None:
    service, begun = RoundService(), threading.Event()
    steps = []

    def work(progress: ProgressCallback) -> None:
        begun.set()
        for step in range(1_000_000):
            steps.append(step)
            progress(Progress("Scoring", step, 1_000_000, "images"))

    def stop() -> None:
        begun.wait(DEADLINE)
        service.stop("bird")

    threading.Thread(target=stop).start()
    assert "was stopped" in run(service, work)
    assert len(steps) < 1_000_000


def test_what_goes_wrong_is_said_in_words_of_ours_only() -> None:
    service = RoundService()

    def known(_: ProgressCallback) -> None:
        raise ParameterError("There is no yes yet. Answer one.")

    def unknown(_: ProgressCallback) -> None:
        raise RuntimeError("secret place /etc")

    assert run(service, known) == "There is no yes yet. Answer one."
    assert run(service, unknown) == UNEXPECTED


def test_a_watcher_that_fails_is_forgotten() -> None:
    service, calls = RoundService(), []

    def fail() -> None:
        calls.append(1)
        raise RuntimeError

    service.watch(fail)
    assert run(service, lambda _: None) == ""
    assert len(calls) == 1
