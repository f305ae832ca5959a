"""What people bring beside their pictures: vectors, a layout and scores, read strictly and matched to the images."""

from __future__ import annotations

from pipeline.given.resolving import Given, Wanted, given_parts, given_vectors
from pipeline.given.vectors import GivenVectors

__all__ = ["Given", "GivenVectors", "Wanted", "given_parts", "given_vectors"]
