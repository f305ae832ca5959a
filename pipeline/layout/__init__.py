"""Projection to two dimensions, clusters and their names. No input or output."""
