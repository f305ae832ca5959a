"""What a session looks at: which layout, which image, dark or light."""

from __future__ import annotations

import param

__all__ = ["ViewState"]


class ViewState(param.Parameterized):
    """The view of one session; views watch it and change it, and never each other."""

    layout_name = param.String(default="", doc="Name of the layout shown.")
    selected_row = param.Integer(default=-1, bounds=(-1, None), doc="Row of the image in the card, -1 for none.")
    show_labels = param.Boolean(default=True, doc="Whether names are written over clusters.")
    dark = param.Boolean(default=True, doc="Dark or light theme.")

    def select(self, row: int) -> None:
        """Choose an image, or none with -1; the same image again closes its card."""
        self.selected_row = -1 if row == self.selected_row else row

    def clear_selection(self) -> None:
        """Choose no image."""
        self.selected_row = -1
