"""Whether the audit's statistics keep their promises: each checked by enumeration or seeded simulation.

A check is a function without arguments that gives one line: a dict with ``check`` (what was tried), ``nominal`` (the
promise), ``mean`` and ``worst`` (over all cases tried), ``holds`` where there is a promise to hold, and whatever else
says where and how.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Protocol

from pipeline.benchmarks.audit_precision import PRECISION_CHECKS
from pipeline.benchmarks.audit_recall import RECALL_CHECKS
from pipeline.errors import ParameterError
from pipeline.progress import Progress, ProgressCallback

__all__ = ["CHECKS", "bench_audit"]


class Check(Protocol):
    """A function that checks one promise."""

    __name__: str

    def __call__(self) -> dict[str, object]: ...


CHECKS: tuple[Check, ...] = (*PRECISION_CHECKS, *RECALL_CHECKS)
"""In the order in which they are printed."""


def bench_audit(progress: ProgressCallback, *, only: str = "") -> Iterator[dict[str, object]]:
    """Run the checks.

    Parameters
    ----------
    progress
        Told after every check.
    only
        Run those whose name has this in it; all of them if empty.

    Yields
    ------
    dict
        A line a check, as soon as it is done: what the check gives, and the seconds that it took.

    Raises
    ------
    ParameterError
        If there is no such check.
    """
    chosen = [check for check in CHECKS if only in name_of(check)]
    if not chosen:
        raise ParameterError(
            f'There is no check with "{only}" in its name; there are {", ".join(map(name_of, CHECKS))}.'
        )
    for number, check in enumerate(chosen):
        started = time.perf_counter()
        line = check()
        progress(Progress("Checking the audit", number + 1, len(chosen), "checks"))
        yield {**line, "seconds": round(time.perf_counter() - started, 1)}


def name_of(check: Check) -> str:
    """Give the short name of a check: that of its function, with hyphens."""
    return check.__name__.replace("_", "-")
