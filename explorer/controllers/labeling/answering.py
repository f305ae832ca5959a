"""One annotator's session: hands out pages and records answers in the store.

Messages come in as plain values and go out as records through a callback. Actions are recorded one at a time, in the
order of arrival, and acknowledged when they are durable. Sending an action again changes nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from explorer.controllers.labeling.messages import RedoneMessage, SavedMessage, UndoneMessage
from explorer.controllers.labeling.pages import HeldPages
from explorer.controllers.labeling.presence import Attendance
from explorer.controllers.ownership import batch_thing
from explorer.messages.encoding import Message
from explorer.messages.outgoing import Failed, Note
from explorer.services.label_service import LabelService
from explorer.services.services import Services
from explorer.state.labeling_state import LabelingState, Pace
from pipeline.errors import BamExplorerError, LeaseError, StoreFullError, StoreUnavailableError
from pipeline.label_store import LabelStore, LoggedAction, Page, Receipt, Reply, Value, new_action_id

__all__ = ["AnsweringSession"]

LONGEST_WAIT = 86_400.0


@dataclass(frozen=True, slots=True)
class _Act:
    """An action of a browser: its id, the page and draws that it answers, its values, and its time in seconds."""

    id: str
    page: str
    draws: set[int]
    values: list[str]
    seconds: float


class AnsweringSession:
    """The answering of one browser session.

    Parameters
    ----------
    services, labels
        Services of the process.
    state
        Choices of the annotator; changed here.
    send
        Sends a message to the browser.
    changed
        Called after every change that the status shows.
    clock
        Monotonic time in seconds.
    """

    def __init__(
        self,
        services: Services,
        labels: LabelService,
        state: LabelingState,
        *,
        send: Callable[[Message], None],
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
        self.attendance = Attendance(labels, state, send, clock)
        self.pace = Pace()
        self._pages = HeldPages(services, labels, state, can_answer=lambda: self.can_answer, send=send, changed=changed)

    @property
    def can_answer(self) -> bool:
        """Whether an annotator can answer in this window now."""
        chosen = bool(self.state.attribute) or self.state.captions
        return self.state.annotator is not None and chosen and not self.attendance.elsewhere

    @property
    def nothing_left(self) -> bool:
        """Whether no question was left when pages were last taken."""
        return self._pages.nothing_left

    def asked_for(self, batch_id: str) -> bool:
        """Return whether this annotator added the questions of a batch; runs in a thread."""
        me = self.state.annotator
        return me is not None and self._services.changes.maker(batch_thing(batch_id)) == me.id

    async def leave(self) -> None:
        """Stop answering; unanswered questions go back to the other annotators."""
        async with self._turn:
            await self._pages.drop_all()
            await self.attendance.leave()
        self._changed()

    async def beat(self) -> None:
        """Renew the leases of an active annotator, and take pages if questions have become available."""
        before = (self.attendance.elsewhere, self.attendance.idle)
        if await self.attendance.beat():
            for page_id in self._pages.ids:
                await self._labels.ask(lambda store: store.questions.renew_page, page_id, self.state.annotator.id)
            if self._pages.nothing_left:
                await self.fill()
        if before != (self.attendance.elsewhere, self.attendance.idle):
            self._changed()

    def end(self) -> None:
        """Give unanswered questions back at the end of the session. Runs in a thread.

        If the annotator has another window, its pages are kept, because a reloaded page holds the same images.
        """
        store, me = self._labels.store, self.state.annotator
        store.annotators.leave(self.attendance.window)
        if not any(other.annotator.id == me.id for other in store.annotators.list_present()):
            for page_id in self._pages.ids:
                store.questions.give_back(page_id, me.id)

    # ---- pages -------------------------------------------------------------------------------------------------------
    async def work(self) -> None:
        """Give all pages back and start with the present choices."""
        async with self._turn:
            await self._pages.clear()
        await self.fill()

    async def fill(self) -> None:
        """Take pages until there is a current page and a next one."""
        async with self._turn:
            await self._pages.fill()

    # ---- actions -----------------------------------------------------------------------------------------------------
    async def answer(
        self, action_id: str, page_id: str, replies: list[tuple[int, str, float]], *, fill: bool = True
    ) -> None:
        """Record answers to a page and acknowledge them; take the next page if `fill` is set."""
        wanted = [
            Reply(self._pages.numbers.draw(int(number)), Value(value), min(max(float(s), 0.0), LONGEST_WAIT))
            for number, value, s in replies
        ]
        me, values = self.state.annotator.id, [reply.value.value for reply in wanted]
        act = _Act(action_id, page_id, {reply.draw_id for reply in wanted}, values, sum(one.seconds for one in wanted))
        await self._record(act, lambda store: store.answers.record(action_id, page_id, me, wanted), fill=fill)

    async def describe(
        self, action_id: str, page_id: str, number: int, image_id: int, words: str, seconds: float, *, fill: bool = True
    ) -> None:
        """Record a caption of an image and acknowledge it; take the next page if `fill` is set."""
        me, draw_id = self.state.annotator.id, self._pages.numbers.draw(number)
        act = _Act(action_id, page_id, {draw_id}, [action_id], min(max(seconds, 0.0), LONGEST_WAIT))  # no two are alike

        def write(store: LabelStore) -> Receipt:
            return store.captions.add(action_id, me, image_id, words, page_id=page_id, draw_id=draw_id)

        await self._record(act, write, fill=fill)

    async def skip(self, page_id: str, numbers: list[int]) -> None:
        """Skip images: other annotators get them, and this one does not."""
        draws = [self._pages.numbers.draw(number) for number in numbers]
        async with self._turn:
            await self._labels.ask(lambda store: store.questions.skip, page_id, self.state.annotator.id, draws)
            self._pages.strike(page_id, set(draws))
            await self._fill_quietly()
        self._changed()

    async def _record(self, act: _Act, write: Callable[[LabelStore], Receipt], *, fill: bool) -> None:
        """Record an action in the store, send the outcome to the browser, and take the next page."""
        async with self._turn:
            try:
                receipt = await self._labels.run(lambda: write(self._labels.store))
            except BamExplorerError as error:
                again = isinstance(error, StoreUnavailableError | StoreFullError)
                self._send(Failed(act.id, self._services.words_of(error), again))
                if isinstance(error, LeaseError):  # others have answered the page
                    self._pages.forget(act.page)
                    await self._fill_quietly()
                return
            # before the acknowledgement, because the browser may answer the next page right after it
            self._pages.strike(act.page, act.draws)
            self._send(SavedMessage(act.id, self._pages.numbered(receipt.late)))
            self._labels.nudge()
            self.pace.add(self._clock(), act.id, act.values, act.seconds)
            if fill:
                await self._fill_quietly()
        self._changed()

    async def _fill_quietly(self) -> None:
        """Take the next page; a failure becomes a note, so that it does not look like a failed answer."""
        try:
            await self._pages.fill()
        except BamExplorerError as error:
            self._send(Note(self._services.words_of(error), "warning"))

    async def undo(self, action_id: str, target_id: str | None = None) -> LoggedAction:
        """Undo an action; its page comes back with the undone answers."""
        async with self._turn:
            act = await self._labels.ask(
                lambda store: store.answers.undo, action_id, self.state.annotator.id, target_id
            )
            self._labels.nudge()
            self.pace.take_back(act.id)
            await self._bring_back(act)
        self._changed()
        return act

    async def redo(self, action_id: str, target_id: str | None = None) -> LoggedAction:
        """Redo an undone action."""
        async with self._turn:
            act = await self._labels.ask(
                lambda store: store.answers.redo, action_id, self.state.annotator.id, target_id
            )
            self._labels.nudge()
            self._send(RedoneMessage(act.id))
        self._changed()
        return act

    async def _bring_back(self, act: LoggedAction) -> None:
        page_id, values = await self._labels.ask(lambda store: store.answers.values_of, act)
        if page_id is None:
            self._send(UndoneMessage(act.id, ""))
            return
        page: Page = await self._labels.ask(lambda store: store.questions.renew_page, page_id, act.annotator_id)
        self._send(UndoneMessage(act.id, page_id))
        if page.items:
            await self._pages.give(page, values, first=True)

    async def undo_run(self) -> int:
        """Undo the run of equal answers that the annotator was asked about. Return the number of actions."""
        acts = found[2] if (found := self.pace.hasty()) else []
        for action_id in reversed(acts):
            async with self._turn:
                act = await self._labels.ask(
                    lambda store: store.answers.undo, new_action_id(), self.state.annotator.id, action_id
                )
                self.pace.take_back(act.id)
        self._labels.nudge()
        self.pace.confirm_run()
        await self.work()
        return len(acts)
