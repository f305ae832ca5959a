"""The app of one browser session: an inline layout for notebooks, `Explorer.page` for the browser."""

from __future__ import annotations

import weakref
from functools import partial
from pathlib import Path

import numpy as np
import panel as pn
import panel_material_ui as pmui
from numpy.typing import NDArray

from explorer.composition import THIS_PROCESS, OpenCollections
from explorer.controllers.search import Searching
from explorer.services.services import USUAL_MINIMUM, Services
from explorer.state.filter_state import FilterState
from explorer.state.labeling_state import LabelingState
from explorer.state.selection_state import ROOM as SELECTION
from explorer.state.selection_state import SelectionState
from explorer.state.view_state import ViewState
from explorer.views.attributes.attributes_tab import AttributesTabView
from explorer.views.audit.audit_tab import AuditView
from explorer.views.browsing.filter_panel import FilterView
from explorer.views.browsing.gallery import Action
from explorer.views.browsing.inspector import InspectorView
from explorer.views.browsing.search_box import SearchBoxView
from explorer.views.browsing.selection_tab import FIND_SIMILAR, SelectionTab
from explorer.views.labeling.answers_tab import AnswersTab
from explorer.views.labeling.label_tab import LabelingView
from explorer.views.map.map_selection import MapSelection
from explorer.views.map.map_toolbar import MapToolbarView
from explorer.views.map.map_view import MapView
from explorer.views.rounds.rounds_tab import RoundsView
from explorer.views.shared.connection import tell_of_no_other_session
from explorer.views.shared.drawers import SIDE, Drawers, is_phone
from explorer.views.shared.session_loop import SessionLoop
from explorer.views.shared.side_panel import SidePanelView, TabEntry
from explorer.views.shared.words import Words
from pipeline.errors import BamExplorerError
from pipeline.label_store import Value, store_exists

__all__ = ["Explorer", "problem_page"]

PROGRAM = "BAM Explorer"

LONGEST_NAME = 60
"""Letters of a collection's name in the bar and on the window."""

SELECTION_ACTIONS = (
    Action("ask", "Ask about these", "Have them asked one by one in the Label tab", primary=True),
    Action("yes", "Label yes", "Label all of them yes at once; thirty are then looked at"),
    Action("no", "Label no", "Label all of them no at once; thirty are then looked at"),
)

_THEME = {
    "light": {"palette": {"primary": {"main": "#2563eb"}, "background": {"default": "#f6f6f4", "paper": "#ffffff"}}},
    "dark": {"palette": {"primary": {"main": "#78a9ff"}, "background": {"default": "#14161a", "paper": "#1a1d23"}}},
}
_BAR = {
    "& .MuiAppBar-root": {
        "backgroundColor": "background.paper",
        "backgroundImage": "none",
        "color": "text.primary",
        "boxShadow": "none",
        "borderBottom": "1px solid",
        "borderColor": "divider",
    },
    "& .MuiAppBar-root .title": {
        "color": "text.primary",
        "fontSize": "1.15rem",
        "fontWeight": 650,
        "whiteSpace": "nowrap",
        "overflow": "hidden",
        "textOverflow": "ellipsis",
        "maxWidth": "max(20vw, 160px)",
    },
    # What the bar holds gives way in this order: the summary, the title, the room for words in the search box.
    "& .MuiAppBar-root .MuiToolbar-root > .MuiBox-root:last-of-type": {"minWidth": 0},
    "& .MuiDrawer-paper": {"backgroundImage": "none"},
    "& > nav": {"flexShrink": 0},
    "@media (max-width: 1099px)": {"& .MuiAppBar-root .summary": {"display": "none"}},
    "@media (max-width: 699px)": {
        "& .MuiAppBar-root .title": {"display": "none"},
        "& .MuiAppBar-root .MuiToolbar-root": {"paddingLeft": "12px", "paddingRight": "12px"},
        "& .MuiAppBar-root .MuiToolbar-root > .MuiIconButton-edgeStart": {"marginRight": 0},
    },
}


