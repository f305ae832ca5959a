"""Draw captions, URLs, sizes and hashes of synthetic images as Arrow columns, chunk by chunk. Arrays in, tables out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.synthetic.crowd import POSITIVE, UNSURE, Crowd
from pipeline.synthetic.identities import LICENSES, Groups, Projects
from pipeline.synthetic.pictures import PicturePools
from pipeline.synthetic.random_streams import CHUNK, Purpose, stream
from pipeline.synthetic.spec import SyntheticSpec

__all__ = ["ImageFacts", "caption_phrases", "image_table", "project_ids", "urls"]

ALIVE, DEAD = "https://images.example.org/works", "https://gone.example.invalid/works"
MATURE_SHARE = 0.02
SMALLEST_SCALE, LARGEST_SCALE = 1.2, 4.0
ARTISTS = 60_000
OPENINGS: Final = (
    "A quiet study of",
    "A bold picture of",
    "A small",
    "An unusual view of",
    "A playful take on",
    "A dark",
)
ENDINGS: Final = (
    "in soft colours",
    "on a plain ground",
    "with strong lines",
    "seen from nearby",
    "at dusk",
    "in detail",
)
VARIANTS: Final = len(OPENINGS) * len(ENDINGS)
HEXADECIMAL: Final = np.frombuffer("".join(f"{value:02x}" for value in range(256)).encode(), np.uint8).reshape(256, 2)


@dataclass(frozen=True, slots=True, eq=False)
class ImageFacts:
    """Data of all n images that their rows are written from.

    Parameters
    ----------
    ids
        int64 (n,), ascending.
    clusters, pictures
        int16 and int32 (n,): cluster of the catalogue and picture of the sample.
    thumbnails
        int64 (n,): the ``image_id`` under which an image's thumbnail is stored.
    projects, groups
        Projects and groups of duplicates.
    sizes
        int32 (pictures, 2): width and height of the sample's pictures.
    phrases
        All captions, see `caption_phrases`.
    """

    ids: NDArray[np.int64]
    clusters: NDArray[np.int16]
    pictures: NDArray[np.int32]
    thumbnails: NDArray[np.int64]
    projects: Projects
    groups: Groups
    sizes: NDArray[np.int32]
    phrases: pa.Array


def image_table(spec: SyntheticSpec, facts: ImageFacts, pools: PicturePools, crowd: Crowd, start: int) -> pa.Table:
    """Return the rows of ``images.lance`` for the chunk that begins at row `start`."""
    stop = min(start + CHUNK, spec.images)
    count, span = stop - start, slice(start, stop)
    rng = stream(spec.seed, Purpose.DETAILS, start // CHUNK)
    hashes = rng.integers(0, 256, (count, 32), np.uint8)
    scale = rng.uniform(SMALLEST_SCALE, LARGEST_SCALE, count)
    captioned = rng.random(count) < spec.captions
    wording = rng.integers(0, VARIANTS, count)
    mature = rng.random(count) < MATURE_SHARE
    group = facts.groups.of_image[span]
    grouped = np.flatnonzero(group >= 0)
    for row in grouped[facts.groups.exact[group[grouped]]].tolist():
        # One image in a hundred: the shared data of its group come from the group's own stream.
        own = stream(spec.seed, Purpose.GROUPS, 1 + int(group[row]))
        hashes[row], scale[row] = own.integers(0, 256, 32, np.uint8), own.uniform(SMALLEST_SCALE, LARGEST_SCALE)
    sizes = np.round(facts.sizes[facts.pictures[span]] * scale[:, None]).astype(np.int32)
    clusters = facts.clusters[span].astype(np.int64)
    projects = project_ids(facts, span)
    licenses = facts.projects.licenses[facts.projects.of_image[span]]
    columns = {
        "image_id": pa.array(facts.ids[span]),
        "source": urls(facts, span),
        "sha256": _hexadecimal(hashes),
        "width": pa.array(sizes[:, 0]),
        "height": pa.array(sizes[:, 1]),
        "project_id": pa.array(projects),
        "license": pa.array(LICENSES).take(pa.array(licenses)),
        "origin": pa.repeat("synthetic", count),
        "author": _joined("Artist", pa.array(projects % ARTISTS + 1), " "),
        "caption": pc.if_else(pa.array(captioned), facts.phrases.take(pa.array(clusters * VARIANTS + wording)), ""),
        "keywords": pa.array(pools.words).take(pa.array(clusters)),
        "mature_content": pa.array(mature),
        "status": pa.repeat("ok", count),
        "error": pa.repeat("", count),
        "thumbnail": pa.array(facts.thumbnails[span]),
    }
    return pa.table(columns | _known(spec, crowd, start, stop))


def caption_phrases(pools: PicturePools) -> pa.Array:
    """Return all captions: for each cluster in turn, every opening with every ending."""
    return pa.array(
        [
            f"{opening} {word or 'something'} {ending}"
            for word in pools.words
            for opening in OPENINGS
            for ending in ENDINGS
        ]
    )


def project_ids(facts: ImageFacts, span: slice) -> NDArray[np.int64]:
    """Return the ``project_id`` of some rows, int64."""
    return facts.projects.ids[facts.projects.of_image[span]]


def urls(facts: ImageFacts, span: slice) -> pa.Array:
    """Return the URLs of some rows; those of dead projects have a host that never answers (RFC 2606)."""
    hosts = pa.array([ALIVE, DEAD]).take(pa.array(facts.projects.dead[facts.projects.of_image[span]].astype(np.int8)))
    names = _joined(hosts, pa.array(project_ids(facts, span)), "/")
    return pc.binary_join_element_wise(_joined(names, pa.array(facts.ids[span]), "/"), "jpg", ".")


def _joined(left: pa.Array | str, right: pa.Array, separator: str) -> pa.Array:
    return pc.binary_join_element_wise(left, right.cast(pa.string()), separator)


def _hexadecimal(hashes: NDArray[np.uint8]) -> pa.Array:
    """Convert (m, 32) bytes to texts of 64 digits, without a loop."""
    digits = np.ascontiguousarray(HEXADECIMAL[hashes].reshape(-1))
    offsets = np.arange(len(hashes) + 1, dtype=np.int32) * 64
    return pa.StringArray.from_buffers(len(hashes), pa.py_buffer(offsets), pa.py_buffer(digits))


def _known(spec: SyntheticSpec, crowd: Crowd, start: int, stop: int) -> dict[str, pa.Array]:
    """Return the settled answers of the crowd as known answers, one nullable column per attribute."""
    first, last = np.searchsorted(crowd.rows, [start, stop])
    columns: dict[str, pa.Array] = {}
    for column, name in enumerate(spec.names):
        here = first + np.flatnonzero((crowd.columns[first:last] == column) & (crowd.labels[first:last] != UNSURE))
        values = np.zeros(stop - start, np.bool_)
        unknown = np.ones(stop - start, np.bool_)
        values[crowd.rows[here] - start] = crowd.labels[here] == POSITIVE
        unknown[crowd.rows[here] - start] = False
        columns[f"known_{name}"] = pa.array(values, mask=unknown)
    return columns
