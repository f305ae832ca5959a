"""The Attributes tab: the progress of each attribute, its definition, and the form that defines and changes it."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import panel as pn
import param

from explorer.controllers.attributes.drafts import draft_from, draft_problems
from explorer.controllers.attributes.messages import (
    AttributeRow,
    ConflictMessage,
    CreateMessage,
    DefinitionRecord,
    DefinitionSaved,
    ExampleMessage,
    bare_rows,
    definition_record,
    detail_message,
    pictures_message,
    row_of,
)
from explorer.messages.outgoing import Note, Refused, SavedFile, Undo
from explorer.state.view_state import Request
from explorer.views.attributes.annotators_section import AnnotatorsSection
from explorer.views.common.component import Component
from explorer.views.common.component_files import script_of, styles_of
from explorer.views.common.tab_context import TabContext
from pipeline.errors import BamExplorerError, DefinitionConflictError, ParameterError
from pipeline.label_store import Definition, LabelStore, store_exists
from pipeline.label_store.attributes.records import MOST_EXAMPLES
from pipeline.label_tables import labels_bytes

__all__ = ["AttributesTab", "AttributesTabView"]

log = logging.getLogger(__name__)

MIMES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


class AttributesTab(Component):
    """The browser's half."""

    rows = param.List(default=[], item_type=dict, doc="Progress of each attribute, see `AttributeRow`.")
    ready = param.Boolean(default=False, doc="Whether the rows were read.")
    problem = param.String(default="", doc="Why the rows could not be read; empty if they could.")
    who = param.String(default="", doc="Name of the annotator; empty if there is none.")
    selected = param.Integer(default=0, doc="Images selected on the map.")
    chosen = param.Boolean(default=False, doc="Whether an image is chosen.")
    key = param.String(default="", doc="Name under which the browser keeps unsaved text.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = script_of("attributes_tab.js")
    _stylesheets: ClassVar[list[str]] = styles_of(
        "attributes/instructions.css", "attributes/attributes_tab.css", "attributes/people.css", "attributes/form.css"
    )


class AttributesTabView(AnnotatorsSection, pn.viewable.Viewer):
    """The server's half.

    Parameters
    ----------
    context
        As in `Tab`.
    """

    key = "attributes"
    signed = "definitions"
    fresh_seconds, rest = 0.5, 2.0  # a large store is not read all the time

    def __init__(self, context: TabContext) -> None:
        super().__init__(context)
        services, view = self._services, self._view
        self._detail: tuple[str, Any] = ("", None)
        self.tab = AttributesTab(key=services.browser_key, dark=view.dark, sizing_mode="stretch_both", margin=0)
        self._begin(self.tab)
        view.param.watch(lambda *_: self._on_choice(), "selected_row")
        context.selection.param.watch(lambda _: self._on_choice(), "change")
        view.param.watch(lambda event: self._on_opened(event.new), "opened")
        self._on_choice()

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the tab."""
        return self.tab

    def _on_opened(self, request: Request) -> None:
        """Show the form of a new attribute if that was requested."""
        if request.part == self.key and request.task == "define":
            self._send(CreateMessage())

    def _on_choice(self) -> None:
        """Show the number of images that can become examples after a change of the choice or the selection."""
        self.tab.param.update(selected=self._context.selection.count, chosen=self._view.selected_row >= 0)

    # ---- messages ----------------------------------------------------------------------------------------------------
    async def _do_hello(self, _: dict[str, Any]) -> None:
        """Start with a newly drawn tab that has no data yet."""
        self._detail = ("", None)
        self.refresh()

    async def _do_open(self, message: dict[str, Any]) -> None:
        self._detail = (str(message["name"]), None)
        await self._show_detail()

    async def _do_close(self, _: dict[str, Any]) -> None:
        self._detail = ("", None)

    async def _do_answer(self, message: dict[str, Any]) -> None:
        self._view.open_tab("label", str(message["name"]))

    async def _do_rounds(self, message: dict[str, Any]) -> None:
        self._view.open_tab("rounds", str(message["name"]))

    async def _do_audit(self, message: dict[str, Any]) -> None:
        self._view.open_tab("audit", str(message["name"]))

    async def _do_pictures(self, message: dict[str, Any]) -> None:
        ids = [int(image) for image in message["images"]]
        self._send(await self._labels.study(pictures_message, self._services.collection, ids))

    async def _do_example(self, message: dict[str, Any]) -> None:
        """Send the chosen image, or the first of the selection, as examples; the browser holds the form."""
        kind, most = str(message["kind"]), max(0, min(MOST_EXAMPLES, int(message["most"])))
        chosen = [self._view.selected_row] if message["from"] == "chosen" else self._context.selection.ranked.tolist()
        rows = [row for row in chosen if row >= 0]
        ids = self._services.collection.image_ids[rows[:most]].tolist()
        self._send(await self._labels.study(pictures_message, self._services.collection, ids))
        left = max(0, len(rows) - most)
        note = f"At most {MOST_EXAMPLES} pictures. {left:,} of the selected images were left out." if left else ""
        self._send(ExampleMessage(kind, tuple(map(str, ids)), note))

    async def _do_save(self, message: dict[str, Any]) -> None:
        """Save a form; problems are sent back and shown beside their fields."""
        name, seen, draft = str(message["name"])[:200], int(message["seen_version"]), draft_from(message["form"])
        images = await self._labels.run(lambda: self._labels.store.images)
        problems = draft_problems(name, draft, images)
        if problems:
            self._send(Refused(problems))
            return
        me = self._me()
        try:
            kept = await self._labels.ask(lambda store: store.attributes.define, me.id, name, draft, seen_version=seen)
        except DefinitionConflictError as error:
            await self._refuse(name, seen, self._services.words_of(error))
            return
        except BamExplorerError as error:
            self._send(Refused({"form": self._services.words_of(error)}))
            return
        self._labels.nudge()
        self._send(DefinitionSaved(name, kept.version))
        self._detail = (name, None)
        await self._show_detail()
        self.refresh()

    async def _refuse(self, name: str, seen: int, words: str) -> None:
        """Another annotator saved first: send their version, to be shown beside the text typed here."""
        entry = await self._labels.ask(lambda store: store.attributes.find, name)
        if seen == 0:
            title = entry.definition.title
            taken = f"The attribute {name} exists already ({title!r}). Choose another name, or edit that attribute."
            self._send(Refused({"name": taken}))
            return
        theirs = await self._labels.study(self._theirs, entry.definition)
        self._send(ConflictMessage(words, theirs))

    def _theirs(self, definition: Definition) -> DefinitionRecord:
        return definition_record(self._labels.store, definition)

    async def _do_archive(self, message: dict[str, Any]) -> None:
        name, archived = str(message["name"]), bool(message["archived"])
        me = self._me()
        entry = await self._labels.ask(lambda store: store.attributes.set_archived, me.id, name, archived)
        title = entry.definition.title
        text = f"{title} is archived. It is not asked any more." if archived else f"{title} is active again."
        self._send(Note(text, undo=Undo(name, archived=not archived)))
        await self._changed()

    async def _do_agree(self, message: dict[str, Any]) -> None:
        me = self._me()
        await self._labels.ask(
            lambda store: store.attributes.set_agreement, me.id, str(message["name"]), int(message["agree"])
        )
        await self._changed()

    async def _do_export(self, message: dict[str, Any]) -> None:
        name, kind = str(message["name"]), str(message["kind"])
        mime = MIMES[kind]
        if not store_exists(self._services.collection):
            raise ParameterError("There is nothing to export, because there are no answers yet.")
        data = await self._labels.study(self._table, name, kind)
        self._send(SavedFile(f"{name}.{kind}", mime, data))

    def _table(self, name: str, kind: str) -> bytes:
        return labels_bytes(self._labels.store, self._services.collection, name, kind)

    # ---- the display -----------------------------------------------------------------------------------------------
    async def _read_once(self) -> None:
        me = self._context.annotator
        try:
            rows = await self._labels.study(self._rows)
            self.tab.show_values(rows=rows, ready=True, problem="", who=me.name if me else "")
            await self._show_detail()
        except BamExplorerError as error:
            self.tab.problem = self._services.words_of(error)
        except Exception:
            # Without a message the tab would stay empty: show the problem, log the details, and try again.
            log.exception("the progress of the attributes could not be read")
            self.tab.problem = "The attributes could not be read. Trying again …"
            self._reading.stale = True

    def _rows(self) -> list[AttributeRow]:
        if not store_exists(self._services.collection):
            return bare_rows(self._services.collection)
        return [row_of(standing) for standing in self._labels.store.attributes.list_progress()]

    async def _show_detail(self) -> None:
        """Send the open attribute unless the browser has its present state."""
        name, shown = self._detail
        if not name:
            return
        store = await self._labels.study(self._store)
        found = None if store is None else await self._labels.study(store.attributes.find, name)
        if found == shown and shown is not None:
            return
        message = await self._labels.study(detail_message, self._services, store, name)
        if self._detail == (name, shown):  # otherwise a newer state was sent meanwhile, or another attribute is open
            self._detail = (name, found)
            self._send(message)

    def _store(self) -> LabelStore | None:
        return self._labels.store if store_exists(self._services.collection) else None

    async def _changed(self) -> None:
        await self._show_detail()
        await super()._changed()
