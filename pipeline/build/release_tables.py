"""The tables of a collection that is made from a BAM release, without any picture. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.collection.manifest import AttributeFacts
from pipeline.collection.score_scale import ScoreMark, ScoreScale
from pipeline.images.locations import LinkLocation, NoLocation, location_text
from pipeline.sources.bam_release import BamRelease
from pipeline.sources.bam_tables import LABEL_WORDS, NEGATIVE_CUT, NO_LABEL, POSITIVE_CUT
from pipeline.tables.typed_columns import ColumnFacts, ColumnKind

__all__ = [
    "IMPORTED",
    "NEGATIVE_CUT",
    "POSITIVE_CUT",
    "attribute_facts",
    "automatic_columns",
    "card_of_each",
    "image_batches",
    "image_schema",
    "known_answers",
    "standardised",
]

IMPORTED: Final = "imported-1"
MARKS: Final = (ScoreMark(NEGATIVE_CUT, "surely negative up to here"), ScoreMark(POSITIVE_CUT, "positive from here"))
"""The two cuts that users of BAM make."""

NO_STRONG: Final = -1
ROWS: Final = 250_000
POSITIVE, NEGATIVE = LABEL_WORDS.index("positive"), LABEL_WORDS.index("negative")
_PLAIN_LINK: Final = r"^https?://[!#-\[\]-~]+$"
"""A link of ASCII without quotation marks and backslashes, which JSON writes as it is."""


def standardised(scores: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return scores as vectors: each attribute with mean 0 and deviation 1, each image of length 1.

    Parameters
    ----------
    scores
        float32 (a, n).

    Returns
    -------
    ndarray
        float16 (n, a). An image whose scores are all average gets the same number in each place.
    """
    count = scores.shape[1]
    vectors = np.empty((count, len(scores)), np.float16)
    mean = scores.mean(axis=1, dtype=np.float64)[:, None]
    deviation = scores.std(axis=1, dtype=np.float64)[:, None]
    deviation[deviation == 0] = 1.0
    for start in range(0, count, ROWS):
        part = (scores[:, start : start + ROWS] - mean) / deviation
        length = np.linalg.norm(part, axis=0)
        part[:, length == 0] = 1.0
        length[length == 0] = np.sqrt(len(scores))
        vectors[start : start + ROWS] = (part / length).T
    return vectors


def known_answers(release: BamRelease) -> NDArray[np.int8]:
    """Return the crowd's labels, int8 (a, n): 1 positive, 0 negative, -1 for unsure and none."""
    known = np.full(release.scores.shape, -1, np.int8)
    labels = release.crowd.labels
    known[labels.columns, labels.rows] = np.select(
        [labels.values == POSITIVE, labels.values == NEGATIVE], [1, 0], -1
    ).astype(np.int8)
    return known


def attribute_facts(release: BamRelease, known: NDArray[np.int8]) -> tuple[AttributeFacts, ...]:
    """Return facts about the scores of each attribute, with their scale and BAM's two cuts."""
    facts = []
    for name, scores, answers in zip(release.attributes, release.scores, known, strict=True):
        low, high = float(scores.min()), float(scores.max())
        scale = ScoreScale(min(low, NEGATIVE_CUT), max(high, POSITIVE_CUT), MARKS)
        facts.append(
            AttributeFacts(
                name=name,
                known_yes=int(np.count_nonzero(answers == 1)),
                known_no=int(np.count_nonzero(answers == 0)),
                threshold=scale.unit(POSITIVE_CUT),
                origin=IMPORTED,
                note=f"Scores of the BAM release, {low:.1f} to {high:.1f}. Users of BAM take {POSITIVE_CUT:g} and more "
                f"as positive, {NEGATIVE_CUT:g} and less as surely negative. How often that is right was not measured.",
                scale=scale,
            )
        )
    return tuple(facts)


