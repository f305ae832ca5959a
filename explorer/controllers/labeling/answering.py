"""One person's answering: the pages in their hands, and every act on its way to the store and back.

No Panel here: messages come in as plain values and go out through a callback. Acts are recorded one after the other, in
the order in which they came, and acknowledged when they are durable; an act that is sent again changes nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from explorer.controllers.labeling.draw_numbers import DrawNumbers
from explorer.controllers.labeling.presence import Attendance
from explorer.controllers.ownership import batch_thing
from explorer.services.label_service import LabelService
from explorer.services.services import Services
from explorer.state.labeling_state import CAPTION_PAGE, LabelingState, Pace
from pipeline.certification.lifecycle import ask_next
from pipeline.errors import (
    ArchivedError,
    BamExplorerError,
    LeaseError,
    NotQualifiedError,
    StoreFullError,
    StoreUnavailableError,
)
from pipeline.label_store import CAPTIONS, Act, LabelStore, Page, Purpose, Receipt, Reply, Value, new_act_id

__all__ = ["AnsweringSession"]

ASKED = (Purpose.AUDIT, Purpose.CERTIFICATION, Purpose.VALIDATION, Purpose.TRAINING)
"""What people are asked for, first to last: what audit, promise or estimate waits for comes before what teaches."""

PAGES_IN_HAND = 2
"""The page that is worked on, and the next."""

SECOND_LOOKS = 0.05
LONGEST_WAIT = 86_400.0


@dataclass(slots=True)
class _Hand:
    """A page in somebody's hands: what on it is still to be answered."""

    page: Page
    open: set[int]


@dataclass(frozen=True, slots=True)
class _Act:
    """An act of a browser: its id, the page and draws that it answers, what it says, and the seconds it took."""

    id: str
    page: str
    draws: set[int]
    values: list[str]
    seconds: float


