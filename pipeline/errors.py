"""Every error that this project raises on purpose, one tree.

::

    BamExplorerError              what a caller catches; the message ends with a remedy
    |-- SourceError               the source of images cannot be read as one
    |-- ImageError                one image cannot be used (`reason` is the short word kept in its row)
    |-- WeightsError              weights missing, damaged or of another shape
    |-- CollectionError           a collection cannot be opened or written
    |   |-- CollectionMissingError    there is none at that place
    |   |-- CollectionDamagedError    there is one, but not whole
    |   |-- CollectionChangedError    built again, or taken away, while it was open
    |   |-- CollectionVersionError    written by a newer or older version
    |   `-- ModelMismatchError        a model is for another embedding than the collection has
    |-- RoundError                a round, a promise or a release cannot be made as things are
    |-- TaxonomyError             a file of attributes that breaks a rule
    |-- ParameterError            an option outside what is allowed
    |-- TableError                a table of labels that cannot be read, taken in or written
    |-- LabelStoreError           the store of answers cannot do what was asked
    |   |-- StoreMissingError         the collection's store is not where it is looked for
    |   |-- StoreConflictError        two stores with one identity, or one that belongs to another collection
    |   |-- StoreVersionError         written by a newer version
    |   |-- StoreUnavailableError     the database does not answer, or is busy for too long; nothing was acknowledged
    |   |-- StoreReadOnlyError      answers lie where nothing can be written; they can be read
    |   |-- StoreFullError            no room left; nothing was acknowledged
    |   |-- LostAnswersError          a build would leave answers without an image
    |   |-- UnknownImageError         an image that the collection does not hold
    |   |-- UnknownRecordError        a page, draw, act or annotator that the store does not hold
    |   |-- DefinitionConflictError   somebody else changed the attribute meanwhile
    |   |-- ArchivedError             an archived attribute is not asked
    |   |-- PurposeError              a wall between purposes would be crossed
    |   |-- PublishedError            what was published cannot change any more
    |   |-- NotQualifiedError         this annotator may not answer this attribute, or not yet
    |   |-- LeaseError                the image was given to somebody else, who answered it
    |   `-- ActError                  an act that cannot be undone or done again
    `-- ServeError                the app cannot be served (port in use, ...)

A message says what was given, what is allowed and what to do next. It knows neither the screen
nor the command: by the `kind` of an error, each of them adds what a person does there.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "ActError",
    "ArchivedError",
    "BamExplorerError",
    "CollectionChangedError",
    "CollectionDamagedError",
    "CollectionError",
    "CollectionMissingError",
    "CollectionVersionError",
    "DefinitionConflictError",
    "ErrorKind",
    "ImageError",
    "LabelStoreError",
    "LeaseError",
    "LostAnswersError",
    "ModelMismatchError",
    "NotQualifiedError",
    "ParameterError",
    "PublishedError",
    "PurposeError",
    "RoundError",
    "ServeError",
    "SourceError",
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
    """What is wrong, where the way to put it right depends on where a person works: on the screen or by command."""

    ANSWERS_ELSEWHERE = "answers elsewhere"
    """The answers are in a file, and a database is set."""
    ANSWERS_LOSE_IMAGES = "answers lose their images"
    """Fields: old_name, new_name (of the source)."""
    BUILD_STOPPED = "build stopped"
    COLLECTION_MISSING = "collection missing"
    COLLECTION_OUTDATED = "collection outdated"
    COPIED_ANSWERS = "copied answers"
    """Two stores have one identity."""
    IMPORT_REFUSED = "import refused"
    """Fields: unknown_images (rows of images that the collection does not hold), new_attributes (names)."""
    NOT_SYNTHETIC = "not synthetic"
    NO_POSITIVES = "no positives"
    """Fields: attribute, negatives (answers that are no)."""
    NO_RELEASE = "no release"
    """Fields: attribute, available (numbers)."""
    NO_WEIGHTS = "no weights"
    OTHER_BACKBONE = "other backbone"
    OTHER_PLACE = "other place"
    """The chosen place cannot be taken."""
    PLACE_TAKEN = "place taken"
    """The chosen place can be taken, if what is there may be replaced."""
    TOO_MANY_ANSWERS = "too many answers"
    """Fields: attribute, answers."""
    UNCLEAR_COLUMN = "unclear column"
    """Fields: column."""


class BamExplorerError(Exception):
    """Base of all errors raised on purpose; its text is meant for people.

    Parameters
    ----------
    message
        Sentences for people.
    kind
        What is wrong, for those who add how it is put right where they are; None where the message says it all.
    fields
        Names and numbers in the message, as `ErrorKind` lists them.

    Attributes
    ----------
    kind, fields
        As given.
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


class WeightsError(BamExplorerError):
    """Weights that are missing, damaged or made for another model."""


class CollectionError(BamExplorerError):
    """A collection that cannot be opened or written."""


class CollectionMissingError(CollectionError):
    """No collection at the given place."""


class CollectionDamagedError(CollectionError):
    """A collection that is not whole."""


class CollectionChangedError(CollectionError):
    """A collection that was built again, or taken away, while it was open."""


class CollectionVersionError(CollectionError):
    """A collection written by a newer or older version of this program."""


class TaxonomyError(BamExplorerError):
    """A file of attributes that breaks a rule."""


class ModelMismatchError(CollectionError):
    """A model is for another embedding than the collection has."""


class RoundError(BamExplorerError):
    """A round, a promise or a release cannot be made as things are."""


class AuditError(BamExplorerError):
    """An audit cannot do what was asked of it in the state that it is in."""


class ParameterError(BamExplorerError):
    """An option outside what is allowed."""


class TableError(BamExplorerError):
    """A table of labels that cannot be read, taken in or written."""


class LabelStoreError(BamExplorerError):
    """The store of answers cannot do what was asked."""


class StoreMissingError(LabelStoreError):
    """The collection names a store that is not where it is looked for."""


class StoreConflictError(LabelStoreError):
    """Two stores with one identity, or a store that belongs to another collection."""


class StoreVersionError(LabelStoreError):
    """A store written by a newer version of this program."""


class StoreUnavailableError(LabelStoreError):
    """The database does not answer; what was being written is not acknowledged and may be sent again."""


class StoreReadOnlyError(LabelStoreError):
    """The answers lie where nothing can be written: a disk mounted for reading, or somebody else's folder."""


class StoreFullError(LabelStoreError):
    """No room is left; what was being written is not acknowledged and may be sent again."""


class LostAnswersError(LabelStoreError):
    """A build would leave answers without an image, by a mistake as it seems."""


class UnknownImageError(LabelStoreError):
    """An image that the collection does not hold."""


class UnknownRecordError(LabelStoreError):
    """A page, draw, act or annotator that the store does not hold."""


class DefinitionConflictError(LabelStoreError):
    """The attribute was changed by somebody else since its editor looked at it; nothing was written."""


class ArchivedError(LabelStoreError):
    """An archived attribute, about which nobody is asked."""


class PurposeError(LabelStoreError):
    """A wall between purposes would be crossed."""


class PublishedError(LabelStoreError):
    """What was published cannot change any more."""


class NotQualifiedError(LabelStoreError):
    """The annotator may not answer this attribute, or not yet."""


class LeaseError(LabelStoreError):
    """The image went to somebody else meanwhile, who answered it."""


class ActError(LabelStoreError):
    """An act that cannot be undone or done again."""


class ServeError(BamExplorerError):
    """The app cannot be served."""
