"""What a search for words reads: the texts of all images with Lance's inverted index, and the list of their words.

A stage of every build. An edge: it writes through the build's `CollectionWriter`.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.collection_writer import CollectionWriter
from pipeline.schema import Progress, ProgressCallback
from pipeline.search_words import BETWEEN_WORDS, LONGEST_WORD

__all__ = ["CAPTIONS", "WORDS", "write_captions"]

CAPTIONS: Final = "captions.lance"
"""``image_id`` and ``text`` of every image that has any, with an inverted index of the words."""

WORDS: Final = "words.lance"
"""``word``, in alphabetical order, and ``count``: how often it is in the texts."""

STAGE = "Indexing captions"
BLOCK = 65_536


def write_captions(writer: CollectionWriter, tell: ProgressCallback) -> None:
    """Index the captions and keywords of the readable images of a build, as its ``images.lance`` has them."""
    counts: Counter[str] = Counter()
    total = writer.count("images.lance")
    tell(Progress(STAGE, 0, total))
    blocks, done = [], 0
    for batch in writer.batches("images.lance", ["image_id", "caption", "keywords", "status"], BLOCK):
        done += batch.num_rows
        kept = batch.filter(pc.equal(batch["status"], "ok"))
        keywords = pc.replace_substring(kept["keywords"], ";", " ")
        text = pc.utf8_trim_whitespace(pc.binary_join_element_wise(kept["caption"], keywords, " "))
        table = pa.table({"image_id": kept["image_id"], "text": text}).filter(pc.greater(pc.utf8_length(text), 0))
        blocks.append(table)
        _count(table["text"], counts)
        tell(Progress(STAGE, done, total))
    table = pa.concat_tables(blocks) if blocks else _nothing()
    writer.replace(CAPTIONS, table if table.num_rows else _nothing())
    writer.replace(WORDS, _words(counts))
    if table.num_rows:
        writer.index_text(CAPTIONS, "text")
    tell(Progress(STAGE, total, total))


def _nothing() -> pa.Table:
    return pa.table({"image_id": pa.array([], pa.int64()), "text": pa.array([], pa.string())})


def _count(text: pa.ChunkedArray, counts: Counter[str]) -> None:
    """Add how often each word is in some texts."""
    words = pc.list_flatten(pc.split_pattern_regex(pc.utf8_lower(text), BETWEEN_WORDS))
    for pair in pc.value_counts(words).to_pylist():
        counts[pair["values"]] += pair["counts"]


def _words(counts: Counter[str]) -> pa.Table:
    words = sorted(word for word in counts if 0 < len(word) <= LONGEST_WORD)
    return pa.table(
        {"word": pa.array(words, pa.string()), "count": pa.array([counts[word] for word in words], pa.int64())}
    )
