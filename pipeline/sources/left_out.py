"""Files of a folder that were left out, and the reasons in words. Pure.

A reason is a word of this module, or the name of a format. Formats whose decoder is not installed and formats that
become images only on request have their own sentences, so that nothing is left out silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.images.formats.extras import EXTRA, EXTRA_FORMATS, ON_REQUEST
from pipeline.images.formats.opening import can_decode

__all__ = ["RAW_ENDINGS", "LeftOut", "format_by_ending", "left_out_sentences", "on_request", "reason_of_format"]

HIDDEN: Final = "hidden"
BAD_NAME: Final = "bad_name"
BAD_KEY: Final = "bad_key"
LINK_OUT: Final = "link_out"
LINK_NOWHERE: Final = "link_nowhere"
LINKED_FOLDER: Final = "linked_folder"
NO_FILE: Final = "not_a_file"
NO_PICTURE: Final = "no_picture"
UNREADABLE: Final = "unreadable"
MANY_PAGES: Final = "many_pages"

_RAW_NAMES = (
    "3fr arw cr2 cr3 crw dcr dng erf fff iiq k25 kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 srf srw x3f"
)
RAW_ENDINGS: Final = frozenset(f".{name}" for name in _RAW_NAMES.split())
"""Endings of camera raw files, in lower case. Many of these files begin like a TIFF with a small preview."""

_BY_ENDING: Final = {
    ".heic": "HEIC",
    ".heif": "HEIC",
    ".hif": "HEIC",
    ".jxl": "JPEG XL",
    ".pdf": "PDF",
    ".svg": "SVG",
    ".svgz": "SVG",
}
_NO_SURE_ENDINGS: Final = frozenset({".raw"})
"""Endings of camera raw files that other data have more often."""

_REQUESTED: Final = " on request"
_MOST_ENDINGS = 6
_SENTENCES: Final = {
    LINK_OUT: (
        "1 link leads out of the folder and was left out: put the file itself there.",
        "{} links lead out of the folder and were left out: put the files themselves there.",
    ),
    LINK_NOWHERE: ("1 link leads nowhere.", "{} links lead nowhere."),
    LINKED_FOLDER: (
        "1 link to a folder inside was not followed: its files are read where they are.",
        "{} links to folders inside were not followed: their files are read where they are.",
    ),
    NO_FILE: ("1 pipe, socket or device was left out.", "{} pipes, sockets or devices were left out."),
    BAD_NAME: (
        "1 member was left out: its name leads out of the archive.",
        "{} members were left out: their names lead out of the archive.",
    ),
    BAD_KEY: (
        "1 object was left out: its name is no path below the folder.",
        "{} objects were left out: their names are no paths below the folder.",
    ),
    MANY_PAGES: (
        "1 page was left out: its file has more pages than one file may have.",
        "{} pages were left out: their files have more pages than one file may have.",
    ),
    HIDDEN: ("1 hidden file or folder was left out.", "{} hidden files or folders were left out."),
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Files of one kind that were left out.

    Parameters
    ----------
    ending
        Their ending in lower case, with the dot; "" for none.
    reason
        The unsupported format, or one of this module's constants.
    count
        Number of files.
    """

    ending: str
    reason: str
    count: int


def format_by_ending(ending: str) -> str:
    """Return the format of the extra that an ending stands for; "" for any other ending."""
    return "camera raw" if ending in RAW_ENDINGS - _NO_SURE_ENDINGS else _BY_ENDING.get(ending, "")


def on_request(form: str) -> str:
    """Return the reason for files of a format that become images only on request, which was not made."""
    return f"{form}{_REQUESTED}"


def reason_of_format(form: str, requested: frozenset[str] = frozenset()) -> str:
    """Return why files of a format are left out; "" for a format that is read.

    Parameters
    ----------
    form
        The format; "" for a file that is no picture.
    requested
        Formats of `ON_REQUEST` that were requested.
    """
    if form in ON_REQUEST - requested:
        return on_request(form)
    return "" if can_decode(form) else form or NO_PICTURE


def left_out_sentences(left_out: Iterable[LeftOut]) -> list[str]:
    """Return sentences about the files left out, one for each kind: images first, other files last."""
    entries = list(left_out)
    sentences = [_by_format(entry) for entry in entries if entry.reason not in {*_SENTENCES, NO_PICTURE, UNREADABLE}]
    unreadable = [entry for entry in entries if entry.reason == UNREADABLE]
    if unreadable:
        sentences.append(f"{_files(_sum(unreadable))} could not be opened to see what they are{_endings(unreadable)}.")
    for reason, (one, many) in _SENTENCES.items():
        count = _sum([entry for entry in entries if entry.reason == reason])
        if count:
            sentences.append(one if count == 1 else many.format(f"{count:,}"))
    others = [entry for entry in entries if entry.reason == NO_PICTURE]
    if others:
        count = _sum(others)
        are = "1 other file is no picture" if count == 1 else f"{count:,} other files are no pictures"
        sentences.append(f"{are}{_endings(others)}.")
    return sentences


def _by_format(entry: LeftOut) -> str:
    """Return the sentence about files that were left out for their format."""
    were = "was" if entry.count == 1 else "were"
    what = _files(entry.count, f"{entry.ending} file") if entry.ending else f"{_files(entry.count)} without an ending"
    if entry.reason == on_request("PDF"):
        return f"{what} {were} left out: the pages of PDF become images only on request."
    if entry.reason.endswith(_REQUESTED):
        return f"{what} {were} left out: {entry.reason.removesuffix(_REQUESTED)} becomes images only on request."
    if entry.reason in EXTRA_FORMATS:
        return f"{what} {were} left out: {entry.reason} needs the extra `{EXTRA}`, which is not installed."
    return f"{what} {were} left out: {entry.reason} is not read by this version. Convert to JPEG or PNG."


def _files(count: int, kind: str = "file") -> str:
    return f"1 {kind}" if count == 1 else f"{count:,} {kind}s"


def _sum(entries: Sequence[LeftOut]) -> int:
    return sum(entry.count for entry in entries)


def _endings(entries: Sequence[LeftOut]) -> str:
    """Return the most common endings with their counts, in brackets."""
    named = [f"{entry.count:,} {entry.ending or 'without an ending'}" for entry in entries[:_MOST_ENDINGS]]
    rest = _sum(entries[_MOST_ENDINGS:])
    return f" ({', '.join([*named, *([f'{rest:,} more'] if rest else [])])})"
