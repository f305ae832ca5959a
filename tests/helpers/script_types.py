"""The types of the browser's scripts, written from Python: ``python -m tests.helpers.script_types``.

`explorer/views/server.d.ts` declares every record that the browser receives, every message that it may send, and the
parameters of every component. ``tsc`` checks the scripts against it, so a field that Python renames is an error there.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import sys
import types
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Union, get_args, get_origin, get_type_hints

import panel as pn
import param

import explorer.controllers
import explorer.messages
import explorer.views
from explorer.messages.encoding import Message, Record
from explorer.messages.fields import Check
from explorer.messages.table import ANSWER, CAPTION, TABLE, Kind
from tests.helpers.scripts import VIEWS

__all__ = ["FILE", "declarations", "records"]

FILE = VIEWS / "server.d.ts"
HEAD = """\
// Written by "python -m tests.helpers.script_types" from the records, the components and the table of messages in
// Python. Change those, not this file.

/** What the server sends, what it accepts, and the parameters of its components. */
declare namespace Server {
  /** A record, or the empty object that a parameter holds before its first value. */
  type OrEmpty<Values> = Values | { readonly [Name in keyof Values]?: never }

  /** The browser's half of a component, as Panel passes it to `render`. */
  type Component<Values, Sent, Received> = Readonly<Values> & {
    send_msg(message: Sent): void
    on(event: "msg:custom", heard: (message: Received) => void): void
    on(event: (keyof Values & string) | "remove", heard: () => void): void
  }

  /** The functions that take messages, by type. */
  type Handlers<Received extends { type: string }> = {
    [Type in Received["type"]]?: (message: Extract<Received, { type: Type }>) => void
  }
"""
SINGLE = {str: "string", int: "number", float: "number", bool: "boolean", bytes: "ArrayBuffer", type(None): "null"}
FOLDERS = {
    "LabelTab": "labeling",
    "RoundsTab": "rounds",
    "AuditTab": "audit",
    "AttributesTab": "attributes",
    "MapCanvas": "map",
}
"""Component -> folder of `explorer.controllers` whose messages it receives beside those of `explorer.messages`."""
ALSO = {"LabelTab": ("InstructionsMessage",)}
"""Component -> messages of another folder that it receives."""
PARAMETERS = {
    "AnswersChoice.choices": "Record<string, Option[]>",
    "AnswersChoice.values": "Record<string, string>",
    "FilterPanel.settings": "Record<string, FilterSetting>",
    "LabelTab.status": "LabelStatus",  # never empty: it is set when the component is made
    "MapCanvas.legend": "OrEmpty<Legend>",
    "MapCanvas.selected_place": "[] | [number, number]",
    "MapCanvas.session": "Record<string, unknown>",
    "MapToolbar.values": "Record<string, string | boolean>",
}
"""Parameters whose type neither their class nor a record in their description tells."""
LEGEND = """
  /** An entry of the legend, see `pipeline.map.coloring.Coloring.legend`. */
  interface LegendEntry {
    text: string
    color: string
    count: number | null
  }

