"""Check the values of a store that control the program: identity, attributes, rules.

A file of answers may come from another person. Names become parts of paths, lists are read as JSON, and numbers decide
how many annotators are asked. So all these values are checked once, when the store is opened.
"""

from __future__ import annotations

import json
import re
import uuid

from sqlalchemy import Column, Connection, select

from pipeline.errors import LabelStoreError, ParameterError, TaxonomyError
from pipeline.label_store.annotators.requirements import Requirements
from pipeline.label_store.attributes.records import MOST_AGREEING
from pipeline.label_store.schema.tables import attribute_settings, definitions, store
from pipeline.taxonomy import attribute_from_name

__all__ = ["check_values"]

LONGEST_LIST = 40_000
"""Largest number of characters of a list as JSON, six times the limit of a definition."""


def check_values(connection: Connection, place: str) -> None:
    """Check the values that control the program.

    Parameters
    ----------
    connection
        Connection to an upgraded database.
    place
        Place of the database, for people.

    Raises
    ------
    LabelStoreError
        If the program never writes one of the values. The message names it.
    """
    wrong = _wrong_identity(connection) or _wrong_setting(connection) or _wrong_definition(connection)
    if wrong:
        raise LabelStoreError(
            f"The store of answers at {place} holds {wrong}: this program never writes that. It was not changed. "
            "Restore it from a copy of your own, or move it away to start without answers."
        )


def _wrong_identity(connection: Connection) -> str:
    for row in connection.execute(select(store.c.uuid, store.c.secret)):
        try:
            canonical = str(uuid.UUID(row.uuid)) == row.uuid
        except (ValueError, AttributeError, TypeError):
            canonical = False
        if not canonical:
            return "an identity that is no UUID"
        if row.secret and not re.fullmatch("[0-9a-f]{64}", str(row.secret)):
            return "a secret for signing that is not 64 hexadecimal digits"
    return ""


def _wrong_setting(connection: Connection) -> str:
    settings = attribute_settings.c
    requirements = (settings.bar_answers, settings.bar_accuracy, settings.gold_test, settings.gold_share)
    for name, agree, *limits in connection.execute(select(settings.attribute, settings.agree, *requirements)):
        shown = repr(str(name)[:60])
        try:
            attribute_from_name(str(name))
        except TaxonomyError:
            return f"an attribute named {shown}"
        if not (isinstance(agree, int) and 1 <= agree <= MOST_AGREEING):
            return f"a rule for {shown} that {str(agree)[:20]} people must agree"
        try:
            Requirements(*limits)
        except (ParameterError, TypeError):
            return f"a requirement for {shown} outside what is allowed"
    return ""


def _wrong_definition(connection: Connection) -> str:
    columns = definitions.c
    lists: list[tuple[Column[str], type]] = [
        (columns.counts, str),
        (columns.counts_not, str),
        (columns.examples_yes, int),
        (columns.examples_no, int),
    ]
    for name, *texts in connection.execute(select(definitions.c.attribute, *(column for column, _ in lists))):
        for text, (column, kind) in zip(texts, lists, strict=True):
            if not _is_list_of(text, kind):
                return f"a definition of {str(name)[:60]!r} whose {column.name} are no list"
    return ""


def _is_list_of(text: object, kind: type) -> bool:
    if not isinstance(text, str) or len(text) > LONGEST_LIST:
        return False
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(values, list) and all(type(value) is kind for value in values)
