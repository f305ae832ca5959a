"""Sources of images: a module for each kind, behind one small interface. A source lists rows and opens no image."""

from __future__ import annotations

from pipeline.sources.opening import SourceOpener, open_source, register_source
from pipeline.sources.source import Source, SourceColumn

__all__ = ["Source", "SourceColumn", "SourceOpener", "open_source", "register_source"]
