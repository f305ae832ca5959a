"""Formats whose decoders are packages of the extra `formats`, and whether those are installed. Pure."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

__all__ = ["EXTRA", "EXTRA_FORMATS", "ON_REQUEST", "is_installed"]

EXTRA: Final = "formats"
"""Name of the extra of this package that installs all of these decoders."""

_MODULES: Final[dict[str, tuple[str, ...]]] = {
    "HEIC": ("pillow_heif",),
    "JPEG XL": ("pylibjxl",),
    "SVG": ("pyvips", "_libvips"),
    "PDF": ("pypdfium2", "pypdfium2_raw"),
    "camera raw": ("rawpy",),
}
"""Modules that decode a format; pyvips is used only with the library that its extra `binary` installs."""

EXTRA_FORMATS: Final = tuple(_MODULES)
"""Formats that are decoded where the extra is installed."""

ON_REQUEST: Final = frozenset({"SVG", "PDF"})
"""Formats that a folder yields only on request: files of drawings and documents often lie beside pictures."""


def is_installed(form: str) -> bool:
    """Return whether the packages that decode a format of `EXTRA_FORMATS` are installed. Imports none of them."""
    try:
        return form in _MODULES and all(find_spec(name) is not None for name in _MODULES[form])
    except (ImportError, ValueError):
        return False
