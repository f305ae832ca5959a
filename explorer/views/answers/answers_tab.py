"""The Answers tab: answered images, filtered by label and person, sorted by time or disagreement."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

import numpy as np
import panel as pn
import param

from explorer.controllers.shown_parts import Option
from explorer.services.label_service import SHOWN
from explorer.views.browsing.gallery import GalleryView, Mark
from explorer.views.common.component import Component
from explorer.views.common.component_files import script_of, styles_of
from explorer.views.common.latest_only import Newest
from explorer.views.common.tab_context import TabContext
from pipeline.annotation.consensus import agreement_rule
from pipeline.errors import BamExplorerError
from pipeline.label_store import CAPTIONS
from pipeline.map.label_layers import LABEL_NAMES, answered_images

__all__ = ["AnswersChoice", "AnswersTab"]

EMPTY = (
    "There are no answers yet.\n\nAnswer questions in the Label tab. Every answered image appears here with its label."
)
ORDERS = {"newest": "newest first", "oldest": "oldest first", "split": "disagreement first"}
_KINDS = {"yes": "yes", "no": "no", "unsure": "unsure", "split": "split"}


class AnswersChoice(Component):
    """The browser's half: the choice of answers to show."""

    choices = param.Dict(default={}, doc="Name -> options, for label, person and order.")
    values = param.Dict(default={}, doc="Name -> chosen value.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = script_of("answers_tab.js")
    _stylesheets: ClassVar[list[str]] = styles_of("answers/answers_tab.css")


class AnswersTab(pn.viewable.Viewer):
    """The server's half. It reads answers only while the tab is open."""

    def __init__(self, context: TabContext) -> None:
        super().__init__()
        self._services = services = context.services
        self._labels = context.services.labels
        self._view = view = context.view
        self._values = {"label": "", "person": "", "order": "newest"}
        self._token = 0
        self._reading = Newest(lambda work: pn.state.execute(work, schedule=True))
        self.choice = AnswersChoice(values=dict(self._values), dark=view.dark, sizing_mode="stretch_width", margin=0)
        self.choice.on_msg(lambda event: self._on_message(event.data))
        self.gallery = GalleryView(services, view, empty=EMPTY)
        self._layout = pn.Column(self.choice, self.gallery, sizing_mode="stretch_width", margin=0)
        view.param.watch(lambda event: setattr(self.choice, "dark", event.new), "dark")
        view.param.watch(lambda *_: self.refresh(), ["tab", "answers_seen", "label_attribute"])

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the choices and the gallery."""
        return self._layout

    def refresh(self) -> None:
        """Read the answers again if the tab is open."""
        if self._view.tab != "answers":
            return
        self._token += 1
        token, attribute = self._token, self._view.label_attribute

        async def read() -> None:
            try:
                found = await self._labels.study(self._read, attribute)
            except BamExplorerError as error:
                self.choice.choices = {}
                self.gallery.gallery.empty = self._services.words_of(error)
                self.gallery.fill([], "The answers cannot be read")
                return
            if token == self._token:
                self.gallery.gallery.empty = EMPTY
                self._show(found)

        self._reading.ask(read)

    def _show(self, found: tuple[np.ndarray, str, dict[int, Mark], list[str]] | None) -> None:
        """Show the answers that were read; None means that there are no answers."""
        if found is None:
            self.choice.choices = {}
            self.gallery.fill([], "")
            return
        rows, title, marks, people = found
        self._offer(people)
        self.gallery.fill(rows, title, marks=marks, stay=True)

    def _most_answered(self) -> str:
        """Return the attribute with the most visible answers, or ""; used while no attribute is chosen."""
        counts: Counter[str] = Counter()
        for (attribute, purpose), count in self._labels.store.answers.counts().items():
            if purpose in SHOWN and attribute != CAPTIONS:
                counts[attribute] += count
        return max(sorted(counts), key=counts.__getitem__, default="")

    def _read(self, attribute: str) -> tuple[np.ndarray, str, dict[int, Mark], list[str]] | None:
        """Return rows in order, a title, marks by row, and the annotators' names; runs in a thread."""
        attribute = attribute or self._most_answered()
        if not attribute:
            return None
        entry, table = self._labels.store.attributes.find(attribute), self._labels.answers(attribute)
        label, person, order = (self._values[name] for name in ("label", "person", "order"))
        people = [one.name for one in table.people]
        who = people.index(person) if person in people else None
        ids, labels = answered_images(
            table.image_ids,
            table.annotators,
            table.values,
            agreement_rule(entry.agree),
            label=LABEL_NAMES.index(label) if label else None,
            person=who,
        )
        if order == "oldest":
            ids, labels = ids[::-1], labels[::-1]
        elif order == "split":
            first = np.argsort(labels != LABEL_NAMES.index("split"), kind="stable")
            ids, labels = ids[first], labels[first]
        rows = np.array([self._services.collection.row_of(image) for image in ids.tolist()], np.int32)
        known = rows >= 0
        absent = int(np.count_nonzero(~known))
        rows, labels = rows[known], labels[known]
        names = [LABEL_NAMES[place] for place in labels.tolist()]
        marks = {
            row: Mark(name if name in _KINDS else "waits", _KINDS.get(name, ""))
            for row, name in zip(rows.tolist(), names, strict=True)
        }
        plural = "" if len(rows) == 1 else "s"
        title = f"{entry.definition.title}: {len(rows):,} image{plural}"
        if absent:
            title += f"; {absent:,} more {'is' if absent == 1 else 'are'} no longer in the collection"
        return rows, title, marks, people

    def _offer(self, people: list[str]) -> None:
        labels = [Option("", "any"), *(Option(name, name) for name in LABEL_NAMES)]
        names = [Option("", "anyone"), *(Option(name, name) for name in dict.fromkeys(people))]
        orders = [Option(value, text) for value, text in ORDERS.items()]
        self.choice.show_values(choices={"label": labels, "person": names, "order": orders}, values=dict(self._values))

    def _on_message(self, message: Any) -> None:
        if not isinstance(message, dict):
            return
        name, value = message.get("name"), message.get("value")
        allowed = {"label": ("", *LABEL_NAMES), "order": tuple(ORDERS)}
        if name == "person" and isinstance(value, str):
            self._values["person"] = value[:200]
        elif name in allowed and value in allowed[name]:
            self._values[name] = value
        else:
            return
        self.refresh()
