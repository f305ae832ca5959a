"""Where questions come from: ways to have a handful of images asked, from nothing known to fifty verified positives.

Each source ranks rows of the collection; the store asks those that are not asked, answered or reserved yet, one of each
group of near-duplicates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.services.label_service import LabelService
from explorer.services.services import Services
from pipeline.annotation.consensus import Label, agreement_rule, fold_answers
from pipeline.errors import ParameterError
from pipeline.label_store import CAPTIONS, Batch, Drawn, Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ASKED", "GOAL", "SourceContext", "ask_about", "ask_like", "available", "cluster_members"]

ASKED = 96
"""Images that one source asks at a time: four pages, after which what was answered can rank anew."""

GOAL = 50
"""Verified positives from which a classifier has something to learn from."""

CANDIDATES = 2_000
"""Rows that a source ranks at most; of these the store asks those that it may."""


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What sources draw from.

    Parameters
    ----------
    services, labels
        What the process shares.
    attribute
        What is asked.
    layout_name
        The layout on screen, whose clusters are offered.
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

    def clusters(self) -> list[dict[str, str]]:
        """Name the clusters of the layout on screen: key ``level:number`` and words, coarse ones first."""
        names = self.services.layout(self.layout_name).names
        return [{"key": f"{name.level}:{name.cluster}", "text": name.text} for name in names if name.text]


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Rows in the order in which they shall be asked, words for the queue, and why they were drawn."""

    rows: NDArray[np.int32]
    title: str
    reason: str
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    """One way: words on its button, help, what the person adds, and what it ranks."""

    title: str
    help: str
    rank: Callable[[SourceContext, str], _Ranked]
    takes: str = ""
    count: Callable[[SourceContext], int | None] = lambda _: None


def available(context: SourceContext, title: str) -> list[dict[str, Any]]:
    """List the sources for the browser, with how many images each has now; one without any cannot be used."""
    listed = []
    for key, source in SOURCES.items():
        if context.attribute == CAPTIONS and key in _ABOUT_ATTRIBUTE:
            continue
        count = source.count(context)
        entry: dict[str, Any] = {"key": key, "title": source.title, "help": source.help, "takes": source.takes}
        entry["enabled"] = count is None or count > 0
        if count is not None:
            entry["count"] = count
        if key == "search":
            entry["value"] = title
        if source.takes == "cluster" and not context.clusters():
            continue
        listed.append(entry)
    return listed


def ask_about(context: SourceContext, key: str, value: str) -> tuple[Batch, str]:
    """Have the first images of a source asked that may be and are not yet; runs in a thread.

    Returns
    -------
    Batch
        What was drawn; no images where none was left.
    str
        Words for it.

    Raises
    ------
    ParameterError
        For a source that does not exist, or words that say nothing.
    BamExplorerError
        If store or collection cannot be read.
    """
    source = SOURCES.get(key)
    if source is None:
        raise ParameterError(f"There is no source of questions {key!r}. Choose one of {', '.join(SOURCES)}.")
    return _ask(context, source.rank(context, value))


def ask_like(
    context: SourceContext, rows: NDArray[np.int32], without: NDArray[np.bool_], title: str
) -> tuple[Batch, str]:
    """Have images asked that are like some others, and none of these; runs in a thread.

    Parameters
    ----------
    context
        What is asked.
    rows
        int32 (m,): those that they shall be like, at least one.
    without
        bool (n,): images of the collection that are not asked.
    title
        Words for the queue.

    Returns
    -------
    tuple
        As of `ask_about`.

    Raises
    ------
    BamExplorerError
        If store or collection cannot be read.
    """
    found = context.services.search.similar(rows, CANDIDATES, without=without)
    return _ask(context, _Ranked(found, title, "like mistakes"))


def _ask(context: SourceContext, ranked: _Ranked) -> tuple[Batch, str]:
    store = context.labels.store
    ids = context.services.collection.image_ids[ranked.rows].tolist()
    asked = store.batches.askable(context.attribute, ids, ASKED)
    version, agree = 1, 1
    if context.attribute != CAPTIONS:
        entry = store.attributes.find(context.attribute)
        version, agree = entry.definition.version, entry.agree
    drawn = [Drawn(image, ranked.reason, ranked.probability) for image in asked]
    if not drawn:
        return Batch("", 0), ranked.title
    batch = store.batches.draw(context.attribute, version, Purpose.TRAINING, drawn, agree=agree, title=ranked.title)
    return batch, ranked.title


# ---- what each source ranks ------------------------------------------------------------------------------------------
def _examples(context: SourceContext, _: str) -> _Ranked:
    positive, negative = _known_sides(context)
    if not positive.size:
        raise ParameterError("There is no yes to begin from yet. Search for words, or give examples in Attributes.")
    known = np.zeros(len(context.services.collection), np.bool_)
    known[np.concatenate([positive, negative])] = True
    rows = context.services.search.similar(positive, CANDIDATES, unlike=negative, without=known)
    return _Ranked(rows, f"like the {len(positive):,} yes answers", "similar")