  /** The legend of the colours, see `pipeline.map.coloring.Coloring.legend`. */
  interface Legend {
    title: string
    kind: string
    entries: LegendEntry[]
    colors: string[]
    unknown: LegendEntry
  }
"""


def records() -> list[type[Record]]:
    """Return every record of the program, by module and name."""
    for package in (explorer.messages, explorer.controllers, explorer.views):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    found = [kind for kind in _below(Record) if kind is not Message]
    return sorted(found, key=lambda kind: f"{kind.__module__}.{kind.__qualname__}")


def _below(root: type[Any]) -> Iterator[type[Any]]:
    """Yield every class of the program below another one."""
    for kind in root.__subclasses__():
        yield from _below(kind)
        kept = getattr(sys.modules[kind.__module__], kind.__qualname__, None)  # `slots` makes each class twice
        if kind is kept and kind.__module__.startswith("explorer."):
            yield kind


def declarations() -> str:
    """Return the text of `FILE`."""
    return _Writer(records()).text()


class _Writer:
    def __init__(self, kinds: list[type[Record]]) -> None:
        self.kinds = kinds
        count = Counter(kind.__name__ for kind in kinds)
        self.names = {
            kind: f"{_folder(kind).capitalize()}{kind.__name__}" if count[kind.__name__] > 1 else kind.__name__
            for kind in kinds
        }
        assert len(set(self.names.values())) == len(kinds), "two records have one name"

    def text(self) -> str:
        parts = [HEAD, LEGEND, *map(self.record, self.kinds)]
        found = {kind.__name__: kind for kind in _below(pn.custom.JSComponent) if kind.__name__ != "Component"}
        parts += [self.component(found[name]) for name in sorted(found)]
        return "".join(parts) + "}\n"

    def record(self, kind: type[Record]) -> str:
        hints = get_type_hints(kind)
        lines = [f"    type: {json.dumps(kind.type)}"] if issubclass(kind, Message) else []
        lines += [f"    {field.name}: {self.type_of(hints[field.name])}" for field in fields(kind)]
        return _declared(_summary(kind), f"interface {self.names[kind]}", lines)

    def type_of(self, hint: Any) -> str:
        origin, parts = get_origin(hint), get_args(hint)
        if origin in (Union, types.UnionType):
            return " | ".join(map(self.type_of, parts))
        if origin is tuple and parts[-1] is Ellipsis:
            return f"{self.type_of(parts[0])}[]"
        if origin is tuple:
            return f"[{', '.join(map(self.type_of, parts))}]"
        if origin in (dict, Mapping):
            return f"Record<string, {self.type_of(parts[1])}>"
        return self.names.get(hint) or SINGLE.get(hint) or "string"  # an enumeration is its text

    def component(self, kind: type[Any]) -> str:
        name = kind.__name__
        own = {part: one for part, one in vars(kind).items() if isinstance(one, param.Parameter) and part != "name"}
        values = [f"    {part}: {self.parameter(name, part, one)}" for part, one in own.items()]
        sent = [f"    | {_payload(name, type_, kind_)}" for type_, kind_ in TABLE.get(name, {}).items()]
        sent = [line for line in sent if line != "    | "]
        received = [f"    | {self.names[one]}" for one in self.kinds if issubclass(one, Message) and _hears(name, one)]
        return (
            _declared(f"Parameters of `{name}`.", f"interface {name}Values", values)
            + f"\n  /** A message that `{name}` may send. */\n  type {name}Sent =\n"
            + "\n".join(sent or ["    | never"])
            + f"\n\n  /** A message that `{name}` receives. */\n  type {name}Received =\n"
            + "\n".join(received if name in TABLE else ["    | never"])
            + f"\n\n  /** {_summary(kind)} */\n"
            + f"  type {name} = Component<{name}Values, {name}Sent, {name}Received>\n"
        )

    def parameter(self, component: str, name: str, one: param.Parameter[Any]) -> str:
        place = f"{component}.{name}"
        if place in PARAMETERS:
            return PARAMETERS[place]
        about = re.search(r"[Ss]ee `(\w+)`", one.doc or "")
        named = next((self.names[kind] for kind in self.kinds if about and kind.__name__ == about[1]), None)
        if isinstance(one, param.List):
            return "string[]" if one.item_type is str else f"{named}[]"
        if isinstance(one, param.Dict):
            return f"OrEmpty<{named}>"
        if isinstance(one, param.Tuple):
            return f"[{', '.join(['number'] * (one.length or 0))}]"
        simple = {param.Boolean: "boolean", param.String: "string", param.Bytes: "ArrayBuffer"}
        return simple.get(type(one)) or {param.Integer: "number", param.Number: "number"}[type(one)]


def _payload(component: str, name: str, kind: Kind) -> str:
    """Return the type of one message, or "" if no browser may send it."""
    if kind.inside:
        return ""
    first = [f"type: {json.dumps(name)}"] if name else []
    if (component, name) == ("LabelTab", "act"):
        both = [("answer", ANSWER), ("caption", CAPTION)]
        rest = {part: check for part, check in kind.needed.items() if part != "kind"}
        first.append("annotator?: string")
        return "\n    | ".join(_object([*first, f'kind: "{which}"'], rest | more, {}) for which, more in both)
    return _object(first, kind.needed, kind.optional)


def _object(first: list[str], needed: Mapping[str, Check], optional: Mapping[str, Check]) -> str:
    parts = [
        *first,
        *(f"{part}: {check.accepts}" for part, check in needed.items()),
        *(f"{part}?: {check.accepts}" for part, check in optional.items()),
    ]
    return f"{{ {'; '.join(parts)} }}"


def _hears(component: str, message: type[Message]) -> bool:
    if message.__module__.startswith("explorer.messages.") or message.__name__ in ALSO.get(component, ()):
        return True
    return _folder(message) == FOLDERS.get(component)


def _folder(kind: type[Any]) -> str:
    return kind.__module__.split(".")[2]


def _summary(kind: type[Any]) -> str:
    return (kind.__doc__ or "").split("\n\n")[0].replace("\n", " ").strip()


def _declared(summary: str, name: str, lines: list[str]) -> str:
    return "\n".join(["", f"  /** {summary} */", f"  {name} {{", *lines, "  }", ""])


if __name__ == "__main__":
    FILE.write_text(declarations(), encoding="utf-8")
