"""Fetch the pictures of a finished collection and put them in place of its cards, as they come. An edge.

Ids, layouts, scores and answers stay. Pictures that have come are taken into the collection every now and then, in one
step each, while others are still being fetched. A run that is stopped or killed goes on: what was fetched stays in the
folder of the pictures, and what was taken in stays in the collection.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.build.image_stage import process_images
from pipeline.collection import Collection
from pipeline.collection.manifest import Manifest
from pipeline.collection.updating import CollectionUpdate
from pipeline.embedding.spec import EmbeddingSpec
from pipeline.errors import CollectionError, ParameterError
from pipeline.fetching import FetchOptions, FetchReport, Link, LinkRecord, LinkState, fetch, link_records, picture_path
from pipeline.files.paths import is_within
from pipeline.given.vectors import GivenVectors
from pipeline.images.locations import FileLocation, LinkLocation, Location, location_from_text, location_text
from pipeline.images.records import ProcessedBatch, SourceItem
from pipeline.limits import Limits
from pipeline.progress import Progress, ProgressCallback

__all__ = ["PicturesReport", "fetch_pictures"]

FIRST_SECONDS, EVERY_SECONDS, SHARE = 5.0, 30.0, 4.0
"""When pictures are taken in: first after this time, then after this time, and not before `SHARE` times as long has
passed as the last time took. Each step makes open pages reload."""

AT_ONCE: Final = 4_096
"""Images whose rows are replaced by one statement."""

THUMBNAILS_AT_ONCE: Final = 16
"""Batches of 32 pictures whose thumbnails are held in memory."""

_T = TypeVar("_T")
STAGE: Final = "Putting pictures in place of cards"


@dataclass(frozen=True, slots=True)
class PicturesReport:
    """The result of a run.

    Parameters
    ----------
    links
        Images that had a link and a card when the run began.
    shown
        Pictures that took the place of a card.
    unusable
        Pictures that arrived and cannot be read.
    fetched
        The report of the fetch; None if there was nothing to fetch.
    """

    links: int
    shown: int
    unusable: int
    fetched: FetchReport | None


def fetch_pictures(
    path: Path,
    folder: Path,
    options: FetchOptions | None = None,
    *,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
) -> PicturesReport:
    """Fetch the links of images that show a card, and show the pictures.

    Parameters
    ----------
    path
        The collection.
    folder
        Folder of the pictures. It is made if missing, and stays: originals are read there.
    options
        Limits, politeness and safety of fetching.
    limits
        Limits of one picture; ``Limits()`` by default.
    progress
        Called with the progress; may raise to stop. What has come by then is taken in.

    Raises
    ------
    CollectionError
        If there is no collection, or another process changes it.
    FetchError
        If `folder` cannot be used.
    """
    collection = Collection(path)
    if is_within(folder, collection.path) or folder.resolve() == collection.path.resolve():
        raise ParameterError(f"{folder} lies among the files of the collection itself. Choose another place.")
    if collection.manifest.thumbnails is None:
        return PicturesReport(0, 0, 0, None)
    waiting = np.sort(np.fromiter((link.key for link in _links(collection)), np.int64))
    if not len(waiting):
        return PicturesReport(0, 0, 0, None)
    taken = _Taken(collection.path, folder, waiting, limits or Limits(), progress or _nobody)
    if folder.exists() and any(folder.iterdir()):
        taken.take_in()  # what a run that was killed has fetched
    try:
        fetched = fetch(_Links(collection, len(waiting)), folder, options, progress=taken.watch)
    finally:
        if not taken.failed:
            taken.take_in()
    return PicturesReport(len(waiting), taken.shown, taken.unusable, fetched)


@dataclass(frozen=True, slots=True)
class _Links:
    """The links of a collection, and their number."""

    collection: Collection
    count: int

    def __iter__(self) -> Iterator[Link]:
        return _links(self.collection)

    def __length_hint__(self) -> int:
        return self.count


def _links(collection: Collection) -> Iterator[Link]:
    """Yield the links of images that show a card."""
    dataset = collection.open_dataset("images.lance")
    if "location" not in dataset.schema.names:
        return
    for batch in dataset.to_batches(columns=["image_id", "location"], filter="status = 'ok'"):
        for image_id, stored in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            url = _url(stored)
            if url is not None:
                yield Link(image_id, url)


def _url(stored: str | None) -> str | None:
    """Return the link of a stored location; None for another one."""
    if not stored or not stored.startswith('["link"'):
        return None
    try:
        location: Location = location_from_text(stored, Path())
    except ParameterError:
        return None
    return location.url if isinstance(location, LinkLocation) else None


class _Taken:
    """Takes pictures into the collection, and counts them."""

    # wide: what every step needs
    def __init__(
        self, path: Path, folder: Path, waiting: NDArray[np.int64], limits: Limits, tell: ProgressCallback
    ) -> None:
        self._path, self._folder, self._waiting = path, folder.resolve(), waiting
        self._limits, self._tell = limits, tell
        self._due = time.monotonic() + FIRST_SECONDS
        self._since = 0.0
        self.shown = self.unusable = 0
        self.failed = False

    def watch(self, progress: Progress) -> None:
        """Pass the progress of the fetch on, and take in what has come when it is time."""
        self._tell(progress)
        if time.monotonic() >= self._due:
            self.take_in()

    def take_in(self) -> None:
        """Take in what became known since the last time, in one step."""
        began, now = time.monotonic(), time.time()
        try:
            blocks = (self._new(block) for block in _blocks(link_records(self._folder, since=self._since), AT_ONCE))
            for known in blocks:
                if known:
                    self._change(known, blocks)
        except BaseException:
            self.failed = True
            raise
        self._since = now
        self._due = time.monotonic() + max(EVERY_SECONDS, SHARE * (time.monotonic() - began))

    def _new(self, records: Sequence[LinkRecord]) -> dict[int, _Known]:
        """Return what is known of images that showed a card when the run began."""
        keys = np.array([record.key for record in records], np.int64)
        there = np.isin(keys, self._waiting).tolist()
        return {one.key: _Known.of(one) for one, wanted in zip(records, there, strict=True) if wanted}

    def _change(self, first: dict[int, _Known], others: Iterator[dict[int, _Known]]) -> None:
        """Change the collection once."""
        with CollectionUpdate(self._path) as update:
            root = Path(update.manifest.source_root or self._folder)
            for known in chain([first], others):
                shown, unusable = _take_in(update, self._folder, root, known, self._limits, self._tell)
                self.shown += shown
                self.unusable += unusable
            if update.changed:
                count = update.dataset("thumbnails.lance").count_rows()

                def change(manifest: Manifest) -> Manifest:
                    if manifest.thumbnails is None:
                        raise CollectionError(f"{self._path} has no cards any more. Run the same again.")
                    return replace(manifest, thumbnails=count, source_root=str(root))

                update.commit(change)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a link: its address, and why there is no picture; "" where it arrived."""

    url: str
    error: str

    @classmethod
    def of(cls, record: LinkRecord) -> _Known:
        return cls(record.url, "" if record.state is LinkState.ARRIVED else f"{record.reason}: {record.told}")


