"""What a person works on: who they are, which attribute, how pages look, which questions come."""

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
"""So many equal answers within so many seconds are asked about: a key held down looks like this."""


_FITS: dict[str, Callable[[Any], bool]] = {
    "attribute": lambda value: isinstance(value, str) and len(value) <= 100,
    "mode": lambda value: isinstance(value, str) and value in MODES,
    "size": lambda value: isinstance(value, int) and value in PAGE_SIZES,
    "batch": lambda value: isinstance(value, str) and len(value) <= 32,
    "captions": lambda value: isinstance(value, bool),
}
"""What a person chooses of their work -> whether a value from a browser fits."""


class LabelingState(param.Parameterized):
    """The work of one session."""

    annotator: Any = param.ClassSelector(class_=Annotator, default=None, doc="Who answers; None until they say.")
    attribute = param.String(default="", doc="Attribute that is asked, empty until one is chosen.")
    mode: Any = param.Selector(default="page", objects=list(MODES), doc="A page of images, or one at a time.")
    size: Any = param.Selector(default=24, objects=list(PAGE_SIZES), doc="Images on a page.")
    batch = param.String(default="", doc="Batch that is worked on alone; empty for whatever comes next.")
    captions = param.Boolean(default=False, doc="Whether images are described rather than answered.")

    def work(self) -> dict[str, Any]:
        """Give what was chosen as plain values."""
        return {name: getattr(self, name) for name in _FITS}

    def restore(self, work: Any) -> None:
        """Take choices from a browser; what does not fit is left out."""
        if isinstance(work, dict):
            self.param.update(**{name: work[name] for name, fits in _FITS.items() if name in work and fits(work[name])})


@dataclass(slots=True)
class Pace:
    """How quickly answers come, and whether they are suspiciously alike.

    Time is a count of seconds that never jumps, not the clock on the wall.
    """

    counted: int = 0
    _acts: deque[str] = field(default_factory=lambda: deque(maxlen=400))
    _times: deque[tuple[float, float, int]] = field(default_factory=lambda: deque(maxlen=400))
    _alike: deque[tuple[float, str, int, str]] = field(default_factory=deque)

    def add(self, now: float, act_id: str, values: list[str], seconds: float) -> None:
        """Count one act: its answers, and the seconds of work they took; an act that was sent again counts once."""
        if act_id in self._acts:
            return
        self._acts.append(act_id)
        self.counted += len(values)
        self._times.append((now, seconds, len(values)))
        value = values[0] if len(set(values)) == 1 else ""
        if not value or (self._alike and self._alike[-1][1] != value):
            self._alike.clear()
        if value:
            self._alike.append((now, value, len(values), act_id))
        while self._alike and now - self._alike[0][0] > HASTY_SECONDS:
            self._alike.popleft()

    def take_back(self, act_id: str) -> None:
        """Forget an act that was undone."""
        kept = [entry for entry in self._alike if entry[3] != act_id]
        self._alike.clear()
        self._alike.extend(kept)

    def answers_an_hour(self) -> float:
        """Give the pace of the latest answers, by the seconds that they took; 0 where nothing is known."""
        seconds = sum(entry[1] for entry in self._times)
        return 3600 * sum(entry[2] for entry in self._times) / seconds if seconds > 0 else 0.0

    def hasty(self) -> tuple[str, int, list[str]] | None:
        """Give value, count and acts of an unbroken run of equal answers that came too quickly; else None."""
        count = sum(entry[2] for entry in self._alike)
        if count < HASTY_ANSWERS:
            return None
        return self._alike[0][1], count, [entry[3] for entry in self._alike]

    def meant(self) -> None:
        """Start counting equal answers anew: the person said that they are meant."""
        self._alike.clear()
