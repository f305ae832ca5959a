"""What the tests of the explorer share: collections that are opened as a process opens them, and closed again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from explorer.composition import OpenCollections


@pytest.fixture(scope="session")
def opened() -> Iterator[OpenCollections]:
    """Open collections of the tests alone; a collection that several tests show is opened once."""
    with OpenCollections() as opened:
        yield opened
