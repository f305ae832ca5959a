"""Sources of images: a folder, or a CSV table beside its images."""

from __future__ import annotations

from pipeline.sources.source import Source, open_source

__all__ = ["Source", "open_source"]
