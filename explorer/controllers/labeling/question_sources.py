"""Where questions come from: ways to have a handful of images asked, from nothing known to fifty verified positives.

Each source ranks rows of the collection; the store asks those that are not asked, answered or reserved yet, one of each
group of near-duplicates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.controllers.labeling.source_rankings import (
    ASKED,
    CANDIDATES,
    Ranked,
    SourceContext,
    by_chance,
    by_cluster,
    by_examples,
    by_known,
    by_score,
    by_search,
    by_selection,
    by_similar,
    examples_count,
    known_count,
    scores_of,
)
from explorer.messages.encoding import Record
from pipeline.errors import ParameterError
from pipeline.label_store import CAPTIONS, Batch, Drawn, Purpose

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["GOAL", "SourceShown", "ask_about", "ask_like", "available"]

GOAL = 50
"""Verified positives from which a classifier has something to learn from."""


@dataclass(frozen=True, slots=True)
class QuestionSource:
    """One way: words on its button, help, what the person adds, and what it ranks."""

    title: str
    help: str
    rank: Callable[[SourceContext, str], Ranked]
    takes: str = ""
    count: Callable[[SourceContext], int | None] = lambda _: None


@dataclass(frozen=True, slots=True)
class SourceShown(Record):
    """A source on the screen.

    Parameters
    ----------
    key, title, help
        Its name in messages, the words on its button, and a tooltip.
    takes
        What the person adds: ``"words"``, ``"cluster"`` or "".
    enabled
        Whether it has any image now.
    count
        How many images it has; None where they are not counted.
    value
        What its field shows at first.
    """

    key: str
    title: str
    help: str
    takes: str
    enabled: bool
    count: int | None
    value: str


def available(context: SourceContext, title: str) -> tuple[SourceShown, ...]:
    """Return the sources for the browser, with how many images each has now; one without any cannot be used."""
    listed = []
    for key, source in SOURCES.items():
        if context.attribute == CAPTIONS and key in _ABOUT_ATTRIBUTE:
            continue
        if source.takes == "cluster" and not context.clusters():
            continue
        count = source.count(context)
        listed.append(
            SourceShown(
                key=key,
                title=source.title,
                help=source.help,
                takes=source.takes,
                enabled=count is None or count > 0,
                count=count,
                value=title if key == "search" else "",
            )
        )
    return tuple(listed)


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
    return _ask(context, Ranked(found, title, "like mistakes"))


def _ask(context: SourceContext, ranked: Ranked) -> tuple[Batch, str]:
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


SOURCES: dict[str, QuestionSource] = {
    "examples": QuestionSource(
        "More like the yes answers",
        "Ranks by likeness to what was answered yes, and away from what was answered no",
        by_examples,
        count=examples_count,
    ),
    "search": QuestionSource("Words in captions", "Images whose captions hold these words", by_search, takes="words"),
    "selection": QuestionSource(
        "The selection", "What is selected on the map, in mixed order", by_selection, count=lambda c: len(c.selected)
    ),
    "similar": QuestionSource(
        "Like the chosen image",
        "Nearest to the image in the Image tab",
        by_similar,
        count=lambda c: None if c.chosen >= 0 else 0,
    ),
    "cluster": QuestionSource("A cluster", "A named cluster of the layout on screen", by_cluster, takes="cluster"),
    "known": QuestionSource(
        "Yes of the source", "Images that came with a yes: verify them", by_known, count=known_count
    ),
    "score": QuestionSource(
        "Highest scores",
        "Images that the scores are surest of",
        by_score,
        count=lambda c: None if scores_of(c) is not None else 0,
    ),
    "chance": QuestionSource("By chance", "A uniform random draw from the whole collection", by_chance),
}
"""In the order in which they are offered."""

_ABOUT_ATTRIBUTE = {"examples", "known", "score"}
