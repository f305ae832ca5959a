"""Clusters of a layout and names for them, from the attributes and words that set each apart from the rest."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["ClusterName", "cluster_layout", "keyword_tokens", "name_clusters"]

# Leaves of the density tree with n / 60 images or more: 20 clusters of a t-SNE and 22 of a UMAP layout of 2,700
# pictures. The usual choice by excess of mass jumped between 3 and 40 on the same layouts as the size moved a little.
CLUSTERS_AT_MOST = 60
MIN_CLUSTER_SIZE = 5
MIN_SAMPLES = 5
CLUSTERED_ROWS = 20_000

MIN_COUNT = 3  # images of a cluster that must bear a term
MIN_COVERAGE = 1 / 3  # share of the cluster that its whole name must be true of
ENOUGH_COVERAGE = 2 / 3  # a single term true of this many needs no second
MIN_Z = 1.96
PRIOR_WEIGHT = 10.0  # images' worth of prior, spread as the whole collection is
SAME_IMAGES = 0.8  # two terms that share this much of their images say the same
SEPARATOR = " · "

STOP_WORDS = """
    a about all an and are as at be by can for from had has have he her his how i in into is it its more no not of
    on one or our out over she some than that the their them there these they this to two up use used was we were
    what when which who will with you your
"""
FILE_WORDS = """
    bmp clip clipart copy domain dsc dscf dscn emoji file final gif
    http https illustration image images img jpeg jpg new
    old openclipart org pdf photo photos pic pics picture pictures png public screenshot svg symbol thumb thumbnail tif
    tiff unsorted untitled version webp word words www
