"""Every error that this project raises on purpose, one tree.

::

    BamExplorerError              what a caller catches; the message ends with a remedy
    |-- SourceError               the source of images cannot be read as one
    |-- ImageError                one image cannot be used (`reason` is the short word kept in its row)
    |-- WeightsError              weights missing, damaged or of another shape
    |-- CollectionError           a collection cannot be opened or written
    |   |-- CollectionMissingError    there is none at that place
    |   |-- CollectionDamagedError    there is one, but not whole
    |   `-- CollectionVersionError    written by a newer version
    |-- TaxonomyError             a file of attributes that breaks a rule
    |-- ParameterError            an option outside what is allowed
    `-- ServeError                the app cannot be served (port in use, ...)

A message says what was given, what is allowed and what to do next.
"""

from __future__ import annotations

__all__ = [
    "BamExplorerError",
    "CollectionDamagedError",
    "CollectionError",
    "CollectionMissingError",
    "CollectionVersionError",
    "ImageError",
    "ParameterError",
    "ServeError",
    "SourceError",
    "TaxonomyError",
    "WeightsError",
]


class BamExplorerError(Exception):
    """Base of all errors raised on purpose; its text is meant for people."""


class SourceError(BamExplorerError):
    """A folder or table of images that cannot be read as a source."""


class ImageError(BamExplorerError):
    """One image that cannot be used.

    Parameters
    ----------
    message
        A sentence for people.
    reason
        A short stable word for the ``error`` column, e.g. ``"truncated"``.
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class WeightsError(BamExplorerError):
    """Weights that are missing, damaged or made for another model."""


class CollectionError(BamExplorerError):
    """A collection that cannot be opened or written."""


class CollectionMissingError(CollectionError):
    """No collection at the given place."""


class CollectionDamagedError(CollectionError):
    """A collection that is not whole."""


class CollectionVersionError(CollectionError):
    """A collection written by a newer version of this program."""


class TaxonomyError(BamExplorerError):
    """A file of attributes that breaks a rule."""


class ParameterError(BamExplorerError):
    """An option outside what is allowed."""


class ServeError(BamExplorerError):
    """The app cannot be served."""
