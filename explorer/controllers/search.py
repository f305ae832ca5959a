"""Searches of one session: words or examples in, a selection out. A slow one says how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from explorer.services.services import Services
from explorer.state.filter_state import FilterState
from explorer.state.selection_state import SelectionState, reveal_selection
from explorer.state.view_state import ViewState
from pipeline.errors import BamExplorerError
from pipeline.label_store import store_exists
from pipeline.progress import Progress
from pipeline.search import FoundWords

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MOST_SIMILAR", "ReplacedError", "Searching"]

MOST_SIMILAR = 240
"""Images that a search for similar ones gives: five pages of a gallery."""

SAY_AFTER = 0.4
"""Seconds until a search says how far it is, and between two such words."""

SEARCH = "search: "
LONGEST_TEXT = 60


class ReplacedError(Exception):
    """A newer search took the place of this one."""


@dataclass(slots=True)
class _Task:
    """A search under way: whether it still counts, and how far it is from 0 to 1."""

    share: float = 0.0
    replaced: bool = False

    def tell(self, progress: Progress) -> None:
        """Take progress from the thread; ends the work of a search that was replaced."""
        if self.replaced:
            raise ReplacedError
        self.share = progress.done / max(progress.total, 1)


class Searching(param.Parameterized):
    """Finds images and selects them.

    A newer search replaces an older one. Only images that pass the filters are found, as everywhere on the map.

    Parameters
    ----------
    services, filters, view, selection
        What is searched, among which images, and where the result goes.
    schedule
        Runs a coroutine function on the session's loop.
    """

    busy = param.Boolean(default=False, doc="Whether a search has run for a while.")
    share = param.Number(default=0.0, bounds=(0, 1), doc="How far it is.")
    result = param.String(default="", doc="What the last search found, in a few words.")
    advice = param.String(default="", doc="Why it found nothing and what to do, or what went wrong; else empty.")

    def __init__(
        self,
        services: Services,
        filters: FilterState,
        view: ViewState,
        selection: SelectionState,
        schedule: Callable[[Callable[[], Awaitable[None]]], None],
    ) -> None:
        super().__init__()
        self._schedule = schedule
        self._services = services
        self._filters = filters
        self._view = view
        self._selection = selection
        self._task = _Task()
        self.more: Callable[[list[str]], list[int]] = partial(_typed_captions, services)
        """Gives ids of images whose captions, kept elsewhere, hold all of some words; called in a thread."""

    def words(self, text: str) -> None:
        """Search captions and keywords; what is found becomes the selection, the best match first."""
        if not text.strip():
            self.stop()
            return
        filters = self._filters.filter_set()
        shown = _shortened(text)

        def look(task: _Task) -> tuple[FoundWords, NDArray[np.int32]]:
            del task  # milliseconds
            self._services.check_unchanged()
            found = self._services.search.by_words(text)
            rows = found.rows
            if found.words:
                rows = self._services.search.with_ids(rows, self.more(list(found.words)))
            return found, rows[self._services.passing(filters).holds(rows)]

        def take(answer: tuple[FoundWords, NDArray[np.int32]]) -> None:
            found, rows = answer
            if not rows.size:
                self.param.update(result="nothing found", advice=_advice(shown, found, filtered=bool(filters.filters)))
                return
            began = f" (beginning with it: {', '.join(found.began[:3])})" if found.began else ""
            self.param.update(result=f"{_images(rows.size)}{began}", advice="")
            self._select(rows, f"{SEARCH}{shown}")

        self._start(look, take)

    def similar(self, rows: NDArray[np.int32], origin: str = "") -> None:
        """Find the images most similar to some; they become the selection, the most similar first."""
        if not rows.size:
            return
        filters = self._filters.filter_set()
        origin = origin or ("similar to an image" if rows.size == 1 else f"similar to {rows.size:,} images")

        def look(task: _Task) -> NDArray[np.int32]:
            self._services.check_unchanged()
            return self._services.search.similar(
                rows, MOST_SIMILAR, among=self._services.passing(filters).mask(), progress=task.tell
            )

        def take(found: NDArray[np.int32]) -> None:
            advice = "" if found.size else "No other image passes the filters. Clear them and search again."
            self.param.update(result="" if found.size else "nothing found", advice=advice)
            if found.size:
                self._select(found, origin)

        self._start(look, take)

    def stop(self) -> None:
        """Forget the search that is under way and what the last one said."""
        self._task.replaced = True
        self._task = _Task()
        self.param.update(busy=False, result="", advice="")

    def _select(self, rows: NDArray[np.int32], origin: str) -> None:
        # What was found while one typed on is one step, not five.
        typed_on = origin.startswith(SEARCH) and self._selection.origin.startswith(SEARCH)
        self._selection.replace(rows, origin, instead=typed_on)
        reveal_selection(self._view)

    def _start(self, look: Callable[[_Task], Any], take: Callable[[Any], None]) -> None:
        self._task.replaced = True
        task = self._task = _Task()

        async def run() -> None:
            work: Future[Any] = self._services.searches.submit(_unless_replaced, look, task)
            waiting = asyncio.wrap_future(work)
            try:
                while not (await asyncio.wait({waiting}, timeout=SAY_AFTER))[0]:
                    if task is self._task:
                        self.param.update(busy=True, share=min(task.share, 1.0), advice="")
                answer = waiting.result()
                if task is self._task:
                    take(answer)
            except ReplacedError:
                pass
            except BamExplorerError as error:
                if task is self._task:
                    self.param.update(result="", advice=self._services.words_of(error))
            finally:
                if task is self._task:
                    self.busy = False

        self._schedule(run)


def _typed_captions(services: Services, words: list[str]) -> list[int]:
    """Return ids of the images whose captions people typed here hold all words."""
    if not store_exists(services.collection):
        return []
    try:
        return services.labels.store.captions.search(words)
    except BamExplorerError:
        return []  # what is wrong with the store is said where one answers; it takes no search away


def _unless_replaced(look: Callable[[_Task], Any], task: _Task) -> Any:
    """Look, unless a newer search came while this one waited for its thread."""
    if task.replaced:
        raise ReplacedError
    return look(task)


def _images(count: int) -> str:
    return f"{count:,} image{'' if count == 1 else 's'}"


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _advice(shown: str, found: FoundWords, *, filtered: bool) -> str:
    if not found.words:
        return "Type a word: letters or digits."
    if found.rows.size:
        return f"{_images(found.rows.size)} with “{shown}”, but none that passes the filters. Clear the filters."
    fewer = "Try fewer words" if len(found.words) > 1 else "Try another word, or its beginning"
    also = "" if not filtered else " The filters are not the reason."
    return f"No caption or keyword has “{shown}”. {fewer}; or open a picture like it and press Find similar.{also}"
