"""The app of one browser session: an inline layout for notebooks, `Explorer.page` for the browser."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import panel as pn
import panel_material_ui as pmui

from explorer.composition import THIS_PROCESS, OpenCollections
from explorer.controllers.search import Searching
from explorer.state.selection_state import SELECTION_TAB
from explorer.views.answers.answers_tab import AnswersTab
from explorer.views.attributes.attributes_tab import AttributesTabView
from explorer.views.audit.audit_tab import AuditView
from explorer.views.browsing.filter_panel import FilterView
from explorer.views.browsing.inspector import InspectorView
from explorer.views.browsing.search_box import SearchBoxView
from explorer.views.browsing.selection_tab import SelectionTab
from explorer.views.common.tab_context import TabContext
from explorer.views.labeling.label_tab import LabelingView
from explorer.views.map.map_selection import MapSelection
from explorer.views.map.map_toolbar import MapToolbarView
from explorer.views.map.map_view import MapView
from explorer.views.new_scores import ScoreFollower
from explorer.views.page.drawers import SIDE
from explorer.views.page.frame import collection_summary, label_button, page_frame
from explorer.views.page.side_panel import SidePanelView, TabEntry
from explorer.views.rounds.rounds_tab import RoundsView

__all__ = ["Explorer"]


class Explorer(pn.viewable.Viewer):
    """The map, its filters and the tabs beside it, on one collection.

    Parameters
    ----------
    collection
        Folder of a built collection.
    dark
        Whether to start in the dark theme.
    height
        Height in a notebook, in pixels.
    opened
        The open collections with their services; None for the collections of this process.

    Raises
    ------
    CollectionError
        If the collection cannot be opened. The message says what to do.

    Examples
    --------
    >>> Explorer("my-collection")  # doctest: +SKIP
    """

    def __init__(
        self, collection: str | Path, *, dark: bool = False, height: int = 640, opened: OpenCollections | None = None
    ) -> None:
        super().__init__()
        self._height = height
        self._inline: pn.viewable.Viewable | None = None
        # The services of the collection, which all its sessions share, and the state of this session.
        self.services = services = (THIS_PROCESS if opened is None else opened).services(collection)
        services.start()
        services.look_at_audits()
        self.context = context = TabContext.begin(services, dark=dark)
        self.filters, self.view = filters, view = context.filters, context.view
        self.selection = selection = context.selection
        self.work = context.work
        # The middle: the map and what is above it.
        self.map = MapView(services, filters, view, selection)
        self.map_selection = MapSelection(services, view, selection, self.map)
        self.toolbar = MapToolbarView(services, filters, view)
        self.searching = Searching(services, filters, view, selection, partial(pn.state.execute, schedule=True))
        self.search_box = SearchBoxView(self.searching, view)
        # The left side.
        self.filter_view = FilterView(services, filters, view)
        # The right side: its tabs, in their order.
        self.inspector = InspectorView(services, filters, view, self.searching)
        self.selection_tab = SelectionTab(services, view, selection, self.searching)
        self.labeling = LabelingView(context)
        self.attributes = AttributesTabView(context)
        self.answers = AnswersTab(context)
        self.rounds = RoundsView(context)
        self.audits = AuditView(context)
        self.side_panel = SidePanelView(view, self._tabs())
        self.new_scores = ScoreFollower(context)

    def _tabs(self) -> list[TabEntry]:
        return [
            TabEntry("image", "Image", "The chosen image, large, with its scores", self.inspector),
            TabEntry(SELECTION_TAB, "Selection", "The selected images", self.selection_tab),
            TabEntry("label", "Label", "Answer questions about images", self.labeling),
            TabEntry("attributes", "Attributes", "Attributes, their definitions and their progress", self.attributes),
            TabEntry("answers", "Answers", "All answers, by label, person and time", self.answers),
            TabEntry("rounds", "Rounds", "Train, evaluate, certify, release", self.rounds),
            TabEntry("audit", "Audit", "Measure how good a release is", self.audits),
        ]

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the inline layout: filters left, map in the middle, tabs right."""
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
        """Return the whole page for a browser."""
        self.map.canvas.served = self.search_box.box.served = True
        return page_frame(
            self.context,
            header=[self.search_box, collection_summary(self.context), label_button(self.view)],
            sidebar=self.filter_view,
            main=pn.Column(self.toolbar, self.map, sizing_mode="stretch_both", margin=0),
            side_panel=self.side_panel,
        )
