"""Make the sample from candidates: answer, encode, drop repeats, and write the files and the table."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assets.make_sample.duplicates import Seen
from assets.make_sample.encode import SIGNATURE, Encoded, encode
from assets.make_sample.rules import Rulebook, table
from assets.make_sample.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from assets.make_sample.candidate import Candidate

COLUMNS = ("file", "caption", "author", "keywords", "source", "licence", "sha256", "project_id")
FEWEST = 20


@dataclass(frozen=True)
class Taken:
    """A picture of the sample."""

    candidate: Candidate
    picture: Encoded
    answers: dict[str, str]


def make(candidates: Iterable[Candidate], out: Path) -> list[Taken]:
    """Choose, encode and write the sample; return the chosen pictures in the order of their files' names."""
    taken = sorted(_choose(list(candidates)), key=lambda each: each.candidate.file)
    _write_images(taken, out)
    _write_table(taken, kept_attributes(taken), out / "sample.csv")
    return taken


def kept_attributes(taken: list[Taken]) -> list[str]:
    """Return the attributes with enough answers of both kinds."""
    names = list(taken[0].answers)
    return [name for name in names if all(_count(taken, name, value) >= FEWEST for value in ("yes", "no"))]


def _count(taken: list[Taken], name: str, value: str) -> int:
    return sum(each.answers[name] == value for each in taken)


def _choose(candidates: list[Candidate]) -> list[Taken]:
    rulebook, selection = Rulebook.read(), Selection.of(table("selection"))
    seen = Seen(len(candidates), SIGNATURE * SIGNATURE * 3)
    first = {each.name: rulebook.answers(each, frozenset({each.style})) for each in candidates}
    taken: list[Taken] = []
    for candidate in sorted(candidates, key=lambda each: selection.order(each, first[each.name])):
        if not selection.allows(candidate, first[candidate.name]):
            continue
        picture = encode(candidate.load(), crop=candidate.style != "photo")
        if picture is None or seen.repeats(picture.signature):
            continue
        selection.take(candidate)
        seen.add(picture.signature)
        if candidate.name not in selection.leave_out:
            answers = rulebook.answers(candidate, _styles(candidate, picture))
            taken.append(Taken(candidate, picture, rulebook.corrected(candidate, answers)))
    return taken


def _styles(candidate: Candidate, picture: Encoded) -> frozenset[str]:
    """Return the style that the source declares, and those that the pixels show: greys, or black lines."""
    if candidate.style == "vector" and picture.line:
        return frozenset({"line"})
    coloured = {"colour"} if not picture.grey else set()
    return frozenset({candidate.style, *coloured})


def _write_images(taken: list[Taken], out: Path) -> None:
    wanted = {out / each.candidate.file: each.picture.webp for each in taken}
    for stale in set(out.glob("images/**/*.webp")) - set(wanted):
        stale.unlink()
    for path, webp in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(webp)


def _write_table(taken: list[Taken], attributes: list[str], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*COLUMNS, *attributes])
        writer.writerows([*_facts(each), *(each.answers[name] for name in attributes)] for each in taken)


def _facts(each: Taken) -> list[str]:
    candidate = each.candidate
    return [
        candidate.file,
        candidate.title,
        candidate.author,
        ";".join(candidate.keywords),
        candidate.source,
        candidate.licence,
        hashlib.sha256(each.picture.webp).hexdigest(),
        str(candidate.project_id),
    ]
