"""The context of a session's tabs: services and state."""

from __future__ import annotations

from dataclasses import dataclass, field

from explorer.services.services import Services
from explorer.state.filter_state import FilterState
from explorer.state.labeling_state import LabelingState
from explorer.state.selection_state import SelectionState
from explorer.state.view_state import ViewState
from pipeline.label_store import Annotator

__all__ = ["TabContext"]


@dataclass(frozen=True, slots=True)
class TabContext:
    """The shared services, and the state of one session. Tabs change the state, and watch changes of other tabs.

    Parameters
    ----------
    services
        Services of the collection.
    filters, view, selection
        State of the map, the tabs and the selection.
    work
        State of the person's labelling.
    """

    services: Services
    filters: FilterState
    view: ViewState
    selection: SelectionState
    work: LabelingState = field(default_factory=LabelingState)

    @classmethod
    def begin(cls, services: Services, *, dark: bool = True) -> TabContext:
        """Return the context of a new session."""
        facts = services.collection.manifest
        layout = facts.layouts[0].name if facts.layouts else ""
        return cls(
            services,
            FilterState(services.default_minimums()),
            ViewState(layout_name=layout, dark=dark),
            SelectionState(len(services.collection)),
        )

    @property
    def annotator(self) -> Annotator | None:
        """The person who works in this session, None until they enter a name."""
        me: Annotator | None = self.work.annotator
        return me
