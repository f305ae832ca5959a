"""Whether the audit's statistics keep their promises: each checked by enumeration or seeded simulation.

A check is a function without arguments that gives one line: a dict with ``check`` (what was tried), ``nominal`` (the
promise), ``mean`` and ``worst`` (over all cases tried), ``holds`` where there is a promise to hold, and whatever else
says where and how.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from explorer.bench_audit_precision import PRECISION_CHECKS
from pipeline.schema import Progress, ProgressCallback

__all__ = ["CHECKS", "bench_audit"]

Check = Callable[[], dict[str, object]]

CHECKS: tuple[Check, ...] = PRECISION_CHECKS
"""In the order in which they are printed."""


def bench_audit(progress: ProgressCallback, checks: Sequence[Check] = CHECKS) -> Iterator[dict[str, object]]:
    """Run the checks.

    Parameters
    ----------
    progress
        Told after every check.
    checks
        Those to run.

    Yields
    ------
    dict
        A line a check, as soon as it is done: what the check gives, and the seconds that it took.
    """
    for number, check in enumerate(checks):
        started = time.perf_counter()
        line = check()
        progress(Progress("Checking the audit", number + 1, len(checks), "checks"))
        yield {**line, "seconds": round(time.perf_counter() - started, 1)}
