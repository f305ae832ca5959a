"""What the app is told from outside: the collection's folder and its label store, by command line or environment."""

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


def given_folders(arguments: list[str], environment: dict[str, str] | None = None) -> list[str]:
    """Return every folder that arguments and environment name, so that no visitor reads where it lies."""
    values = os.environ if environment is None else environment
    return [folder for folder in (*arguments, values.get(ENVIRONMENT)) if folder]


def label_store_url(environment: dict[str, str] | None = None) -> str | None:
    """Give the URL of the PostgreSQL database that keeps the answers; None to keep them in the collection's folder.

    It comes from ``BAM_EXPLORER_LABELS_URL`` alone: on a command line others on the machine could read its password.
    """
    values = os.environ if environment is None else environment
    return values.get(LABELS_ENVIRONMENT) or None
