"""Examine a collection: read every file once, and say what is damaged and what can be made again. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from pipeline.collection import Collection
from pipeline.collection.own_files import foreign_files, named
from pipeline.collection.target import left_aside, work_beside
from pipeline.doctor.findings import Finding, State
from pipeline.errors import BamExplorerError, CollectionMissingError
from pipeline.label_store import open_label_store, store_exists
from pipeline.progress import Progress, ProgressCallback
from pipeline.releases.files import list_releases, verify_release
from pipeline.rounds.reports import read_reports

__all__ = ["examine_collection"]

STAGE = "Examining the collection"
BLOCK = 2_000
AGAIN = "Build the collection again in the same place; answers, rounds, releases and audits are kept."
COPY = "Restore the collection from a copy. Without a copy, build it again in the same place; answers are kept."

_Check = tuple[str, Callable[[Collection], str], str]


def examine_collection(
    path: Path, url: str | None = None, progress: ProgressCallback | None = None
) -> Iterator[Finding]:
    """Read every file of a collection once.

    Parameters
    ----------
    path
        The collection's folder.
    url
        PostgreSQL database of the answers; None for the file in the collection's folder.
    progress
        Called before each step.

    Yields
    ------
    Finding
        One for the collection, then one for each kind of file. Memory stays bounded.
    """
    yield from _beside(path)
    try:
        collection = Collection(path)
        count = len(collection.image_ids)
    except BamExplorerError as error:
        missing = isinstance(error, CollectionMissingError)
        yield Finding("collection", State.BAD, str(error), "Check the path." if missing else COPY)
        return
    failed = collection.manifest.failed
    words = f"{collection.manifest.name}: {count:,} images, {failed:,} files that could not be used."
    yield Finding("collection", State.NOTE if failed else State.GOOD, words)
    checks: list[_Check] = [
        ("images", _images, COPY),
        ("thumbnails", _thumbnails, AGAIN),
        ("vectors", _vectors, AGAIN),
        ("neighbours and duplicates", _duplicates, AGAIN),
        ("captions", _captions, AGAIN),
        ("columns", _columns, AGAIN),
        ("scores", _scores, AGAIN),
        ("layouts", _layouts, AGAIN),
        ("answers", lambda one: _answers(one, url), "Restore the answers from a copy. Do not remove the file."),
        ("rounds and releases", _releases, "Restore the named file from a copy. Other releases stay valid."),
        ("other files", _foreign, ""),
    ]
    for done, (subject, check, remedy) in enumerate(checks):
        if progress is not None:
            progress(Progress(STAGE, done, len(checks), "steps", subject))
        yield _found(subject, check, remedy, collection)
    if progress is not None:
        progress(Progress(STAGE, len(checks), len(checks), "steps"))


def _found(subject: str, check: Callable[[Collection], str], remedy: str, collection: Collection) -> Finding:
    try:
        words = check(collection)
    except BamExplorerError as error:
        return Finding(subject, State.BAD, str(error), remedy)
    return Finding(subject, State.GOOD, words)


def _beside(path: Path) -> Iterator[Finding]:
    """Report what an interrupted build left beside the place."""
    if work_beside(path).exists():
        words = f"{work_beside(path).name} beside it is an unfinished build."
        yield Finding("unfinished build", State.NOTE, words, "Run the same build again to continue it.")
    aside = left_aside(path)
    if aside is not None:
        yield Finding(
            "stopped replacement",
            State.BAD,
            f"A build was stopped while it replaced the collection, which lies in {aside}.",
            f"Rename that folder to {path.name}, or run the same build again.",
        )


def _images(collection: Collection) -> str:
    count = len(collection)
    for start in range(0, count, BLOCK):
        collection.records(range(start, min(start + BLOCK, count)))
    return f"All {count:,} rows can be read."


def _thumbnails(collection: Collection) -> str:
    count, damaged = len(collection), []
    for start in range(0, count, BLOCK // 8):
        rows = np.arange(start, min(start + BLOCK // 8, count), dtype=np.int32)
        pictures = zip(
            collection.tiles(rows, small=True), collection.tiles(rows), collection.previews(rows), strict=True
        )
        for row, (small, tile, preview) in zip(rows.tolist(), pictures, strict=True):
            jpeg = all(one[:2] == b"\xff\xd8" and one[-2:] == b"\xff\xd9" for one in (small, tile))
            if not jpeg or preview[:4] != b"RIFF" or preview[8:12] != b"WEBP":
                damaged.append(row)
    if damaged:
        source = collection.record(damaged[0]).source
        raise BamExplorerError(f"{len(damaged):,} thumbnails are no pictures, the first of {source}.")
    return f"All {count:,} thumbnails are pictures."


def _vectors(collection: Collection) -> str:
    vectors = collection.embedding()
    wrong = int(np.count_nonzero(~np.isfinite(vectors).all(axis=1)))
    if wrong:
        raise BamExplorerError(f"{wrong:,} vectors hold numbers that are not finite.")
    return f"{vectors.shape[0]:,} vectors of {vectors.shape[1]} dimensions ({collection.manifest.embedding.backbone})."


def _duplicates(collection: Collection) -> str:
    collection.duplicates()
    kinds = collection.duplicate_kinds()
    _rows(collection, f"graph/{collection.manifest.embedding.backbone}.lance")
    return f"{kinds['exact']:,} exact and {kinds['near']:,} near duplicates."


def _captions(collection: Collection) -> str:
    texts, words = (_rows(collection, name) for name in ("captions.lance", "words.lance"))
    return f"{texts:,} texts and {words:,} words can be searched."


def _rows(collection: Collection, name: str) -> int:
    """Read a dataset from its beginning to its end; return the number of its rows, 0 where it does not exist."""
    if not (collection.path / name).exists():
        return 0
    dataset = collection.open_dataset(name)
    rows: int = collection.guarded(lambda: sum(batch.num_rows for batch in dataset.to_batches()))
    return rows


def _columns(collection: Collection) -> str:
    kinds = collection.metadata_columns
    for name, kind in kinds.items():
        if kind == "number":
            collection.numbers(name)
        else:
            collection.categories(name)
    return f"{len(collection.manifest.columns)} columns of the source, {len(kinds)} columns in all."


def _scores(collection: Collection) -> str:
    for name in collection.scored:
        scores = collection.scores_of(name)
        if not np.isfinite(scores).all() or scores.min(initial=0) < 0 or scores.max(initial=0) > 1:
            raise BamExplorerError(f"The scores of {name} are not all between 0 and 1.")
    return f"Scores of {len(collection.scored)} attributes."


def _layouts(collection: Collection) -> str:
    for facts in collection.manifest.layouts:
        layout = collection.layout(facts.name)
        placed = int(np.isfinite(layout.positions).all(axis=1).sum())
        if placed != facts.images:
            raise BamExplorerError(f"The layout {facts.name} places {placed:,} images instead of {facts.images:,}.")
    return f"{len(collection.manifest.layouts)} layouts."


def _answers(collection: Collection, url: str | None) -> str:
    if not store_exists(collection):
        return "None yet."
    with open_label_store(collection, url) as store:
        images, answers = store.absent_images.count_answers()
    return f"{int(answers.sum()):,} answers about {len(images):,} images."


def _releases(collection: Collection) -> str:
    rounds = releases = 0
    for name in collection.manifest.taxonomy.names:
        rounds += len(read_reports(collection, name))
        for release in list_releases(collection, name):
            verify_release(collection, release)
            releases += 1
    return f"{rounds:,} rounds and {releases:,} releases; every hash of the releases is right."


def _foreign(collection: Collection) -> str:
    foreign = foreign_files(collection.path)
    if not foreign:
        return "None."
    return f"This program did not write {named(foreign)}. A build in the same place will refuse to replace them."
