"""What a field of a browser's message may hold: checks of single values. Pure.

A check takes a value as it came and gives it as a handler may use it; of anything else it says what was given and what
is allowed. JavaScript knows one kind of number, so a whole number may come as a float; ids come as text where a float
would not hold them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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

Check = Callable[[Any], Any]
LONGEST_SHOWN = 40
LARGEST = 2**63 - 1
MOST_DIGITS = 19


def shown(value: object) -> str:
    """Show what was given, short: it is a browser's, and may be anything."""
    words = ascii(value) if isinstance(value, str | int | float | bool | None) else f"a {type(value).__name__}"
    return words if len(words) <= LONGEST_SHOWN else f"{words[: LONGEST_SHOWN - 3]}..."


def text(longest: int, *, shortest: int = 0, cut: bool = False) -> Check:
    """Check a text; `cut`, what is too long is shortened, and nothing (``null``) is an empty text."""

    def check(value: Any) -> str:
        if cut and value is None:
            value = ""
        if not isinstance(value, str):
            raise ParameterError(f"{shown(value)} was given; a text is needed")
        if cut:
            return value[:longest]
        if not shortest <= len(value) <= longest:
            given = f"a text of {len(value):,} characters was given"
            raise ParameterError(f"{given}; {shortest} to {longest:,} are allowed")
        return value

    return check


def whole(low: int = -LARGEST, high: int = LARGEST) -> Check:
    """Check a whole number, which may come as digits."""

    def check(value: Any) -> int:
        digits = isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit()
        if digits and len(value) <= MOST_DIGITS + 1:
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ParameterError(f"{shown(value)} was given; a whole number is needed")
        if not low <= value <= high:
            raise ParameterError(f"{shown(value)} was given; {low:,} to {high:,} are allowed")
        return value

    return check


def number(low: float = -1e300, high: float = 1e300, *, clamp: bool = False) -> Check:
    """Check a finite number; `clamp`, one outside the range becomes its nearest end."""

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ParameterError(f"{shown(value)} was given; a number is needed")
        try:
            found = float(value)
        except OverflowError:
            found = math.inf
        if not math.isfinite(found):
            raise ParameterError(f"{shown(value)} was given; a finite number is needed")
        if clamp:
            return min(high, max(low, found))
        if not low <= found <= high:
            raise ParameterError(f"{shown(value)} was given; {low:g} to {high:g} are allowed")
        return found

    return check


def flag(value: Any) -> bool:
    """Check a yes or no."""
    if not isinstance(value, bool):
        raise ParameterError(f"{shown(value)} was given; true or false is needed")
    return value


def one_of(*allowed: Any) -> Check:
    """Check a value of a short list."""

    def check(value: Any) -> Any:
        kinds = {type(one) for one in allowed}
        for one in allowed:
            if type(value) in kinds and value == one and isinstance(value, bool) == isinstance(one, bool):
                return one
        raise ParameterError(f"{shown(value)} was given; {', '.join(map(str, allowed))} are allowed")

    return check


def listing(part: Check, most: int, *, cut: bool = False) -> Check:
    """Check a list and each of its parts; `cut`, the first ones are taken, and nothing (``null``) is an empty list."""

    def check(value: Any) -> list[Any]:
        if cut and value is None:
            value = []
        if not isinstance(value, list | tuple):
            raise ParameterError(f"{shown(value)} was given; a list is needed")
        if len(value) > most and not cut:
            raise ParameterError(f"a list of {len(value):,} was given; up to {most:,} are allowed")
        return [part(one) for one in value[:most]]

    return check


def mapping(value: Any) -> dict[str, Any]:
    """Check values under names; what they are is for whoever takes them."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise ParameterError(f"{shown(value)} was given; values under names are needed")
    return value


def row_of(*parts: Check) -> Check:
    """Check a list of so many values, each of its own kind."""

    def check(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) != len(parts):
            raise ParameterError(f"{shown(value)} was given; a list of {len(parts)} values is needed")
        return tuple(part(one) for part, one in zip(parts, value, strict=True))

    return check


def fields(**parts: Check) -> Check:
    """Check values under these names; others are left out."""

    def check(value: Any) -> dict[str, Any]:
        found = mapping(value)
        return {name: part(found.get(name)) for name, part in parts.items()}

    return check


def either(*parts: Check) -> Check:
    """Check a value that may be of several kinds."""

    def check(value: Any) -> Any:
        problems = []
        for part in parts:
            try:
                return part(value)
            except ParameterError as error:
                problems.append(str(error))
        raise ParameterError(problems[0])

    return check


def nothing(value: Any) -> None:
    """Check that nothing is given."""
    if value is not None:
        raise ParameterError(f"{shown(value)} was given; nothing is needed")
