"""Records of one image: as a source lists it, and as a build stores it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pipeline.images.formats.exif import NO_FACTS, ExifFacts

if TYPE_CHECKING:
    import numpy.typing as npt

    from pipeline.images.locations import Location

__all__ = ["NO_FACTS", "ExifFacts", "ImageRow", "ProcessedBatch", "SourceItem"]


@dataclass(frozen=True, slots=True)
class SourceItem:
    """One image listed by a source, not yet opened.

    Parameters
    ----------
    source_name
        Name of the source; part of the identity together with ``key``.
    key
        Path relative to the source's root, with ``/``; part of the identity.
    location
        Place of the image's bytes.
    caption, author, keywords, origin, license
        Metadata as text, ``""`` where unknown. ``origin`` names the origin of the picture.
    project_id
        Number shared by pictures of one subject or work; ``None`` where unknown.
    labels
        Known answers: attribute name to True (yes) or False (no); absent means unknown.
    """

    source_name: str
    key: str
    location: Location
    caption: str = ""
    author: str = ""
    keywords: str = ""
    origin: str = ""
    license: str = ""
    project_id: int | None = None
    labels: dict[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageRow:
    """Facts about one image after an attempt to read it.

    ``status`` is ``"ok"`` or ``"failed"``. If it failed, ``error`` gives the reason and the sizes are 0. An image that
    a card stands in for is ``"ok"`` too; its sizes are 0 and its hash is empty. ``thumbnail`` is the `image_id` under
    which its thumbnails are stored, and None in a build without cards.
    """

    image_id: int
    source: str
    sha256: str
    width: int
    height: int
    status: str
    error: str
    thumbnail: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ProcessedBatch:
    """The results of one batch of images.

    Parameters
    ----------
    rows
        One for every image of the batch, also failed ones, in the order of the input.
    smalls, tiles, previews
        Encoded thumbnails in the order of ``shown_ids``; empty if not requested.
    vectors
        float16 (n_ok, d), rows in the order of ``ok_ids``.
    ok_ids
        int64 (n_ok,): ids of the images that are ``ok``.
    facts
        What EXIF says, by `image_id`; only of images that are ``ok`` and about which it says anything.
    shown_ids
        int64 (n_shown,): ids under which the thumbnails are stored. None for ``ok_ids``; where images share a card,
        only the first of them is here.
    """

    rows: list[ImageRow]
    smalls: list[bytes]
    tiles: list[bytes]
    previews: list[bytes]
    vectors: npt.NDArray[np.float16]
    ok_ids: npt.NDArray[np.int64]
    facts: dict[int, ExifFacts] = field(default_factory=dict)
    shown_ids: npt.NDArray[np.int64] | None = None
