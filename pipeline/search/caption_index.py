"""The word index of a collection: the texts of all images with Lance's inverted index, and a list of their words.

A stage of every build. It writes through the `TextFiles` of a build, or of a collection that is changed.
`pipeline.text.word_cutting` cuts the texts into words before they are indexed. Lance's own tokenizer is not used,
because it splits words at the vowel signs of Devanagari and drops words of more than forty bytes, which are thirteen
letters of Thai.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.progress import Progress, ProgressCallback
from pipeline.text.word_cutting import LONGEST_WORD, index_terms, is_unspaced, words_of

__all__ = ["CAPTIONS", "TERMS", "TEXT", "WORDS", "TextFiles", "write_captions"]

CAPTIONS: Final = "captions.lance"
"""``image_id``, ``text`` and ``terms`` of every image with text, and an inverted index of the terms."""

TEXT: Final = "text"
"""Column of caption and keywords as written. Collections of older versions index this column and have no terms."""

TERMS: Final = "terms"
"""Column of the search terms, separated by spaces, see `pipeline.text.word_cutting.index_terms`."""

WORDS: Final = "words.lance"
"""``word``, in alphabetical order, and its ``count`` in the texts. Words of scripts without spaces are not listed."""

STAGE = "Indexing captions"
BLOCK = 65_536


class TextFiles(Protocol):
    """The datasets of a build, or of a collection that is changed."""

    def batches(self, name: str, columns: list[str], size: int) -> Iterator[pa.RecordBatch]:
        """Read some columns of a dataset in blocks."""

    def count(self, name: str) -> int:
        """Count the rows of a dataset."""

    def replace(self, name: str, table: pa.Table) -> None:
        """Write a dataset again."""

    def index_text(self, name: str, column: str) -> None:
        """Create Lance's inverted index of a column of terms."""


def write_captions(writer: TextFiles, tell: ProgressCallback) -> None:
    """Index the captions and keywords of the readable images in the ``images.lance`` of a build."""
    counts: Counter[str] = Counter()
    total = writer.count("images.lance")
    tell(Progress(STAGE, 0, total))
    blocks, done = [], 0
    for batch in writer.batches("images.lance", ["image_id", "caption", "keywords", "status"], BLOCK):
        done += batch.num_rows
        kept = batch.filter(pc.equal(batch["status"], "ok"))
        keywords = pc.replace_substring(kept["keywords"], ";", " ")
        text = pc.utf8_trim_whitespace(pc.binary_join_element_wise(kept["caption"], keywords, " "))
        table = pa.table({"image_id": kept["image_id"], TEXT: text}).filter(pc.greater(pc.utf8_length(text), 0))
        blocks.append(table.append_column(TERMS, _terms(table[TEXT].combine_chunks(), counts)))
        tell(Progress(STAGE, done, total))
    table = pa.concat_tables(blocks) if blocks else _nothing()
    writer.replace(CAPTIONS, table if table.num_rows else _nothing())
    writer.replace(WORDS, _words(counts))
    if table.num_rows:
        writer.index_text(CAPTIONS, TERMS)
    tell(Progress(STAGE, total, total))


def _nothing() -> pa.Table:
    return pa.table(
        {"image_id": pa.array([], pa.int64()), TEXT: pa.array([], pa.string()), TERMS: pa.array([], pa.string())}
    )


def _terms(text: pa.Array, counts: Counter[str]) -> pa.Array:
    """Cut texts into search terms, and add the count of each word to `counts`."""
    plain = pc.string_is_ascii(text)
    # The same result as `words_of` for ASCII, which most texts are, but for thousands at once.
    fast = pc.replace_substring_regex(pc.ascii_lower(text.filter(plain)), r"[^a-z0-9]+", " ")
    fast = pc.replace_substring_regex(fast, rf"([a-z0-9]{{{LONGEST_WORD}}})[a-z0-9]+", r"\1")
    for pair in pc.value_counts(pc.list_flatten(pc.split_pattern(fast, " "))).to_pylist():
        counts[pair["values"]] += pair["counts"]
    slow = []
    for other in text.filter(pc.invert(plain)).to_pylist():
        words = words_of(other)
        counts.update(word for word in words if not is_unspaced(word))
        slow.append(" ".join(index_terms(words)))
    others = pa.array(slow, pa.string())
    return pc.replace_with_mask(pc.replace_with_mask(text, plain, fast), pc.invert(plain), others)


def _words(counts: Counter[str]) -> pa.Table:
    words = sorted(word for word in counts if word)
    return pa.table(
        {"word": pa.array(words, pa.string()), "count": pa.array([counts[word] for word in words], pa.int64())}
    )
