"""Check the guarantees of the audit's statistics by enumeration or seeded simulation.

A check is a function without arguments that returns one line: a dict with ``check`` (the subject), ``nominal`` (the
guarantee), ``mean`` and ``worst`` (over all cases), ``holds`` if there is a guarantee, and further details.
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
    """A function that checks one guarantee."""

    __name__: str

    def __call__(self) -> dict[str, object]: ...


CHECKS: tuple[Check, ...] = (*PRECISION_CHECKS, *RECALL_CHECKS)
"""All checks, in the order in which they are printed."""


def bench_audit(progress: ProgressCallback, *, only: str = "") -> Iterator[dict[str, object]]:
    """Run the checks.

    Parameters
    ----------
    progress
        Called after every check.
    only
        Run only checks with this text in their name; all of them if empty.

    Yields
    ------
    dict
        One line per check, as soon as it is done: the result of the check and its seconds.

    Raises
    ------
    ParameterError
        If no check has this text in its name.
    """
    chosen = [check for check in CHECKS if only in name_of(check)]
    if not chosen:
        raise ParameterError(
            f'There is no check with "{only}" in its name; available are {", ".join(map(name_of, CHECKS))}.'
        )
    for number, check in enumerate(chosen):
        started = time.perf_counter()
        line = check()
        progress(Progress("Checking the audit", number + 1, len(chosen), "checks"))
        yield {**line, "seconds": round(time.perf_counter() - started, 1)}


def name_of(check: Check) -> str:
    """Return the short name of a check: the name of its function with hyphens."""
    return check.__name__.replace("_", "-")
