"""The licences a picture may have to enter the sample, under their SPDX names."""

from __future__ import annotations

# Each has its text under this name in the sample's LICENSES folder.
REDISTRIBUTABLE = frozenset(
    {
        "Apache-2.0",
        "CC-BY-2.0",
        "CC-BY-4.0",
        "CC-BY-SA-2.5",
        "CC-BY-SA-3.0",
        "CC-BY-SA-4.0",
        "CC-PDDC",
        "CC0-1.0",
        "LicenseRef-PublicDomain",
        "MIT",
    }
)
_OTHER_NAMES = {"PUBLIC-DOMAIN": "LicenseRef-PublicDomain"}


def spdx(name: str) -> str:
    """Return the SPDX name of a licence that a person named, such as ``CC-BY-SA 4.0`` or ``Public domain``."""
    joined = "-".join(name.split())
    return _OTHER_NAMES.get(joined.upper(), joined)
