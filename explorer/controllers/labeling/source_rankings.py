"""Rankings of the sources of questions: rows of the collection in the order in which they are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer.messages.encoding import Record
from explorer.services.label_service import LabelService
from explorer.services.services import Services
from pipeline.annotation.consensus import Label, agreement_rule, fold_answers
from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "ASKED",
    "CANDIDATES",
    "ClusterChoice",
    "Ranked",
    "SourceContext",
    "by_chance",
    "by_cluster",
    "by_examples",
    "by_known",
    "by_score",
    "by_search",
    "by_selection",
    "by_similar",
    "cluster_members",
    "examples_count",
    "known_count",
    "scores_of",
]

ASKED = 96
"""Images that a source asks at a time: four pages, after which the ranking can use the new answers."""

CANDIDATES = 2_000
"""Most rows that a source ranks; the store asks the first ones that can be asked."""


@dataclass(frozen=True, slots=True)
class ClusterChoice(Record):
    """A named cluster: its key ``level:number``, and its name."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class SourceContext:
    """The context of the sources.

    Parameters
    ----------
    services, labels
        Services of the process.
    attribute
        Name of the attribute.
    layout_name
        The layout on screen, which has the clusters.
    selected
        int32 rows selected on the map.
    chosen
        Row of the image whose card is open, -1 for none.
    """

    services: Services
    labels: LabelService
    attribute: str
    layout_name: str
    selected: NDArray[np.int32]
    chosen: int

    def clusters(self) -> tuple[ClusterChoice, ...]:
        """Return the named clusters of the layout on screen, coarse ones first."""
        names = self.services.layout(self.layout_name).names
        return tuple(ClusterChoice(f"{name.level}:{name.cluster}", name.text) for name in names if name.text)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows in the order of asking, a title for the queue, and the reason and probability of the draws."""

    rows: NDArray[np.int32]
    title: str
    reason: str
    probability: float | None = None


def by_examples(context: SourceContext, _: str) -> Ranked:
    """Rank by similarity to images answered yes and dissimilarity to images answered no."""
    positive, negative = _known_sides(context)
    if not positive.size:
        raise ParameterError("There are no yes answers yet. Search for words, or add examples in the Attributes tab.")
    known = np.zeros(len(context.services.collection), np.bool_)
    known[np.concatenate([positive, negative])] = True
    rows = context.services.search.similar(positive, CANDIDATES, unlike=negative, without=known)
    return Ranked(rows, f"similar to {len(positive):,} yes answers", "similar")


def _known_sides(context: SourceContext) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the rows that are yes and the rows that are no, with the examples of the definition."""
    entry = context.labels.store.attributes.find(context.attribute)
    table = context.labels.answers(context.attribute)
    labels = fold_answers(table.image_ids, table.annotators, table.values, agreement_rule(entry.agree))
    definition = entry.definition
    yes = {*labels.ids_of(Label.YES).tolist(), *definition.examples_yes}
    no = {*labels.ids_of(Label.NO).tolist(), *definition.examples_no}
    sides = []
    for ids in (yes - no, no - yes):
        rows = np.array([context.services.collection.row_of(image) for image in ids], np.int32)
        sides.append(np.sort(rows[rows >= 0]))
    return sides[0], sides[1]


def examples_count(context: SourceContext) -> int:
    """Return the number of images answered yes, with the examples of the definition."""
    return len(_known_sides(context)[0])


def by_search(context: SourceContext, words: str) -> Ranked:
    """Rank the images whose captions contain the words."""
    found = context.services.search.by_words(words, CANDIDATES)
    typed = context.labels.store.captions.search(found.words) if found.words else []
    more = np.array([context.services.collection.row_of(image) for image in typed], np.int32)
    rows = np.concatenate([more[more >= 0], found.rows])
    rows = rows[np.sort(np.unique(rows, return_index=True)[1])][:CANDIDATES]
    return Ranked(rows, f"search: {' '.join(words.split())[:100]}", "search")


def by_selection(context: SourceContext, _: str) -> Ranked:
    """Return the selection in random order."""
    rows = np.random.default_rng().permutation(context.selected)[:CANDIDATES]
    return Ranked(rows.astype(np.int32), f"selection of {len(context.selected):,}", "selection")


def by_similar(context: SourceContext, _: str) -> Ranked:
    """Rank by similarity to the chosen image."""
    rows = context.services.search.similar(np.array([context.chosen], np.int32), CANDIDATES)
    record = context.services.collection.record(context.chosen)
    return Ranked(rows, f"similar to {(record.caption or record.source)[:60]}", "similar")


def cluster_members(context: SourceContext, key: str) -> tuple[NDArray[np.int32], str]:
    """Return the rows of a named cluster, int32 ascending, and a title.

    Raises
    ------
    ParameterError
        If the layout has no cluster with this key, see `SourceContext.clusters`.
    """
    layout = context.services.layout(context.layout_name)
    names = {f"{name.level}:{name.cluster}": name for name in layout.names}
    if key not in names:
        raise ParameterError("The layout on screen does not have this cluster. Choose one from the list.")
    name = names[key]
    members = np.flatnonzero(layout.clusters[name.level] == name.cluster)
    return members.astype(np.int32), f"cluster: {name.text}"


def by_cluster(context: SourceContext, key: str) -> Ranked:
    """Return the members of a cluster in random order."""
    members, words = cluster_members(context, key)
    return Ranked(np.random.default_rng().permutation(members)[:CANDIDATES], words, "cluster")


def by_known(context: SourceContext, _: str) -> Ranked:
    """Return the images whose source says yes, in random order."""
    rows = np.flatnonzero(context.services.collection.known(context.attribute) == 1)
    rows = np.random.default_rng().permutation(rows)[:CANDIDATES]
    return Ranked(rows.astype(np.int32), "answers of the source", "known answer")


def scores_of(context: SourceContext) -> NDArray[np.float32] | None:
    """Return the scores of the attribute, float32 (n,); None if it has none or they are hidden."""
    collection = context.services.collection
    if context.attribute not in context.services.scored:
        return None
    return collection.scores_of(context.attribute)


def by_score(context: SourceContext, _: str) -> Ranked:
    """Rank by score, the highest first."""
    scores = scores_of(context)
    if scores is None:
        hidden = context.services.hidden_scores.words([context.attribute])
        raise ParameterError(f"{hidden or f'{context.attribute} has no scores yet.'} Choose another source.")
    known = np.nan_to_num(scores, nan=-1.0)
    best = np.argpartition(-known, min(CANDIDATES, len(known) - 1))[:CANDIDATES]
    rows = best[np.argsort(-known[best], kind="stable")]
    return Ranked(rows.astype(np.int32), "highest scores", "highest score")


def by_chance(context: SourceContext, _: str) -> Ranked:
    """Return a uniform random sample."""
    count = len(context.services.collection)
    size = min(CANDIDATES, count)
    rows = np.random.default_rng().choice(count, size, replace=False)
    return Ranked(rows.astype(np.int32), "by chance", "uniform", min(1.0, ASKED / count))


def known_count(context: SourceContext) -> int:
    """Return the number of images whose source says yes."""
    entry = context.services.collection.manifest.facts(context.attribute)
    return entry.known_yes if entry else 0
