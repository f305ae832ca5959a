"""Settings of the app: the collection's folder and its label store, from the command line or the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ParameterError

__all__ = ["ENVIRONMENT", "LABELS_ENVIRONMENT", "Settings", "given_folders", "label_store_url", "settings_from"]

ENVIRONMENT = "BAM_EXPLORER_COLLECTION"
LABELS_ENVIRONMENT = "BAM_EXPLORER_LABELS_URL"


@dataclass(frozen=True, slots=True)
class Settings:
    """Validated settings of one served app."""

    collection: Path


def settings_from(arguments: list[str], environment: dict[str, str] | None = None) -> Settings:
    """Read settings of ``panel serve explorer --args DIR``.

    Parameters
    ----------
    arguments
        Arguments after the program's name: the collection's folder, or none.
    environment
        Without an argument, ``BAM_EXPLORER_COLLECTION`` names the folder.

    Raises
    ------
    ParameterError
        If there is no folder, or more than one.
    """
    values = os.environ if environment is None else environment
    given = arguments or ([values[ENVIRONMENT]] if values.get(ENVIRONMENT) else [])
    if len(given) != 1:
        raise ParameterError(
            f"The app shows exactly one collection, not {len(given)}. "
            f"Use: panel serve explorer --args DIR (or set {ENVIRONMENT})."
        )
    return Settings(Path(given[0]).expanduser())


def given_folders(arguments: list[str], environment: dict[str, str] | None = None) -> list[str]:
    """Return every folder that arguments and environment name, so that its place can be hidden from visitors."""
    values = os.environ if environment is None else environment
    return [folder for folder in (*arguments, values.get(ENVIRONMENT)) if folder]


def label_store_url(environment: dict[str, str] | None = None) -> str | None:
    """Return the URL of the PostgreSQL database for the answers; None to keep them in the collection's folder.

    It comes only from ``BAM_EXPLORER_LABELS_URL``, since other users of the machine could read a password on a command
    line.
    """
    values = os.environ if environment is None else environment
    return values.get(LABELS_ENVIRONMENT) or None
