"""The part of the Label tab that records, skips, undoes and redoes answers."""

from __future__ import annotations

from typing import Any

from explorer.controllers.labeling.answering import AnsweringSession
from explorer.messages.table import checked
from explorer.state.labeling_state import LabelingState
from explorer.views.common.component import refusal
from explorer.views.common.messaging import Conversation
from pipeline.errors import ParameterError

__all__ = ["AnswerMessages"]


class AnswerMessages(Conversation):
    """A tab that passes a browser's answers to one `AnsweringSession`."""

    answering: AnsweringSession
    _state: LabelingState

    def refresh(self) -> None:
        """Read the status of the tab again."""
        raise NotImplementedError

    async def _record_pending(self, acts: list[dict[str, Any]]) -> None:
        """Record unacknowledged actions that the browser sent before it lost the server or reloaded."""
        for kept in acts:
            if kept.get("annotator") != self._state.annotator.id:
                continue
            try:
                act = checked(self._name, {**kept, "type": "act"})
            except ParameterError as error:
                self._send(refusal({**kept, "type": "act"}, self._services.words_of(error)))
                continue
            await self._run_handler(lambda one: self._do_act(one, fill=False), act, "act")

    async def _do_act(self, message: dict[str, Any], *, fill: bool = True) -> None:
        action_id, page = message["id"], message["page"]
        if message["kind"] == "caption":
            words, image, seconds = message["text"], message["image"], message["seconds"]
            await self.answering.describe(action_id, page, message["draw"], image, words, seconds, fill=fill)
        else:
            await self.answering.answer(action_id, page, message["replies"], fill=fill)
        if self.answering.pace.hasty():
            self.refresh()

    async def _do_fill(self, _: dict[str, Any]) -> None:
        await self.answering.fill()

    async def _do_skip(self, message: dict[str, Any]) -> None:
        await self.answering.skip(message["page"], message["draws"])

    async def _do_undo(self, message: dict[str, Any]) -> None:
        await self.answering.undo(message["id"])

    async def _do_redo(self, message: dict[str, Any]) -> None:
        await self.answering.redo(message["id"])

    async def _do_confirm_run(self, message: dict[str, Any]) -> None:
        if message["yes"]:
            self.answering.pace.confirm_run()
        else:
            await self.answering.undo_run()
        self.refresh()
