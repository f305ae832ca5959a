"""A candidate: a picture of a source, not yet encoded, with its metadata."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD = re.compile(r"[a-z]+")
_UNSAFE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Candidate:
    """A picture that may enter the sample.

    Parameters
    ----------
    source
        Short name of the source, also the folder of its images.
    key
        Name of the picture within its source; folders are separated by ``/``.
    subject
        Subject of the picture, the same text for every style. Pictures with one subject are one project.
    series
        Name of a series. Pictures of one series resemble each other, so only a few of each are taken.
    style
        ``vector``, ``3d``, ``ink``, ``photo`` or ``comic``: the medium that the source itself declares.
    load
        Reads the encoded picture (SVG, PNG, JPEG or WebP).
    """

    source: str
    key: str
    title: str
    subject: str
    series: str
    style: str
    licence: str
    author: str
    load: Callable[[], bytes] = field(repr=False, compare=False)
    keywords: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The identity used in corrections: plain lower-case ASCII, such as ``openclipart/dove_01``."""
        return f"{self.source}/{slug(self.key.rsplit('/', 1)[-1])}"

    @property
    def file(self) -> str:
        """The place of the picture in the sample."""
        return f"images/{self.name}.webp"

    @property
    def project_id(self) -> int:
        """The first 52 bits of the subject's SHA-256: below 2^53, so that a browser keeps it exact."""
        return int.from_bytes(hashlib.sha256(self.subject.encode()).digest()[:7]) >> 4

    def words(self) -> frozenset[str]:
        """Return every word of the title and the keywords, and each pair of neighbouring words, in the singular."""
        return phrases((self.title, *self.keywords))


def phrases(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the singular words of texts, and neighbours joined by a space, so that rules can name ``cat face``."""
    found: set[str] = set()
    for text in texts:
        words = [singular(word) for word in _WORD.findall(plain(text).lower())]
        found.update(words)
        found.update(f"{first} {second}" for first, second in pairwise(words))
    return frozenset(found)


def singular(word: str) -> str:
    """Remove an English plural ending, roughly. Rules name the result."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word


def plain(text: str) -> str:
    """Remove accents."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def slug(text: str) -> str:
    """Return the lower-case ASCII letters and digits of a text, joined by underscores."""
    return _UNSAFE.sub("_", plain(text).lower()).strip("_")
