"""Limits of the log: short lines, and a maximum number of equal lines a minute, so that visitors cannot fill it."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable

__all__ = ["QuietLog", "keep_log_small"]

LINES_A_MINUTE = 30
"""Lines of one place in the program, regardless of the words in them, which may be a visitor's."""

LONGEST_LINE = 2_000
MOST_FRAMES = 12
"""Innermost frames of a traceback that are logged."""

_MINUTE = 60.0


class QuietLog(logging.Filter):
    """Passes a limited number of lines of a kind a minute, and marks the last one.

    Parameters
    ----------
    clock
        Returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._began = clock()
        self._seen: dict[tuple[str, str, int], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is logged."""
        if self._clock() - self._began >= _MINUTE:
            self._began, self._seen = self._clock(), {}
        kind = (record.name, record.pathname, record.lineno)
        self._seen[kind] = count = self._seen.get(kind, 0) + 1
        if count > LINES_A_MINUTE:
            return False
        _shorten(record)
        if count == LINES_A_MINUTE:
            record.msg = f"{record.msg} (no more lines like this one for a minute)"
        return True


def keep_log_small() -> None:
    """Filter all log lines of this process from now on. A second call changes nothing."""
    loggers = [logging.getLogger(), *logging.Logger.manager.loggerDict.values()]
    handlers = [handler for each in loggers if isinstance(each, logging.Logger) for handler in each.handlers]
    if logging.lastResort is not None:
        handlers.append(logging.lastResort)
    for handler in handlers:
        if not any(isinstance(entry, QuietLog) for entry in handler.filters):
            handler.addFilter(QuietLog())


def _shorten(record: logging.LogRecord) -> None:
    try:
        words = record.getMessage()
    except (TypeError, ValueError):
        words = str(record.msg)
    cut = words if len(words) <= LONGEST_LINE else f"{words[:LONGEST_LINE]} ... ({len(words):,} letters)"
    if record.exc_info and record.exc_info[1] is not None and not record.exc_text:
        record.exc_text = "".join(traceback.format_exception(record.exc_info[1], limit=-MOST_FRAMES))[-LONGEST_LINE:]
    record.msg, record.args = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in cut), ()
