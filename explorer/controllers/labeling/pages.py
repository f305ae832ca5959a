"""The pages of one annotator: takes the next ones and tracks the unanswered questions on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explorer.controllers.labeling.draw_numbers import DrawNumbers
from explorer.controllers.labeling.messages import ClearMessage, DropMessage, NothingMessage, PageItem, PageMessage
from explorer.messages.encoding import Message
from explorer.messages.outgoing import Note
from explorer.services.label_service import LabelService
from explorer.services.services import Services
from explorer.state.labeling_state import CAPTION_PAGE, LabelingState
from pipeline.certification.lifecycle import ask_next
from pipeline.errors import ArchivedError, BamExplorerError, NotQualifiedError
from pipeline.label_store import CAPTIONS, Page, Purpose

__all__ = ["ASKED", "HeldPages"]

ASKED = (Purpose.AUDIT, Purpose.CERTIFICATION, Purpose.VALIDATION, Purpose.TRAINING)
"""Purposes in the order of asking: audit, certification and validation come before training."""

MOST_PAGES = 2
"""The current page and the next one."""

REPEATS = 0.05


@dataclass(slots=True)
class _HeldPage:
    """A page, and its draws that are still open."""

    page: Page
    open: set[int]


class HeldPages:
    """The pages of one browser session.

    The caller holds a lock, so that only one method runs at a time.

    Parameters
    ----------
    services, labels
        Services of the process.
    state
        Choices of the annotator; a finished batch is cleared here.
    can_answer
        Returns whether an annotator can answer in this window now.
    send
        Sends a message to the browser.
    changed
        Called after every change that the status shows.
    """

    def __init__(
        self,
        services: Services,
        labels: LabelService,
        state: LabelingState,
        *,
        can_answer: Callable[[], bool],
        send: Callable[[Message], None],
        changed: Callable[[], None],
    ) -> None:
        self._services = services
        self._labels = labels
        self._state = state
        self._can_answer = can_answer
        self._send = send
        self._changed = changed
        self._held: dict[str, _HeldPage] = {}
        self._choice_number = 0
        self._trouble = ""
        self.nothing_left = False

    @cached_property
    def numbers(self) -> DrawNumbers:
        """The numbers of draws in the browser, which are never ids of draws."""
        return DrawNumbers(self._labels.store.secret)

    @property
    def ids(self) -> list[str]:
        """Ids of the pages, in the order in which they came."""
        return list(self._held)

    def forget(self, page_id: str) -> None:
        """Drop a page that the store gave to another annotator."""
        self._held.pop(page_id, None)

    async def clear(self) -> None:
        """Give all pages back and clear the screen."""
        self._choice_number += 1
        await self.drop_all()
        self._send(ClearMessage(self._choice_number))

    async def fill(self) -> None:
        """Take pages until there is a current page and a next one."""
        if not self._can_answer():
            return
        self.nothing_left = False
        try:
            while len(self._held) < MOST_PAGES:
                page = await self._next_page()
                if page is not None:
                    await self.give(page)
                elif self._state.batch and not self._held:
                    self._state.batch = ""  # the chosen part of the queue is finished
                else:
                    break
        except (ArchivedError, NotQualifiedError) as error:
            self._send(Note(self._services.words_of(error), "warning"))
        self.nothing_left = not self._held
        if self.nothing_left:
            self._send(NothingMessage(self._choice_number))
        self._changed()

    async def _next_page(self) -> Page | None:
        """Take the next page; an annotator who is not qualified gets test questions while there are any."""
        try:
            return await self._page_of_work()
        except NotQualifiedError as error:
            if self._state.captions:
                raise
            if (page := await self._page_for(Purpose.GOLD)) is None and not self._held:
                raise NotQualifiedError(f"{error} There are no test questions left for you now.") from error
            return page

    async def _page_of_work(self) -> Page | None:
        """Take a page of the first purpose that has questions.

        While a certification page is open, only certification pages are taken. After its answers the certification may
        ask for more, and these questions must not wait behind training pages.
        """
        purposes = (Purpose.TRAINING,) if self._state.captions else ASKED
        if not self._state.captions:
            await self._ask_next()
            if any(held.page.purpose is Purpose.CERTIFICATION for held in self._held.values()):
                purposes = (Purpose.CERTIFICATION,)
        for purpose in purposes:
            page = await self._page_for(purpose)
            if page is not None:
                return page
        return None

    async def _ask_next(self) -> None:
        """Ask the questions that a running certification needs now, whichever annotator answered last."""
        collection, attribute = self._services.collection, self._state.attribute
        try:
            if await self._labels.run(lambda: ask_next(collection, self._labels.store, attribute)):
                self._labels.nudge()
            self._trouble = ""
        except ArchivedError:
            raise
        except BamExplorerError as error:
            if self._services.words_of(error) != self._trouble:  # every page tries again, but the problem is shown once
                self._trouble = self._services.words_of(error)
                self._send(Note(self._trouble, "warning"))

    async def _page_for(self, purpose: Purpose) -> Page | None:
        captions = self._state.captions
        return await self._labels.ask(
            lambda store: store.questions.next_page,
            self._state.annotator.id,
            CAPTIONS if captions else self._state.attribute,
            CAPTION_PAGE if captions else self._state.size,
            beside=list(self._held),
            repeats=0.0 if captions else REPEATS,
            batch_id=None if purpose is Purpose.GOLD else self._state.batch or None,
            purpose=purpose,
        )

    async def give(self, page: Page, marks: dict[int, str] | None = None, *, first: bool = False) -> None:
        """Send a page with its pictures; images that are no longer in the collection are skipped."""
        self._services.check_unchanged()
        collection = self._services.collection
        rows = {item.draw_id: collection.row_of(item.image_id) for item in page.items}
        gone = [draw for draw, row in rows.items() if row < 0]
        if gone:
            await self._labels.ask(lambda store: store.questions.skip, page.id, page.annotator_id, gone)
            count = "An image of this page is" if len(gone) == 1 else f"{len(gone)} images of this page are"
            self._send(Note(f"{count} no longer in the collection and left out."))
        items = [item for item in page.items if rows[item.draw_id] >= 0]
        self._held[page.id] = _HeldPage(page, {item.draw_id for item in items})
        if not items:
            del self._held[page.id]
            return
        places = np.array([rows[item.draw_id] for item in items], np.int32)
        pictures, records = await self._labels.run(lambda: (collection.previews(places), collection.records(places)))
        asked = tuple(
            PageItem(
                draw=self.numbers.of(item.draw_id),
                image=str(item.image_id),
                row=row,
                words=(record.caption or record.source)[:300],
                picture=picture,
            )
            for item, row, picture, record in zip(items, places.tolist(), pictures, records, strict=True)
        )
        self._send(
            PageMessage(
                choice_number=self._choice_number,
                page=page.id,
                attribute=page.attribute,
                version=page.definition_version,
                captions=page.attribute == CAPTIONS,
                first=first,
                marks={str(self.numbers.of(draw)): value for draw, value in (marks or {}).items()},
                items=asked,
            )
        )

    async def drop_all(self) -> None:
        """Give all pages back."""
        pages, self._held = self._held, {}
        for page_id in pages:
            await self._labels.ask(lambda store: store.questions.give_back, page_id, self._state.annotator.id)

    def strike(self, page_id: str, draws: set[int]) -> None:
        """Remove answered draws from the open pages.

        An answer may arrive for a page that was given back a moment ago, while its images are already on another page.
        They are removed from that page on the screen, too, so that nothing is answered twice.
        """
        for other, held in list(self._held.items()):
            twice = held.open & draws
            if twice and other != page_id:
                self._send(DropMessage(other, self.numbered(twice)))
            held.open -= draws
            if not held.open:
                del self._held[other]

    def numbered(self, draws: Iterable[int]) -> tuple[int, ...]:
        """Return the browser's numbers of draws, ascending."""
        return tuple(sorted(self.numbers.of(draw) for draw in draws))