def card_of_each(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the attribute of each image's highest score, int64 (n,); `NO_STRONG` below the positive cut."""
    best = np.argmax(scores, axis=0)
    strong = scores[best, np.arange(scores.shape[1])] >= POSITIVE_CUT
    return np.where(strong, best, NO_STRONG).astype(np.int64)


def image_schema(attributes: tuple[str, ...]) -> pa.Schema:
    """Return the columns of ``images.lance``."""
    texts = ("source", "sha256", "license", "origin", "author", "caption", "keywords", "location", "status", "error")
    fields = [("image_id", pa.int64()), ("thumbnail", pa.int64()), ("project_id", pa.int64())]
    fields += [("width", pa.int32()), ("height", pa.int32()), ("mature_content", pa.bool_())]
    fields += [(name, pa.string()) for name in texts]
    return pa.schema(fields + [(f"known_{name}", pa.bool_()) for name in attributes])


def image_batches(
    release: BamRelease, known: NDArray[np.int8], thumbnails: NDArray[np.int64]
) -> Iterator[pa.RecordBatch]:
    """Yield ``images.lance`` in blocks.

    Parameters
    ----------
    release
        n images.
    known
        int8 (a, n), see `known_answers`.
    thumbnails
        int64 (n,): id under which each image's card is stored.
    """
    schema = image_schema(release.attributes)
    captions = _captions(release)
    for start in range(0, len(release.mids), ROWS):
        part = slice(start, start + ROWS)
        mids, links = release.mids[part], release.links[part]
        projects = release.projects[part]
        names = pc.binary_join_element_wise("module ", pc.cast(pa.array(mids), pa.string()), "")
        columns: dict[str, pa.Array] = {
            "image_id": pa.array(mids),
            "thumbnail": pa.array(thumbnails[part]),
            "project_id": pa.array(projects, mask=projects < 0),
            "mature_content": release.mature[part],
            "source": pc.coalesce(links, names),
            "license": pc.coalesce(release.licences[part], ""),
            "location": _locations(links),
            "status": pa.array(["ok"]).take(pa.array(np.zeros(len(mids), np.int8))),
            "caption": captions[part],
        }
        for name, answers in zip(release.attributes, known[:, part], strict=True):
            columns[f"known_{name}"] = pa.array(answers == 1, mask=answers < 0)
        empty = pa.array([""]).take(pa.array(np.zeros(len(mids), np.int8)))
        nothing = pa.array(np.zeros(len(mids), np.int32))
        yield pa.record_batch(
            [columns.get(field.name, nothing if field.type == pa.int32() else empty) for field in schema], schema=schema
        )


def automatic_columns(release: BamRelease) -> tuple[pa.Table, tuple[ColumnFacts, ...]]:
    """Return ``columns.lance`` with the automatic labels as categories, and facts about the columns; empty for none."""
    table = {"image_id": pa.array(release.mids)}
    facts: list[ColumnFacts] = []
    words = pa.array(LABEL_WORDS)
    for name, codes in zip(release.attributes, release.automatic, strict=True):
        count = int(np.count_nonzero(codes != NO_LABEL))
        if count:
            field = f"c{len(facts)}"
            table[field] = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8(), mask=codes == NO_LABEL), words)
            facts.append(ColumnFacts(f"automatic {name}", field, ColumnKind.CATEGORY.value, count))
    return pa.table(table), tuple(facts)


def _captions(release: BamRelease) -> pa.Array:
    """Return the captions of each image, joined, string (n,); "" for none."""
    captions = release.crowd.captions
    order = np.argsort(captions.rows, kind="stable")
    rows, first = np.unique(captions.rows[order], return_index=True)
    texts = captions.texts.take(pa.array(order)).to_pylist()
    ends = [*first[1:].tolist(), len(texts)]
    joined = [" / ".join(dict.fromkeys(texts[start:stop])) for start, stop in zip(first.tolist(), ends, strict=False)]
    places = np.zeros(len(release.mids), np.int64)
    places[rows] = np.arange(1, len(rows) + 1)
    return pa.array(["", *joined[: len(rows)]], pa.string()).take(pa.array(places))


def _locations(links: pa.Array) -> pa.Array:
    """Return the stored forms of links, string (m,); as `location_text`, but for many at once."""
    simple = pc.fill_null(pc.match_substring_regex(links, _PLAIN_LINK), False)
    fast = pc.binary_join_element_wise(json.dumps(["link"])[:-1] + ', "', links, '"]', "")
    none = location_text(NoLocation(), Path())
    slow = [_location(link) for link in links.filter(pc.invert(simple)).to_pylist()]
    merged = pc.replace_with_mask(fast, pc.invert(simple), pa.array(slow, pa.string()))
    return pc.fill_null(merged, none)


def _location(link: str | None) -> str:
    fetchable = link is not None and re.match(r"https?://", link, re.IGNORECASE) is not None
    return location_text(LinkLocation(str(link)) if fetchable else NoLocation(), Path())
