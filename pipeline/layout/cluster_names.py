"""Name the clusters of a layout by the attributes and words that distinguish each from the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError
from pipeline.layout.cluster_terms import MIN_COUNT, Term, TermTable, compose_name, log_odds, make_term_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.taxonomy import Attribute

__all__ = ["ClusterName", "name_clusters"]

NAMED_ROWS = 200_000
MIN_COVERAGE = 1 / 3  # least share of the cluster's images that have all terms of its name
COLORED_COVERAGE = 1 / 2  # the same for a name that adds an emotion, because scores of emotions err the most
ENOUGH_COVERAGE = 2 / 3  # a single term of this share needs no second term of the same group
MIN_Z = 1.96
MIN_Z_OF_LEAD = 1.0  # of the lead term among neighbouring clusters, which are few and similar
MIN_DIFFERENCE = np.log(2.0)  # of log-odds, because among a hundred thousand images any difference has a high z
SAME_IMAGES = 0.8  # two contents that share this part of their images mean the same
WEIGHTS = {"content": 1.0, "emotion": 0.5, "media": 0.5}  # the content says more than the style
RADIUS_QUANTILE = 0.75


@dataclass(frozen=True, slots=True)
class ClusterName:
    """The name of one cluster and the place to write it.

    Parameters
    ----------
    level
        Level of the cluster, 0 the coarsest.
    cluster
        Number of the cluster within its level.
    text
        Up to three terms, such as ``"flags"``, ``"africa · flags"`` or ``"gloomy photographs of buildings"``. It is
        ``""`` if no term fits enough images. No two clusters of a level have the same name, and no name has exactly
        the terms of a cluster around it.
    x, y
        Place of the image nearest to the cluster's median place, in the layout's units, always inside the cluster.
    radius
        Distance from ``x, y`` within which three quarters of the images lie, in the layout's units.
    size
        Number of images.
    """

    level: int
    cluster: int
    text: str
    x: float
    y: float
    radius: float
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """Possible terms of one cluster's name, the most distinctive first.

    ``numbers`` (k,) are their positions among all terms. ``bearing`` (k, images) marks the images with each term.
    ``leads`` are the positions in ``numbers`` of terms that can lead a name, and ``spent`` those of terms that the name
    of a coarser cluster uses.
    """

    numbers: NDArray[np.int64]
    terms: tuple[Term, ...]
    bearing: NDArray[np.bool_]
    leads: tuple[int, ...]
    spent: frozenset[int]

    def true_of(self, parts: Sequence[int]) -> bool:
        """Return whether enough images have all of the terms ``parts``."""
        colored = len(parts) > 1 and any(self.terms[part].group == "emotion" for part in parts)
        together: int = self.bearing[list(parts)].all(axis=0).sum()
        share = COLORED_COVERAGE if colored else MIN_COVERAGE
        return bool(together >= max(MIN_COUNT, share * self.bearing.shape[1]))

    def same(self, one: int, other: int) -> bool:
        """Return whether two contents belong to nearly the same images."""
        if not self.terms[one].group == self.terms[other].group == "content":
            return False
        a, b = self.bearing[one], self.bearing[other]
        return int((a & b).sum()) >= SAME_IMAGES * int((a | b).sum())


def name_clusters(
    clusters: NDArray[np.int32],
    layout: NDArray[Any],
    attributes: Sequence[Attribute],
    shown: NDArray[np.bool_],
    keywords_of: Callable[[int], Sequence[str]],
    *,
    seed: int,
) -> tuple[ClusterName, ...]:
    """Name clusters by terms that distinguish each from the rest of the map and from its siblings.

    A term is an attribute that an image shows or a word of its keywords.
    `pipeline.layout.cluster_terms.log_odds` compares every term twice: inside the cluster against the whole map, and
    against the rest of the smallest coarser cluster around it. A term fits if one comparison has odds of two to one at
    1.96 standard errors. The lead term distinguishes the cluster from the coarser one by the same odds at one standard
    error, and no coarser name uses it. The term with the most standard errors times its share of the cluster leads.
    Contents weigh twice as much as media and emotions. A second term, and a third of the remaining group, join it if
    they fit. At least three images and a third of the cluster have all terms of a name, or half of the cluster if an
    emotion stands beside another term. Above 200,000 images these are counted in a seeded sample.

    Parameters
    ----------
    clusters
        int32 ``(levels, n)``. From `pipeline.layout.clustering.cluster_layout`.
    layout
        float ``(n, 2)``.
    attributes
        The a attributes, for their titles and groups.
    shown
        bool ``(a, n)``. Whether each image shows each attribute.
    keywords_of
        Returns the words or phrases of the image in a row. They pass through `pipeline.text.keywords.keyword_tokens`.
    seed
        Seed of the sample.

    Returns
    -------
    tuple of ClusterName
        One for each cluster, coarse levels first, within a level the largest first (equal sizes by number). Clusters
        get their names in this order.

    Raises
    ------
    ParameterError
        If the numbers of images or attributes differ.
    """
    clusters, layout, shown = np.asarray(clusters), np.asarray(layout), np.asarray(shown)
    _check(clusters, layout, attributes, shown)
    count = clusters.shape[1]
    rows = np.arange(count)
    if count > NAMED_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(count, size=NAMED_ROWS, replace=False))
    table = make_term_table(attributes, shown[:, rows], (keywords_of(row) for row in rows.tolist()))
    texts = _texts(clusters[:, rows], table)
    names = []
    for level, labels in enumerate(clusters):
        found = [
            _placed(level, number, texts.get((level, number), ""), layout[members])
            for number, members in _members(labels)
        ]
        names += sorted(found, key=lambda name: (-name.size, name.cluster))
    return tuple(names)


def _texts(clusters: NDArray[np.int32], table: TermTable) -> dict[tuple[int, int], str]:
    """Return the name of each cluster (level, number), coarse levels first, larger clusters before smaller ones."""
    everything = np.arange(clusters.shape[1])
    in_all = table.counts(everything)
    members = [dict(_members(labels)) for labels in clusters]
    counts = [{number: table.counts(rows) for number, rows in level.items()} for level in members]
    texts: dict[tuple[int, int], str] = {}
    used: dict[tuple[int, int], frozenset[int]] = {}
    for level, inside in enumerate(members):
        taken: set[str | frozenset[int]] = {""}  # "birds · animals" is taken where "animals · birds" is
        for number in sorted(inside, key=lambda one: (-len(inside[one]), one)):
            rows = inside[number]
            around = _parent(clusters, level, rows)
            spent = used[around] if around else frozenset()
            near = (counts[around[0]][around[1]], len(members[around[0]][around[1]])) if around else None
            fit = _fitting(table, rows, counts[level][number], (in_all, len(everything)), near, spent)
            text, chosen = next((name for name in _names(fit) if taken.isdisjoint(name)), ("", frozenset()))
            texts[level, number] = text
            taken |= {text, chosen}
            used[level, number] = spent | chosen
    return texts


def _names(fit: _Fit) -> Iterator[tuple[str, frozenset[int]]]:
    """Yield possible names, the most distinctive first, each with the numbers of its terms."""
    for parts in _candidates(fit):
        numbers = frozenset(fit.numbers[list(parts)].tolist())
        yield compose_name([fit.terms[part] for part in parts]), numbers


def _parent(clusters: NDArray[np.int32], level: int, rows: NDArray[np.int64]) -> tuple[int, int] | None:
    """Return the smallest coarser cluster around images, (level, number). Levels nest, so one image is enough."""
    for coarser in range(level - 1, -1, -1):
        number = int(clusters[coarser, rows[0]])
        if number >= 0:
            return coarser, number
    return None


def _fitting(
    table: TermTable,
    rows: NDArray[np.int64],
    counts: NDArray[np.int64],
    everything: tuple[NDArray[np.int64], int],
    around: tuple[NDArray[np.int64], int] | None,
    spent: frozenset[int],
) -> _Fit:
    """Return the terms of enough images that distinguish a cluster from the map or from the coarser cluster."""
    size = len(rows)
    far, z_far = log_odds(counts, size, *everything)
    near, z_near = log_odds(counts, size, *around) if around else (far, z_far)
    true = (counts >= MIN_COUNT) & (counts >= MIN_COVERAGE * size)
    tells_near = true & (near >= MIN_DIFFERENCE) & (z_near >= MIN_Z)
    tells_far = true & (far >= MIN_DIFFERENCE) & (z_far >= MIN_Z)
    groups = np.array([WEIGHTS[term.group] for term in table.terms])
    weight = (z_near + np.maximum(z_far, 0)) * groups * counts / size
    fitting = np.flatnonzero(tells_near | tells_far)
    fitting = fitting[np.lexsort((fitting, -weight[fitting]))]
    tells = (near >= MIN_DIFFERENCE) & (z_near >= MIN_Z_OF_LEAD)
    places = list(enumerate(fitting.tolist()))
    return _Fit(
        numbers=fitting,
        terms=tuple(table.terms[number] for number in fitting.tolist()),
        bearing=table.bearing(rows, fitting),
        leads=tuple(place for place, number in places if tells[number] and number not in spent),
        spent=frozenset(place for place, number in places if number in spent),
    )


def _candidates(fit: _Fit) -> Iterator[tuple[int, ...]]:
    """Yield possible names as positions in a fit, the most distinctive first."""
    for lead in fit.leads:
        partners = [other for other in range(len(fit.terms)) if _may_join(fit, lead, other)]
        # Contents of a coarser name may join, like "africa" to "flags". Its medium joins only if nothing else does.
        telling = [other for other in partners if other not in fit.spent or fit.terms[other].group == "content"]
        enough = fit.bearing[lead].mean() >= ENOUGH_COVERAGE
        if telling and not (enough and fit.terms[telling[0]].group == fit.terms[lead].group):
            yield from _triples(fit, (lead, telling[0]), telling)
            yield lead, telling[0]
        yield (lead,)
        yield from ((lead, other) for other in partners)


def _triples(fit: _Fit, pair: tuple[int, int], partners: list[int]) -> Iterator[tuple[int, ...]]:
    """Complete a pair of two groups by a term of the third."""
    groups = {fit.terms[part].group for part in pair}
    for third in partners:
        if len(groups) == 2 and fit.terms[third].group not in groups and fit.true_of((*pair, third)):
            yield (*pair, third)


def _may_join(fit: _Fit, lead: int, other: int) -> bool:
    """Return whether ``other`` may join ``lead``. Enough images must have both terms, with different meanings."""
    emotions = fit.terms[lead].group == fit.terms[other].group == "emotion"
    return other != lead and not emotions and fit.true_of((lead, other)) and not fit.same(lead, other)


def _members(labels: NDArray[np.int32]) -> list[tuple[int, NDArray[np.int64]]]:
    """Return the rows of every cluster, ascending."""
    order = np.argsort(labels, kind="stable")
    numbers, starts = np.unique(labels[order], return_index=True)
    parts = np.split(order, starts)[1:]
    return [(number, rows) for number, rows in zip(numbers.tolist(), parts, strict=True) if number >= 0]


def _placed(level: int, number: int, text: str, places: NDArray[Any]) -> ClusterName:
    places = places.astype(np.float64)
    x, y = places[int(np.argmin(np.square(places - np.median(places, axis=0)).sum(axis=1)))]
    radius = np.quantile(np.hypot(places[:, 0] - x, places[:, 1] - y), RADIUS_QUANTILE)
    return ClusterName(level, number, text, float(x), float(y), float(radius), len(places))


def _check(
    clusters: NDArray[np.int32], layout: NDArray[Any], attributes: Sequence[Attribute], shown: NDArray[np.bool_]
) -> None:
    count = clusters.shape[-1] if clusters.ndim else 0
    if clusters.ndim != 2 or layout.shape != (count, 2) or shown.shape != (len(attributes), count):
        raise ParameterError(
            f"clusters {clusters.shape}, layout {layout.shape} and shown {shown.shape} do not match for "
            f"{len(attributes)} attributes. The shapes must be (levels, images), (images, 2) and (attributes, images). "
            "Pass arrays of the same images and attributes."
        )
