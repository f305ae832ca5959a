"""The attributes of a store: definitions, settings, progress."""

from __future__ import annotations

from pipeline.label_store.annotators import people
from pipeline.label_store.api.transactions import Transactions, word
from pipeline.label_store.attributes import definitions
from pipeline.label_store.attributes.records import (
    AttributeEntry,
    Definition,
    Draft,
    absent_examples,
    check_draft,
    with_absent_examples,
)
from pipeline.label_store.questions import draws
from pipeline.label_store.summaries import attribute_progress
from pipeline.label_store.summaries.attribute_progress import AttributeProgress
from pipeline.taxonomy import Taxonomy

__all__ = ["Attributes"]


class Attributes:
    """The attributes of a store: definitions, settings, progress."""

    def __init__(self, transactions: Transactions) -> None:
        self._shared = transactions

    def list_all(self) -> list[AttributeEntry]:
        """Return all attributes, also archived ones: first those of the collection, then the others by age."""
        with self._shared.reading() as connection:
            return definitions.list_attributes(connection)

    def find(self, name: str) -> AttributeEntry:
        """Return an attribute. Raises UnknownRecordError if it does not exist."""
        with self._shared.reading() as connection:
            return definitions.find_attribute(connection, name)

    def history(self, name: str) -> list[Definition]:
        """Return all versions of a definition, oldest first. Raises UnknownRecordError if there is none."""
        with self._shared.reading() as connection:
            return definitions.history(connection, name)

    def define(self, annotator_id: str, name: str, draft: Draft, *, seen_version: int) -> Definition:
        """Define an attribute, or add a version of its definition. Earlier answers keep their version.

        Parameters
        ----------
        annotator_id
            Id of the author.
        name
            ``<group>_<word>``, such as ``content_bird``.
        draft
            The definition as typed. If it equals the present version, that version is returned. Examples that are
            absent from the collection are kept, because the editor does not see them.
        seen_version
            The version that the editor changed. 0 for a new attribute.

        Raises
        ------
        DefinitionConflictError
            If another person has changed it since. Nothing was written.
        TaxonomyError, ParameterError, UnknownImageError
            If the name is not allowed for an attribute, a text is too long or not plain text, or an example is unknown.
        UnknownRecordError
            If there is no such annotator, or no such attribute to change.
        """
        with self._shared.writing() as connection:
            people.check_annotator(connection, annotator_id)
            self._shared.lock(connection, "attributes")
            known = word(name, "name of an attribute")
            newest = definitions.newest_version(connection, known)
            if newest is None or not any(absent_examples(newest, self._shared.images)):
                checked = check_draft(draft, self._shared.images)
            else:
                checked = with_absent_examples(draft, newest, self._shared.images)
            return definitions.define(connection, annotator_id, known, checked, seen_version, self._shared.now())

    def set_archived(self, annotator_id: str, name: str, archived: bool) -> AttributeEntry:
        """Archive an attribute or restore it. Its answers stay, and open pages can still be answered."""
        with self._shared.writing() as connection:
            people.check_annotator(connection, annotator_id)
            self._shared.lock(connection, "attributes")
            return definitions.set_archived(connection, annotator_id, name, archived, self._shared.now())

    def set_agreement(self, annotator_id: str, name: str, agree: int) -> AttributeEntry:
        """Set the number of agreeing answers of an attribute, 1 to 5, also for its earlier training draws.

        With a larger number, more annotators are asked. With a smaller number, unnecessary questions end. Repeats, spot
        checks, and cancelled or published batches do not change.
        """
        with self._shared.writing() as connection:
            people.check_annotator(connection, annotator_id)
            self._shared.lock(connection, "attributes")
            self._shared.lock_pages(connection, name)
            entry = definitions.set_rule(connection, annotator_id, name, agree, self._shared.now())
            draws.ask_of(connection, name, agree)
            return entry

    def seed(self, taxonomy: Taxonomy) -> None:
        """Add missing attributes of a collection, and update definitions that no annotator has changed."""
        with self._shared.reading() as connection:
            if not definitions.missing(connection, taxonomy.attributes):
                return
        with self._shared.writing() as connection:
            self._shared.lock(connection, "attributes")
            definitions.seed(connection, taxonomy.attributes, self._shared.now())

    def list_progress(self) -> list[AttributeProgress]:
        """Return the progress of all attributes, archived ones included, in their order."""
        with self._shared.reading() as connection:
            return attribute_progress.list_progress(connection)
