"""Numbers of audits as people read them. Pure."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from pipeline.audit.statistics.precision import rounded_down

__all__ = ["date_words", "percent", "range_of"]


def percent(share: float, *, up: bool = False) -> str:
    """Write a share in per cent, to a tenth; an upper end rounded up, so that it claims no more than it is."""
    tenths = np.ceil(1000 * share - 1e-9) if up else np.round(1000 * share, 6)
    return f"{tenths / 10:.1f}%"


def range_of(low: float, high: float) -> str:
    """Write an interval in per cent, its ends rounded outwards."""
    return f"{rounded_down(low)} to {percent(high, up=True)}"


def date_words(at: float, form: str = "%-d %b %Y") -> str:
    """Return the local date of a time in seconds since 1970."""
    return datetime.fromtimestamp(at).astimezone().strftime(form)
