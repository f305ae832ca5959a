"""Fixtures of the explorer's tests: collections that are opened as a process opens them, and closed again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from explorer.composition import OpenCollections
from pipeline.map import density


@pytest.fixture(scope="session")
def opened() -> Iterator[OpenCollections]:
    """Open collections of the tests alone; a collection that several tests show is opened once."""
    density.warm_up()  # otherwise a session draws its map a second time, at a random moment
    with OpenCollections() as opened:
        yield opened
