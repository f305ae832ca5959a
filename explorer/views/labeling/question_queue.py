"""The part of the Label tab that adds questions, cancels them, and gives bulk answers."""

from __future__ import annotations

from typing import Any

from explorer.controllers.labeling.answering import AnsweringSession
from explorer.controllers.labeling.bulk_answers import label_at_once
from explorer.controllers.labeling.messages import AwayMessage
from explorer.controllers.labeling.question_sources import ask_about
from explorer.controllers.labeling.source_rankings import SourceContext, cluster_members
from explorer.controllers.ownership import batch_thing, check_batch, check_bulk_answer
from explorer.state.labeling_state import LabelingState
from explorer.state.selection_state import SelectionState
from explorer.views.common.messaging import Conversation
from pipeline.errors import ParameterError
from pipeline.label_store import new_action_id

__all__ = ["QuestionQueue"]


class QuestionQueue(Conversation):
    """A tab that adds and cancels questions."""

    answering: AnsweringSession
    _state: LabelingState
    _selection: SelectionState

    def refresh(self) -> None:
        """Read the status of the tab again."""
        raise NotImplementedError

    def _source_context(self) -> SourceContext | None:
        """Return the context for sources of questions; None while no attribute is chosen."""
        raise NotImplementedError

    async def _do_agree(self, message: dict[str, Any]) -> str:
        me, attribute = self._state.annotator, self._state.attribute
        await self._labels.ask(lambda store: store.attributes.set_agreement, me.id, attribute, message["count"])
        self._labels.nudge()
        await self.answering.fill()
        return f"agreement:{attribute}"

    async def _do_cancel(self, message: dict[str, Any]) -> None:
        await self._labels.run(check_batch, self._services, self._state.annotator, message["batch"])
        count = await self._labels.ask(lambda store: store.batches.cancel, message["batch"])
        self._labels.nudge()
        if self._state.batch == message["batch"]:
            self._state.batch = ""
        self._note(f"{count:,} questions were cancelled.")
        await self.answering.work()

    async def _do_source(self, message: dict[str, Any]) -> list[str]:
        """Add questions from a source and start with them; the browser has put its pages away."""
        context = self._source_context()
        if context is None:
            raise ParameterError("Choose an attribute first.")
        try:
            batch, words = await self._labels.run(ask_about, context, message["key"], message["value"])
            self._labels.nudge()
            self._state.batch = "" if batch.images else self._state.batch
            if batch.images:
                self._note(f"{batch.images:,} questions added ({words}).")
            else:
                self._note(f"No new images left ({words}). Try another source.", "warning")
        finally:
            await self.answering.work()
        self.refresh()
        return [batch_thing(batch.id)] if batch.images else []

    async def _do_select_cluster(self, message: dict[str, Any]) -> None:
        """Select the images of a cluster."""
        context = self._source_context()
        if context is not None:
            self._selection.replace(*await self._labels.run(cluster_members, context, message["value"]))
            self._view.open_tab("selection")

    # ---- many images at once -----------------------------------------------------------------------------------------
    async def _do_bulk_answer(self, message: dict[str, Any]) -> None:
        """Keep or undo a bulk answer after its spot check."""
        act, batch = message["act"], message["batch"]
        store = await self._labels.run(lambda: self._labels.store)
        await self._labels.run(check_bulk_answer, store, self._state.attribute, self._state.annotator, act, batch)
        if message["what"] == "rollback":
            await self.answering.undo(new_action_id(), act)
            await self._labels.ask(lambda store: store.batches.cancel, batch)
            self._note("Bulk label undone. Answers to single images stay.")
        else:
            await self._labels.ask(lambda store: store.batches.publish, batch)
        self._labels.nudge()
        self._state.batch = ""
        await self.answering.work()
        self.refresh()

    async def _label_selection(self, message: dict[str, Any]) -> list[str]:
        """Give a bulk answer to the selection and ask for its spot check; one undo reverts it."""
        me, attribute = self._state.annotator, self._state.attribute
        if not attribute:
            raise ParameterError("Enter your name and choose an attribute here. Then label the selection again.")
        value, rows = message["value"], self._selection.rows
        self._send(AwayMessage())  # no key may answer a page that comes before the spot check
        try:
            done = await self._labels.run(label_at_once, self._services, self._labels, me, attribute, rows, value)
            left = f" {done.left_out:,} more are reserved for validation and were left out." if done.left_out else ""
            self._note(f"{done.images:,} images labelled {value} for {done.title}.{left}")
            self._state.param.update(batch=done.check, captions=False)
        finally:
            await self.answering.work()
        self._labels.nudge()
        self.refresh()
        return [batch_thing(done.check)]
