"""Rules that turn the words of sources into answers of attributes. Their tables are TOML files beside this module."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assets.make_sample.candidate import Candidate

FOLDER = Path(__file__).parent


def table(name: str) -> dict[str, Any]:
    """Read one of the tables beside this module."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Rule:
    """The rule of one attribute; ``attributes.toml`` explains the fields."""

    yes: frozenset[str] = frozenset()
    yes_folders: tuple[str, ...] = ()
    yes_styles: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    in_kinds: frozenset[str] = frozenset()
    not_kinds: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    no_kinds: frozenset[str] = frozenset()
    no_styles: frozenset[str] = frozenset()

    @classmethod
    def of(cls, fields: dict[str, list[str]]) -> Rule:
        """Make a rule from its table."""
        folders = tuple(fields.pop("yes_folders", ()))
        return cls(yes_folders=folders, **{name: frozenset(words) for name, words in fields.items()})

    def answer(
        self, words: frozenset[str], kinds: frozenset[str], styles: frozenset[str], folders: tuple[str, ...]
    ) -> str:
        """Return ``yes``, ``no`` or an empty text."""
        if words & self.unless:
            return ""
        placed = any(within(folder, self.yes_folders) for folder in folders)
        named = bool(words & self.yes or styles & self.yes_styles)
        heard = not kinds & self.not_kinds and (not self.in_kinds or bool(kinds & self.in_kinds))
        if placed or (named and heard):
            return "yes"
        if named:
            return ""
        return "no" if kinds & self.no_kinds or words & self.no or styles & self.no_styles else ""


@dataclass(frozen=True)
class Rulebook:
    """All rules, the kinds that they use, and the corrections by people."""

    rules: dict[str, Rule]
    kinds: dict[str, frozenset[str]]
    corrections: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Rulebook:
        """Read the rulebook beside this module."""
        return cls(
            rules={name: Rule.of(fields) for name, fields in table("attributes").items()},
            kinds={folder: frozenset(names) for folder, names in table("kinds")["folders"].items()},
            corrections=_corrections(table("corrections").get("correction", [])),
        )

    def kinds_of(self, candidate: Candidate) -> frozenset[str]:
        """Return the kinds of the longest folders that hold the candidate."""
        found: set[str] = set()
        for folder in candidate.folders:
            fitting = [known for known in self.kinds if within(folder, (known,))]
            if fitting:
                found |= self.kinds[max(fitting, key=len)]
        return frozenset(found)

    def answers(self, candidate: Candidate, styles: frozenset[str]) -> dict[str, str]:
        """Return the rules' answer to each attribute about a candidate in some styles."""
        words, kinds = candidate.words(), self.kinds_of(candidate)
        return {name: rule.answer(words, kinds, styles, candidate.folders) for name, rule in self.rules.items()}

    def corrected(self, candidate: Candidate, answers: dict[str, str]) -> dict[str, str]:
        """Return the answers, with the corrections of a person who looked at the picture."""
        return {name: self.corrections.get((candidate.name, name), value) for name, value in answers.items()}


def within(folder: str, parents: Iterable[str]) -> bool:
    """Return whether a folder is one of the parents or lies in one of them."""
    return any(folder == parent or folder.startswith(f"{parent}/") for parent in parents)


def _corrections(entries: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """Read the corrections of people, by picture and attribute; ``empty`` removes an answer."""
    return {
        (picture, entry["attribute"]): "" if entry["value"] == "empty" else entry["value"]
        for entry in entries
        for picture in entry["pictures"]
    }