# wide: what a step needs
def _take_in(
    update: CollectionUpdate,
    folder: Path,
    root: Path,
    known: dict[int, _Known],
    limits: Limits,
    tell: ProgressCallback,
) -> tuple[int, int]:
    """Replace the rows of images about which something is known; return how many are shown, and unusable."""
    if not known:
        return 0, 0
    rows = _rows(update, known)
    changed: dict[int, dict[str, Any]] = {
        key: {"error": one.error} for key, (row, one) in rows.items() if one.error and row["error"] != one.error
    }
    come = [
        (key, SourceItem("", row["source"], FileLocation(picture_path(folder, key))))
        for key, (row, one) in sorted(rows.items())
        if not one.error
    ]
    shown = unusable = 0
    batches = process_images(come, _no_vectors([key for key, _ in come]), limits=limits, exif=False)
    for some in _blocks(batches, THUMBNAILS_AT_ONCE):
        if any(len(batch.ok_ids) for batch in some):
            update.append("thumbnails.lance", _thumbnails(some, rows))
        for result in (one for batch in some for one in batch.rows):
            row = rows[result.image_id][0]
            shown, unusable = shown + (result.status == "ok"), unusable + (result.status != "ok")
            if result.status == "ok":
                place = FileLocation(picture_path(folder, result.image_id))
                changed[result.image_id] = {
                    "error": "",
                    "sha256": result.sha256,
                    "width": result.width,
                    "height": result.height,
                    "thumbnail": _own_thumbnail(row),
                    "location": location_text(place, root),
                }
            elif row["error"] != result.error:
                changed[result.image_id] = {"error": result.error}
        tell(Progress(STAGE, shown + unusable, len(come), "pictures"))
    if changed:
        schema = update.dataset("images.lance").schema
        update.delete("images.lance", f"image_id in ({', '.join(map(str, changed))})")
        made = [rows[key][0] | values for key, values in changed.items()]
        update.append("images.lance", pa.Table.from_pylist(made, schema))
    return shown, unusable


def _rows(update: CollectionUpdate, known: dict[int, _Known]) -> dict[int, tuple[dict[str, Any], _Known]]:
    """Return the rows of images that still show a card and have the link that is known."""
    ids = ", ".join(map(str, known))
    table = update.dataset("images.lance").to_table(filter=f"image_id in ({ids}) and status = 'ok'")
    return {
        row["image_id"]: (row, known[row["image_id"]])
        for row in table.to_pylist()
        if _url(row["location"]) == known[row["image_id"]].url
    }


def _own_thumbnail(row: dict[str, Any]) -> int:
    """Return the id under which the picture of an image is stored.

    The first image with a card has the card under its own id, and others share it, so it takes another one.
    """
    image_id = int(row["image_id"])
    return -1 - image_id if row["thumbnail"] == image_id else image_id


def _thumbnails(every: list[ProcessedBatch], rows: dict[int, tuple[dict[str, Any], _Known]]) -> pa.Table:
    ids = [_own_thumbnail(rows[image_id][0]) for batch in every for image_id in batch.ok_ids.tolist()]
    return pa.table(
        {
            "image_id": pa.array(ids, pa.int64()),
            "small": pa.array([one for batch in every for one in batch.smalls], pa.binary()),
            "tile": pa.array([one for batch in every for one in batch.tiles], pa.binary()),
            "preview": pa.array([one for batch in every for one in batch.previews], pa.binary()),
        }
    )


def _no_vectors(keys: list[int]) -> GivenVectors:
    """Return vectors that nobody reads: the collection keeps its own."""
    ids = np.array(keys, np.int64)
    spec = EmbeddingSpec("none", "none", "none", 1, "Pictures are only shown.")
    return GivenVectors(spec, np.zeros((1, 1), np.float16), ids, np.zeros(len(ids), np.int64))


def _blocks(values: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Yield values in lists of a size; the last one may be shorter."""
    waiting = iter(values)
    while block := list(islice(waiting, size)):
        yield block


def _nobody(progress: Progress) -> None:
    """Ignore progress."""
