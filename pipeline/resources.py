"""Where the files that come with the program are: in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import SourceError

__all__ = ["asset"]


def asset(name: str) -> Path:
    """Find a file or folder that comes with the program.

    Parameters
    ----------
    name
        Path below ``assets/``, e.g. ``"taxonomy/bam.toml"``.

    Raises
    ------
    SourceError
        If the installation lacks it.
    """
    package = Path(__file__).resolve().parent
    for root in (package / "assets", package.parent / "assets"):  # in a wheel; in a checkout
        if (root / name).exists():
            return root / name
    raise SourceError(f"assets/{name} is missing from this installation. Install bam-explorer again.")
