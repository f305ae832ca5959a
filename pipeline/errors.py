"""All errors that this project raises on purpose, in one tree.

::

    BamExplorerError              base class for callers; the message ends with a remedy
    |-- SourceError               a folder or table cannot be read as a source of images
    |-- ImageError                one image cannot be used (`reason` is the short word kept in its row)
    |-- LinkError                 one link gives no picture (`reason` is the short word kept in its row)
    |-- FetchError                links cannot be fetched into a folder, or its record cannot be read
    |-- StorageError              an address of other storage cannot be read (`reason` is a short stable word)
    |-- WeightsError              weights missing, damaged or of another shape
    |-- CollectionError           a collection cannot be opened or written
    |   |-- CollectionMissingError    there is no collection at that place
    |   |-- CollectionDamagedError    the collection is incomplete or damaged
    |   |-- CollectionChangedError    built again, or removed, while it was open
    |   |-- CollectionVersionError    written by a newer or older version
    |   `-- ModelMismatchError        a model is for another embedding than the collection has
    |-- RoundError                a round, a certification or a release cannot be made in this state
    |-- TaxonomyError             a file of attributes that breaks a rule
    |-- ParameterError            an option out of range
    |-- TableError                a table of labels that cannot be read, imported or written
    |-- LabelStoreError           the label store cannot do what was requested
    |   |-- StoreMissingError         the collection's store is not at its place
    |   |-- StoreConflictError        two stores with one identity, or one that belongs to another collection
    |   |-- StoreVersionError         written by a newer version
    |   |-- StoreUnavailableError     the database does not answer, or is busy for too long; nothing was acknowledged
    |   |-- StoreReadOnlyError        answers can be read, but their place is not writable
    |   |-- StoreFullError            no space left; nothing was acknowledged
    |   |-- LostAnswersError          a build would leave answers without an image
    |   |-- UnknownImageError         an image that the collection does not hold
    |   |-- UnknownRecordError        a page, draw, logged action or annotator that the store does not hold
    |   |-- DefinitionConflictError   another person has changed the attribute since
    |   |-- ArchivedError             no questions are asked about an archived attribute
    |   |-- PurposeError              answers for separate purposes would be mixed
    |   |-- PublishedError            a published record cannot change any more
    |   |-- NotQualifiedError         this annotator may not answer this attribute, or not yet
    |   |-- LeaseError                the image was given to another annotator, who answered it
    |   `-- ActionError                  a logged action that cannot be undone or redone
    `-- ServeError                the app cannot be served (port in use, ...)

A message states the given value, the allowed values and the next step. It knows neither the screen
nor the command. Each of them adds its own remedy by the `kind` of an error.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "ActionError",
    "ArchivedError",
    "BamExplorerError",
    "CollectionChangedError",
    "CollectionDamagedError",
    "CollectionError",
    "CollectionMissingError",
    "CollectionVersionError",
    "DefinitionConflictError",
    "ErrorKind",
    "FetchError",
    "ImageError",
    "LabelStoreError",
    "LeaseError",
    "LinkError",
    "LostAnswersError",
    "ModelMismatchError",
    "NotQualifiedError",
    "ParameterError",
    "PublishedError",
    "PurposeError",
    "RoundError",
    "ServeError",
    "SourceError",
    "StorageError",
    "StoreConflictError",
    "StoreFullError",
    "StoreMissingError",
    "StoreReadOnlyError",
    "StoreUnavailableError",
    "StoreVersionError",
    "TableError",
    "TaxonomyError",
    "UnknownImageError",
    "UnknownRecordError",
    "WeightsError",
]


class ErrorKind(StrEnum):
    """Kinds of errors whose remedy differs between the screen and the command."""

    ANSWERS_ELSEWHERE = "answers elsewhere"
    """The answers are in a file, but a database is configured."""
    ANSWERS_LOSE_IMAGES = "answers lose their images"
    """Fields: old_name, new_name (of the source)."""
    BUILD_STOPPED = "build stopped"
    COLLECTION_MISSING = "collection missing"
    COLLECTION_OUTDATED = "collection outdated"
    COPIED_ANSWERS = "copied answers"
    """Two stores have the same identity."""
    IMPORT_REFUSED = "import refused"
    """Fields: unknown_images (rows of images that the collection does not hold), new_attributes (names)."""
    NO_IMAGES = "no images"
    """Fields: left_out (the `LeftOut` of the folder)."""
    NOT_SYNTHETIC = "not synthetic"
    NO_POSITIVES = "no positives"
    """Fields: attribute, negatives (answers that are no)."""
    NO_RELEASE = "no release"
    """Fields: attribute, available (numbers)."""
    NO_WEIGHTS = "no weights"
    OTHER_BACKBONE = "other backbone"
    OTHER_ENCODING = "other encoding"
    """A table of images holds bytes that are no text in its encoding."""
    OTHER_PLACE = "other place"
    """The chosen place cannot be used."""
    PLACE_TAKEN = "place taken"
    """The chosen place can be used, if its content may be replaced."""
    TOO_MANY_ANSWERS = "too many answers"
    """Fields: attribute, answers."""
    UNCLEAR_COLUMN = "unclear column"
    """Fields: column."""


class BamExplorerError(Exception):
    """Base class of all errors raised on purpose; its text is for people.

    Parameters
    ----------
    message
        Sentences for people.
    kind
        Kind of the error, from which the screen and the command choose a remedy; None if the message is complete.
    fields
        Names and numbers in the message, as `ErrorKind` lists them.

    Attributes
    ----------
    kind, fields
        The arguments.
    """

    def __init__(self, *message: object, kind: ErrorKind | None = None, **fields: object) -> None:
        super().__init__(*message)
        self.kind = kind
        self.fields = fields


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


class LinkError(BamExplorerError):
    """One link that gives no picture.

    Parameters
    ----------
    message
        A sentence for people.
    reason
        A short stable word for the row of the link, e.g. ``"not_found"``.
    status
        Status of the answer; 0 if none came.
    """

    def __init__(self, message: str, *, reason: str, status: int = 0) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status


class FetchError(BamExplorerError):
    """Links that cannot be fetched into a folder, or a record of fetched links that cannot be read."""


class StorageError(BamExplorerError):
    """An address of other storage that cannot be listed or read.

    Parameters
    ----------
    message
        A sentence for people. It names the address without what may be secret in it.
    reason
        A short stable word, e.g. ``"missing"``.
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
    """A collection that is incomplete or damaged."""


