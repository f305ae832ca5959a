"""A person with a session and without a browser, who keeps all received messages."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from explorer.composition import build_services
from explorer.controllers.labeling.answering import AnsweringSession
from explorer.controllers.labeling.question_sources import ask_about
from explorer.controllers.labeling.source_rankings import SourceContext
from explorer.messages.encoding import Message, encoded
from explorer.services.label_service import LabelService
from explorer.services.services import Services
from explorer.state.labeling_state import LabelingState
from pipeline.collection import Collection
from tests.helpers.waiting import until

CAT = "content_cat"


class Person:
    """A person with a session: all messages that the session sent, and the session."""

    def __init__(self, services: Services, now: Callable[[], float]) -> None:
        self.sent: list[dict[str, Any]] = []
        self.state = LabelingState(attribute=CAT, size=6)
        self.session = AnsweringSession(
            services, services.labels, self.state, send=self.take, changed=lambda: None, clock=now
        )

    def take(self, message: Message) -> None:
        self.sent.append(encoded(message))

    def pages(self) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["type"] == "page"]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["type"] == kind]


class Clock:
    """A clock that advances only on request."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def services(collection_path: Path, tmp_path: Path) -> Iterator[Services]:
    """The drawn collection, a copy of its own, with nothing answered yet."""
    copy = tmp_path / "collection"
    shutil.copytree(collection_path, copy)
    shared = build_services(Collection(copy))
    yield shared
    shared.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_person(services: Services, clock: Clock) -> Callable[[], Person]:
    return lambda: Person(services, clock)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run in a thread of its own: the browser tests leave a running loop in the main one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class Looks:
    """Counts the reads of a label service. Changes are reported before the next read."""

    def __init__(self, labels: LabelService) -> None:
        self._labels, self._changed, self._count = labels, labels._changed, 0
        labels._changed = self._look  # type: ignore[method-assign]

    def _look(self) -> bool:
        changed = self._changed()
        self._count += 1
        return changed

    async def more(self, times: int = 2) -> None:
        """Wait until it has looked so many times more."""
        wanted = self._count + times
        await until(lambda: self._count >= wanted, self._labels.nudge)
        await asyncio.sleep(0)


def ask(services: Services, key: str = "chance", value: str = "") -> int:
    context = SourceContext(
        services,
        services.labels,
        CAT,
        layout_name=services.collection.manifest.layouts[0].name,
        selected=services.collection.known(CAT).nonzero()[0][:10].astype("int32"),
        chosen=0,
    )
    return ask_about(context, key, value)[0].images


def replies(page: dict[str, Any], value: str = "no") -> list[tuple[int, str, float]]:
    return [(item["draw"], value, 1.5) for item in page["items"]]


async def begin(person: Person, services: Services, name: str = "Ann") -> None:
    """Enter a name, add questions, and take pages."""
    await person.session.attendance.join(name)
    ask(services)
    await person.session.work()
