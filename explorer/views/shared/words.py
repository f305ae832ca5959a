"""Words on the page that come from outside: set as text, never read as markup.

Panel's own panes for text read HTML, also out of text that was escaped; nothing from a collection goes through them.
"""

from __future__ import annotations

from typing import ClassVar

import panel as pn
import param

from explorer.views.shared.component_files import script_of, styles_of

__all__ = ["Words"]


class Words(pn.custom.JSComponent):
    """A line of text, or a problem with a heading."""

    heading = param.String(default="", doc="In bold above the words; or empty.")
    words = param.String(default="", doc="The text, as it is.")
    problem = param.Boolean(default=False, doc="Whether it says that something is wrong.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = script_of("words.js")
    _stylesheets: ClassVar[list[str]] = styles_of("shared/words.css")
