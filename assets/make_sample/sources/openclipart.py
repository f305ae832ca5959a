"""Open Clip Art Library: SVG drawings by many people, each with its own title, author and keywords."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from assets.make_sample.candidate import Candidate, plain, slug

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LICENCE = "CC-PDDC"

# Themes of icons, generated shapes, colour ramps and map pieces: hundreds of near-repeats without a subject.
LEFT_OUT = (
    "shapes/stars",
    "shapes/arrows",
    "shapes/flowchart",
    "shapes/callouts",
    "shapes/jigsaw",
    "computer/icons",
    "computer/buttons",
    "computer/folders",
    "computer/diagrams",
    "computer/connectors",
    "special",
    "buttons",
    "signs_and_symbols/led",
    "signs_and_symbols/map_symbols",
)
_METADATA = re.compile(r"<metadata.*?</metadata>", re.DOTALL)
_TITLE = re.compile(r"<dc:title>(.*?)</dc:title>", re.DOTALL)
_CREATOR = re.compile(r"<dc:creator>.*?<dc:title>(.*?)</dc:title>", re.DOTALL)
_KEYWORD = re.compile(r"<rdf:li>(.*?)</rdf:li>", re.DOTALL)
_LICENCE = re.compile(r"license\s+rdf:resource=\"([^\"]*)\"")
_NUMBERED = re.compile(r"(_*\d+|_+[ivx]+)*_*$")


def candidates(root: Path) -> Iterator[Candidate]:
    """Yield drawings under ``root`` that their own metadata dedicate to the public domain, by path."""
    for path in sorted(root.rglob("*.svg")):
        key = path.relative_to(root).with_suffix("").as_posix()
        if path.is_symlink() or key.startswith(LEFT_OUT):
            continue
        metadata = metadata_of(path.read_bytes())
        if not is_public_domain(metadata):
            continue
        yield _candidate(path, key, metadata)


def metadata_of(drawing: bytes) -> str:
    """Return the metadata of a drawing; empty if it has none."""
    # No XML parser is used, because many of these old files are not well-formed. Their metadata are regular.
    found = _METADATA.search(drawing.decode("utf-8", "replace"))
    return found.group(0) if found else ""


def is_public_domain(metadata: str) -> bool:
    """Return whether a drawing's own metadata dedicate it to the public domain."""
    licences = _LICENCE.findall(metadata)
    return bool(licences) and all("publicdomain" in licence.lower() for licence in licences)


def _candidate(path: Path, key: str, metadata: str) -> Candidate:
    folder, _, stem = key.rpartition("/")
    creator = _CREATOR.search(metadata)
    author = _text(creator.group(1)) if creator else ""
    titles = _TITLE.findall(metadata)
    title = _text(titles[0]) if titles else ""
    series = _NUMBERED.sub("", slug(stem))
    return Candidate(
        source="openclipart",
        key=key,
        title=title or stem.replace("_", " "),
        subject=f"openclipart {slug(author)} {series}",
        series=f"openclipart {slug(folder)} {series}",
        style="vector",
        licence=LICENCE,
        author="" if author in {"HASH", ""} else author,
        load=path.read_bytes,
        keywords=_keywords(metadata, folder),
        folders=(folder,),
    )


def _keywords(metadata: str, folder: str) -> tuple[str, ...]:
    """Return the author's keywords and the folder's words, without what the packing program added."""
    own = [plain(_text(word)).lower().strip(" ,.") for word in _KEYWORD.findall(metadata)]
    both = [word for word in own if word and "hash" not in word] + folder.split("/")
    return tuple(dict.fromkeys(word.replace(";", " ") for word in both))


def _text(raw: str) -> str:
    bare = raw.partition("(0x")[0]  # the packing program wrote this for a nested value
    return " ".join(html.unescape(html.unescape(bare)).split())
