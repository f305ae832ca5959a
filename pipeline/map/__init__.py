"""Frames of the map: filters, level of detail and pixels. No input or output."""
