"""Vectors, layouts and scores that people give with their images: read strictly, matched to the images."""

from __future__ import annotations

from pipeline.given.resolving import Given, Wanted, given_parts, given_vectors
from pipeline.given.vectors import GivenVectors

__all__ = ["Given", "GivenVectors", "Wanted", "given_parts", "given_vectors"]
