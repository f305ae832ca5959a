"""The frame of a page (bar, theme, filters left, tabs right), and the page that shows an error."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from explorer.state.view_state import ViewState
from explorer.views.common.connection import tell_of_no_other_session
from explorer.views.common.tab_context import TabContext
from explorer.views.page.drawers import Drawers, is_phone
from explorer.views.page.words import Words

__all__ = ["collection_summary", "label_button", "page_frame", "problem_page"]

PROGRAM = "BAM Explorer"

MANY_NEW = 0.1
"""Share of new images from which a fresh layout is worth its time."""

LONGEST_NAME = 60
"""Letters of a collection's name in the bar and on the window."""

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
    # In a narrow bar these shrink in this order: the summary, the title, the text field of the search box.
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


def page_frame(context: TabContext, *, header: list[Any], sidebar: Any, main: Any, side_panel: Any) -> pmui.Page:
    """Return a page whose theme and side panel follow the session's view, and change it."""
    view = context.view
    page = pmui.Page(
        title=f"{_short(context.services.collection.manifest.name)} · {PROGRAM}",
        dark_theme=view.dark,
        header=header,
        sidebar=[sidebar],
        sidebar_resizable=False,
        sidebar_variant="persistent",
        sidebar_open=not is_phone(pn.state.headers),
        main=[main],
        contextbar=[side_panel],
        contextbar_variant="persistent",
        contextbar_open=False,
        busy_indicator=None,
        theme_config=_THEME,
        sx=_BAR,
        meta_title=PROGRAM,  # Panel escapes `title`, but not `meta_title`
        meta_viewport="width=device-width, initial-scale=1.0",
    )
    tell_of_no_other_session(page)
    page.param.watch(lambda event: setattr(view, "dark", bool(event.new)), "dark_theme")
    view.param.watch(lambda event: setattr(page, "dark_theme", event.new), "dark")
    view.param.watch(lambda event: setattr(page, "contextbar_open", event.new), "panel_open")
    Drawers(page, view)
    page.param.watch(lambda event: _on_panel(view, opened=event.new), "contextbar_open")
    return page


def _on_panel(view: ViewState, *, opened: bool) -> None:
    view.panel_open = opened
    if not opened and view.tab == "image":
        view.clear_selection()


def label_button(view: ViewState) -> pmui.Button:
    """Return the button that opens the Label tab."""
    button = pmui.Button(label="Label", variant="contained", size="small", align="center")
    button.on_click(lambda _: view.open_tab("label", task="answer"))
    return button


def collection_summary(context: TabContext) -> Words:
    """Return the number of images and the name of their embedding network, as a line of text.

    It also says how many images were added since the page was loaded, and when enough are new for a fresh layout.
    """
    manifest, view = context.services.collection.manifest, context.view
    failed = f" · {manifest.failed:,} failed" if manifest.failed else ""
    share = manifest.share_added
    layout = f" · {share:.0%} came after the map was laid out" if share > MANY_NEW else ""
    words = f"{manifest.images:,} images{failed} · {manifest.embedding.backbone}{layout}"

    def line() -> str:
        return f"{words} · {view.new_images:,} new images: reload the page to see them" if view.new_images else words

    shown = Words(words=line(), dark=view.dark, margin=(0, 8), align="center", css_classes=["summary"])
    view.param.watch(lambda event: setattr(shown, "dark", event.new), "dark")
    view.param.watch(lambda _: setattr(shown, "words", line()), "new_images")
    return shown


def problem_page(message: str) -> pmui.Page:
    """Return a page that says why there is no map, since a server must not answer with a traceback."""
    problem = Words(heading="The collection cannot be shown", words=message, problem=True, dark=False, margin=24)
    page = pmui.Page(title=PROGRAM, main=[problem], theme_config=_THEME, sx=_BAR)
    page.param.watch(lambda event: setattr(problem, "dark", bool(event.new)), "dark_theme")
    return page


def _short(name: str) -> str:
    """Shorten a name that would leave no space for the rest of the bar."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
