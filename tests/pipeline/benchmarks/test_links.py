"""The measurement of links finds what it should, on a small list."""

from __future__ import annotations

from collections import Counter

import pytest

from pipeline.benchmarks.link_server import BAD, GOOD
from pipeline.benchmarks.links import bench_links, expected_links
from pipeline.errors import ParameterError


def test_a_third_of_the_links_misbehaves_in_every_way() -> None:
    rows = expected_links("http://127.0.0.1:1", 10_000, 0)
    kinds = Counter(row.link.url.split("/")[3] for row in rows)
    assert kinds.keys() == {*GOOD, *BAD}
    assert sum(bool(row.reason) for row in rows) == 3334
    assert kinds["limited"] == 20
    assert [row.link.key for row in rows] == list(range(10_000))


@pytest.mark.slow
def test_all_good_links_arrive_and_each_bad_one_is_named() -> None:
    values = bench_links(100)
    assert values["arrived"] == values["good"]
    assert values["misnamed"] == 0
    assert values["second_run_requests"] == 0


def test_a_list_that_is_too_short_is_refused() -> None:
    with pytest.raises(ParameterError, match="too few"):
        bench_links(10)
