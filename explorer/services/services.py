"""The services of one collection, shared by its sessions: the open collection, indices, caches, threads.

All of it is safe to use from several threads. `explorer.composition` builds the services and knows which are open.
"""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from explorer.services.colorings import AUDITED, LABEL_KINDS, ColorKey, Order, coloring_of
from explorer.services.compilation_steps import LATER, TINT
from explorer.services.error_words import ErrorWords
from explorer.services.hidden_scores import HiddenScores
from explorer.services.label_colorings import coloring_by_answers
from explorer.services.label_service import LabelService
from explorer.services.layouts import Layouts
from explorer.services.lru_cache import Recent
from explorer.services.original_pictures import OriginalPictures
from explorer.services.published_audits import PublishedAudits
from explorer.services.round_service import RoundService
from pipeline.collection import Collection, Layout
from pipeline.collection.change_log import ChangeLog
from pipeline.collection.numbered_records import last_change
from pipeline.collection.tables import read_manifest
from pipeline.collection.tile_loading import TileLoader
from pipeline.errors import CollectionChangedError, CollectionError
from pipeline.map import frame as frames
from pipeline.map.coloring import Coloring, color_by_value
from pipeline.map.filters import FilterSet, PassingSet, passing_counts, passing_mask, score_histogram
from pipeline.map.layout_index import LayoutIndex, rank_by_priority
from pipeline.map.priorities import PriorityKind, priority_of
from pipeline.map.regions import codes_of
from pipeline.map.tile_cache import TileCache
from pipeline.search import Search

__all__ = ["USUAL_MINIMUM", "Services"]

CACHE_BYTES = 160_000_000
"""Memory for decoded tiles of all sizes together, shared by all sessions."""

Minimums = tuple[tuple[str, float], ...]
"""Attribute and minimum score of every scored attribute."""

BINS = 20
"""Number of bins of a histogram of scores."""

USUAL_MINIMUM = 0.5
"""Lowest passing score of an attribute without a threshold."""

PRIORITY_SEED = 0
BY_CHANCE = Order(PriorityKind.CHANCE)


