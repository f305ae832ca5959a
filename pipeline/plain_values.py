"""Convert plain values from JSON to frozen dataclasses, and check each declared type. Pure."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = ["made_of"]

LARGEST = 1 << 63

Made = TypeVar("Made")


def made_of(kind: type[Made], values: object) -> Made:
    """Create a dataclass from a JSON object.

    Parameters
    ----------
    kind
        A dataclass.
    values
        The fields by name; a list may replace a tuple.

    Raises
    ------
    TypeError
        If `values` is not an object, a field is missing or unknown, or a value has another type than the field.
    """
    if not isinstance(values, Mapping):
        raise TypeError(f"a {type(values).__name__} instead of an object")
    hints = get_type_hints(kind)
    fields = {}
    for name, value in values.items():
        if name in hints and not _fits(value, hints[name]):
            raise TypeError(f"{name} is {repr(value)[:40]}")
        fields[name] = tuple(value) if isinstance(value, list) and get_origin(hints.get(name)) is tuple else value
    return kind(**fields)


def _fit_in_order(values: Sequence[object], kinds: tuple[Any, ...]) -> bool:
    each = kinds[:1] * len(values) if kinds[1:] == (...,) else kinds
    return len(each) == len(values) and all(_fits(one, kind) for one, kind in zip(values, each, strict=True))


def _fits(value: object, hint: Any) -> bool:
    """Return whether a value has a declared type; types that descriptions do not use always fit."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in arguments)
    if origin is tuple:
        return isinstance(value, (list, tuple)) and _fit_in_order(value, arguments)
    if hint in (int, float):
        whole = isinstance(value, int) and not isinstance(value, bool) and -LARGEST <= value < LARGEST
        return whole or (hint is float and isinstance(value, float))
    if hint in (str, bool, type(None)) or (isinstance(hint, type) and issubclass(hint, Enum)):
        return isinstance(value, hint)
    return isinstance(value, origin) if isinstance(origin, type) else True
