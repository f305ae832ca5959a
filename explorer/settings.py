"""What the app is told from outside: the collection's folder, by command line or environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ParameterError

__all__ = ["ENVIRONMENT", "Settings", "settings_from"]

ENVIRONMENT = "BAM_EXPLORER_COLLECTION"


@dataclass(frozen=True, slots=True)
class Settings:
    """Validated settings of one served app."""

    collection: Path


def settings_from(arguments: list[str], environment: dict[str, str] | None = None) -> Settings:
    """Read settings of ``panel serve explorer --args DIR``.

    Parameters
    ----------
    arguments
        What follows the program's name: the collection's folder, or nothing.
    environment
        ``BAM_EXPLORER_COLLECTION`` names the folder where no argument does.

    Raises
    ------
    ParameterError
        If neither names a folder, or more than one is given.
    """
    values = os.environ if environment is None else environment
    given = arguments or ([values[ENVIRONMENT]] if values.get(ENVIRONMENT) else [])
    if len(given) != 1:
        raise ParameterError(
            f"{len(given)} collections were given; exactly one is needed. "
            f"Use: panel serve explorer --args DIR (or set {ENVIRONMENT})."
        )
    return Settings(Path(given[0]).expanduser())
