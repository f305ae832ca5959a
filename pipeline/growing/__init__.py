"""A finished collection grows: new images are embedded, placed among their neighbours and scored. Nothing moves."""

from __future__ import annotations

from pipeline.growing.add import AddOptions, AddReport, add_images, check_addition
from pipeline.growing.fresh_layouts import lay_out_again

__all__ = ["AddOptions", "AddReport", "add_images", "check_addition", "lay_out_again"]
