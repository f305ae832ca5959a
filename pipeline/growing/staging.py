"""Read and embed new images beside the collection, in commits, so that an interrupted addition is resumed.

A build of its own, in ``.<name>.growth.building``, holds what is known about the new images. It is never published:
`pipeline.growing.add` copies its rows to the collection.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import __version__
from pipeline.build.columns import COLUMNS, write_columns
from pipeline.build.image_stage import process_images
from pipeline.collection.replacing import clear_build
from pipeline.collection.writer import CollectionWriter
from pipeline.progress import Progress, ProgressCallback
from pipeline.search.caption_index import CAPTIONS, WORDS, write_captions

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from pipeline.embedding.embedders import Embedder
    from pipeline.growing.new_items import NewItems
    from pipeline.images.records import ProcessedBatch
    from pipeline.limits import Limits
    from pipeline.tables.typed_columns import ColumnFacts

__all__ = ["Staged", "forget_stage", "stage"]

COMMIT_EVERY = 1024
"""Images that an interrupted addition embeds again at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """New images as they are read from the stage.

    Parameters
    ----------
    images
        Rows for ``images.lance``, also of images that failed, by ascending id.
    ids, vectors
        int64 (m,) ascending and float16 (m, d): the readable images and their vectors of the backbone.
    captions, words
        Rows for the search of words.
    columns, facts
        Their columns under the names ``c0``, ``c1`` ..., and what these are; None and () without columns.
    writer
        The stage, whose thumbnails are copied in blocks.
    """

    images: pa.Table
    ids: NDArray[np.int64]
    vectors: NDArray[np.float16]
    captions: pa.Table
    words: pa.Table
    columns: pa.Table | None
    facts: tuple[ColumnFacts, ...]
    writer: CollectionWriter


def stage(
    place: Path, new: NewItems, embedder: Embedder, limits: Limits, *, exif: bool, root: Path, tell: ProgressCallback
) -> Staged:
    """Read and embed new images, or go on where an interrupted addition of the same images stopped.

    Parameters
    ----------
    place
        The collection.
    new
        The new images.
    embedder
        The backbone of the collection.
    limits, exif
        As in a build.
    root
        Folder to which stored places of files are relative.
    tell
        Called with the progress.

    Raises
    ------
    CollectionError
        If nothing can be written beside the collection.
    """
    writer = CollectionWriter(_target(place), _state(new, embedder, limits, exif=exif))
    try:
        _embed(writer, new, embedder, limits, exif=exif, root=root, tell=tell)
        images = _table(writer, "images.lance").sort_by("image_id")
        return _read(writer, new, images, tell)
    except BaseException:
        writer.close()
        raise


def forget_stage(place: Path) -> None:
    """Remove what an interrupted addition left beside a collection."""
    clear_build(_target(place))


def _target(place: Path) -> Path:
    return place.with_name(f"{place.name}.growth")


def _state(new: NewItems, embedder: Embedder, limits: Limits, *, exif: bool) -> dict[str, Any]:
    return {
        "program_version": __version__,
        "source": new.source.name,
        "fingerprint": new.source.fingerprint(),
        "embedding": asdict(embedder.spec) | {"reason": ""},
        "limits": asdict(limits),
        "exif": exif,
        "ids": hashlib.sha256(new.ids.tobytes()).hexdigest(),
    }


def _embed(
    writer: CollectionWriter,
    new: NewItems,
    embedder: Embedder,
    limits: Limits,
    *,
    exif: bool,
    root: Path,
    tell: ProgressCallback,
) -> None:
    items = dict(zip(new.ids.tolist(), new.source.items, strict=True))
    waiting = [(image_id, items[image_id]) for image_id in sorted(items) if image_id > writer.last_id]
    before = len(items) - len(waiting)
    note = f"{before:,} from before" if before else ""

    def counted(progress: Progress) -> None:
        tell(Progress("Reading and embedding images", before + progress.done, len(items), "images", note))

    pending: list[ProcessedBatch] = []
    for batch in process_images(waiting, embedder, limits=limits, exif=exif, progress=counted):
        pending.append(batch)
        if sum(len(entry.rows) for entry in pending) >= COMMIT_EVERY:
            writer.add(pending, items, new.source.attributes, root)
            pending = []
    writer.add(pending, items, new.source.attributes, root)


def _read(writer: CollectionWriter, new: NewItems, images: pa.Table, tell: ProgressCallback) -> Staged:
    import numpy as np

    failed, _ = writer.failures()
    ids, vectors = np.empty(0, np.int64), np.empty((0, 0), np.float16)
    if failed < images.num_rows:
        ids, vectors = writer.raw_vectors()
    write_captions(writer, tell)
    facts = write_columns(writer, new.source, ids) if len(ids) else ()
    columns = _table(writer, COLUMNS) if facts else None
    return Staged(images, ids, vectors, _table(writer, CAPTIONS), _table(writer, WORDS), columns, facts, writer)


def _table(writer: CollectionWriter, name: str) -> pa.Table:
    import lance

    return lance.dataset(str(writer.folder / name)).to_table()
