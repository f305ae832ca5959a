"""Add the new images of a source to a finished collection.

Everything that was there stays as it is: ids, places, cluster identities and names, answers, rounds, releases and
audits. New images are embedded with the backbone of the collection, reduced as its vectors were, placed among their
neighbours, and scored with the present models. The result becomes visible in one step, see
`pipeline.collection.updating`.
"""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.collection import Collection
from pipeline.collection.manifest import AddedSource, Manifest
from pipeline.collection.own_files import is_collection
from pipeline.collection.target import check_source, place_of
from pipeline.collection.updating import CollectionUpdate
from pipeline.embedding.spec import EmbeddingSpec
from pipeline.errors import ModelMismatchError, SourceError
from pipeline.growing.grow import Grown, grow
from pipeline.growing.new_items import NewItems, new_items
from pipeline.growing.staging import Staged, forget_stage, stage
from pipeline.limits import Limits
from pipeline.progress import Progress, ProgressCallback
from pipeline.sources.left_out import LeftOut
from pipeline.sources.source import Source

if TYPE_CHECKING:
    from pipeline.embedding.embedders import Embedder

__all__ = ["AddOptions", "AddReport", "add_images", "check_addition", "check_backbone"]


@dataclass(frozen=True, slots=True)
class AddOptions:
    """Options of an addition: limits of one image, and whether EXIF is kept."""

    limits: Limits = field(default_factory=Limits)
    exif: bool = True


@dataclass(frozen=True, slots=True)
class AddReport:
    """What an addition did.

    Parameters
    ----------
    added, failed
        Readable new images, and new files that could not be used.
    there
        Images of the source that the collection had already.
    same_bytes
        Added images whose bytes another image has too.
    reason
        Why one of the files could not be used; "".
    manifest
        The manifest now.
    """

    added: int
    failed: int
    there: int
    same_bytes: int
    reason: str
    manifest: Manifest


def add_images(
    path: Path,
    source: Source,
    embedder: Embedder,
    options: AddOptions | None = None,
    *,
    progress: ProgressCallback | None = None,
) -> AddReport:
    """Add the images of a source that a collection does not have yet.

    An interrupted addition of the same images goes on after its last commit. People may answer, and rounds may run,
    meanwhile.

    Parameters
    ----------
    path
        The collection's folder.
    source
        The source. Images whose identity the collection has are skipped.
    embedder
        The backbone with the same weights as those of the collection.
    options
        Limits of one image, and whether EXIF is kept.
    progress
        Called with the progress of each stage; may raise to stop.

    Returns
    -------
    AddReport
        With 0 added images where nothing is new; then the collection is unchanged.

    Raises
    ------
    SourceError
        If none of the new files can be used, or two sources of one name have different pictures.
    ModelMismatchError
        If the embedder has other weights.
    CollectionError
        If the source is, holds or lies in the collection, or the collection cannot be changed now.
    """
    options, tell = options or AddOptions(), progress or _ignore_progress
    check_addition(path, source)
    with CollectionUpdate(path) as update:
        collection = Collection(update.path)
        check_backbone(collection.manifest.embedding, embedder.spec)
        new = new_items(collection, source, options.limits)
        if not len(new.ids):
            forget_stage(update.path)
            return AddReport(0, 0, new.there, 0, "", collection.manifest)
        root = Path(collection.manifest.source_root)
        staged = stage(update.path, new, embedder, options.limits, exif=options.exif, root=root, tell=tell)
        try:
            failed, reason = staged.writer.failures()
            if not len(staged.ids):
                raise SourceError(
                    f"None of the {failed:,} new files in {source.place} could be used; the first: "
                    f"{reason.rstrip('.')}. Check that they are images."
                )
            grown = grow(update, collection, staged, tell)
            made = update.commit(lambda now: _described(grown.named(now), new, staged, failed, grown))
        finally:
            staged.writer.close()
        forget_stage(update.path)
    return AddReport(len(staged.ids), failed, new.there, grown.same_bytes, reason, made)


def check_addition(path: Path, source: Source) -> None:
    """Refuse a source that is, holds or lies in the collection, before any slow step.

    Raises
    ------
    CollectionError
        If it is one of them.
    SourceError
        If it is a collection.
    """
    if source.address:
        return
    check_source(path, place_of(path), source.root, table=source.is_table)
    if is_collection(source.root):
        raise SourceError(f"{source.root} is a collection itself. Give the pictures that it was built from.")


def check_backbone(wanted: EmbeddingSpec, given: EmbeddingSpec) -> None:
    """Refuse vectors of another space.

    Raises
    ------
    ModelMismatchError
        If backbone or weights differ.
    """
    if (wanted.backbone, wanted.weights_sha256) != (given.backbone, given.weights_sha256):
        raise ModelMismatchError(
            f"The collection was embedded by {wanted.backbone} with weights {wanted.weights_sha256[:12]} "
            f"({wanted.weights}), and these are weights {given.weights_sha256[:12]} of {given.backbone}: give the same "
            "weights, because vectors of two networks cannot be compared."
        )


def _described(now: Manifest, new: NewItems, staged: Staged, failed: int, grown: Grown) -> Manifest:
    """Return the manifest with the new images."""
    source = new.source
    added = AddedSource(
        source.name,
        source.place,
        source.fingerprint(),
        datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        len(staged.ids),
        failed,
        now.revision.number + 1,
    )
    attributes = []
    for facts in now.attributes:
        yes, no = _known(staged.images, facts.name)
        attributes.append(replace(facts, known_yes=facts.known_yes + yes, known_no=facts.known_no + no))
    return replace(
        now,
        images=now.images + len(staged.ids),
        failed=now.failed + failed,
        thumbnails=None if now.thumbnails is None else now.thumbnails + len(staged.ids),
        attributes=tuple(attributes),
        layouts=grown.layouts,
        columns=grown.columns,
        left_out=_together(now.left_out, source.left_out),
        added=(*now.added, added),
    )


def _known(images: pa.Table, attribute: str) -> tuple[int, int]:
    """Return how many readable new images have a yes and a no from their source."""
    name = f"known_{attribute}"
    if name not in images.column_names:
        return 0, 0
    values = images.filter(pc.equal(images["status"], "ok"))[name]
    return int(pc.sum(values).as_py() or 0), int(pc.sum(pc.invert(values)).as_py() or 0)


def _together(one: tuple[LeftOut, ...], other: tuple[LeftOut, ...]) -> tuple[LeftOut, ...]:
    """Return counts of files that were left out, of both sources."""
    counts: Counter[tuple[str, str]] = Counter()
    for entry in (*one, *other):
        counts[entry.ending, entry.reason] += entry.count
    return tuple(LeftOut(ending, reason, count) for (ending, reason), count in counts.items())


def _ignore_progress(progress: Progress) -> None:
    """Ignore progress."""
