"""Sessions of one collection without server or browser. They take a page's messages and keep their answers."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from panel.models.esm import DataEvent
from sqlalchemy import select

from explorer.app import Explorer
from explorer.composition import OpenCollections
from explorer.views.common.component import Component
from pipeline.label_store.schema.tables import metadata

__all__ = ["Visitor", "kept", "on_a_loop"]

T = TypeVar("T")
GOES_BY_ITSELF = {".changed", "labels.sqlite", "labels.sqlite-wal", "labels.sqlite-shm"}


class Visitor:
    """A session: its page, and its sent messages.

    Parameters
    ----------
    path
        The collection that it shows.
    opened
        The open collections; visitors of the same ones share services.
    """

    def __init__(self, path: Path, opened: OpenCollections) -> None:
        self.explorer = Explorer(path, opened=opened)
        self.sent: list[dict[str, Any]] = []
        self.components: dict[str, list[Component]] = {}
        for part in self.explorer.page().select(Component):
            self.components.setdefault(type(part).__name__, []).append(part)
            part._send_msg = self.sent.append  # type: ignore[method-assign]

    @property
    def id(self) -> str:
        """Id of the person of this session; empty if there is none."""
        me = self.explorer.work.annotator
        return me.id if me is not None else ""

    def send(self, component: str, message: Any, place: int = 0) -> None:
        """Send a message without waiting for its effect."""
        self.components[component][place]._process_event(DataEvent(None, data=message))

    async def say(self, component: str, message: Any, place: int = 0) -> list[dict[str, Any]]:
        """Send a message and wait until its work is done; return the messages that the session got."""
        begun = len(self.sent)
        self.send(component, message, place)
        await quiet()
        return self.sent[begun:]

    async def join(self, name: str, attribute: str = "") -> None:
        """Enter a name, and choose an attribute."""
        await self.say("LabelTab", {"type": "join", "name": name})
        if attribute:
            await self.say("LabelTab", {"type": "work", "attribute": attribute, "size": 6})

    def page(self) -> dict[str, Any]:
        """Return the last page of questions."""
        return [message for message in self.sent if message["type"] == "page"][-1]


async def quiet() -> None:
    """Wait until nothing is under way but the caller: a task that ends may have asked for another one."""
    async with asyncio.timeout(60):
        still = 0
        while still < 3:
            await asyncio.sleep(0.002)
            still = 0 if len(_begun()) > 1 else still + 1


def _begun() -> list[asyncio.Task[Any]]:
    """Return the running work, without the heartbeat of the session."""
    return [task for task in asyncio.all_tasks() if "PeriodicCallback" not in str(task.get_coro())]


def on_a_loop(story: Callable[[], Awaitable[T]]) -> T:
    """Run in a thread and loop of its own: the browser tests leave a running one in the main thread."""

    async def run() -> T:
        return await story()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()


def kept(visitor: Visitor, *, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return everything that is stored of a collection: rows of the label store, and files by their content.

    Parameters
    ----------
    visitor
        A visitor of the collection.
    but
        Tables that are left out.
    """
    services = visitor.explorer.services
    found: dict[str, Any] = {}
    with services.labels.store.database.reading() as connection:
        for table in metadata.sorted_tables:
            if table.name not in but:
                found[table.name] = sorted(map(repr, connection.execute(select(table)).all()))
    root = services.collection.path
    for file in sorted(root.rglob("*")):
        if file.is_file() and file.name not in GOES_BY_ITSELF:
            found[str(file.relative_to(root))] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found