class AnsweringSession:
    """The work of one browser session.

    Parameters
    ----------
    services, labels
        What the process shares.
    state
        What the person works on; changed here.
    send
        Takes a message to the browser.
    changed
        Called after anything that the panel's status shows.
    clock
        Seconds that never jump.
    """

    def __init__(
        self,
        services: Services,
        labels: LabelService,
        state: LabelingState,
        *,
        send: Callable[[dict[str, Any]], None],
        changed: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._services = services
        self._labels = labels
        self.state = state
        self._send = send
        self._changed = changed
        self._clock = clock
        self._turn = asyncio.Lock()
        self._hands: dict[str, _Hand] = {}
        self._era = 0
        self.attendance = Attendance(labels, state, send, clock)
        self.pace = Pace()
        self.nothing_left = False
        self._trouble = ""

    @cached_property
    def _numbers(self) -> DrawNumbers:
        """What the browser calls the draws; none of its own numbers is a draw's id."""
        return DrawNumbers(self._labels.store.secret)

    @property
    def can_answer(self) -> bool:
        """Whether somebody answers something here now."""
        chosen = bool(self.state.attribute) or self.state.captions
        return self.state.annotator is not None and chosen and not self.attendance.elsewhere

    def asked_for(self, batch_id: str) -> bool:
        """Whether this person had the questions of a batch asked; runs in a thread."""
        me = self.state.annotator
        return me is not None and self._services.changes.maker(batch_thing(batch_id)) == me.id

    async def leave(self) -> None:
        """Stop: what is not answered goes back to the others."""
        async with self._turn:
            await self._drop_pages()
            await self.attendance.leave()
        self._changed()

    async def beat(self) -> None:
        """Keep the pages of somebody who works here, or see whether something came free for them."""
        before = (self.attendance.elsewhere, self.attendance.idle)
        if await self.attendance.beat():
            for page_id in list(self._hands):
                await self._labels.ask(lambda store: store.questions.renew_page, page_id, self.state.annotator.id)
            if self.nothing_left:
                await self.fill()
        if before != (self.attendance.elsewhere, self.attendance.idle):
            self._changed()

    def end(self) -> None:
        """Let others have what is not answered: the session is over. Runs in a thread.

        Another window of the same person keeps what it has: a page that was loaded anew holds the same images.
        """
        store, me = self._labels.store, self.state.annotator
        store.annotators.leave(self.attendance.window)
        if not any(other.annotator.id == me.id for other in store.annotators.list_present()):
            for page_id in list(self._hands):
                store.questions.give_back(page_id, me.id)

    # ---- pages -------------------------------------------------------------------------------------------------------
    async def work(self) -> None:
        """Begin with what the state says now; what was in hand goes back."""
        async with self._turn:
            self._era += 1
            await self._drop_pages()
            self._send({"type": "clear", "era": self._era})
        await self.fill()

    async def fill(self) -> None:
        """Take pages until one is being worked on and the next is ready."""
        async with self._turn:
            await self._fill()

    async def _fill(self) -> None:
        if not self.can_answer:
            return
        self.nothing_left = False
        try:
            while len(self._hands) < PAGES_IN_HAND:
                page = await self._next_page()
                if page is not None:
                    await self._give(page)
                elif self.state.batch and not self._hands:
                    self.state.batch = ""  # the part of the queue that was chosen is done: on with the rest
                else:
                    break
        except (ArchivedError, NotQualifiedError) as error:
            self._send({"type": "note", "text": self._services.words_of(error), "kind": "warning"})
        self.nothing_left = not self._hands
        if self.nothing_left:
            self._send({"type": "nothing", "era": self._era})
        self._changed()

    async def _next_page(self) -> Page | None:
        """Take the next page; whoever may not answer yet is given the questions of a test, as long as there are any."""
        try:
            return await self._page_of_work()
        except NotQualifiedError as error:
            if self.state.captions:
                raise
            if (page := await self._page_for(Purpose.GOLD)) is None and not self._hands:
                raise NotQualifiedError(f"{error} No question of a test is left for you now.") from error
            return page

    async def _page_of_work(self) -> Page | None:
        """Take a page of what is asked first.

        Beside a page of a promise only another of it is taken: once it is answered the promise may ask for more, which
        must not wait behind pages that teach.
        """
        purposes = (Purpose.TRAINING,) if self.state.captions else ASKED
        if not self.state.captions:
            await self._ask_next()
            if any(hand.page.purpose is Purpose.CERTIFICATION for hand in self._hands.values()):
                purposes = (Purpose.CERTIFICATION,)
        for purpose in purposes:
            page = await self._page_for(purpose)
            if page is not None:
                return page
        return None

    async def _ask_next(self) -> None:
        """Have asked what a promise under test needs by now, whoever answered last; this takes no other page away."""
        collection, attribute = self._services.collection, self.state.attribute
        try:
            if await self._labels.run(lambda: ask_next(collection, self._labels.store, attribute)):
                self._labels.nudge()
            self._trouble = ""
        except ArchivedError:
            raise
        except BamExplorerError as error:
            if self._services.words_of(error) != self._trouble:  # it is tried again with every page, and said once
                self._trouble = self._services.words_of(error)
                self._send({"type": "note", "text": self._trouble, "kind": "warning"})

    async def _page_for(self, purpose: Purpose) -> Page | None:
        captions = self.state.captions
        return await self._labels.ask(
            lambda store: store.questions.next_page,
            self.state.annotator.id,
            CAPTIONS if captions else self.state.attribute,
            CAPTION_PAGE if captions else self.state.size,
            beside=list(self._hands),
            repeats=0.0 if captions else SECOND_LOOKS,
            batch_id=None if purpose is Purpose.GOLD else self.state.batch or None,
            purpose=purpose,
        )

    async def _give(self, page: Page, marks: dict[int, str] | None = None, *, first: bool = False) -> None:
        """Send a page with its pictures; images that are no longer in the collection are passed over."""
        self._services.check_unchanged()
        collection = self._services.collection
        rows = {item.draw_id: collection.row_of(item.image_id) for item in page.items}
        gone = [draw for draw, row in rows.items() if row < 0]
        if gone:
            await self._labels.ask(lambda store: store.questions.skip, page.id, page.annotator_id, gone)
            count = "An image of this page is" if len(gone) == 1 else f"{len(gone)} images of this page are"
            self._send({"type": "note", "text": f"{count} no longer in the collection and left out.", "kind": "info"})
        items = [item for item in page.items if rows[item.draw_id] >= 0]
        self._hands[page.id] = _Hand(page, {item.draw_id for item in items})
        if not items:
            del self._hands[page.id]
            return
        places = np.array([rows[item.draw_id] for item in items], np.int32)
        pictures, records = await self._labels.run(lambda: (collection.previews(places), collection.records(places)))
        sent = [
            {
                "draw": self._numbers.of(item.draw_id),
                "image": str(item.image_id),
                "row": int(row),
                "words": (record.caption or record.source)[:300],
                "picture": picture,
            }
            for item, row, picture, record in zip(items, places, pictures, records, strict=True)
        ]
        self._send(
            {
                "type": "page",
                "era": self._era,
                "page": page.id,
                "attribute": page.attribute,
                "version": page.definition_version,
                "captions": page.attribute == CAPTIONS,
                "first": first,
                "marks": {str(self._numbers.of(draw)): value for draw, value in (marks or {}).items()},
                "items": sent,
            }
        )

    async def _drop_pages(self) -> None:
        hands, self._hands = self._hands, {}
        for page_id in hands:
            await self._labels.ask(lambda store: store.questions.give_back, page_id, self.state.annotator.id)

    def _strike(self, page_id: str, draws: set[int]) -> None:
        """Take what was answered off the pages in hand.

        An answer may come to a page that was given back a moment ago, and its images be on another page already: they
        are taken off that one on the screen, too, so that nothing is answered twice.
        """
        for other, hand in list(self._hands.items()):
            twice = hand.open & draws
            if twice and other != page_id:
                self._send({"type": "drop", "page": other, "draws": self._numbered(twice)})
            hand.open -= draws
            if not hand.open:
                del self._hands[other]

    def _numbered(self, draws: Iterable[int]) -> list[int]:
        return sorted(self._numbers.of(draw) for draw in draws)

    # ---- acts --------------------------------------------------------------------------------------------------------
    async def answer(
        self, act_id: str, page_id: str, replies: list[tuple[int, str, float]], *, fill: bool = True
    ) -> None:
        """Record answers to a page and acknowledge them; then see to the next page, if wanted."""
        wanted = [
            Reply(self._numbers.draw(int(number)), Value(value), min(max(float(s), 0.0), LONGEST_WAIT))
            for number, value, s in replies
        ]
        me, values = self.state.annotator.id, [reply.value.value for reply in wanted]
        act = _Act(act_id, page_id, {reply.draw_id for reply in wanted}, values, sum(one.seconds for one in wanted))
        await self._record(act, lambda store: store.answers.record(act_id, page_id, me, wanted), fill=fill)

    async def describe(
        self, act_id: str, page_id: str, number: int, image_id: int, words: str, seconds: float, *, fill: bool = True
    ) -> None:
        """Record a caption to an image of a page and acknowledge it; then see to the next page, if wanted."""
        me, draw_id = self.state.annotator.id, self._numbers.draw(number)
        act = _Act(act_id, page_id, {draw_id}, [act_id], min(max(seconds, 0.0), LONGEST_WAIT))  # no two are alike

        def write(store: LabelStore) -> Receipt:
            return store.captions.add(act_id, me, image_id, words, page_id=page_id, draw_id=draw_id)

        await self._record(act, write, fill=fill)

    async def skip(self, page_id: str, numbers: list[int]) -> None:
        """Pass images over: others get them, and this person does not."""
        draws = [self._numbers.draw(number) for number in numbers]
        async with self._turn:
            await self._labels.ask(lambda store: store.questions.skip, page_id, self.state.annotator.id, draws)
            self._strike(page_id, set(draws))
            await self._fill_quietly()
        self._changed()

    async def _record(self, act: _Act, write: Callable[[LabelStore], Receipt], *, fill: bool) -> None:
        """Have the store record an act, tell the browser how it went, and see to the next page."""
        async with self._turn:
            try:
                receipt = await self._labels.run(lambda: write(self._labels.store))
            except BamExplorerError as error:
                again = isinstance(error, StoreUnavailableError | StoreFullError)
                self._send({"type": "failed", "id": act.id, "text": self._services.words_of(error), "again": again})
                if isinstance(error, LeaseError):  # others have answered it: on to the next
                    self._hands.pop(act.page, None)
                    await self._fill_quietly()
                return
            self._strike(act.page, act.draws)  # before the acknowledgement, after which the next page may be answered
            self._send({"type": "saved", "id": act.id, "late": self._numbered(receipt.late)})
            self._labels.nudge()
            self.pace.add(self._clock(), act.id, act.values, act.seconds)
            if fill:
                await self._fill_quietly()
        self._changed()

    async def _fill_quietly(self) -> None:
        """See to the next page; what goes wrong there must not look like a failed answer."""
        try:
            await self._fill()
        except BamExplorerError as error:
            self._send({"type": "note", "text": self._services.words_of(error), "kind": "warning"})

    async def undo(self, act_id: str, target_id: str | None = None) -> Act:
        """Undo an act; its page comes back with the answers that were undone."""
        async with self._turn:
            act = await self._labels.ask(lambda store: store.answers.undo, act_id, self.state.annotator.id, target_id)
            self._labels.nudge()
            self.pace.take_back(act.id)
            await self._bring_back(act)
        self._changed()
        return act

    async def redo(self, act_id: str, target_id: str | None = None) -> Act:
        """Redo an act that was undone."""
        async with self._turn:
            act = await self._labels.ask(lambda store: store.answers.redo, act_id, self.state.annotator.id, target_id)
            self._labels.nudge()
            self._send({"type": "redone", "id": act.id})
        self._changed()
        return act

    async def _bring_back(self, act: Act) -> None:
        page_id, values = await self._labels.ask(lambda store: store.answers.values_of, act)
        if page_id is None:
            self._send({"type": "undone", "id": act.id, "page": ""})
            return
        page = await self._labels.ask(lambda store: store.questions.renew_page, page_id, act.annotator_id)
        self._send({"type": "undone", "id": act.id, "page": page_id})
        if page.items:
            await self._give(page, values, first=True)

    async def undo_run(self) -> int:
        """Undo the run of equal answers that was asked about; give how many acts."""
        acts = found[2] if (found := self.pace.hasty()) else []
        for act_id in reversed(acts):
            async with self._turn:
                act = await self._labels.ask(
                    lambda store: store.answers.undo, new_act_id(), self.state.annotator.id, act_id
                )
                self.pace.take_back(act.id)
        self._labels.nudge()
        self.pace.meant()
        await self.work()
        return len(acts)