def _known_sides(context: SourceContext) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give the rows of what is a yes and a no so far, the definition's examples among them."""
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


def _examples_count(context: SourceContext) -> int:
    return len(_known_sides(context)[0])


def _search(context: SourceContext, words: str) -> _Ranked:
    found = context.services.search.by_words(words, CANDIDATES)
    typed = context.labels.store.captions.search(found.words) if found.words else []
    more = np.array([context.services.collection.row_of(image) for image in typed], np.int32)
    rows = np.concatenate([more[more >= 0], found.rows])
    rows = rows[np.sort(np.unique(rows, return_index=True)[1])][:CANDIDATES]
    return _Ranked(rows, f"search: {' '.join(words.split())[:100]}", "search")


def _selection(context: SourceContext, _: str) -> _Ranked:
    rows = np.random.default_rng().permutation(context.selected)[:CANDIDATES]
    return _Ranked(rows.astype(np.int32), f"selection of {len(context.selected):,}", "selection")


def _similar(context: SourceContext, _: str) -> _Ranked:
    rows = context.services.search.similar(np.array([context.chosen], np.int32), CANDIDATES)
    record = context.services.collection.record(context.chosen)
    return _Ranked(rows, f"similar to {(record.caption or record.source)[:60]}", "similar")


def cluster_members(context: SourceContext, key: str) -> tuple[NDArray[np.int32], str]:
    """Give the rows of a named cluster, int32 ascending, and its words.

    Raises
    ------
    ParameterError
        If the layout has no cluster of this key, see `SourceContext.clusters`.
    """
    layout = context.services.layout(context.layout_name)
    names = {f"{name.level}:{name.cluster}": name for name in layout.names}
    if key not in names:
        raise ParameterError("This layout has no such cluster. Choose one of the list.")
    name = names[key]
    members = np.flatnonzero(layout.clusters[name.level] == name.cluster)
    return members.astype(np.int32), f"cluster: {name.text}"


def _cluster(context: SourceContext, key: str) -> _Ranked:
    members, words = cluster_members(context, key)
    return _Ranked(np.random.default_rng().permutation(members)[:CANDIDATES], words, "cluster")


def _known(context: SourceContext, _: str) -> _Ranked:
    rows = np.flatnonzero(context.services.collection.known(context.attribute) == 1)
    rows = np.random.default_rng().permutation(rows)[:CANDIDATES]
    return _Ranked(rows.astype(np.int32), "answers of the source", "known answer")


def _scores(context: SourceContext) -> NDArray[np.float32] | None:
    collection = context.services.collection
    if context.attribute not in context.services.scored:
        return None
    scores: NDArray[np.float32] = collection.scores[collection.scored.index(context.attribute)]
    return scores


def _score(context: SourceContext, _: str) -> _Ranked:
    scores = _scores(context)
    if scores is None:
        hidden = context.services.open_audits.words([context.attribute])
        raise ParameterError(f"{hidden or f'{context.attribute} has no scores yet.'} Choose another source.")
    known = np.nan_to_num(scores, nan=-1.0)
    best = np.argpartition(-known, min(CANDIDATES, len(known) - 1))[:CANDIDATES]
    rows = best[np.argsort(-known[best], kind="stable")]
    return _Ranked(rows.astype(np.int32), "highest scores", "highest score")


def _chance(context: SourceContext, _: str) -> _Ranked:
    count = len(context.services.collection)
    size = min(CANDIDATES, count)
    rows = np.random.default_rng().choice(count, size, replace=False)
    return _Ranked(rows.astype(np.int32), "by chance", "uniform", min(1.0, ASKED / count))


def _known_count(context: SourceContext) -> int:
    entry = next((e for e in context.services.collection.manifest.attributes if e.name == context.attribute), None)
    return entry.known_yes if entry else 0


SOURCES: dict[str, _Source] = {
    "examples": _Source(
        "More like the yes answers",
        "Ranks by likeness to what was answered yes, and away from what was answered no",
        _examples,
        count=_examples_count,
    ),
    "search": _Source("Words in captions", "Images whose captions hold these words", _search, takes="words"),
    "selection": _Source(
        "The selection", "What is selected on the map, in mixed order", _selection, count=lambda c: len(c.selected)
    ),
    "similar": _Source(
        "Like the chosen image",
        "Nearest to the image in the Image tab",
        _similar,
        count=lambda c: None if c.chosen >= 0 else 0,
    ),
    "cluster": _Source("A cluster", "A named cluster of the layout on screen", _cluster, takes="cluster"),
    "known": _Source("Yes of the source", "Images that came with a yes: verify them", _known, count=_known_count),
    "score": _Source(
        "Highest scores",
        "Images that the scores are surest of",
        _score,
        count=lambda c: None if _scores(c) is not None else 0,
    ),
    "chance": _Source("By chance", "A uniform random draw from the whole collection", _chance),
}
"""In the order in which they are offered."""

_ABOUT_ATTRIBUTE = {"examples", "known", "score"}
