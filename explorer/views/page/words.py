"""Untrusted words on the page: set as text, never read as markup.

Panel's own panes for text read HTML, even in escaped text, so nothing from a collection goes through them.
"""

from __future__ import annotations

from typing import ClassVar

import panel as pn
import param

from explorer.views.common.component_files import script_of, styles_of

__all__ = ["Words"]


class Words(pn.custom.JSComponent):
    """A line of text, or a problem with a heading."""

    heading = param.String(default="", doc="Bold line above the text; or empty.")
    words = param.String(default="", doc="The text, without markup.")
    problem = param.Boolean(default=False, doc="Whether the text reports an error.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = script_of("words.js")
    _stylesheets: ClassVar[list[str]] = styles_of("page/words.css")
