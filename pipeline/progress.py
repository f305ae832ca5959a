"""Frozen descriptions that travel between modules: options in, facts out. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "EmbeddingSpec",
    "ImageRow",
    "Limits",
    "Progress",
    "ProgressCallback",
    "SourceItem",
]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage has come.

    Parameters
    ----------
    stage
        Name of the stage in words for people, e.g. ``"Embedding images"``.
    done, total
        Units finished and in all; ``total`` 0 means unknown.
    unit
        What is counted: ``"images"``, ``"iterations"``, ...
    note
        Something worth saying beside the bar, or ``""``.
    """

    stage: str
    done: int
    total: int
    unit: str = "images"
    note: str = ""


ProgressCallback = Callable[[Progress], None]
"""Called often from the working thread; may raise to cancel the work."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one image may cost before it is refused.

    Parameters
    ----------
    max_pixels
        Width x height allowed by the header, before anything is decoded.
    max_bytes
        Size of the encoded file in bytes.
    max_memory
        Bytes that decoding is estimated to take, at the size that is needed.
    """

    max_pixels: int = 200_000_000
    max_bytes: int = 200_000_000
    max_memory: int = 3_000_000_000


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


@dataclass(frozen=True, slots=True)
class EmbeddingSpec:
    """Which model made the vectors of one embedding space; never mixed with another.

    Parameters
    ----------
    backbone
        ``"resnet18"`` or ``"efficientnet_lite0"``.
    weights
        Where the weights came from, for people: ``"torchvision ImageNet (torch cache)"``.
    weights_sha256
        SHA-256 of the weights file, hexadecimal, or ``"random"`` with a seed.
    dimensions
        Width of the backbone's output, e.g. 512.
    reason
        Why this backbone was used, a sentence for people.
    """

    backbone: str
    weights: str
    weights_sha256: str
    dimensions: int
    reason: str = ""
