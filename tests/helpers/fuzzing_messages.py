"""Messages of every kind with wrong fields, identities and orders, to a collection's own sessions."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

from explorer.composition import OpenCollections
from explorer.messages.table import TABLE
from tests.helpers.fuzzing import junk, leak_in
from tests.helpers.visitors import Visitor, kept

__all__ = ["fuzz_messages"]

LIVES_ON = ("presence", "pages", "leases", "annotators")
"""Tables that change when a person enters a name or takes a page. Nobody's work changes in them."""

_GOOD: dict[str, Any] = {
    "attribute": "content_cat",
    "name": "content_cat",
    "page": "b" * 32,
    "kind": "answer",
    "replies": [[1, "yes", 1]],
    "draws": [1],
    "number": 1,
    "row": 1,
    "x": 0,
    "y": 0,
    "level": 3,
    "at": "z",
    "shape": "lasso",
    "how": "add",
    "serial": 1,
    "points": [[0, 0], [1, 0], [1, 1]],
    "upper": 0.5,
    "lower": 0.4,
    "precision": 0.9,
    "key": "chance",
    "value": "",
    "what": "keep",
    "batch": "c" * 32,
    "act": "d" * 32,
    "yes": True,
    "count": 3,
    "agree": 1,
    "region": 0,
    "images": ["1"],
    "most": 3,
    "from": "chosen",
    "image": "1",
    "token": "",
    "pending": [],
    "work": {},
    "session": {"view": {}, "minimums": {}, "active": []},
    "person": "e" * 32,
    "allowed": None,
    "seen_version": 0,
    "start": 0,
}


async def fuzz_messages(path: Path, count: int, *, seed: int, nameless: bool) -> Counter[str]:
    """Send random messages of all kinds; return the faults, empty if there are none.

    Parameters
    ----------
    path
        A collection that the fuzz may change.
    count
        Number of messages.
    seed
        Seed of the random choices.
    nameless
        Whether the sender has no name. Then nothing may change.
    """
    rnd, wrong = random.Random(seed), Counter[str]()  # noqa: S311 -- a fuzz is no secret
    opened = OpenCollections()
    visitor, watch = Visitor(path, opened), Visitor(path, opened)
    await watch.join("Watch")
    if not nameless:
        await visitor.join("Fuzz")
    names = [name for name in TABLE if name in visitor.components]
    before = kept(watch, but=LIVES_ON)
    for number in range(count):
        component = rnd.choice(names)
        message: Any = {"type": rnd.choice([*TABLE[component], "nope"]), "id": f"{number:032x}"} | _GOOD
        if nameless and message["type"] in {"join", "hello"}:
            continue
        if not message["type"]:
            del message["type"]
        for _ in range(rnd.randint(0, 3)):
            message[rnd.choice([*_GOOD, "type"])] = junk(rnd)
        if rnd.random() < 0.05:
            message = junk(rnd)
        if nameless and isinstance(message, dict) and message.get("type") in ("join", "hello"):
            continue
        try:
            visitor.send(component, message)
        except Exception as error:  # noqa: BLE001 -- any error of a message is a fault
            wrong[f"{component} {message!r:.80} raised {error!r:.80}"] += 1
        if number % 20 == 0:
            await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await watch.say("LabelTab", {"type": "alive"})
    wrong.update(f"answered {leak!r:.80}" for said in visitor.sent if (leak := leak_in(repr(said))))
    if nameless and kept(watch, but=LIVES_ON) != before:
        wrong["somebody without a name changed something"] += 1
    await asyncio.to_thread(opened.close)
    return wrong
