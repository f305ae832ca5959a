"""A request for a frame of the map, as the browser sends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.map.frame_view import FrameView

__all__ = ["MAX_SIDE", "FrameRequest", "frame_request"]

MAX_SIDE = 4096
"""Pixels of a frame. A larger window gets a coarser picture, not a larger one."""


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """A request for a frame: its id, the view, and the margin beyond each edge as a share of the visible part."""

    id: int
    view: FrameView
    margin: float = 0.0


def frame_request(message: dict[str, Any]) -> FrameRequest:
    """Return the checked request of a browser; sizes are limited so that no message can cost much memory."""
    ratio = min(2.0, max(0.5, float(message["dpr"])))
    width, height = float(message["width"]), float(message["height"])
    ratio = min(ratio, MAX_SIDE / max(width, height, 1.0))
    x0, y0, x1, y1 = (float(message[key]) for key in ("x0", "y0", "x1", "y1"))
    view = FrameView(x0, y0, x1, y1, max(1, round(width * ratio)), max(1, round(height * ratio)), ratio)
    return FrameRequest(int(message["id"]), view, min(0.5, max(0.0, float(message.get("margin", 0.0)))))
