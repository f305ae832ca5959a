"""The files of a collection: read, written and replaced here, and nowhere else."""

from __future__ import annotations

from pipeline.collection.reader import Collection, ImageRecord, Layout

__all__ = ["Collection", "ImageRecord", "Layout"]