class Explorer(pn.viewable.Viewer):
    """The map, its filters and the card of one image, on one collection.

    Parameters
    ----------
    collection
        Folder of a built collection.
    dark
        Start dark or light.
    height
        Height in a notebook, in pixels.
    opened
        The open collections, with their services; None for those of this process.

    Raises
    ------
    CollectionError
        If the collection cannot be opened; the message says what to do.

    Examples
    --------
    >>> Explorer("my-collection")  # doctest: +SKIP
    """

    def __init__(
        self, collection: str | Path, *, dark: bool = False, height: int = 640, opened: OpenCollections | None = None
    ) -> None:
        super().__init__()
        self.services: Services = (opened if opened is not None else THIS_PROCESS).services(collection)
        self.services.look_at_audits()
        facts = self.services.collection.manifest
        self._height = height
        self.filters = FilterState(_minimums(self.services))
        self.view = ViewState(layout_name=facts.layouts[0].name if facts.layouts else "", dark=dark)
        self.selection = SelectionState(len(self.services.collection))
        self.map = MapView(self.services, self.filters, self.view, self.selection)
        self.map_selection = MapSelection(self.services, self.view, self.selection, self.map)
        self.toolbar = MapToolbarView(self.services, self.filters, self.view)
        self.filter_view = FilterView(self.services, self.filters, self.view, self._on_way)
        schedule = partial(pn.state.execute, schedule=True)
        self.searching = Searching(self.services, self.filters, self.view, self.selection, schedule)
        self.searching.more = self._typed_captions
        self.search_box = SearchBoxView(self.searching, self.view)
        self.selection_tab = SelectionTab(self.services, self.view, self.selection)
        self.selection_tab.add_actions([FIND_SIMILAR], lambda _: self.searching.similar(self.selection.rows))
        self.inspector = InspectorView(self.services, self.filters, self.view, on_similar=self._find_similar)
        self.work = LabelingState()
        self.labeling = LabelingView(
            self.services,
            self.services.labels,
            self.view,
            self.work,
            selected=lambda: self.selection.rows,
            select=self.selection.replace,
            wide=lambda: setattr(self.view, "wide", not self.view.wide),
            define=self._define,
        )
        self.answers_room = AnswersTab(self.services, self.services.labels, self.view)
        self.audits = AuditView(
            self.services,
            self.services.labels,
            self.view,
            who=lambda: self.work.annotator,
            on_answer=self.labeling.choose,
            on_region=self._show_region,
            on_rounds=self._show_rounds,
        )
        self.rounds = RoundsView(
            self.services,
            self.services.labels,
            self.view,
            who=lambda: self.work.annotator,
            on_answer=self.labeling.choose,
            on_threshold=lambda attribute, score: self.filters.change(attribute, active=True, minimum=score),
            on_audit=self.audits.choose,
        )
        self.board = AttributesTabView(
            self.services,
            self.services.labels,
            self.view,
            selected_rows=lambda: self.selection.ranked,
            who=lambda: self.work.annotator,
            on_answer=self.labeling.choose,
            on_rounds=self.rounds.choose,
            on_audit=self.audits.choose,
        )
        self._follow_scores()
        self.selection.param.watch(lambda _: self.board.on_choice(), "change")
        self.selection_tab.add_actions(SELECTION_ACTIONS, self._on_selection_action)
        self.side_panel = SidePanelView(self.view, self._tabs())
        self._inline: pn.viewable.Viewable | None = None
        self._drawers: Drawers | None = None

    def _follow_scores(self) -> None:
        """Show the scores of a round here as soon as they are there, whoever ran it, in whatever process."""
        self._scores_version, self._hidden = self.services.scores_version, self.services.open_audits.hidden
        session, me = SessionLoop(), weakref.ref(self)  # the process must not keep a page that is gone

        def look() -> None:
            explorer = me()
            if explorer is not None:
                explorer.show_new_scores()
            else:
                forget()

        def forget() -> None:
            for end in ends:
                end()

        shared = (self.services.rounds, self.services.labels)
        ends = [service.watch(lambda: session.call(look)) for service in shared]
        session.on_end(forget)
        self.view.param.watch(lambda *_: self.show_new_scores(), ["answers_seen", "tab"])

    def show_new_scores(self) -> None:
        """Have every view show the scores that were read since it last did."""
        if self.services.scores_version != self._scores_version:
            self._scores_version = self.services.scores_version
            hidden = self.services.open_audits.hidden
            if hidden - self._hidden:  # what was selected by a score tells that score
                self.selection.forget()
            self._hidden = hidden
            self.filters.offer(_minimums(self.services))
            self.view.scores_seen += 1

    def _show_rounds(self, attribute: str) -> None:
        self.rounds.choose(attribute)

    def _show_region(self, rows: NDArray[np.int64], words: str, place: tuple[float, float, float] | None) -> None:
        """Select the images of a region of the map, and go there."""
        self.selection.replace(rows, words)
        if place is not None:
            self.map.go_to(*place)

    def _find_similar(self, row: int) -> None:
        self.searching.similar(np.array([row], np.int32))

    def _typed_captions(self, words: list[str]) -> list[int]:
        """Find the images whose captions people typed here hold all words."""
        if not store_exists(self.services.collection):
            return []
        try:
            return self.services.labels.store.captions.search(words)
        except BamExplorerError:
            return []  # what is wrong with the store is said where one answers; it takes no search away

    def _tabs(self) -> list[TabEntry]:
        return [
            TabEntry("image", "Image", "The chosen image, large, with its scores", self.inspector),
            TabEntry(SELECTION, "Selection", "The selected images", self.selection_tab),
            TabEntry("label", "Label", "Answer questions about images", self.labeling),
            TabEntry("attributes", "Attributes", "What is asked, what it means, and where each stands", self.board),
            TabEntry("answers", "Answers", "What was answered, by label, person and time", self.answers_room),
            TabEntry("rounds", "Rounds", "Train, look, promise, release", self.rounds),
            TabEntry("audit", "Audit", "Is a release as good as it says, and how do we know", self.audits),
        ]

    def _define(self) -> None:
        self.board.create()

    def _on_way(self, key: str) -> None:
        """Do one of `explorer.views.browsing.filter_panel.WAYS`."""
        if key == "label":
            self.labeling.open()
        elif key == "attribute":
            self._define()
        elif key == "select":
            self._show_map()
            self.map.start_lasso()
        elif key == "search":
            self._show_map()
            self.search_box.focus()

    def _show_map(self) -> None:
        if self._drawers is not None:
            self._drawers.show_map()

    def _on_selection_action(self, key: str) -> None:
        if key == "ask":
            self.labeling.ask_selection()
        else:
            self.labeling.label_selection(Value(key))

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the inline layout: filters left, map in the middle, card right."""
        if self._inline is None:
            side = {"styles": {"overflow-y": "auto"}, "height": self._height}
            self._inline = pn.Column(
                self.search_box,
                self.toolbar,
                pn.Row(
                    pn.Column(self.filter_view, width=330, **side),
                    pn.Column(self.map, sizing_mode="stretch_width", height=self._height),
                    pn.Column(self.side_panel, width=SIDE, **side),
                    sizing_mode="stretch_width",
                ),
                sizing_mode="stretch_width",
            )
        return self._inline

    def page(self) -> pmui.Page:
        """Give the whole page for a browser."""
        self.map.canvas.served = self.search_box.box.served = True
        page = pmui.Page(
            title=f"{_short(self.services.collection.manifest.name)} · {PROGRAM}",
            dark_theme=self.view.dark,
            header=[self.search_box, self._summary(), self._label_button()],
            sidebar=[self.filter_view],
            sidebar_resizable=False,
            sidebar_variant="persistent",
            sidebar_open=not is_phone(pn.state.headers),
            main=[pn.Column(self.toolbar, self.map, sizing_mode="stretch_both", margin=0)],
            contextbar=[self.side_panel],
            contextbar_variant="persistent",
            contextbar_open=False,
            busy_indicator=None,
            theme_config=_THEME,
            sx=_BAR,
            meta_title=PROGRAM,  # a page's other places escape the title, this one does not
            meta_viewport="width=device-width, initial-scale=1.0",
        )
        tell_of_no_other_session(page)
        page.param.watch(lambda event: setattr(self.view, "dark", bool(event.new)), "dark_theme")
        self.view.param.watch(lambda event: setattr(page, "dark_theme", event.new), "dark")
        self.view.param.watch(lambda event: setattr(page, "contextbar_open", event.new), "panel_open")
        self._drawers = Drawers(page, self.view)
        page.param.watch(lambda event: self._on_panel(opened=event.new), "contextbar_open")
        return page

    def _on_panel(self, *, opened: bool) -> None:
        self.view.panel_open = opened
        if not opened and self.view.tab == "image":
            self.view.clear_selection()

    def _label_button(self) -> pmui.Button:
        button = pmui.Button(label="Label", variant="contained", size="small", align="center")
        button.on_click(lambda _: self.labeling.open())
        return button

    def _summary(self) -> Words:
        manifest = self.services.collection.manifest
        failed = f" · {manifest.failed:,} failed" if manifest.failed else ""
        words = f"{manifest.images:,} images{failed} · {manifest.embedding.backbone}"
        shown = Words(words=words, dark=self.view.dark, margin=(0, 8), align="center", css_classes=["summary"])
        self.view.param.watch(lambda event: setattr(shown, "dark", event.new), "dark")
        return shown


def _minimums(services: Services) -> dict[str, float]:
    """Give every attribute's default minimum."""
    facts = services.collection.manifest.attributes
    shown = services.scored
    return {
        entry.name: entry.threshold if entry.threshold is not None else USUAL_MINIMUM
        for entry in facts
        if entry.name in shown or entry.name not in services.collection.scored
    }


def _short(name: str) -> str:
    """Cut a name that would push all else out of the bar."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def problem_page(message: str) -> pmui.Page:
    """Give a page that says, in one sentence, why there is no map; a server must not answer with a traceback."""
    problem = Words(heading="The collection cannot be shown", words=message, problem=True, dark=False, margin=24)
    page = pmui.Page(title=PROGRAM, main=[problem], theme_config=_THEME, sx=_BAR)
    page.param.watch(lambda event: setattr(problem, "dark", bool(event.new)), "dark_theme")
    return page
