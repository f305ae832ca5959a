"""Versions of the definitions of attributes, and their settings.

Every function works inside the caller's transaction. Definitions are in the label store and not in the files of the
collection, because answers refer to their versions. So they change in one transaction, are shared by all annotators,
and are kept when the collection is rebuilt. Version 1 comes with the collection. A later build never replaces a
definition that an annotator has written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, select, update

from pipeline.errors import ArchivedError, DefinitionConflictError, ParameterError, UnknownRecordError
from pipeline.label_store.annotators.requirements import Requirements
from pipeline.label_store.attributes.records import (
    MOST_AGREEING,
    AttributeEntry,
    Definition,
    Draft,
    came_with,
    draft_of,
)
from pipeline.label_store.schema.tables import annotators, attribute_settings, definitions
from pipeline.taxonomy import Attribute, attribute_from_name

__all__ = [
    "check_asked",
    "define",
    "find_attribute",
    "history",
    "list_attributes",
    "missing",
    "newest_version",
    "read_requirements",
    "seed",
    "set_archived",
    "set_requirements",
    "set_rule",
    "touch",
]

_BARS = tuple(attribute_settings.c[name] for name in ("bar_answers", "bar_accuracy", "gold_test", "gold_share"))
"""Columns of `Requirements`, in the order of its fields."""


def list_attributes(connection: Connection) -> list[AttributeEntry]:
    """Return all attributes, also archived ones: first those of the collection, then the others by age."""
    return [_entry(row) for row in connection.execute(_entries())]


def find_attribute(connection: Connection, name: str) -> AttributeEntry:
    """Return an attribute. Raises UnknownRecordError if it does not exist."""
    row = connection.execute(_entries().where(definitions.c.attribute == name)).first()
    if row is None:
        raise UnknownRecordError(f"The store knows no attribute {name!r}. Define it first.")
    return _entry(row)


def history(connection: Connection, name: str) -> list[Definition]:
    """Return all versions of a definition, oldest first."""
    find_attribute(connection, name)
    query = select(definitions).where(definitions.c.attribute == name).order_by(definitions.c.version)
    return [_definition(row) for row in connection.execute(query)]


def define(
    connection: Connection, annotator_id: str, name: str, draft: Draft, seen_version: int, now: float
) -> Definition:
    """Add a version with a checked draft, or return the present version if nothing has changed.

    The caller holds the lock of the attributes, so that two editors cannot add the same version.
    """
    attribute_from_name(name)
    newest = newest_version(connection, name)
    if newest is not None and draft_of(newest) == draft:
        return newest
    if newest is None and seen_version > 0:
        raise UnknownRecordError(f"The store knows no attribute {name!r}. Define it as a new one, from version 0.")
    if newest is not None and newest.version != seen_version:
        raise _conflict(connection, newest, seen_version)
    if newest is None:
        _add_settings(connection, name, annotator_id, now)
    else:
        touch(connection, name, annotator_id, now)
    return _add(connection, name, (newest.version if newest else 0) + 1, draft, annotator_id, now)


def set_archived(connection: Connection, annotator_id: str, name: str, archived: bool, now: float) -> AttributeEntry:
    """Archive an attribute or restore it."""
    find_attribute(connection, name)
    touch(connection, name, annotator_id, now, archived=archived)
    return find_attribute(connection, name)


def set_rule(connection: Connection, annotator_id: str, name: str, agree: int, now: float) -> AttributeEntry:
    """Set the number of agreeing answers. `pipeline.label_store.questions.draws.ask_of` changes the draws."""
    if not 1 <= agree <= MOST_AGREEING:
        raise ParameterError(f"agree={agree} is outside 1 to {MOST_AGREEING}.")
    find_attribute(connection, name)
    touch(connection, name, annotator_id, now, agree=agree)
    return find_attribute(connection, name)


def set_requirements(
    connection: Connection, annotator_id: str, name: str, requirements: Requirements, now: float
) -> AttributeEntry:
    """Set the requirements of an attribute."""
    find_attribute(connection, name)
    values = {"bar_answers": requirements.answers, "bar_accuracy": requirements.accuracy}
    touch(
        connection, name, annotator_id, now, **values, gold_test=requirements.test, gold_share=requirements.gold_share
    )
    return find_attribute(connection, name)


def read_requirements(connection: Connection, name: str) -> Requirements:
    """Return the requirements of an attribute. An unknown attribute has no requirements and no gold."""
    row = connection.execute(select(*_BARS).where(attribute_settings.c.attribute == name)).first()
    return Requirements(gold_share=0.0) if row is None else Requirements(*row)


def check_asked(connection: Connection, name: str) -> None:
    """Raise an error if an attribute is archived."""
    settings = attribute_settings.c
    if connection.execute(select(settings.archived).where(settings.attribute == name)).scalar():
        raise ArchivedError(
            f"The attribute {name} is archived, so no questions are asked. Its answers are kept. Restore the attribute "
            "to continue."
        )


def missing(connection: Connection, attributes: Iterable[Attribute]) -> list[tuple[Attribute, Draft, int]]:
    """Return the attributes of a collection that are missing in the store, or whose definition it has changed.

    Each has its draft and the version that it would get. Definitions that an annotator has written are left out.
    """
    newest = {entry.name: entry.definition for entry in list_attributes(connection)}
    found = []
    for attribute in attributes:
        known, draft = newest.get(attribute.name), came_with(attribute)
        if known is None:
            found.append((attribute, draft, 1))
        elif not known.annotator_id and draft_of(known) != draft:
            found.append((attribute, draft, known.version + 1))
    return found


def seed(connection: Connection, attributes: Iterable[Attribute], now: float) -> None:
    """Add the attributes and definitions of `missing`. The caller holds the lock of the attributes."""
    for attribute, draft, version in missing(connection, attributes):
        if version == 1:
            _add_settings(connection, attribute.name, None, now)
        else:
            touch(connection, attribute.name, None, now)
        _add(connection, attribute.name, version, draft, None, now)


def _entries() -> Select[Any]:
    newer = definitions.alias()
    version = select(func.max(newer.c.version)).where(newer.c.attribute == definitions.c.attribute).scalar_subquery()
    settings = attribute_settings.c
    return (
        select(definitions, settings.archived, settings.agree, *_BARS)
        .join(attribute_settings, settings.attribute == definitions.c.attribute)
        .where(definitions.c.version == version)
        .order_by(settings.position, settings.attribute)
    )


def _entry(row: Row[Any]) -> AttributeEntry:
    group = str(row.attribute).partition("_")[0]
    requirements = Requirements(*(getattr(row, column.name) for column in _BARS))
    return AttributeEntry(row.attribute, group, _definition(row), bool(row.archived), row.agree, requirements)


def _definition(row: Row[Any]) -> Definition:
    return Definition(
        attribute=row.attribute,
        version=row.version,
        title=row.title,
        definition=row.definition,
        counts=tuple(json.loads(row.counts)),
        counts_not=tuple(json.loads(row.counts_not)),
        examples_yes=tuple(json.loads(row.examples_yes)),
        examples_no=tuple(json.loads(row.examples_no)),
        annotator_id=row.annotator_id or "",
        at=row.at,
    )


def newest_version(connection: Connection, name: str) -> Definition | None:
    """Return the present version of a definition, or None."""
    row = connection.execute(_entries().where(definitions.c.attribute == name)).first()
    return None if row is None else _definition(row)


def _conflict(connection: Connection, newest: Definition, seen_version: int) -> DefinitionConflictError:
    query = select(annotators.c.name).where(annotators.c.id == newest.annotator_id)
    who = connection.execute(query).scalar() or "the collection"
    return DefinitionConflictError(
        f"{newest.attribute} was changed by {who} meanwhile: it is at version {newest.version}, and this change is "
        f"based on version {seen_version}. Nothing was saved. Read the present version, and change that."
    )


def _add(
    connection: Connection, name: str, version: int, draft: Draft, annotator_id: str | None, now: float
) -> Definition:
    row: Mapping[str, Any] = {
        "attribute": name,
        "version": version,
        "title": draft.title,
        "definition": draft.definition,
        "counts": json.dumps(draft.counts, ensure_ascii=False),
        "counts_not": json.dumps(draft.counts_not, ensure_ascii=False),
        "examples_yes": json.dumps(draft.examples_yes),
        "examples_no": json.dumps(draft.examples_no),
        "annotator_id": annotator_id,
        "at": now,
    }
    query = insert(definitions).values(row).returning(definitions)
    return _definition(connection.execute(query).one())


def _add_settings(connection: Connection, name: str, annotator_id: str | None, now: float) -> None:
    last = connection.execute(select(func.coalesce(func.max(attribute_settings.c.position), -1))).scalar_one()
    several = connection.execute(select(func.count()).select_from(annotators)).scalar_one() > 1
    connection.execute(
        insert(attribute_settings).values(
            attribute=name,
            archived=False,
            agree=2 if several else 1,
            position=last + 1,
            changed=now,
            annotator_id=annotator_id,
            changes=0,
        )
    )


def touch(connection: Connection, name: str, annotator_id: str | None, now: float, **values: object) -> None:
    """Change settings of an attribute, and record the annotator."""
    settings = attribute_settings.c
    changed = {"changed": now, "annotator_id": annotator_id, "changes": settings.changes + 1}
    connection.execute(update(attribute_settings).where(and_(settings.attribute == name)).values(**changed, **values))
