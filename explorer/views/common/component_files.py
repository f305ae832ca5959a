"""The browser's half of a component: one built script and its style sheets."""

from __future__ import annotations

from pathlib import Path

__all__ = ["script_of", "styles_of"]

_VIEWS = Path(__file__).parents[1]


def script_of(name: str) -> str:
    """Return the built script of a component, by the name of the module that exports ``render``.

    Panel sends the text to the browser, which loads it from a blob. So no route is needed, but ``import`` finds no
    other file. ``npm run build`` joins the modules below ``explorer/views`` into ``explorer/views/built``.
    """
    return (_VIEWS / "built" / name).read_text(encoding="utf-8")


def styles_of(*names: str) -> list[str]:
    """Return style sheets below ``explorer/views``. The colours and fonts of all components come first."""
    return [(_VIEWS / name).read_text(encoding="utf-8") for name in ("common/theme.css", *names)]
