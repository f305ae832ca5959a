"""``explorer bench audit`` checks the guarantees of an audit."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipeline.benchmarks.audit import CHECKS, bench_audit, name_of
from pipeline.benchmarks.audit_precision import _cases, _coverage, _failures
from pipeline.errors import ParameterError
from pipeline.statistics.proportions import hypergeometric
from tests.explorer.cli.test_labels import run


def test_every_check_has_a_name_of_its_own_and_says_what_it_does() -> None:
    assert len({name_of(check) for check in CHECKS}) == len(CHECKS)
    assert all(check.__doc__ for check in CHECKS)


def test_a_check_gives_a_line_of_json() -> None:
    printed = run("bench", "audit", "--only", "watching-costs", "--json")
    (line,) = printed.splitlines()
    values = json.loads(line)
    assert values.keys() >= {"check", "nominal", "mean", "worst", "seconds"}
    assert values["worst"] < 1.2  # watching costs a few answers more than a fixed plan


def test_without_json_checks_are_rows_of_a_table() -> None:
    printed = run("bench", "audit", "--only", "watching-costs")
    assert "guaranteed" in printed
    assert "anytime plan" in printed


def test_a_check_that_is_none_is_said() -> None:
    with pytest.raises(ParameterError, match="interval-covers"):
        list(bench_audit(lambda progress: None, only="recall of everything"))


def test_enumeration_finds_what_it_should_of_a_small_set() -> None:
    right = np.array([45, 54])
    chances = np.array([hypergeometric(60, int(count), 50) for count in right])
    cases = _cases(["45 of 60", "54 of 60"], right / 60, chances, np.arange(51), 50, 60)
    assert cases.covered.min() >= 0.95
    assert _coverage("small", cases)["holds"]
    assert _failures("small", cases)["holds"]


def test_enumeration_finds_an_interval_that_is_too_narrow() -> None:
    truth = np.array([0.9])
    # Only unlikely outcomes, so no interval from them contains the truth.
    chances = np.zeros((1, 3))
    chances[0, 0] = 1.0
    cases = _cases(["p 0.9"], truth, chances, np.array([10, 11, 12]), 50, 10**9)
    assert cases.covered.tolist() == [0.0]
    assert not _coverage("narrow", cases)["holds"]
