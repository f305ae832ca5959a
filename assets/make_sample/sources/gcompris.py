"""GCompris: photographs and drawings, each under the licence that the README beside it states."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from assets.make_sample import qt_resource
from assets.make_sample.candidate import Candidate, slug
from assets.make_sample.licences import REDISTRIBUTABLE, spdx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PREFIX = "/gcompris/src/activities/"
# Folder within the activities -> subject of its pictures. All other folders hold pieces of games.
TOPICS = {
    "babymatch/resource/images": "thing",
    "categorization/resource/images/fishes": "fish",
    "categorization/resource/images/monuments": "monument",
    "categorization/resource/images/others": "thing",
    "categorization/resource/images/renewable": "energy",
    "categorization/resource/images/tools": "tool",
    "chronos/resource/images": "history",
    "details/resource/image": "sight",
    "erase/resource": "animal",
    "explore_farm_animals/resource/animals": "animal",
    "explore_monuments/resource": "monument",
    "explore_world_animals/resource/animals": "animal",
    "explore_world_music/resource/music": "music",
    "instruments/resource": "music",
    "lang/resource/words_sample": "word",
    "memory/resource": "thing",
    "photo_hunter/resource": "landscape",
    "solar_system/resource": "planet",
}
# The word pictures come from one publisher. Only the package's own copyright file states their terms.
WORDS_LICENCE, WORDS_AUTHOR = "CC-BY-SA-3.0", "Art4Apps"
# Cans of paint that differ only in colour, parts of a picture, backgrounds of games, copies with a changed detail.
LEFT_OUT = re.compile(
    r"words_sample/(blue|brown|gray|green|mauve|orange-color|pink|red|white|yellow|tongue)\.|photo\d+_\d|_\d+\.webp$"
    r"|transparent_|question|background\.svg|/key\.|wrong\.|explore_monuments/.*\.svg|world-map|farm-animals|back\.svg"
)
_PICTURE = (".jpg", ".jpeg", ".png", ".webp", ".svg")
_FIELD = re.compile(r"^(Copyright|Licen[cs]e|Source|Comments?|Files?)\s*:\s*(.*)$", re.IGNORECASE)
_BREAKS = re.compile(r"(?<=[a-z])(?=[A-Z])|[-_\d]+|background")


@dataclass(frozen=True)
class _Terms:
    holder: str
    licence: str


def candidates(resources: Path) -> Iterator[Candidate]:
    """Yield pictures of the chosen folders that are public domain or under a licence that allows redistribution."""
    for name in sorted({folder.split("/")[0] for folder in TOPICS}):
        held = dict(qt_resource.files(resources / f"{name}.rcc"))
        terms = _stated_terms(held)
        for path, raw in sorted(held.items()):
            inner = path.removeprefix(PREFIX)
            if _topic(inner) and inner.endswith(_PICTURE) and not LEFT_OUT.search(inner) and inner in terms:
                yield _candidate(inner, raw, terms[inner])


def _topic(inner: str) -> str:
    folder = inner.rpartition("/")[0]
    fitting = [known for known in TOPICS if folder == known or folder.startswith(f"{known}/")]
    return TOPICS[max(fitting, key=len)] if fitting else ""


def _stated_terms(held: dict[str, bytes]) -> dict[str, _Terms]:
    """Return the terms of every file that a README of this resource names and that may be redistributed."""
    stated: dict[str, _Terms] = {}
    for path, raw in held.items():
        inner = path.removeprefix(PREFIX)
        folder = inner.rpartition("/")[0]
        if inner.startswith("lang/resource/words_sample/"):
            stated[inner] = _Terms(WORDS_AUTHOR, WORDS_LICENCE)
        if inner.endswith("/README"):
            for stanza in re.split(r"\n\s*\n", raw.decode("utf-8")):
                stated.update(_stanza(stanza, folder))
    return {inner: terms for inner, terms in stated.items() if terms.licence in REDISTRIBUTABLE}


def _stanza(text: str, folder: str) -> Iterator[tuple[str, _Terms]]:
    fields: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        found = _FIELD.match(line)
        if found:
            name = found.group(1).lower().replace("licence", "license").removesuffix("s")
            fields[name] = [found.group(2).strip()]
        elif name:
            fields[name].append(line.strip())
    holder = " ".join(" ".join(fields.get("copyright", [])).split())
    licence = spdx(fields.get("license", [""])[0])
    for file in fields.get("file", []):
        if file:
            yield f"{folder}/{file}", _Terms(holder, licence)


def _candidate(inner: str, raw: bytes, terms: _Terms) -> Candidate:
    topic = _topic(inner)
    stem, _, ending = inner.rpartition("/")[2].rpartition(".")
    words = " ".join(_BREAKS.sub(" ", stem).lower().split())
    words = words or topic
    key = f"{topic}_{slug(stem)}"
    return Candidate(
        source="gcompris",
        key=f"{topic}/{key}",
        title=words,
        subject=f"gcompris {key}",
        series=f"gcompris {key}",
        style="comic" if topic == "word" else "vector" if ending == "svg" else "photo",
        licence=terms.licence,
        author=terms.holder,
        load=partial(bytes, raw),
        keywords=tuple(dict.fromkeys((words, topic))),
        folders=(f"gcompris/{topic}",),
    )
