"""Searches of one session: by words or by example images, with a selection as the result."""

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
"""Images found by a similarity search: five pages of a gallery."""

REPORT_AFTER = 0.4
"""Seconds until a search reports its progress, and between two reports."""

SEARCH = "search: "
LONGEST_TEXT = 60


class ReplacedError(Exception):
    """A newer search replaced this one."""


@dataclass(slots=True)
class _Task:
    """A running search: its progress from 0 to 1, and whether it was replaced."""

    share: float = 0.0
    replaced: bool = False

    def report(self, progress: Progress) -> None:
        """Record progress from the thread; stop the work of a replaced search."""
        if self.replaced:
            raise ReplacedError
        self.share = progress.done / max(progress.total, 1)


class Searching(param.Parameterized):
    """Finds images and selects them.

    A newer search replaces an older one. Only images that pass the filters are found.

    Parameters
    ----------
    services, filters, view, selection
        Services of the process and state of the session: active filters, the view, and the selection to change.
    schedule
        Runs a coroutine function on the session's loop.
    """

    busy = param.Boolean(default=False, doc="Whether a search has run for a while.")
    share = param.Number(default=0.0, bounds=(0, 1), doc="Progress of the search.")
    result = param.String(default="", doc="Short result of the last search.")
    advice = param.String(default="", doc="Reason and advice if it found nothing, or an error; else empty.")

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
        """Function that returns ids of images whose captions in other places contain all words; called in a thread."""

    def words(self, text: str) -> None:
        """Search captions and keywords; the result becomes the selection, the best match first."""
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
            began = f" (also words that begin with it: {', '.join(found.began[:3])})" if found.began else ""
            self.param.update(result=f"{_images(rows.size)}{began}", advice="")
            self._select(rows, f"{SEARCH}{shown}")

        self._start(look, take)

    def similar(self, rows: NDArray[np.int32], origin: str = "") -> None:
        """Find the images most similar to the given ones; the result becomes the selection, the most similar first."""
        if not rows.size:
            return
        filters = self._filters.filter_set()
        origin = origin or ("similar to an image" if rows.size == 1 else f"similar to {rows.size:,} images")

        def look(task: _Task) -> NDArray[np.int32]:
            self._services.check_unchanged()
            return self._services.search.similar(
                rows, MOST_SIMILAR, among=self._services.passing(filters).mask(), progress=task.report
            )

        def take(found: NDArray[np.int32]) -> None:
            advice = "" if found.size else "No other image passes the filters. Clear the filters and search again."
            self.param.update(result="" if found.size else "nothing found", advice=advice)
            if found.size:
                self._select(found, origin)

        self._start(look, take)

    def stop(self) -> None:
        """Cancel the running search and clear the result of the last one."""
        self._task.replaced = True
        self._task = _Task()
        self.param.update(busy=False, result="", advice="")

    def _select(self, rows: NDArray[np.int32], origin: str) -> None:
        # Searches while the user types are one step of undo, not many.
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
                while not (await asyncio.wait({waiting}, timeout=REPORT_AFTER))[0]:
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
    """Return ids of the images whose captions by annotators contain all words."""
    if not store_exists(services.collection):
        return []
    try:
        return services.labels.store.captions.search(words)
    except BamExplorerError:
        return []  # the Label tab shows problems of the store; the search goes on without it


def _unless_replaced(look: Callable[[_Task], Any], task: _Task) -> Any:
    """Search, unless a newer search came while this one waited for its thread."""
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
        return "Type a word of letters or digits."
    if found.rows.size:
        return f"{_images(found.rows.size)} with “{shown}”, but none passes the filters. Clear the filters."
    fewer = "Try fewer words" if len(found.words) > 1 else "Try another word or its first letters"
    also = "" if not filtered else " The filters are not the cause."
    return f"No caption or keyword has “{shown}”. {fewer}, or open a similar picture and press Find similar.{also}"
