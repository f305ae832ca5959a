"""Projection to two dimensions, clusters and their names. Pure."""
