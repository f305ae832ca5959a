"""Search by words and by similarity."""

from __future__ import annotations

from pipeline.search.search import FoundWords, Search

__all__ = ["FoundWords", "Search"]
