"""Checks of the fields of a browser's message, one function for each kind of value. Pure.

A check takes a received value and returns it as a handler may use it. For other values it raises an error with the
value and the allowed range. JavaScript has one kind of number, so a whole number may arrive as a float. Ids that a
float cannot hold arrive as text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ParameterError

__all__ = [
    "Check",
    "either",
    "fields",
    "flag",
    "listing",
    "mapping",
    "nothing",
    "number",
    "one_of",
    "row_of",
    "shown",
    "text",
    "whole",
]

LONGEST_SHOWN = 40
LARGEST = 2**63 - 1
MOST_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Check:
    """A check of one field.

    Parameters
    ----------
    run
        Takes a received value. Returns it as a handler may use it, or raises `ParameterError`.
    accepts
        The accepted values as a TypeScript type, from which the types of the scripts are written.
    """

    run: Callable[[Any], Any]
    accepts: str

    def __call__(self, value: Any) -> Any:
        """Check a value."""
        return self.run(value)


def shown(value: object) -> str:
    """Return a short text of a received value, which may be anything."""
    words = ascii(value) if isinstance(value, str | int | float | bool | None) else f"a {type(value).__name__}"
    return words if len(words) <= LONGEST_SHOWN else f"{words[: LONGEST_SHOWN - 3]}..."


def text(longest: int, *, shortest: int = 0, cut: bool = False) -> Check:
    """Check a text. With `cut`, a long text is shortened and ``null`` becomes an empty text."""

    def check(value: Any) -> str:
        if cut and value is None:
            value = ""
        if not isinstance(value, str):
            raise ParameterError(f"{shown(value)} is not a text")
        if cut:
            return value[:longest]
        if not shortest <= len(value) <= longest:
            raise ParameterError(f"{len(value):,} characters lie outside {shortest} to {longest:,}")
        return value

    return Check(check, "string | null" if cut else "string")


def whole(low: int = -LARGEST, high: int = LARGEST) -> Check:
    """Check a whole number, which may arrive as digits."""

    def check(value: Any) -> int:
        digits = isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit()
        if digits and len(value) <= MOST_DIGITS + 1:
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ParameterError(f"{shown(value)} is not a whole number")
        if not low <= value <= high:
            raise ParameterError(f"{shown(value)} lies outside {low:,} to {high:,}")
        return value

    return Check(check, "number | string")


def number(low: float = -1e300, high: float = 1e300, *, clamp: bool = False) -> Check:
    """Check a finite number. With `clamp`, a number outside the range becomes its nearest end."""

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ParameterError(f"{shown(value)} is not a number")
        try:
            found = float(value)
        except OverflowError:
            found = math.inf
        if not math.isfinite(found):
            raise ParameterError(f"{shown(value)} is not a finite number")
        if clamp:
            return min(high, max(low, found))
        if not low <= found <= high:
            raise ParameterError(f"{shown(value)} lies outside {low:g} to {high:g}")
        return found

    return Check(check, "number")


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ParameterError(f"{shown(value)} is not true or false")
    return value


flag = Check(_flag, "boolean")
"""Check a boolean."""


def one_of(*allowed: Any) -> Check:
    """Check that a value is one of a few."""

    def check(value: Any) -> Any:
        kinds = {type(one) for one in allowed}
        for one in allowed:
            if type(value) in kinds and value == one and isinstance(value, bool) == isinstance(one, bool):
                return one
        raise ParameterError(f"{shown(value)} is not one of {', '.join(map(str, allowed))}")

    return Check(check, " | ".join(map(json.dumps, allowed)))


def listing(part: Check, most: int, *, cut: bool = False) -> Check:
    """Check a list and each of its parts. With `cut`, a long list is shortened and ``null`` becomes an empty list."""

    def check(value: Any) -> list[Any]:
        if cut and value is None:
            value = []
        if not isinstance(value, list | tuple):
            raise ParameterError(f"{shown(value)} is not a list")
        if len(value) > most and not cut:
            raise ParameterError(f"{len(value):,} values are more than {most:,}")
        return [part(one) for one in value[:most]]

    return Check(check, f"ReadonlyArray<{part.accepts}>{' | null' if cut else ''}")


def _mapping(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise ParameterError(f"{shown(value)} is not a mapping with names")
    return value


mapping = Check(_mapping, "{ [name: string]: unknown } | null")
"""Check a mapping with texts as names. Its values are checked by the handler."""


def row_of(*parts: Check) -> Check:
    """Check a list with one value for each of `parts`."""

    def check(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) != len(parts):
            raise ParameterError(f"{shown(value)} is not a list of {len(parts)} values")
        return tuple(part(one) for part, one in zip(parts, value, strict=True))

    return Check(check, f"readonly [{', '.join(part.accepts for part in parts)}]")


def fields(**parts: Check) -> Check:
    """Check values under these names. Other names are left out."""

    def check(value: Any) -> dict[str, Any]:
        found = _mapping(value)
        return {name: part(found.get(name)) for name, part in parts.items()}

    return Check(check, f"{{ {'; '.join(f'{name}: {part.accepts}' for name, part in parts.items())} }}")


def either(*parts: Check) -> Check:
    """Check a value that may have one of several kinds."""

    def check(value: Any) -> Any:
        problems = []
        for part in parts:
            try:
                return part(value)
            except ParameterError as error:
                problems.append(str(error))
        raise ParameterError(problems[0])

    return Check(check, " | ".join(part.accepts for part in parts))


def _nothing(value: Any) -> None:
    if value is not None:
        raise ParameterError(f"{shown(value)} is not empty")


nothing = Check(_nothing, "null")
"""Check that a value is ``null``."""
