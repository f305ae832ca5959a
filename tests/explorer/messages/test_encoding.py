"""Messages to the browser: every record has fields that can be encoded, and names have one spelling."""

from __future__ import annotations

import base64
import json
import math
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError, dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.messages.encoding import LARGEST, Message, Record, encoded
from pipeline.errors import ParameterError
from tests.helpers.script_types import records

PLAIN = (str, int, float, bool, bytes, type(None))
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Spot(Record):
    x: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class Cluster(Message):
    type: ClassVar[str] = "cluster"
    spots: tuple[Spot, ...]
    picture: bytes | None = None


RECORDS = records()


def kinds_in(hint: Any) -> Iterator[Any]:
    """The single types that a hint is made of; an open one such as ``object`` or ``Any`` comes as itself."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        for part in parts:
            yield from kinds_in(part)
    elif origin is tuple:
        for part in parts:
            if part is not Ellipsis:
                yield from kinds_in(part)
    elif origin in (dict, Mapping):
        assert parts[0] is str
        yield from kinds_in(parts[1])
    else:
        yield hint


SINGLE: dict[Any, st.SearchStrategy[Any]] = {
    float: st.floats(allow_nan=False, allow_infinity=False),
    int: st.integers(-LARGEST, LARGEST),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values that a hint allows."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values_of, parts))
    if origin is tuple:
        if parts[-1] is Ellipsis:
            return st.lists(values_of(parts[0]), max_size=2).map(tuple)
        return st.tuples(*map(values_of, parts))
    if origin in (dict, Mapping):
        return st.dictionaries(st.text(max_size=4), values_of(parts[1]), max_size=2)
    return examples_of(hint) if issubclass(hint, Record) else SINGLE.get(hint, st.from_type(hint))


def examples_of(kind: type[Record]) -> st.SearchStrategy[Record]:
    """Records of a kind."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: values_of(hints[field.name]) for field in fields(kind)})


def names_in(kind: type[Record]) -> list[str]:
    return ["type"] * issubclass(kind, Message) + [field.name for field in fields(kind)]


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__qualname__)
def test_a_record_is_frozen_slotted_and_documented(kind: type[Record]) -> None:
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(kind)
    assert kind.__doc__, "dataclasses write a docstring of their own; ours says more"
    assert not kind.__doc__.startswith(f"{kind.__name__}(")


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__qualname__)
def test_a_record_has_only_fields_that_can_be_encoded(kind: type[Record]) -> None:
    hints = get_type_hints(kind)
    for field in fields(kind):
        assert NAME.fullmatch(field.name)
        for part in kinds_in(hints[field.name]):
            assert part in PLAIN or issubclass(part, Record | StrEnum), f"{kind.__name__}.{field.name} holds {part}"
    if issubclass(kind, Message) and not kind.__name__.startswith("_"):
        assert NAME.fullmatch(kind.type)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__qualname__)
@settings(max_examples=10)
@given(data=st.data())
def test_the_encoding_is_json_under_the_names_of_the_fields(kind: type[Record], data: st.DataObject) -> None:
    record = data.draw(examples_of(kind))
    plain = encoded(record)
    text = json.dumps(plain, allow_nan=False, default=lambda data: base64.b64encode(data).decode())
    assert list(json.loads(text)) == names_in(kind)
    assert encoded(plain) == plain, "plain values stay as they are"


def test_there_are_records_of_every_tab() -> None:
    folders = {kind.__module__.split(".")[2] for kind in RECORDS if kind.__module__.startswith("explorer.controllers.")}
    assert {"attributes", "audit", "labeling", "map", "rounds"} <= folders
    assert len(RECORDS) > 80


def test_a_message_comes_with_its_type_and_nested_records_as_mappings() -> None:
    plain = encoded(Cluster((Spot(1.0, "a"), Spot(2.0))))
    assert plain == {
        "type": "cluster",
        "spots": [{"x": 1.0, "words": "a"}, {"x": 2.0, "words": ""}],
        "picture": None,
    }


def test_pictures_are_not_copied() -> None:
    picture = bytes(10_000)
    assert encoded(Cluster((), picture))["picture"] is picture


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Spot(1.0).x = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (Colour.RED, "red"),
        ((1, (2, 3)), [1, [2, 3]]),
        ({"a": (Spot(0.0),)}, {"a": [{"x": 0.0, "words": ""}]}),
    ],
)
def test_values_become_what_the_browser_knows(value: object, plain: object) -> None:
    found = encoded(value)
    assert found == plain
    assert type(found) is type(plain)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Spot(math.nan), "x is nan. Use a finite number"),
        (Cluster((Spot(np.inf),)), r"spots\[0\].x is inf"),
        (np.float32(np.nan), "The value is nan"),
        (LARGEST + 1, "above 2.53; use a text"),
        (np.arange(3), "is a ndarray. Use a record"),
        ({1: "a"}, "is a int. Names are texts"),
        (object(), "is a object"),
        ({"a": {1, 2}}, r"\['a'\] is a set"),
    ],
)
def test_anything_else_is_refused_with_its_place(value: object, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        encoded(value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.text()
    | st.integers(-LARGEST, LARGEST)
    | st.floats(allow_nan=False).filter(math.isfinite),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_plain_values_travel_as_they_are(value: object) -> None:
    assert encoded(value) == value
    assert json.loads(json.dumps(encoded(value), allow_nan=False)) == value