"""
UNTELLING_WORDS = frozenset(f"{STOP_WORDS} {FILE_WORDS}".split())
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


@dataclass(frozen=True, slots=True)
class ClusterName:
    """The name of one cluster and where to write it.

    Parameters
    ----------
    cluster
        Number of the cluster.
    text
        One or two terms, such as ``"flags"`` or ``"pen & ink · animals"``; ``""`` where no term is true of enough
        of its images to be an honest name. No two clusters share one.
    x, y
        The image nearest the cluster's median place, in the layout's units: always inside the cluster.
    size
        Number of images.
    """

    cluster: int
    text: str
    x: float
    y: float
    size: int


def cluster_layout(layout: NDArray[Any], *, min_size: int | None = None, seed: int) -> NDArray[np.int32]:
    """Find the dense regions of a layout.

    HDBSCAN (Campello, Moulavi and Sander 2013, PAKDD) by scikit-learn, leaves of its tree. Above 20,000 images a
    seeded sample is clustered and every other image joins its nearest sampled one.

    Parameters
    ----------
    layout
        float ``(n, 2)``, finite.
    min_size
        Images that make a cluster; 2 or more. Left out: a sixtieth of all, at least five.
    seed
        Draws the sample.

    Returns
    -------
    ndarray
        int32 ``(n,)``: number of the cluster, 0 the largest (equal sizes by their first row), -1 for none.

    Raises
    ------
    ParameterError
        If ``layout`` is not ``(n, 2)`` and finite, or ``min_size`` is below 2.
    """
    places = np.asarray(layout, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] != 2 or not np.isfinite(places).all():
        raise ParameterError(
            f"A layout of shape {places.shape} was given; it must be finite and of shape (images, 2). Lay out again."
        )
    if min_size is not None and min_size < 2:
        raise ParameterError(f"min_size={min_size} was given; a cluster has 2 images or more. Pass 2 or more.")
    if len(places) <= CLUSTERED_ROWS:
        return _by_size(_dense_regions(places, min_size))

    from scipy.spatial import cKDTree

    sampled = np.sort(np.random.default_rng(seed).choice(len(places), size=CLUSTERED_ROWS, replace=False))
    scaled_size = None if min_size is None else max(2, round(min_size * CLUSTERED_ROWS / len(places)))
    _, nearest = cKDTree(places[sampled]).query(places)
    return _by_size(_dense_regions(places[sampled], scaled_size)[nearest])


def keyword_tokens(text: str) -> list[str]:
    """Split a caption, a list of keywords or a file name into words worth naming a cluster after.

    Lower-case runs of letters; stop words, file-name rubbish (``img``, ``jpg``, ``untitled`` ...) and words of one or
    two Latin letters are left out, as is everything with a digit in it.

    Parameters
    ----------
    text
        Anything.

    Returns
    -------
    list of str
        In order of appearance, with repeats.
    """
    words = []
    for chunk in re.split(r"[\s,;:/|_.()\[\]\"-]+", text.lower()):
        if any(character.isdigit() for character in chunk):
            continue
        words += [word for word in WORD.findall(chunk) if _worth_naming(word)]
    return words


def name_clusters(
    labels: NDArray[np.int32],
    layout: NDArray[Any],
    attribute_titles: Sequence[str],
    scores: NDArray[Any],
    thresholds: NDArray[Any],
    keywords: Sequence[Sequence[str]],
) -> list[ClusterName]:
    """Name clusters by what sets each apart from the rest of the map.

    Every term (an attribute that an image scores at or above its threshold for, a word of its keywords) is weighed by
    the log-odds of bearing it inside against outside the cluster, with the whole collection as an informative prior
    (Monroe, Colaresi and Quinn 2008, "Fightin' Words", Political Analysis 16, section 3.5), in standard errors. A
    term must be borne by three images and a third of the cluster; a second one is added where the first is true of
    less than two thirds, or its name is taken, and both together are still true of a third.

    Parameters
    ----------
    labels
        int32 ``(n,)``: from `cluster_layout`.
    layout
        float ``(n, 2)``.
    attribute_titles
        ``a`` titles as people read them.
    scores, thresholds
        float ``(n, a)`` and ``(a,)``.
    keywords
        ``n`` lists of words or phrases; they pass through `keyword_tokens` here.

    Returns
    -------
    list of ClusterName
        One a cluster, ascending; the larger clusters choose their names first.

    Raises
    ------
    ParameterError
        If the arguments differ in images or attributes.
    """
    labels, scores, thresholds = np.asarray(labels), np.asarray(scores), np.asarray(thresholds)
    count = len(labels)
    if not (
        len(layout) == len(keywords) == count
        and scores.shape == (count, len(attribute_titles))
        and thresholds.shape == (len(attribute_titles),)
    ):
        raise ParameterError(
            f"{count} labels, {len(layout)} places, {len(keywords)} lists of keywords, scores {scores.shape}, "
            f"thresholds {thresholds.shape} and {len(attribute_titles)} titles were given; all must be of the same "
            "images and attributes. Pass arrays in the same order."
        )
    terms, borne = _terms(attribute_titles, scores >= thresholds, keywords)
    numbers, sizes = np.unique(labels[labels >= 0], return_counts=True)
    taken: set[str] = {""}
    texts: dict[int, str] = {}
    for position in np.lexsort((numbers, -sizes)):
        inside = labels == numbers[position]
        text = next((name for name in _candidate_names(terms, borne, inside) if name not in taken), "")
        taken.add(text)
        texts[int(numbers[position])] = text
    names = []
    for number, size in zip(numbers.tolist(), sizes.tolist(), strict=True):
        x, y = _medoid(np.asarray(layout)[labels == number])
        names.append(ClusterName(cluster=number, text=texts[number], x=x, y=y, size=size))
    return names


def _dense_regions(places: NDArray[np.float64], min_size: int | None) -> NDArray[np.int64]:
    from sklearn.cluster import HDBSCAN

    size = min_size or max(MIN_CLUSTER_SIZE, round(len(places) / CLUSTERS_AT_MOST))
    if len(places) < max(size, MIN_SAMPLES + 1) or not np.ptp(places, axis=0).any():
        return np.full(len(places), -1, dtype=np.int64)
    found = HDBSCAN(min_cluster_size=size, min_samples=MIN_SAMPLES, cluster_selection_method="leaf", copy=True)
    return np.asarray(found.fit_predict(places), dtype=np.int64)


def _by_size(labels: NDArray[np.int64]) -> NDArray[np.int32]:
    """Renumber clusters from the largest down, so that numbers do not depend on how the tree was walked."""
    numbers, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    order = [i for i in np.lexsort((first, -sizes)) if numbers[i] >= 0]
    renumbered = np.full(len(labels), -1, dtype=np.int32)
    for rank, position in enumerate(order):
        renumbered[labels == numbers[position]] = rank
    return renumbered


def _worth_naming(word: str) -> bool:
    if word in UNTELLING_WORDS:
        return False
    return len(word) >= 3 or (len(word) == 2 and not word.isascii())


def _fold_plural(word: str) -> str:
    """Bring English singular and plural to one key; the key itself is never shown."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _terms(
    titles: Sequence[str], positive: NDArray[np.bool_], keywords: Sequence[Sequence[str]]
) -> tuple[list[str], NDArray[np.bool_]]:
    """List the terms with the images that bear each: bool (terms, images). An attribute's own word is the attribute."""
    forms: dict[str, Counter[str]] = {}
    bearers: dict[str, set[int]] = {}
    for image, phrases in enumerate(keywords):
        for word in {word for phrase in phrases for word in keyword_tokens(phrase)}:
            key = _fold_plural(word)
            forms.setdefault(key, Counter())[word] += 1
            bearers.setdefault(key, set()).add(image)
    names = [title.lower() for title in titles]
    spoken_for = {_fold_plural(name) for name in names}
    words = sorted(key for key in bearers if len(bearers[key]) >= MIN_COUNT and key not in spoken_for)
    borne = np.zeros((len(names) + len(words), len(keywords)), dtype=np.bool_)
    borne[: len(names)] = positive.T
    for row, key in enumerate(words, start=len(names)):
        borne[row, list(bearers[key])] = True
        # Shown as most often written; equally often, the first in the alphabet.
        names.append(max(sorted(forms[key]), key=forms[key].__getitem__))
    return names, borne


