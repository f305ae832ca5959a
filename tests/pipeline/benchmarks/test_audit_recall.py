"""Figures of an audit's recall statements."""

from __future__ import annotations

import json
from functools import partial

import pytest

from pipeline.benchmarks.audit_recall import RECALL_CHECKS, bound_check, calibrated_check, uncalibrated_check


def test_every_check_is_a_line_of_the_measurement() -> None:
    assert len(RECALL_CHECKS) == 4
    assert all(callable(check) for check in RECALL_CHECKS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "check", [partial(bound_check, 2), partial(calibrated_check, "half-width", 10), partial(uncalibrated_check, 10)]
)
def test_a_check_gives_plain_numbers_that_are_the_same_again(check: partial[dict[str, object]]) -> None:
    figures = check()
    assert figures.keys() >= {"check", "nominal", "mean", "worst", "cases"}
    assert "NaN" not in json.dumps(figures)
    assert figures == check()
