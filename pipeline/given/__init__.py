"""What people bring beside their pictures: vectors, a layout and scores, read strictly and matched to the images."""

from __future__ import annotations

from pipeline.given.vectors import GivenVectors

__all__ = ["GivenVectors"]
