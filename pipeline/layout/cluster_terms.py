"""Terms for the names of clusters: attributes and keywords of images, and their log-odds. No input or output."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.text.keywords import fold_plural, keyword_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from pipeline.taxonomy import Attribute

__all__ = ["MIN_COUNT", "Term", "TermTable", "compose_name", "log_odds", "make_term_table"]

MIN_COUNT = 3  # least number of images with a term
PLURAL_SHARE = 1 / 8  # least share of the plural relative to the commonest form: "houses" in 2 of 50 is a slip
PRIOR_WEIGHT = 10.0  # weight of the prior in images
SEPARATOR = " · "


@dataclass(frozen=True, slots=True)
class Term:
    """An attribute or a word, with its text in a name and its group. The group of a word is ``"content"``."""

    text: str
    group: str


@dataclass(frozen=True, slots=True, eq=False)
class TermTable:
    """Terms (t) and the images (n) that have each.

    Parameters
    ----------
    terms
        The t terms, attributes first, then words in alphabetical order.
    borne
        scipy CSR matrix ``(n, t)`` of int32 ones. A row has only a few, so millions of images fit.
    """

    terms: tuple[Term, ...]
    borne: Any

    def counts(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of images with each term among ``rows``, int64 (t,)."""
        counted: NDArray[np.int64] = np.asarray(self.borne[rows].sum(axis=0), dtype=np.int64).reshape(-1)
        return counted

    def bearing(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether each of the ``rows`` has each of the terms ``columns``, bool (terms, rows)."""
        return np.ascontiguousarray(self.borne[rows][:, columns].toarray().T > 0)


def make_term_table(
    attributes: Sequence[Attribute], positive: NDArray[np.bool_], keywords: Iterable[Sequence[str]]
) -> TermTable:
    """Return the terms of images.

    A word that is the title of an attribute is left out. For a medium or an emotion, so is any word of the title. A
    word of fewer than three images is left out as well. Singular and plural are one term. It is written in the plural
    if that is used, because a name describes many images.

    Parameters
    ----------
    attributes
        The a attributes.
    positive
        bool ``(a, n)``. Whether each image shows each attribute.
    keywords
        Words or phrases of each of the n images. They pass through `keyword_tokens` here.
    """
    forms: dict[str, Counter[str]] = {}
    keys_of_phrase: dict[str, list[tuple[str, str]]] = {}
    keys: dict[str, int] = {}
    places: list[int] = []
    ends: list[int] = [0]
    for phrases in keywords:
        written: dict[str, str] = {}
        for phrase in phrases:
            if phrase not in keys_of_phrase:
                keys_of_phrase[phrase] = [(word, fold_plural(word)) for word in keyword_tokens(phrase)]
            written.update(keys_of_phrase[phrase])
        for word, key in written.items():
            forms.setdefault(key, Counter())[word] += 1
        places += [keys.setdefault(key, len(keys)) for key in sorted(set(written.values()))]
        ends.append(len(places))
    spoken_for = {fold_plural(word) for attribute in attributes for word in _said(attribute)}
    bearers = np.bincount(np.array(places, dtype=np.int64), minlength=len(keys))
    words = sorted(key for key, place in keys.items() if bearers[place] >= MIN_COUNT and key not in spoken_for)
    terms = [Term(_title(attribute.title, forms), attribute.group) for attribute in attributes]
    terms += [Term(_usual_form(forms[key]), "content") for key in words]
    return TermTable(tuple(terms), _matrix(positive, places, ends, [keys[key] for key in words]))


def log_odds(
    with_inside: NDArray[np.int64], inside: int, with_context: NDArray[np.int64], context: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the log-odds of terms inside a cluster relative to the rest of its context.

    The shares of the context are the prior, with the weight of ten images (Monroe, Colaresi and Quinn 2008, "Fightin'
    Words", Political Analysis 16, section 3.5).

    Parameters
    ----------
    with_inside, inside
        int64 ``(t,)``, number of images of the cluster with each term, and number of all its images.
    with_context, context
        The same for the context, including the cluster.

    Returns
    -------
    tuple
        float64 ``(t,)`` twice, the difference of log-odds and the same in standard errors. Both are 0 if the cluster is
        its whole context.
    """
    if inside == context:  # there is no rest to compare with
        return np.zeros(len(with_inside)), np.zeros(len(with_inside))
    share = (with_context + 0.5) / (context + 1)
    prior_with, prior_without = PRIOR_WEIGHT * share, PRIOR_WEIGHT * (1 - share)
    with_outside, outside = with_context - with_inside, context - inside
    a, b = with_inside + prior_with, inside - with_inside + prior_without
    c, d = with_outside + prior_with, outside - with_outside + prior_without
    difference = np.log(a / b) - np.log(c / d)
    # Each image has a term or does not, so both cells of its 2 x 2 table add to the variance.
    return difference, difference / np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)


def compose_name(terms: Sequence[Term]) -> str:
    """Return one to three terms as a name.

    An emotion comes first, then contents, then a medium. If there are all three and the medium is a plural, they form a
    phrase like ``"gloomy photographs of buildings"``.
    """
    by_group: dict[str, list[str]] = {"content": [], "emotion": [], "media": []}
    for term in terms:
        by_group[term.group].append(term.text)
    contents, media = SEPARATOR.join(by_group["content"]), SEPARATOR.join(by_group["media"])
    emotion = " and ".join(by_group["emotion"])
    if emotion and contents and fold_plural(media) != media:
        return f"{emotion} {media} of {contents}"
    things = SEPARATOR.join(part for part in (contents, media) if part)
    return f"{emotion} {things or 'images'}" if emotion else things


def _said(attribute: Attribute) -> list[str]:
    """Return the words that an attribute already contains. "art" of vector art has no meaning alone."""
    title = attribute.title.lower()
    return [title] if attribute.group == "content" else [title, *keyword_tokens(title)]


def _title(title: str, forms: dict[str, Counter[str]]) -> str:
    """Return a title as a noun within a phrase, in the plural if the images' words use that."""
    if not title[:2].isupper():
        title = title[:1].lower() + title[1:]
    return _usual_form(Counter({title: 1}) | forms.get(fold_plural(title), Counter()), otherwise=title)


def _usual_form(forms: Counter[str], *, otherwise: str = "") -> str:
    """Return a word's plural if it is in use, else `otherwise`, else the most frequent form."""
    commonest = max(forms.values())
    plurals = [form for form in forms if fold_plural(form) != form]
    used = [form for form in plurals if forms[form] >= MIN_COUNT and forms[form] >= PLURAL_SHARE * commonest]
    # The first in alphabetical order wins a tie.
    return max(sorted(used or ([otherwise] if otherwise else forms)), key=forms.__getitem__)


def _matrix(positive: NDArray[np.bool_], places: list[int], ends: list[int], words: list[int]) -> Any:
    from scipy.sparse import csr_matrix, hstack

    images = len(ends) - 1
    data = np.ones(len(places), dtype=np.int32)
    columns = max(places, default=-1) + 1
    written = csr_matrix((data, np.array(places, dtype=np.int64), np.array(ends)), shape=(images, columns))
    shown = csr_matrix(np.asarray(positive, dtype=np.int32).reshape(len(positive), images).T)
    return hstack([shown, written[:, words]], format="csr")
