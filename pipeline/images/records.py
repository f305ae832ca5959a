"""Records of one image: as a source names it, and as a build keeps it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


__all__ = ["ImageRow", "ProcessedBatch", "SourceItem"]


@dataclass(frozen=True, slots=True)
class SourceItem:
    """One image named by a source, not yet opened.

    Parameters
    ----------
    source_name
        Name of the source; part of the identity together with ``key``.
    key
        Path relative to the source's root, with ``/``; part of the identity.
    path
        Where the bytes are.
    caption, author, keywords, origin, license
        Metadata as text, ``""`` where unknown. ``origin`` names where the picture comes from.
    project_id
        Groups pictures of one subject or work; ``None`` where unknown.
    labels
        Known answers: attribute name to True (yes) or False (no); absent means unknown.
    """

    source_name: str
    key: str
    path: Path
    caption: str = ""
    author: str = ""
    keywords: str = ""
    origin: str = ""
    license: str = ""
    project_id: int | None = None
    labels: dict[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageRow:
    """What is known of one image after an attempt to read it.

    ``status`` is ``"ok"`` or ``"failed"``; then ``error`` says why and sizes are 0.
    """

    image_id: int
    source: str
    sha256: str
    width: int
    height: int
    status: str
    error: str


@dataclass(frozen=True, slots=True, eq=False)
class ProcessedBatch:
    """What became of one batch of images.

    Parameters
    ----------
    rows
        One for every image of the batch, failed ones too, in the order given.
    smalls, tiles, previews
        Encoded thumbnails of the images that are ``ok``, in the order of ``ok_ids``; empty if none were asked for.
    vectors
        float16 (n_ok, d), rows in the order of ``ok_ids``.
    ok_ids
        int64 (n_ok,): ids of the images that are ``ok``.
    """

    rows: list[ImageRow]
    smalls: list[bytes]
    tiles: list[bytes]
    previews: list[bytes]
    vectors: npt.NDArray[np.float16]
    ok_ids: npt.NDArray[np.int64]
