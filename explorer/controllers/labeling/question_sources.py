"""Sources of questions, for the way from no answers to fifty verified positives.

Each source ranks rows of the collection. The store asks the first ones that are not asked, answered or reserved yet,
and only one image of each group of near-duplicates.
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
"""Verified positives that are needed to start training."""


@dataclass(frozen=True, slots=True)
class QuestionSource:
    """A source: the text of its button, help, ranking function, the input that it takes, and its number of images."""

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
        Its name in messages, the text of its button, and a tooltip.
    takes
        The input that it takes: ``"words"``, ``"cluster"`` or "".
    enabled
        Whether it has any image now.
    count
        Number of its images; None if they are not counted.
    value
        First value of its field.
    """

    key: str
    title: str
    help: str
    takes: str
    enabled: bool
    count: int | None
    value: str


def available(context: SourceContext, title: str) -> tuple[SourceShown, ...]:
    """Return the sources for the browser with their numbers of images; a source without images is disabled."""
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
    """Ask the first images of a source that can be asked; runs in a thread.

    Returns
    -------
    Batch
        The new batch; without images if none was left.
    str
        Its title.

    Raises
    ------
    ParameterError
        If the source does not exist, or the words are empty.
    BamExplorerError
        If store or collection cannot be read.
    """
    source = SOURCES.get(key)
    if source is None:
        raise ParameterError(f"Unknown source of questions {key!r}. Choose one of {', '.join(SOURCES)}.")
    return _ask(context, source.rank(context, value))


def ask_like(
    context: SourceContext, rows: NDArray[np.int32], without: NDArray[np.bool_], title: str
) -> tuple[Batch, str]:
    """Ask images that are similar to given ones; runs in a thread.

    Parameters
    ----------
    context
        The attribute and the services.
    rows
        int32 (m,): the given images, at least one.
    without
        bool (n,): images of the collection to leave out.
    title
        Title for the queue.

    Returns
    -------
    tuple
        As in `ask_about`.

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
        "Images similar to the yes answers and unlike the no answers",
        by_examples,
        count=examples_count,
    ),
    "search": QuestionSource("Words in captions", "Images with these words in the caption", by_search, takes="words"),
    "selection": QuestionSource(
        "The selection", "Images selected on the map, in random order", by_selection, count=lambda c: len(c.selected)
    ),
    "similar": QuestionSource(
        "Like the chosen image",
        "Images most similar to the one in the Image tab",
        by_similar,
        count=lambda c: None if c.chosen >= 0 else 0,
    ),
    "cluster": QuestionSource("A cluster", "Images of a named cluster, in random order", by_cluster, takes="cluster"),
    "known": QuestionSource(
        "Yes of the source", "Images whose source says yes, to be verified", by_known, count=known_count
    ),
    "score": QuestionSource(
        "Highest scores",
        "Images with the highest scores",
        by_score,
        count=lambda c: None if scores_of(c) is not None else 0,
    ),
    "chance": QuestionSource("By chance", "A uniform random sample of the whole collection", by_chance),
}
"""The sources, in the order in which they are shown."""

_ABOUT_ATTRIBUTE = {"examples", "known", "score"}
