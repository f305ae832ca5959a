"""Every message that a browser may send: its fields, its permitted senders, and whether it is logged as a change. Pure.

A message that is not in the table is refused. Looking needs no name, and changing needs one. There are no accounts, so
a name is the only identity. It records who claims an action, and does not prevent a person from entering another name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from explorer.messages.fields import (
    Check,
    either,
    fields,
    flag,
    listing,
    mapping,
    nothing,
    number,
    one_of,
    row_of,
    shown,
    text,
    whole,
)
from explorer.state.labeling_state import MODES, PAGE_SIZES
from pipeline.errors import ParameterError

__all__ = ["MOST_PENDING", "TABLE", "Kind", "Needs", "checked", "kind_of"]

MOST_PENDING = 200
MOST_REPLIES = 500
MOST_POINTS = 20_000
LONGEST_CAPTION, LONGEST_FORM = 2_000, 20_000
LONGEST_DAY = 86_400.0


class Needs(Enum):
    """Permitted senders of a message."""

    NOTHING = "any session: the message only reads, or chooses for this session"
    NAME = "a session whose person has entered a name"
    OWNER = "the person who made or started the thing that the message changes"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message of one component.

    Parameters
    ----------
    needed, optional
        Name of each field -> its check. A missing optional field is left out.
    needs
        Permitted senders.
    changes
        Whether it changes stored data. Such a message is logged with its sender, as an action of the label store or in
        the collection's log.
    newest
        Whether only the last one of several waiting messages is run, since each is slow.
    acts
        Whether the label store logs it as an action of its sender, so that the collection's log does not.
    inside
        Whether only this program sends it, never a browser.
    """

    needed: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    needs: Needs = Needs.NOTHING
    changes: bool = False
    newest: bool = False
    acts: bool = False
    inside: bool = False


KEY = text(64)
NAME = text(100)
LOOK = Kind()
NAMED = Kind(needs=Needs.NAME)
CHANGE = Kind(needs=Needs.NAME, changes=True)
OWN = Kind(needs=Needs.OWNER, changes=True)
ROW = Kind({"row": whole(-1)})
PLACE = {"x": number(), "y": number(), "level": whole(0, 63)}
SHARE = number(0.0, 1.0, clamp=True)
REPLIES = listing(row_of(whole(), one_of("yes", "no", "unsure"), number(0.0, LONGEST_DAY, clamp=True)), MOST_REPLIES)


def _about(**names: Check) -> Kind:
    return Kind(names)


def _change(**names: Check) -> Kind:
    return Kind(names, needs=Needs.NAME, changes=True)


def _own(*, acts: bool = False, **names: Check) -> Kind:
    return Kind(names, needs=Needs.OWNER, changes=True, acts=acts)


def _newest(**names: Check) -> Kind:
    return Kind(names, newest=True)


ANSWER = {"replies": REPLIES}
CAPTION = {
    "draw": whole(),
    "image": whole(),
    "text": text(LONGEST_CAPTION, cut=True),
    "seconds": number(0.0, LONGEST_DAY, clamp=True),
}
FORM = fields(
    title=text(LONGEST_FORM, cut=True),
    definition=text(LONGEST_FORM, cut=True),
    counts=text(LONGEST_FORM, cut=True),
    counts_not=text(LONGEST_FORM, cut=True),
    examples_yes=listing(whole(), 100),
    examples_no=listing(whole(), 100),
)
REQUIREMENTS = fields(answers=whole(), accuracy=number(), test=whole(), share=number())

