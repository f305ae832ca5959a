"""Search a collection by words of captions and keywords, and by similarity of vectors. An edge: it reads.

Words are looked up in Lance's inverted index of ``captions.lance`` and ranked by BM25 (Robertson and Zaragoza, "The
Probabilistic Relevance Framework", Foundations and Trends in Information Retrieval 3(4), 2009). In an older collection
without this index, or for words that an older index cuts differently, all texts are scanned. Similarity is exact: all
vectors are read in blocks and multiplied with the query, and none stay in memory.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.collection import Collection
from pipeline.collection.vectors import StoredVectors
from pipeline.learning.relevance_feedback import rank_candidates, rocchio
from pipeline.progress import Progress, ProgressCallback
from pipeline.search.caption_index import CAPTIONS, TERMS, TEXT, WORDS
from pipeline.search.dot_products import dot_products
from pipeline.text.query_words import has_beginning, query_words, wanted_terms
from pipeline.text.word_cutting import LONGEST_WORD, index_terms, is_unspaced, words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MOST_FOUND", "FoundWords", "Search"]

MOST_FOUND = 10_000
"""Maximum number of images that a search for words returns; the best ones."""

MOST_BEGINNINGS = 50
MOST_EXAMPLES = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class FoundWords:
    """The result of a search for words.

    Parameters
    ----------
    rows
        int32 (m,), the best match first.
    words
        The words of the query.
    began
        Words that begin with the last word, if no image has the whole word; otherwise empty.
    """

    rows: NDArray[np.int32]
    words: tuple[str, ...]
    began: tuple[str, ...] = ()


class Search:
    """Searches one opened collection; safe to share between threads."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._vectors = StoredVectors(collection)

    def by_words(self, text: str, limit: int = MOST_FOUND) -> FoundWords:
        """Find the images whose caption and keywords contain all words, each in the singular or the plural.

        If no image has the last word, it matches words that begin with it. A query has no operators.

        Raises
        ------
        CollectionDamagedError
            If the texts cannot be read.
        """
        words = query_words(text)
        if not words:
            return FoundWords(np.empty(0, np.int32), words)
        if not self._can_look_up(text, words):
            return FoundWords(self._read_through(words, limit), words)
        wanted = [terms for word in words for terms in wanted_terms(word)]
        rows = self._rows_with(wanted, limit)
        if rows.size or is_unspaced(words[-1]):
            return FoundWords(rows, words)
        began = self._beginning_with(words[-1])
        if began:
            rows = self._rows_with([*wanted[:-1], began], limit)
        return FoundWords(rows, words, began if rows.size else ())

    def similarity(self, query: NDArray[np.float32], progress: ProgressCallback | None = None) -> NDArray[np.float32]:
        """Return the dot product of every vector with a query: float32 (n,), cosines if the query has length 1.

        Parameters
        ----------
        query
            float32 (d,).
        progress
            Called with the progress; may raise to stop.
        """
        count = len(self._collection)
        result = np.empty(count, np.float32)

        def read() -> None:
            done = 0
            for block in self._vectors.blocks():
                result[done : done + len(block)] = dot_products(block, query)
                done += len(block)
                if progress is not None:
                    progress(Progress("Comparing images", done, count))

        self._collection.guarded(read)
        return result if self._vectors.places is None else result[self._vectors.places]

    def similar(
        self,
        rows: NDArray[np.int32],
        count: int,
        *,
        unlike: NDArray[np.int32] | None = None,
        without: NDArray[np.bool_] | None = None,
        among: NDArray[np.bool_] | None = None,
        progress: ProgressCallback | None = None,
    ) -> NDArray[np.int32]:
        """Find the images most similar to some examples, without the examples and their duplicates.

        See `pipeline.learning.relevance_feedback`.

        Parameters
        ----------
        rows, unlike
            int32. Positive and negative examples; of very many an even sample is used.
        count
            Maximum number of images to return.
        without, among
            bool (n,). Images to leave out with their duplicates, and images to choose from.
        progress
            As for `similarity`.

        Returns
        -------
        ndarray
            int32 (at most ``count``,), the most similar first.

        Raises
        ------
        ParameterError
            If there is no example.
        """
        query = rocchio(self.vectors_of(rows), self.vectors_of(unlike) if unlike is not None else None)
        barred = np.zeros(len(self._collection), np.bool_) if without is None else without.copy()
        barred[rows] = True
        return rank_candidates(self.similarity(query, progress), self._groups, count, without=barred, among=among)

    def vectors_of(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Read the vectors of some rows: float32 (m, d); of very many rows an even sample."""
        return self._vectors.of(rows[:: max(1, -(-rows.size // MOST_EXAMPLES))])

    @cached_property
    def _texts(self) -> Any:
        return self._collection.open_dataset(CAPTIONS)

    @cached_property
    def _groups(self) -> NDArray[np.int64]:
        return self._collection.duplicates()

    @cached_property
    def _words(self) -> tuple[list[str], NDArray[np.int64]]:
        """All words of the captions in alphabetical order, and the count of each."""
        words = self._collection.open_dataset(WORDS)
        table = self._collection.guarded(words.to_table)
        return table["word"].to_pylist(), table["count"].to_numpy()

    def _beginning_with(self, start: str) -> tuple[str, ...]:
        """Return the most frequent words that begin with a text."""
        words, counts = self._words
        first, last = bisect_left(words, start), bisect_left(words, f"{start}\U0010ffff")
        best = np.argsort(-counts[first:last], kind="stable")[:MOST_BEGINNINGS]
        return tuple(words[first + place] for place in best.tolist())

    def with_ids(self, rows: NDArray[np.int32], ids: Sequence[int]) -> NDArray[np.int32]:
        """Put the rows of some ids before `rows`, each row once; ids that the collection lacks are skipped."""
        more = [row for row in map(self._collection.row_of, ids) if row >= 0]
        merged = np.concatenate([np.array(more, np.int32), rows])
        return merged[np.sort(np.unique(merged, return_index=True)[1])]

    def _rows_with(self, alternatives: Sequence[Sequence[str]], limit: int) -> NDArray[np.int32]:
        """Find the rows that have one word of each list, the best first; equal scores in the order of rows."""
        from lance.query import BooleanQuery, MatchQuery, Occur

        query = BooleanQuery([(Occur.MUST, MatchQuery(" ".join(some), self._column)) for some in alternatives])
        scan = {"columns": ["image_id", "_score"], "full_text_query": query, "limit": max(1, limit)}
        table = self._collection.guarded(lambda: self._texts.scanner(**scan).to_table())
        rows = np.searchsorted(self._collection.image_ids, table["image_id"].to_numpy())
        order = np.lexsort((rows, -table["_score"].to_numpy()))
        return np.asarray(rows[order], np.int32)

    def _can_look_up(self, typed: str, words: Sequence[str]) -> bool:
        """Return whether the index cuts the typed words as we do now; older ones do only for shorter ASCII words."""
        if not (self._collection.path / CAPTIONS).exists():
            return False
        return self._column == TERMS or (typed.isascii() and all(len(word) < LONGEST_WORD for word in words))

    @cached_property
    def _column(self) -> str:
        return TERMS if TERMS in self._texts.schema.names else TEXT

    @cached_property
    def has_words(self) -> bool:
        """Whether there are captions or keywords to search."""
        there = (self._collection.path / CAPTIONS).exists()
        return not there or bool(self._collection.guarded(self._texts.count_rows))

    def _read_through(self, words: Sequence[str], limit: int) -> NDArray[np.int32]:
        """Find the same images without an index, in the order of rows; takes seconds for a million images."""
        wanted = [terms for word in words for terms in wanted_terms(word)]

        def read() -> tuple[list[int], list[int]]:
            images, whole, begun = self._collection.open_dataset("images.lance"), [], []
            for batch in images.to_batches(columns=["image_id", "caption", "keywords"], filter="status = 'ok'"):
                for image, *texts in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    found = words_of(" ".join(texts))
                    terms = set(index_terms(found))
                    if all(not terms.isdisjoint(some) for some in wanted[:-1]):
                        if not terms.isdisjoint(wanted[-1]):
                            whole.append(image)
                        elif not is_unspaced(words[-1]) and has_beginning(found, words[-1]):
                            begun.append(image)
            return whole, begun

        whole, begun = self._collection.guarded(read)
        ids = np.sort(np.array(whole or begun, np.int64))
        return np.searchsorted(self._collection.image_ids, ids)[:limit].astype(np.int32)
