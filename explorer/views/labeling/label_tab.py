"""The Label tab: the server's half passes the browser's messages to one `AnsweringSession`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

import panel as pn
import param

from explorer.controllers.attributes.instructions import instructions_message
from explorer.controllers.labeling.answering import AnsweringSession
from explorer.controllers.labeling.messages import NameMessage, RestartMessage, WhoMessage
from explorer.controllers.labeling.records import LabelStatus, WorkShown
from explorer.controllers.labeling.source_rankings import SourceContext
from explorer.controllers.labeling.status import read_status
from explorer.messages.encoding import encoded
from explorer.messages.outgoing import Focus
from explorer.state.view_state import Request
from explorer.views.common.component import Component
from explorer.views.common.component_files import script_of, styles_of
from explorer.views.common.session_loop import SessionLoop
from explorer.views.common.tab_context import TabContext
from explorer.views.labeling.answer_messages import AnswerMessages
from explorer.views.labeling.question_queue import QuestionQueue
from pipeline.errors import BamExplorerError, ParameterError
from pipeline.label_store import CAPTIONS, Annotator, Value, store_exists

__all__ = ["LabelTab", "LabelingView"]

BEAT_MS = 5_000
FRESH_SECONDS = 0.5
"""Least time between two readings of the status."""

LABELS = (Value.YES, Value.NO)
"""Labels for a bulk answer."""

MOST_NAMES = 20
"""Most names that one window may use, one after another."""


class LabelTab(Component):
    """The browser's half."""

    status = param.Dict(default={}, doc="The status on screen, see `LabelStatus`.")
    key = param.String(default="", doc="Name under which the browser keeps the annotator's token.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = script_of("label_tab.js")
    _stylesheets: ClassVar[list[str]] = styles_of("attributes/instructions.css", "labeling/label_tab.css")


class LabelingView(AnswerMessages, QuestionQueue, pn.viewable.Viewer):
    """The server's half.

    Parameters
    ----------
    context
        Services of the process and state of the session.
    """

    def __init__(self, context: TabContext) -> None:
        super().__init__()
        self._joined = 0
        self._selection = context.selection
        self._services = services = context.services
        self._labels = labels = context.services.labels
        self._view = view = context.view
        self._state = state = context.work
        self._reading = self._stale = False
        self._beat: Any = None
        self._stop_watching: Callable[[], None] | None = None
        self.tab = LabelTab(
            status=encoded(self._bare_status()),
            key=services.browser_key,
            dark=view.dark,
            sizing_mode="stretch_both",
            margin=0,
        )
        self.answering = AnsweringSession(services, labels, state, send=self._send, changed=self.refresh)
        self._converse(self.tab)
        view.param.watch(lambda event: setattr(self.tab, "dark", event.new), "dark")
        view.param.watch(lambda *_: self.refresh(), ["selected_row", "layout_name"])
        view.param.watch(lambda event: self._ask_name(event.new), "name_wanted", onlychanged=False)
        view.param.watch(lambda event: self._on_requested(event.new), "requested")
        view.param.watch(lambda event: self._on_opened(event.new), "opened")
        SessionLoop().on_end(self._on_end)

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the tab."""
        return self.tab

    def _annotator(self) -> Annotator | None:
        me: Annotator | None = self._state.annotator
        return me

    def _ask_name(self, words: str) -> None:
        self._send(NameMessage(words))

    # ---- messages ----------------------------------------------------------------------------------------------------
    async def _do_hello(self, message: dict[str, Any]) -> None:
        self._restore(message.get("work"))
        token = message.get("token")
        if token and await self.answering.attendance.hello(token):
            await self._record_pending(message.get("pending", []))
        elif self._state.annotator is not None:  # the page has lost its token: the annotator leaves
            await self._do_leave(message)
        elif not token:  # a visitor who only looks creates no store
            self._send(WhoMessage())
        await self._begin()

    async def _do_join(self, message: dict[str, Any]) -> None:
        if self._state.annotator is not None:
            raise ParameterError(f"You are {self._state.annotator.name} here. Choose “Change annotator” first.")
        if self._joined >= MOST_NAMES:
            raise ParameterError(f"This window has used {MOST_NAMES} names already. Reload the page to use another.")
        try:
            await self.answering.attendance.join(message["name"])
        except ParameterError as error:  # the form of the name shows it
            self._ask_name(self._services.words_of(error))
            return
        self._joined += 1
        await self._begin()

    async def _begin(self) -> None:
        if self._state.annotator is None:
            return
        self._view.label_attribute = self._state.attribute
        if self._stop_watching is None:
            loop = SessionLoop()
            self._stop_watching = self._labels.watch(lambda: loop.call(self._on_change))
        if self._beat is None:
            self._beat = pn.state.add_periodic_callback(self._beat_later, period=BEAT_MS)
        try:
            if self._state.attribute or self._state.captions:
                await self.answering.work()
        finally:  # as in `_do_work`
            self.refresh()

    async def _do_leave(self, _: dict[str, Any]) -> None:
        await self.answering.leave()
        if self._beat is not None:  # no annotator is present any more
            self._beat.stop()
            self._beat = None

    async def _do_take_over(self, _: dict[str, Any]) -> None:
        await self.answering.attendance.take_over()
        await self.answering.fill()
        self.refresh()

    async def _do_alive(self, _: dict[str, Any]) -> None:
        if self.answering.attendance.awake():
            await self.answering.work()
            self.refresh()

    async def _do_wide(self, _: dict[str, Any]) -> None:
        self._view.wide = not self._view.wide

    async def _do_define(self, _: dict[str, Any]) -> None:
        self._view.open_tab("attributes", task="define")

    async def _do_work(self, message: dict[str, Any]) -> None:
        before = (self._state.attribute, self._state.size, self._state.batch, self._state.captions)
        self._restore({**self._work(), **{key: message[key] for key in self._work() if key in message}})
        after = (self._state.attribute, self._state.size, self._state.batch, self._state.captions)
        try:
            if message.get("fresh") or before != after:  # a browser without pages waits for new ones
                await self.answering.work()
        finally:  # if the attribute does not exist, the page needs the list of those that do
            self.refresh()

    async def _do_instructions(self, _: dict[str, Any]) -> None:
        if not self._state.attribute or not store_exists(self._services.collection):
            return
        entry = await self._labels.ask(lambda store: store.attributes.find, self._state.attribute)
        self._send(await self._labels.run(instructions_message, self._services, entry.definition))

    # ---- requests from other parts -----------------------------------------------------------------------------------
    def _on_requested(self, request: Request) -> None:
        """Remove an attribute's page before the tab is visible: no key may answer a page that is about to go."""
        same = self._answering(request.attribute).items() <= self._work().items()
        if request.part == "label" and request.attribute and same:
            self._send(RestartMessage())

    def _on_opened(self, request: Request) -> None:
        """Do the task for which the tab was opened."""
        if request.part != "label":
            return
        if request.attribute or request.task == "answer":  # the sheet gets the keys without a click
            self._send(Focus())
        if request.attribute:  # the questions that come first now, unless a page is begun
            self._later(lambda: self._run_handler(self._do_work, self._answering(request.attribute)))
        elif request.task == "ask":
            self._later(lambda: self._run_handler(self._do_source, {"key": "selection", "value": ""}))
        elif request.task in LABELS:
            self._later(lambda: self._run_handler(self._label_selection, {"value": Value(request.task)}))

    @staticmethod
    def _answering(attribute: str) -> dict[str, Any]:
        return {"attribute": attribute, "batch": "", "captions": False}

    # ---- status ------------------------------------------------------------------------------------------------------
    def _on_change(self) -> None:
        """Refresh numbers and colours after a change in the store."""
        self._view.answers_seen += 1
        if self.answering.nothing_left:  # there may be new questions
            self._later(lambda: self._run_handler(self._do_fill, {}))
        self.refresh()

    def refresh(self) -> None:
        """Read the status again, in a thread: at most one read runs and one waits."""
        self._stale = True
        if not self._reading and self._state.annotator is not None:
            self._reading = True
            self._later(self._read)
        elif self._state.annotator is None:
            self.tab.show_values(status=self._bare_status())

    async def _read(self) -> None:
        try:
            while self._stale:
                self._stale = False
                try:
                    status = await self._labels.run(read_status, self._labels, self.answering, self._source_context())
                except BamExplorerError as error:
                    status = replace(self._bare_status(), problem=self._services.words_of(error))
                self.tab.show_values(status=status)
                await asyncio.sleep(FRESH_SECONDS)
        finally:
            self._reading = False

    def _bare_status(self) -> LabelStatus:
        return LabelStatus(work=WorkShown(**self._work()))

    def _source_context(self) -> SourceContext | None:
        """Return the context for sources of questions; None while no attribute is chosen."""
        attribute = CAPTIONS if self._state.captions else self._state.attribute
        if not attribute:
            return None
        return SourceContext(
            self._services,
            self._labels,
            attribute,
            layout_name=self._view.layout_name,
            selected=self._selection.rows,
            chosen=self._view.selected_row,
        )

    def _work(self) -> dict[str, Any]:
        return self._state.work()

    def _restore(self, work: Any) -> None:
        """Restore choices from a browser; invalid ones are ignored."""
        self._state.restore(work)
        self._view.label_attribute = "" if self._state.annotator is None else self._state.attribute

    # ---- time --------------------------------------------------------------------------------------------------------
    def _beat_later(self) -> None:
        self._later(self._on_beat)

    async def _on_beat(self) -> None:
        with suppress(BamExplorerError):
            await self.answering.beat()
            self.refresh()

    def _on_end(self) -> None:
        if self._stop_watching is not None:
            self._stop_watching()
        if self._state.annotator is not None:
            self._labels.later(self.answering.end)
