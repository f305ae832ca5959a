"""The store's methods about attributes: their definitions and what is set for each."""

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
from pipeline.taxonomy import Taxonomy

__all__ = ["AttributeMethods"]


class AttributeMethods(Transactions):
    """Methods of `pipeline.label_store.LabelStore`."""

    def attributes(self) -> list[AttributeEntry]:
        """List all attributes, archived ones too: the collection's in its order, then the others as they were made."""
        with self.database.reading() as connection:
            return definitions.list_attributes(connection)

    def attribute(self, name: str) -> AttributeEntry:
        """Give an attribute; UnknownRecordError if there is none."""
        with self.database.reading() as connection:
            return definitions.find_attribute(connection, name)

    def history(self, name: str) -> list[Definition]:
        """Give all versions of an attribute's definition, oldest first; UnknownRecordError if there is none."""
        with self.database.reading() as connection:
            return definitions.history(connection, name)

    def define(self, annotator_id: str, name: str, draft: Draft, *, seen_version: int) -> Definition:
        """Make an attribute, or change its definition by a new version; answers keep the version they were given under.

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
            If somebody else changed it since. Nothing was written.
        TaxonomyError, ParameterError, UnknownImageError
            If the name is none of an attribute, a text is too long or no plain text, or an example is not known.
        UnknownRecordError
            If there is no such annotator, or no such attribute to change.
        """
        with self.database.writing() as connection:
            people.check_annotator(connection, annotator_id)
            self.database.lock(connection, f"attributes {self.uuid}")
            known = word(name, "name of an attribute")
            newest = definitions.newest_version(connection, known)
            if newest is None or not any(absent_examples(newest, self.images)):
                checked = check_draft(draft, self.images)
            else:
                checked = with_absent_examples(draft, newest, self.images)
            return definitions.define(connection, annotator_id, known, checked, seen_version, self._clock())

    def set_archived(self, annotator_id: str, name: str, archived: bool) -> AttributeEntry:
        """Ask nobody about an attribute any more, or ask again; its answers stay, and pages in hand are answered."""
        with self.database.writing() as connection:
            people.check_annotator(connection, annotator_id)
            self.database.lock(connection, f"attributes {self.uuid}")
            return definitions.set_archived(connection, annotator_id, name, archived, self._clock())

    def seed_attributes(self, taxonomy: Taxonomy) -> None:
        """Add a collection's attributes that the store lacks, and new words of those that nobody here has changed."""
        with self.database.reading() as connection:
            if not definitions.missing(connection, taxonomy.attributes):
                return
        with self.database.writing() as connection:
            self.database.lock(connection, f"attributes {self.uuid}")
            definitions.seed(connection, taxonomy.attributes, self._clock())
