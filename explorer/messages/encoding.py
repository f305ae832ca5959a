"""Records that go to the browser, and the one function that encodes them as plain values. Pure.

A record is a dataclass whose fields hold plain values, other records, or tuples of these. A field reaches the browser
under its own name. A message is a record with a ``type``, by which the browser chooses the function that takes it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar

import numpy as np

from pipeline.errors import ParameterError

__all__ = ["LARGEST", "Message", "Record", "encoded"]

LARGEST = 2**53
"""The largest whole number that JavaScript holds exactly. Larger ones, for example ids, are sent as text."""


@dataclass(frozen=True, slots=True)
class Record:
    """Base class of all records that go to the browser."""


@dataclass(frozen=True, slots=True)
class Message(Record):
    """Base class of the records that are sent one by one. Other records are parts of a component's display."""

    type: ClassVar[str]
    """Name of the function that takes the message in the browser."""


def encoded(value: object) -> Any:
    """Return a value as the plain values that are sent to the browser.

    Parameters
    ----------
    value
        A `Record`, a plain value, or a list, tuple or mapping of these. Text may be an enumeration's.

    Returns
    -------
    object
        Nested dictionaries, lists, texts, numbers, booleans, ``None`` and bytes. Bytes are the same object, not a copy.

    Raises
    ------
    ParameterError
        For a value of another kind, a number that JavaScript cannot hold, or a mapping whose names are not texts.
    """
    return _encoded(value, "")


def _encoded(value: object, path: str) -> Any:
    if isinstance(value, Record):
        kind: Any = type(value)
        plain = {"type": value.type} if isinstance(value, Message) else {}
        return plain | {name: _encoded(getattr(value, name), f"{path}.{name}") for name in _names(kind)}
    if isinstance(value, list | tuple):
        return [_encoded(part, f"{path}[{place}]") for place, part in enumerate(value)]
    if isinstance(value, Mapping):
        return {_key(name, path): _encoded(part, f"{path}[{name!r}]") for name, part in value.items()}
    return _single(value.item() if isinstance(value, np.generic) else value, path)


def _single(value: object, path: str) -> object:
    """Return a value without parts."""
    if isinstance(value, str):
        return str(value)  # an enumeration's member becomes its text
    if isinstance(value, float) and not math.isfinite(value):
        raise ParameterError(f"{_place(path)} is {value}. Use a finite number, or None for a missing one.")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ParameterError(f"{_place(path)} is {value}. JavaScript rounds whole numbers above 2^53; use a text.")
    if value is None or isinstance(value, bool | int | float | bytes):
        return value
    raise ParameterError(f"{_place(path)} is a {type(value).__name__}. Use a record, plain values, or tuples of these.")


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _key(name: object, path: str) -> str:
    if not isinstance(name, str):
        raise ParameterError(f"A name in {_place(path)} is a {type(name).__name__}. Names are texts.")
    return str(name)


def _place(path: str) -> str:
    return path.lstrip(".") or "The value"
