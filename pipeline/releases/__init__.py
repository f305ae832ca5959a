"""Releases: numbered, immutable results of an attribute, and their export."""
