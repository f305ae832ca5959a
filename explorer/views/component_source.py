"""The browser's half of a component, put together from files: one module and one style sheet, each file one subject."""

from __future__ import annotations

from pathlib import Path

__all__ = ["module_of", "styles_of"]

_HERE = Path(__file__).parent


def module_of(*names: str) -> str:
    """Join script files of this folder into one module, what all share first; the last one exports ``render``."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("elements.js", "keys.js", *names))


def styles_of(*names: str) -> list[str]:
    """Read style sheets of this folder, the colours and fonts of all components first."""
    return [(_HERE / name).read_text(encoding="utf-8") for name in ("theme.css", *names)]
