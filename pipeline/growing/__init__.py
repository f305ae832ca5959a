"""A finished collection grows: new images are embedded, placed among their neighbours and scored. Nothing moves."""

from __future__ import annotations

from pipeline.growing.add import AddOptions, AddReport, add_images, check_addition

__all__ = ["AddOptions", "AddReport", "add_images", "check_addition"]
