"""An annotator without a browser, who sends the tab's own messages and reconnects when the server is back."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.helpers.protocol_client import DisconnectedError, ProtocolClient

__all__ = ["AnsweringClient"]

TAB = "LabelTab"
RETRY_SECONDS = 0.2


@dataclass
class AnsweringClient:
    """A person with a will of their own.

    Parameters
    ----------
    address
        Of the server.
    name
        What they are called.
    attribute
        What they answer.
    says
        Their answer to an image: ``"yes"``, ``"no"`` or ``"unsure"``.
    pause
        Seconds between two pages, at most; drawn again each time.
    """

    address: str
    name: str
    attribute: str
    says: Callable[[int], str]
    pause: float = 0.05
    seed: int = 0
    size: int = 6
    token: str = ""
    identity: str = ""
    reconnects: int = 0
    choice: int = 0
    dropped: set[tuple[str, int]] = field(default_factory=set)
    acknowledged: dict[str, dict[int, str]] = field(default_factory=dict)
    """Action id -> image -> value, for every act that was acknowledged."""
    sent: dict[str, dict[int, str]] = field(default_factory=dict)
    """The same for every act that was sent."""
    draws: dict[str, dict[int, int]] = field(default_factory=dict)
    """Action id -> draw -> image."""
    asked: list[int] = field(default_factory=list)
    """Images in the order in which they were asked, second looks included."""

    async def answer_all(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Answer until nothing is left or `stop` says so; after a lost connection go on where it ended."""
        chance, pending = random.Random(self.seed), None  # noqa: S311 -- pauses, no secret
        while not stop():
            try:
                client = await ProtocolClient.open(self.address, TAB)
            except (DisconnectedError, TimeoutError):
                await asyncio.sleep(RETRY_SECONDS)
                continue
            try:
                await self._begin(client, pending)  # sent, but never acknowledged: the same again changes nothing
                if pending is not None:
                    await self._saved(client, pending["id"])
                    pending = None
                while not stop():
                    page = await self._hear(client, "page", "nothing")
                    if page["type"] == "nothing":
                        if await self._done(client):
                            return
                        continue
                    act = self._act(page)
                    if not act["replies"]:
                        continue
                    pending = act
                    await asyncio.sleep(chance.uniform(0, self.pause))
                    await client.say(TAB, pending)
                    await self._saved(client, pending["id"])
                    pending = None
            except (DisconnectedError, TimeoutError):
                self.reconnects += 1
                await asyncio.sleep(RETRY_SECONDS)
            finally:
                client.close()

    async def _begin(self, client: ProtocolClient, pending: dict[str, Any] | None) -> None:
        work = {"attribute": self.attribute, "mode": "page", "size": self.size, "batch": "", "captions": False}
        if self.token:
            acts = [] if pending is None else [{**pending, "annotator": self.identity}]
            await client.say(TAB, {"type": "hello", "token": self.token, "work": work, "pending": acts})
        else:
            await client.say(TAB, {"type": "hello", "token": "", "work": work})
            await client.say(TAB, {"type": "join", "name": self.name})
        who = await client.hear(lambda m: m.get("type") == "who" and bool(m.get("id")))
        self.token, self.identity = who["token"], who["id"]

    def _act(self, page: dict[str, Any]) -> dict[str, Any]:
        items = [item for item in page["items"] if (page["page"], item["draw"]) not in self.dropped]
        images = {item["draw"]: int(item["image"]) for item in items}
        values = {draw: self.says(image) for draw, image in images.items()}
        act = uuid.uuid4().hex
        self.asked += images.values()
        self.draws[act] = images
        self.sent[act] = {images[draw]: value for draw, value in values.items()}
        replies = [[draw, value, 0.5] for draw, value in values.items()]
        return {"type": "act", "id": act, "page": page["page"], "kind": "answer", "replies": replies}

    async def _saved(self, client: ProtocolClient, act: str) -> None:
        """Wait for an act's acknowledgement, keeping pages that come meanwhile."""
        kept: list[dict[str, Any]] = []
        while True:
            message = await self._hear(client, "saved", "failed", "page", "nothing")
            if message["type"] in {"page", "nothing"}:
                kept.append(message)
            elif message["id"] == act:
                client.heard.extendleft(reversed(kept))
                if message["type"] == "saved":
                    late = {self.draws[act][draw] for draw in message["late"]}
                    self.acknowledged[act] = {i: value for i, value in self.sent[act].items() if i not in late}
                return

    async def _hear(self, client: ProtocolClient, *types: str) -> dict[str, Any]:
        """Return the next message of some types, as the tab's script does: ignore earlier choices."""
        while True:
            message = await client.hear(lambda m: m.get("type") in {*types, "clear", "drop"})
            if message["type"] == "clear":
                self.choice_number = message["choice_number"]
            elif message["type"] == "drop":
                self.dropped |= {(message["page"], draw) for draw in message["draws"]}
            elif message.get("choice_number", self.choice_number) == self.choice_number:
                return message

    async def _done(self, client: ProtocolClient) -> bool:
        """Return whether no question is left for anyone. A split may need a third opinion, so wait a moment first."""
        await asyncio.sleep(1.0)
        self.size = 12 if self.size == 6 else 6
        await client.say(TAB, {"type": "work", "attribute": self.attribute, "size": self.size})
        client.heard.append(await self._hear(client, "page", "nothing"))
        status = client.values.get((TAB, "status"), {})
        return client.heard[-1]["type"] == "nothing" and status.get("left") == 0