class Services:
    """The shared parts of one collection's app.

    Parameters
    ----------
    collection
        The opened collection.
    layouts, labels, rounds, originals, hidden_scores, audits
        The services that depend on it. Those with threads are closed together with this one.
    words_of
        Returns the words of an error for a visitor.
    """

    def __init__(
        self,
        collection: Collection,
        *,
        layouts: Layouts,
        labels: LabelService,
        rounds: RoundService,
        originals: OriginalPictures,
        hidden_scores: HiddenScores,
        audits: PublishedAudits,
        words_of: ErrorWords,
    ) -> None:
        self.collection = collection
        self.is_warm = False
        self._tint: Future[None] | None = None
        self._starting, self._is_closed = threading.Lock(), False
        self.labels, self.rounds, self.originals = labels, rounds, originals
        self.hidden_scores, self.audits = hidden_scores, audits
        self.words_of = words_of
        self.executor = ThreadPoolExecutor(2, thread_name_prefix="frame")
        self.searches = ThreadPoolExecutor(2, thread_name_prefix="search")
        self.search = Search(collection)
        self.changes = ChangeLog(collection)
        self._layouts = layouts
        self._lock, self._refreshing = threading.Lock(), threading.Lock()
        self._plain_indices: dict[str, LayoutIndex] = {}
        self.scores_version = 0
        self._manifest_seen = 0
        self.new_images = 0
        """Images that were added to the collection since it was opened here."""
        self._forget_scores()
        loader = TileLoader(collection)
        share = CACHE_BYTES // len(frames.TILE_SIZES)
        self._caches = {size: TileCache(loader.load, size, share // (size * size * 3)) for size in frames.TILE_SIZES}

    def start(self) -> Future[None]:
        """Compile in a thread what the first frame can do without. Only the first call starts it.

        Returns
        -------
        Future
            Ends when frames have a tint. Is cancelled if the services are closed before it begins.
        """
        with self._starting:
            if self._tint is None:
                self._tint = Future()
                if self._is_closed:
                    self._tint.cancel()
                else:
                    self.searches.submit(self._compile_later, self._tint)  # the threads of frames stay free
            return self._tint

    def _compile_later(self, tint: Future[None]) -> None:
        if not tint.set_running_or_notify_cancel():
            return
        try:
            TINT[1]()
        except Exception as error:  # noqa: BLE001 -- those who wait for the tint get it
            tint.set_exception(error)
            return
        tint.set_result(None)
        for _, work in LATER:
            if not self._is_closed:
                work()

    def close(self) -> None:
        """End all threads and close the label store. Pending answers are written. Rounds stop at their next step."""
        with self._starting:
            self._is_closed = True
            if self._tint is not None:
                self._tint.cancel()  # without effect once it runs
        for threads in (self.executor, self.searches):
            threads.shutdown(cancel_futures=True)
        self.originals.close()
        self.rounds.close()
        self.labels.close()

    def _forget_scores(self) -> None:
        """Drop all caches that depend on the scores.

        A computation that is already running writes to the old cache, which is not read any more.
        """
        # An order of millions takes a third of a second and 10 MB, so only a few people's choices are kept.
        self._ranks: Recent[Order, NDArray[np.uint32]] = Recent(4, self._rank)
        self._indices: Recent[tuple[str, Order], LayoutIndex] = Recent(6, self._ordered_index)
        self._colorings: Recent[ColorKey, Coloring] = Recent(6, self._coloring)
        self._selected: Recent[tuple[str, PassingSet, PassingSet], NDArray[np.uint64]] = Recent(4, self._codes)
        self._passing: Recent[FilterSet, PassingSet] = Recent(16, self._find_passing)
        self._counts: Recent[tuple[FilterSet, Minimums], dict[str, int]] = Recent(16, self._count)
        self._histograms: Recent[int, NDArray[np.int64]] = Recent(1, self._find_histograms)

    def refresh_scores(self) -> bool:
        """Read new scores of a round in any process. Return whether there were any.

        Raises
        ------
        CollectionError
            If they cannot be read. Then the earlier scores stay.
        """
        with self._refreshing:
            if not self.collection.refresh_scores():
                return False
            self._forget_scores()
            self.scores_version += 1
            return True

    def look_at_audits(self) -> None:
        """Hide or show scores at once after an audit was started or ended in any process."""
        with self._refreshing:
            if self.hidden_scores.look():
                self._forget_scores()
                self.scores_version += 1

    @property
    def scored(self) -> list[str]:
        """Attributes whose scores are not hidden, in the collection's order."""
        hidden = self.hidden_scores.attributes
        return [name for name in self.collection.scored if name not in hidden]

    def default_minimums(self) -> dict[str, float]:
        """Return each attribute's default minimum, without attributes whose scores are hidden."""
        shown = self.scored
        return {
            entry.name: entry.threshold if entry.threshold is not None else USUAL_MINIMUM
            for entry in self.collection.manifest.attributes
            if entry.name in shown or entry.name not in self.collection.scored
        }

    def look_beside(self) -> tuple[int, int, int]:
        """Return versions of the scores and of the records of rounds, releases and audits, and `new_images`."""
        self.look_at_audits()
        return self._look_at_scores(), last_change(self.collection), self.new_images

    def _look_at_scores(self) -> int:
        """Return the version of the scores. The time of the collection's manifest shows rounds of other processes."""
        with suppress(CollectionError, OSError):  # being replaced, or gone: the next look reads it
            written = (self.collection.path / "collection.json").stat().st_mtime_ns
            if written != self._manifest_seen:
                self.refresh_scores()
                self.new_images = read_manifest(self.collection.path).images - len(self.collection)
                self._manifest_seen = written
        return self.scores_version

    @cached_property
    def browser_key(self) -> str:
        """Key of this collection's values in browsers. It is made from the folder, so no label store is opened."""
        place = str(self.collection.path.resolve())
        return "bam-explorer-" + hashlib.sha256(place.encode()).hexdigest()[:16]

    def layout(self, name: str) -> Layout:
        """Return a layout, which is read once."""
        return self._layouts.get(name)

    def index(self, name: str, order: Order = BY_CHANCE) -> LayoutIndex:
        """Return a layout's spatial index with the first images of an order."""
        return self._indices.get((name, order))

    def coloring(self, key: ColorKey) -> Coloring:
        """Return the colours of all images."""
        return self._colorings.get(key)

    def selected_codes(self, layout_name: str, passing: PassingSet, members: PassingSet) -> NDArray[np.uint64]:
        """Return the codes of a selection for frames, see `pipeline.map.regions.codes_of`."""
        return self._selected.get((layout_name, passing, members))

    def passing(self, filters: FilterSet) -> PassingSet:
        """Return the images that pass filters."""
        return self._passing.get(filters)

    def counts(self, filters: FilterSet, minimums: Minimums) -> dict[str, int]:
        """Return for each attribute the number of images that pass its minimum (0.5 by default) and all filters."""
        return self._counts.get((filters, minimums))

    def is_ready(self, layout_name: str, order: Order, color: ColorKey | None) -> bool:
        """Return whether the index and the colours of a frame are ready."""
        return (layout_name, order) in self._indices and (color is None or color in self._colorings)

    @property
    def histograms(self) -> NDArray[np.int64]:
        """Histograms of the scores of `scored`: int64 (attributes, `BINS`), images in each equal step from 0 to 1."""
        return self._histograms.get(0)

    def _find_histograms(self, _: int) -> NDArray[np.int64]:
        collection = self.collection
        rows = [collection.scores_of(name) for name in self.scored]
        return np.array([score_histogram(row, BINS) for row in rows]).reshape(-1, BINS)

    def cache(self, size: int) -> TileCache:
        """Return the cache of thumbnails of one size."""
        return self._caches[size]

    def check_unchanged(self) -> None:
        """Check that the collection was not built again or removed while it is open here.

        Afterwards rows mean other images, so a point of the old files would show a picture of the new ones.

        Raises
        ------
        CollectionChangedError
            If it was.
        """
        if not self.collection.is_current():
            raise CollectionChangedError(
                f"The collection {self.collection.path} was built again or removed while it was shown. "
                "Reload the page to see it as it is now."
            )

    def _rank(self, order: Order) -> NDArray[np.uint32]:
        names, scores = list(self.collection.scored), self.collection.scores
        if self.hidden_scores.attributes:
            places = [place for place, name in enumerate(names) if name in self.scored]
            names, scores = [names[place] for place in places], scores[places]
        if (order.attribute and order.attribute not in names) or not names:
            order = BY_CHANCE
        priority = priority_of(
            order.kind,
            image_ids=self.collection.image_ids,
            scores=scores,
            names=names,
            attribute=order.attribute,
            minimum=order.minimum,
            seed=PRIORITY_SEED,
        )
        return rank_by_priority(priority)

    def _ordered_index(self, key: tuple[str, Order]) -> LayoutIndex:
        name, order = key
        positions, rank = self.layout(name).positions, self._ranks.get(order)
        with self._lock:
            if name not in self._plain_indices:
                self._plain_indices[name] = LayoutIndex.build(positions, np.zeros(len(positions), np.uint32))
            index = self._plain_indices[name]
        return index.with_rank(rank)

    def _codes(self, key: tuple[str, PassingSet, PassingSet]) -> NDArray[np.uint64]:
        layout_name, passing, members = key
        return codes_of(self.index(layout_name), passing, members)

    def _find_passing(self, filters: FilterSet) -> PassingSet:
        shown = self._shown(filters)
        return PassingSet.of(passing_mask(self.collection.scores, self.collection.scored, shown))

    def _shown(self, filters: FilterSet) -> FilterSet:
        """Return filters without hidden attributes, since a session may not know of a new audit yet."""
        return FilterSet(tuple(one for one in filters.filters if one.attribute not in self.hidden_scores.attributes))

    def _count(self, key: tuple[FilterSet, Minimums]) -> dict[str, int]:
        filters, minimums = key
        names = self.collection.scored
        minima = dict.fromkeys(names, USUAL_MINIMUM) | dict(minimums)
        counts = passing_counts(self.collection.scores, names, self._shown(filters), minima=minima)
        shown = self.scored
        return {name: count for name, count in zip(names, counts.tolist(), strict=True) if name in shown}

    def _coloring(self, key: ColorKey) -> Coloring:
        if key.kind in LABEL_KINDS:
            return coloring_by_answers(key, self.collection, self.labels)
        if key.kind == AUDITED:
            return self.audits.coloring(key.attribute, key.layout)
        if key.attribute in self.hidden_scores.attributes:
            nothing = np.full(len(self.collection), np.nan, np.float32)
            return color_by_value(nothing, "Hidden", missing=self.hidden_scores.words([key.attribute]))
        layout = self.layout(key.layout) if key.layout else None
        return coloring_of(key, self.collection, layout)
