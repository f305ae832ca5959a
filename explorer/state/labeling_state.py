"""The labelling work of a session: person, attribute, page, and batch of questions."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import param

from pipeline.label_store import Annotator

__all__ = ["CAPTION_PAGE", "HASTY_ANSWERS", "HASTY_SECONDS", "MODES", "PAGE_SIZES", "LabelingState", "Pace"]

MODES = ("page", "single")
PAGE_SIZES = (6, 12, 24, 48)
CAPTION_PAGE = 6

HASTY_ANSWERS, HASTY_SECONDS = 200, 60.0
"""So many equal answers within so many seconds need a confirmation, since a key that is held down gives them."""


_FITS: dict[str, Callable[[Any], bool]] = {
    "attribute": lambda value: isinstance(value, str) and len(value) <= 100,
    "mode": lambda value: isinstance(value, str) and value in MODES,
    "size": lambda value: isinstance(value, int) and value in PAGE_SIZES,
    "batch": lambda value: isinstance(value, str) and len(value) <= 32,
    "captions": lambda value: isinstance(value, bool),
}
"""Choice of a person -> a check of its value from a browser."""


class LabelingState(param.Parameterized):
    """The work of one session."""

    annotator: Any = param.ClassSelector(class_=Annotator, default=None, doc="The annotator; None without a name.")
    attribute = param.String(default="", doc="Attribute of the questions; empty until one is chosen.")
    mode: Any = param.Selector(default="page", objects=list(MODES), doc="A page of images, or one at a time.")
    size: Any = param.Selector(default=24, objects=list(PAGE_SIZES), doc="Images on a page.")
    batch = param.String(default="", doc="The only batch to answer; empty for all batches.")
    captions = param.Boolean(default=False, doc="Whether the person writes captions in the place of answers.")

    def work(self) -> dict[str, Any]:
        """Return the choices as plain values."""
        return {name: getattr(self, name) for name in _FITS}

    def restore(self, work: Any) -> None:
        """Take choices from a browser. Values that do not fit are ignored."""
        if isinstance(work, dict):
            self.param.update(**{name: work[name] for name, fits in _FITS.items() if name in work and fits(work[name])})


@dataclass(slots=True)
class Pace:
    """The pace of answers, and whether too many equal answers arrive too quickly.

    Times are monotonic, in seconds.
    """

    counted: int = 0
    _acts: deque[str] = field(default_factory=lambda: deque(maxlen=400))
    _times: deque[tuple[float, float, int]] = field(default_factory=lambda: deque(maxlen=400))
    _alike: deque[tuple[float, str, int, str]] = field(default_factory=deque)

    def add(self, now: float, action_id: str, values: list[str], seconds: float) -> None:
        """Count one logged action: its answers, and their seconds of work. A repeated action counts once."""
        if action_id in self._acts:
            return
        self._acts.append(action_id)
        self.counted += len(values)
        self._times.append((now, seconds, len(values)))
        value = values[0] if len(set(values)) == 1 else ""
        if not value or (self._alike and self._alike[-1][1] != value):
            self._alike.clear()
        if value:
            self._alike.append((now, value, len(values), action_id))
        while self._alike and now - self._alike[0][0] > HASTY_SECONDS:
            self._alike.popleft()

    def take_back(self, action_id: str) -> None:
        """Remove an action that was undone."""
        kept = [entry for entry in self._alike if entry[3] != action_id]
        self._alike.clear()
        self._alike.extend(kept)

    def answers_an_hour(self) -> float:
        """Return the pace of the latest answers, by their seconds of work; 0 if there are none."""
        seconds = sum(entry[1] for entry in self._times)
        return 3600 * sum(entry[2] for entry in self._times) / seconds if seconds > 0 else 0.0

    def hasty(self) -> tuple[str, int, list[str]] | None:
        """Return value, count and actions of an unbroken run of equal answers that came too quickly; else None."""
        count = sum(entry[2] for entry in self._alike)
        if count < HASTY_ANSWERS:
            return None
        return self._alike[0][1], count, [entry[3] for entry in self._alike]

    def confirm_run(self) -> None:
        """Count equal answers from zero, after the person confirmed them."""
        self._alike.clear()