class CollectionChangedError(CollectionError):
    """A collection that was built again, or removed, while it was open."""


class CollectionVersionError(CollectionError):
    """A collection written by a newer or older version of this program."""


class TaxonomyError(BamExplorerError):
    """A file of attributes that breaks a rule."""


class ModelMismatchError(CollectionError):
    """A model is for another embedding than the collection has."""


class RoundError(BamExplorerError):
    """A round, a certification or a release cannot be made in this state."""


class AuditError(BamExplorerError):
    """An audit cannot do what was requested in its current state."""


class ParameterError(BamExplorerError):
    """An option out of range."""


class TableError(BamExplorerError):
    """A table of labels that cannot be read, imported or written."""


class LabelStoreError(BamExplorerError):
    """The label store cannot do what was requested."""


class StoreMissingError(LabelStoreError):
    """The collection names a store that is not at its place."""


class StoreConflictError(LabelStoreError):
    """Two stores with one identity, or a store that belongs to another collection."""


class StoreVersionError(LabelStoreError):
    """A store written by a newer version of this program."""


class StoreUnavailableError(LabelStoreError):
    """The database does not answer. The current write is not acknowledged and may be sent again."""


class StoreReadOnlyError(LabelStoreError):
    """The place of the answers is not writable: a read-only disk, or a folder of another user."""


class StoreFullError(LabelStoreError):
    """No space is left. The current write is not acknowledged and may be sent again."""


class LostAnswersError(LabelStoreError):
    """A build would leave answers without an image, probably by mistake."""


class UnknownImageError(LabelStoreError):
    """An image that the collection does not hold."""


class UnknownRecordError(LabelStoreError):
    """A page, draw, logged action or annotator that the store does not hold."""


class DefinitionConflictError(LabelStoreError):
    """Another person has changed the attribute since its editor read it; nothing was written."""


class ArchivedError(LabelStoreError):
    """An archived attribute, about which no questions are asked."""


class PurposeError(LabelStoreError):
    """Answers for separate purposes would be mixed."""


class PublishedError(LabelStoreError):
    """A published record cannot change any more."""


class NotQualifiedError(LabelStoreError):
    """The annotator may not answer this attribute, or not yet."""


class LeaseError(LabelStoreError):
    """The image was given to another annotator, who answered it."""


class ActionError(LabelStoreError):
    """A logged action that cannot be undone or redone."""


class ServeError(BamExplorerError):
    """The app cannot be served."""
