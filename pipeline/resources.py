"""Find the files that are part of the program, in a checkout or an installed wheel."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import SourceError

__all__ = ["asset"]


def asset(name: str) -> Path:
    """Return the path of a file or folder that is part of the program.

    Parameters
    ----------
    name
        Path below ``assets/``, e.g. ``"taxonomy/bam.toml"``.

    Raises
    ------
    SourceError
        If it is missing from the installation.
    """
    package = Path(__file__).resolve().parent
    for root in (package / "assets", package.parent / "assets"):  # in a wheel; in a checkout
        if (root / name).exists():
            return root / name
    raise SourceError(f"assets/{name} is missing from this installation. Install bam-explorer again.")
