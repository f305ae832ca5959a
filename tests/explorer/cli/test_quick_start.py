"""Python looks for reference cycles more seldom while the server starts, and as usual afterwards."""

from __future__ import annotations

import gc

from explorer.cli.quick_start import THRESHOLDS, fewer_collections


def test_collections_are_fewer_only_meanwhile() -> None:
    usual = gc.get_threshold()
    with fewer_collections():
        assert gc.get_threshold() == THRESHOLDS
    assert gc.get_threshold() == usual