LABELING = {
    "hello": Kind(
        optional={"token": text(1_000, cut=True), "work": mapping, "pending": listing(mapping, MOST_PENDING, cut=True)}
    ),
    "join": Kind({"name": text(200)}, changes=True, acts=True),
    "leave": NAMED,
    "take_over": NAMED,
    "alive": NAMED,
    "wide": LOOK,
    "define": LOOK,
    "work": Kind(
        optional={
            "attribute": NAME,
            "mode": one_of(*MODES),
            "size": one_of(*PAGE_SIZES),
            "batch": text(32),
            "captions": flag,
            "fresh": flag,
        }
    ),
    "act": Kind(
        {"id": text(64, shortest=1), "page": KEY, "kind": one_of("answer", "caption")},
        needs=Needs.OWNER,
        changes=True,
        acts=True,
    ),
    "fill": NAMED,
    "skip": _own(acts=True, page=KEY, draws=listing(whole(), MOST_REPLIES)),
    "undo": _own(acts=True, id=text(64, shortest=1)),
    "redo": _own(acts=True, id=text(64, shortest=1)),
    "confirm_run": _own(acts=True, yes=flag),
    "agree": _change(count=whole(-1_000, 1_000)),
    "cancel": _own(batch=KEY),
    "source": _change(key=text(40), value=text(200, cut=True)),
    "select_cluster": _newest(value=text(50)),
    "bulk_answer": _own(what=one_of("keep", "rollback"), act=KEY, batch=KEY),
    "instructions": Kind(newest=True),
    "label_selection": Kind(needs=Needs.NAME, changes=True, inside=True),
}
ATTRIBUTE_TAB = {"hello": LOOK, "choose": _about(attribute=NAME), "answer": LOOK, "open": ROW}
ROUNDS = ATTRIBUTE_TAB | {
    "option": _about(name=one_of("strategy", "batch"), value=either(text(40), whole(0, 10_000))),
    "train": CHANGE,
    "stop": OWN,
    "audit": LOOK,
    "threshold": _newest(upper=SHARE, lower=SHARE),
    "find": _newest(precision=number()),
    "use": LOOK,
    "plan": Kind({"precision": number()}, needs=Needs.NAME, newest=True),
    "begin": OWN,
    "drop": OWN,
    "release": CHANGE,
}
AUDITS = ATTRIBUTE_TAB | {
    "show": _about(number=whole(0)),
    "plan_form": _about(name=text(20), value=either(text(40), number(), nothing, flag)),
    "freeze": CHANGE,
    "draw": OWN,
    "drop": OWN,
    "publish": OWN,
    "save": Kind({"number": whole(0), "kind": text(10)}, needs=Needs.NAME, newest=True),
    "check": _newest(number=whole(0)),
    "region": _newest(region=whole(-1)),
    "rounds": LOOK,
    "color": LOOK,
    "again": CHANGE,
}
ATTRIBUTES = {
    "hello": LOOK,
    "open": _about(name=NAME),
    "close": LOOK,
    "answer": _about(name=NAME),
    "rounds": _about(name=NAME),
    "audit": _about(name=NAME),
    "pictures": _about(images=listing(whole(), 100, cut=True)),
    "example": Kind({"kind": text(20), "from": text(20), "most": whole()}),
    "save": _change(name=text(200), seen_version=whole(0), form=FORM),
    "archive": _change(name=NAME, archived=flag),
    "agree": _change(name=NAME, agree=whole(-1_000, 1_000)),
    "export": Kind({"name": NAME, "kind": text(10)}, needs=Needs.NAME, newest=True),
    "people": Kind({"name": NAME}, needs=Needs.NAME, newest=True),
    "requirements": _change(name=NAME, requirements=REQUIREMENTS),
    "gold": _change(name=NAME, count=whole()),
    "retire": _change(name=NAME, image=whole()),
    "permit": _change(name=NAME, person=KEY, allowed=one_of(True, False, None)),
}
MAP = {
    "view": Kind(
        {"id": whole(0)} | {name: number() for name in ("dpr", "width", "height", "x0", "y0", "x1", "y1")},
        {"fresh": either(flag, nothing), "margin": SHARE},
        newest=True,
    ),
    "seen": _about(serial=whole()),
    "tap": Kind(PLACE, newest=True),
    "hover": Kind(PLACE | {"at": text(40, cut=True)}, newest=True),
    "labels": LOOK,
    "clear_filters": LOOK,
    "window": _about(width=number(0, 100_000, clamp=True)),
    "close": LOOK,
    "restore": _about(session=mapping),
    "select": Kind(
        {
            "serial": whole(),
            "shape": one_of("box", "lasso"),
            "how": one_of("replace", "add", "subtract"),
            "points": listing(row_of(number(), number()), MOST_POINTS),
        },
        newest=True,
    ),
    "mark": Kind(PLACE),
    "select_all": LOOK,
    "undo": LOOK,
    "clear": LOOK,
    "tab": LOOK,
}
TABLE: Mapping[str, Mapping[str, Kind]] = {
    "LabelTab": LABELING,
    "RoundsTab": ROUNDS,
    "AuditTab": AUDITS,
    "AttributesTab": ATTRIBUTES,
    "MapCanvas": MAP,
    "Gallery": {
        "turn": _newest(start=whole()),
        "action": _about(key=text(40)),
        "open": ROW,
        "remove": ROW,
    },
    "FilterPanel": {
        "clear": LOOK,
        "way": _about(key=text(40)),
        "filter": Kind(
            {"attribute": NAME},
            {
                "active": either(flag, nothing),
                "minimum": either(number(0.0, 1.0, clamp=True), nothing),
                "reset": either(flag, nothing),
            },
        ),
    },
    "InspectorCard": {"close": LOOK, "similar": Kind(newest=True)},
    "SearchBox": {"": _newest(text=text(1_000, cut=True))},
    "MapToolbar": {"": _about(name=text(40), value=either(flag, text(200)))},
    "Tabs": {"": _about(open=text(40))},
    "AnswersChoice": {"": _newest(name=text(40), value=text(200))},
}
"""Component -> type of message -> its kind. A component with only one message gives it no type."""


def kind_of(component: str, name: object) -> Kind:
    """Return the kind of a message.

    Raises
    ------
    ParameterError
        If there is no message of this name.
    """
    kinds = TABLE.get(component, {})
    if "" in kinds and name is None:
        return kinds[""]
    if not isinstance(name, str) or name not in kinds or not name:
        raise ParameterError(f"There is no message {shown(name)} here. Reload the page; nothing was changed.")
    return kinds[name]


def checked(component: str, message: object) -> dict[str, Any]:
    """Check a browser's message. Return it with its known fields only.

    Raises
    ------
    ParameterError
        If it is not in the table, or a field is not allowed. The message names the field and the allowed values.
    """
    if not isinstance(message, dict):
        raise ParameterError(f"{shown(message)} is no message. Reload the page; nothing was changed.")
    name = message.get("type")
    kind = kind_of(component, name)
    if kind.inside:
        raise ParameterError(f"There is no message {shown(name)} here. Reload the page; nothing was changed.")
    needed = dict(kind.needed)
    found: dict[str, Any] = {} if name is None else {"type": name}
    for part, check in needed.items():
        found[part] = _field(name, part, check, message.get(part))
    for part, check in kind.optional.items():
        if part in message:
            found[part] = _field(name, part, check, message[part])
    if component == "LabelTab" and name == "act":
        for part, check in (CAPTION if found["kind"] == "caption" else ANSWER).items():
            found[part] = _field(name, part, check, message.get(part))
        if isinstance(message.get("annotator"), str):  # its person, if it is sent with a greeting
            found["annotator"] = message["annotator"]
    return found


def _field(name: object, part: str, check: Check, value: Any) -> Any:
    try:
        return check(value)
    except ParameterError as error:
        about = "" if name is None else f" of “{name}”"
        raise ParameterError(f"{part.capitalize()}{about}: {error}. Reload the page; nothing was changed.") from error
