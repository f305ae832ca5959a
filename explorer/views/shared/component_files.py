"""The browser's half of a component, put together from files: one module and one style sheet, each file one subject."""

from __future__ import annotations

from pathlib import Path

__all__ = ["module_of", "styles_of"]

_HERE = Path(__file__).parents[1]


def module_of(*names: str) -> str:
    """Join script files of ``explorer/views`` into one module, shared ones first; the last one exports ``render``."""
    return "\n".join(
        (_HERE / name).read_text(encoding="utf-8") for name in ("shared/elements.js", "shared/keys.js", *names)
    )


def styles_of(*names: str) -> list[str]:
    """Read style sheets below ``explorer/views``, the colours and fonts of all components first."""
    return [(_HERE / name).read_text(encoding="utf-8") for name in ("shared/theme.css", *names)]
