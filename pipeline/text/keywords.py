"""Words of captions and keywords that can name a cluster. Pure."""

from __future__ import annotations

import re

from pipeline.text.word_cutting import cut_runs

__all__ = ["fold_plural", "keyword_tokens"]

STOP_WORDS = """
    a about all an and are as at be by can for from had has have he her his how i in into is it its more no not of
    on one or our out over she some than that the their them there these they this to two up use used was we were
    what when which who will with you your
"""
FILE_WORDS = """
    bmp clip clipart cliparts copy domain dsc dscf dscn emoji file final gif
    http https illustration image images img jpeg jpg new
    old openclipart org pdf photo photos pic pics picture pictures png public screenshot svg symbol thing things thumb
    thumbnail tif tiff unsorted untitled various version webp word words www
"""
UNTELLING_WORDS = frozenset(f"{STOP_WORDS} {FILE_WORDS}".split())
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


def keyword_tokens(text: str) -> list[str]:
    """Split a caption, a list of keywords or a file name into words that can name a cluster.

    Words are lower-case runs of letters. Stop words, usual parts of file names (``img``, ``jpg``, ``untitled`` ...),
    words of one or two Latin letters and words with a digit are left out.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    list of str
        In order of appearance, with repeats.
    """
    words = []
    for chunk in re.split(r"[\s,;:/|_.()\[\]\"-]+", text.lower()):
        if any(character.isdigit() for character in chunk):
            continue
        # Letters and their marks: the vowel signs of Devanagari and Thai are not letters.
        found = WORD.findall(chunk) if chunk.isascii() else [run.strip("'") for run in cut_runs(chunk, more="'")]
        words += [word for word in found if _worth_naming(word)]
    return words


def fold_plural(word: str) -> str:
    """Return one key for the English singular and plural of a lower-case word. Compare keys, never show them."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _worth_naming(word: str) -> bool:
    if word in UNTELLING_WORDS:
        return False
    return len(word) >= 3 or (len(word) == 2 and not word.isascii())