def _log_odds(borne: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weigh each term by how many standard errors its log-odds inside stand above those outside."""
    n_inside, n_outside = int(inside.sum()), int((~inside).sum())
    with_inside, with_outside = borne[:, inside].sum(axis=1), borne[:, ~inside].sum(axis=1)
    share = (with_inside + with_outside + 0.5) / (len(inside) + 1)
    prior_with, prior_without = PRIOR_WEIGHT * share, PRIOR_WEIGHT * (1 - share)
    a, b = with_inside + prior_with, n_inside - with_inside + prior_without
    c, d = with_outside + prior_with, n_outside - with_outside + prior_without
    # A term is borne or not by each image, so both cells of its 2 x 2 table add to the variance.
    z = (np.log(a / b) - np.log(c / d)) / np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    return np.asarray(z, dtype=np.float64)


def _candidate_names(terms: list[str], borne: NDArray[np.bool_], inside: NDArray[np.bool_]) -> Iterable[str]:
    """Yield possible names, the most telling first."""
    size = int(inside.sum())
    counts = borne[:, inside].sum(axis=1)
    z = _log_odds(borne, inside)
    fitting = np.flatnonzero((counts >= MIN_COUNT) & (counts >= MIN_COVERAGE * size) & (z >= MIN_Z))
    ranked = fitting[np.lexsort((fitting, -z[fitting]))]
    for first in ranked:
        pairs = [f"{terms[first]}{SEPARATOR}{terms[second]}" for second in _companions(first, ranked, borne, inside)]
        if counts[first] < ENOUGH_COVERAGE * size:
            yield from pairs[:1]
        yield terms[first]
        yield from pairs


def _companions(
    first: np.intp, ranked: NDArray[np.intp], borne: NDArray[np.bool_], inside: NDArray[np.bool_]
) -> Iterable[np.intp]:
    """Yield the terms that may stand beside another: true of a third together, and not the same images again."""
    mine = borne[first, inside]
    for second in ranked:
        other = borne[second, inside]
        both, either = int((mine & other).sum()), int((mine | other).sum())
        if second != first and both >= MIN_COVERAGE * len(mine) and both < SAME_IMAGES * either:
            yield second


def _medoid(places: NDArray[Any]) -> tuple[float, float]:
    distance = np.square(places - np.median(places, axis=0)).sum(axis=1)
    x, y = places[int(np.argmin(distance))]
    return float(x), float(y)
