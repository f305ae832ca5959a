"""What a build makes of given layouts and scores, and of images without a picture. Pure but for looking for files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.build.cards import Cards, Title, cards_of
from pipeline.collection.manifest import AttributeFacts
from pipeline.collection.score_scale import ScoreScale
from pipeline.given import Given
from pipeline.images.identity import image_ids
from pipeline.images.locations import FileLocation, NoLocation
from pipeline.images.records import SourceItem
from pipeline.sources.source import Source
from pipeline.tables.typed_columns import ColumnKind
from pipeline.taxonomy import Taxonomy

__all__ = ["GIVEN_SCORES", "cards_for", "order_of", "positions_on_map", "with_given_scores", "without_given"]

GIVEN_SCORES: Final = "imported-1"
"""Name of the version of scores that were given."""

MOST_CARDS: Final = 4_096
"""Different cards of a collection. With more titles than that, another title is chosen."""

NOTE: Final = "no picture"
UNCLEAR: Final = "unclear"
LONGEST_TITLE: Final = 60


def order_of(source: Source, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of each image in the source, int64 (n,)."""
    listed = image_ids(source.name, [item.key for item in source.items])
    order = np.argsort(listed, kind="stable")
    found: NDArray[np.int64] = order[np.searchsorted(listed[order], ids)]
    return found


def cards_for(source: Source, given: Given, taxonomy: Taxonomy) -> Cards:
    """Return the cards of the images whose picture is nowhere: none is named, or its file is missing.

    A card says the first of these that has at most 4,096 different values: the first column of categories; the
    attribute whose given score is furthest above its minimum, if there are several; the caption; the name of the image.
    """
    missing = np.array([_is_missing(item) for item in source.items], bool)
    ids = image_ids(source.name, [item.key for item in source.items])
    rows = np.flatnonzero(missing)
    rows = rows[np.argsort(ids[rows], kind="stable")]
    texts = _texts(source, given, taxonomy)
    different = list(dict.fromkeys(texts[row] for row in sorted(rows.tolist())))
    titles = [Title(text, number / max(1, len(different))) for number, text in enumerate(different)]
    numbers = {text: number for number, text in enumerate(different)}
    return cards_of(ids[rows], np.array([numbers[texts[row]] for row in rows.tolist()], np.int64), titles, NOTE)


def without_given(taxonomy: Taxonomy, given: Given) -> Taxonomy:
    """Return the attributes that have no given scores, for which a model may be trained."""
    return taxonomy.restricted_to(name for name in taxonomy.names if name not in given.scores)


def with_given_scores(
    facts: Sequence[AttributeFacts],
    given: Given,
    order: NDArray[np.int64],
    items: Sequence[SourceItem],
    taxonomy: Taxonomy,
) -> list[AttributeFacts]:
    """Return the facts about all attributes, in the taxonomy's order.

    Parameters
    ----------
    facts
        Facts about the attributes without given scores.
    given
        Scores in the order of the source.
    order
        int64 (n,): place in the source of each image, by ascending id.
    items
        n images' metadata, by ascending id.
    taxonomy
        All attributes.
    """
    by_name = {one.name: one for one in facts}
    for name, scores in given.scores.items():
        answers = [item.labels.get(name) for item in items]
        by_name[name] = _facts(name, scores[order], given.columns[name], answers)
    return [by_name[name] for name in taxonomy.names]


def positions_on_map(positions: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return places as the map has them: the middle of their box is 0, its longer side from -1 to 1, aspect kept.

    Parameters
    ----------
    positions
        float64 (n, 2), finite.
    """
    low, high = positions.min(axis=0), positions.max(axis=0)
    half = float((high / 2 - low / 2).max())
    centred = positions - (low / 2 + high / 2)
    scaled: NDArray[np.float32] = (centred / half if half > 0 else centred * 0).astype(np.float32)
    return scaled


def _facts(name: str, scores: NDArray[np.float32], column: str, answers: Sequence[bool | None]) -> AttributeFacts:
    low, high = float(scores.min()), float(scores.max())
    scale = None if low >= 0 and high <= 1 else ScoreScale(low, high)
    at = 0.5 if scale is None else 0.0 if low < 0 < high else (low + high) / 2
    reach = "" if scale is None else f", {low:g} to {high:g}"
    return AttributeFacts(
        name,
        known_yes=sum(answer is True for answer in answers),
        known_no=sum(answer is False for answer in answers),
        threshold=at if scale is None else scale.unit(at),
        origin=GIVEN_SCORES,
        note=f"Given in the column {column!r}{reach}. The default minimum is {at:g}. How often that is right was not "
        "measured.",
        scale=scale,
    )


def _is_missing(item: SourceItem) -> bool:
    match item.location:
        case NoLocation():
            return True
        case FileLocation(path):
            try:
                return not path.exists()
            except (OSError, ValueError):  # it fails with its reason when it is read
                return False
        case _:
            return False


def _texts(source: Source, given: Given, taxonomy: Taxonomy) -> list[str]:
    """Return the title of each item's card."""
    for column in source.columns:
        if column.kind is ColumnKind.CATEGORY and pc.count_distinct(column.values).as_py() <= MOST_CARDS:
            return [value or "" for value in column.values.cast(pa.string()).to_pylist()]
    if len(given.scores) > 1:
        return _strongest(given, taxonomy)
    for texts in ([item.caption for item in source.items], [item.key for item in source.items]):
        if any(texts) and len(set(texts)) <= MOST_CARDS:
            return [text[:LONGEST_TITLE] for text in texts]
    return [""] * len(source.items)


def _strongest(given: Given, taxonomy: Taxonomy) -> list[str]:
    """Return the title of each item's attribute that is furthest above its minimum; `UNCLEAR` if none reaches it."""
    above = []
    for name, scores in given.scores.items():
        facts = _facts(name, scores, given.columns[name], ())
        unit = scores if facts.scale is None else facts.scale.to_unit(scores)
        above.append(unit - np.float32(facts.threshold or 0.0))
    titles = [*(taxonomy.attribute(name).title for name in given.scores), UNCLEAR]
    stacked = np.stack(above)
    numbers = np.where(stacked.max(axis=0) >= 0, np.argmax(stacked, axis=0), len(above))
    return [titles[number] for number in numbers.tolist()]
