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
        """List all attributes, archived ones too: the collection's in its order, then the others as they were made."""
        with self._shared.reading() as connection:
            return definitions.list_attributes(connection)

    def find(self, name: str) -> AttributeEntry:
        """Return an attribute; UnknownRecordError if there is none."""
        with self._shared.reading() as connection:
            return definitions.find_attribute(connection, name)

    def history(self, name: str) -> list[Definition]:
        """Return all versions of an attribute's definition, oldest first; UnknownRecordError if there is none."""
        with self._shared.reading() as connection:
            return definitions.history(connection, name)

    def define(self, annotator_id: str, name: str, draft: Draft, *, seen_version: int) -> Definition:
        """Define an attribute, or add a version of its definition. Earlier answers keep their version.

        Parameters
        ----------
        annotator_id
            Who wrote it.
        name
            ``<group>_<word>``, e.g. ``content_bird``.
        draft
            What was typed. If it says what the present version says, that version is given back. Examples of the
            present version that the collection does not hold now stay: who types does not see them.
        seen_version
            The version its editor was looking at; 0 for a new attribute.

        Raises
        ------
        DefinitionConflictError
            If another person changed it since. Nothing was written.
        TaxonomyError, ParameterError, UnknownImageError
            If the name is none of an attribute, a text is too long or no plain text, or an example is not known.
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

        More: people are asked until that many agree. Fewer: nothing is asked in vain any more. Repeats, spot
        checks and batches that were called off or published stay as they are.
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
