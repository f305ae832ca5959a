"""A process that fetches is killed at random moments, and the next one goes on."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.benchmarks.link_server import picture
from pipeline.fetching import LinkState, link_records, picture_path
from tests.helpers.misbehaving_server import serving
from tests.helpers.sizes import sizes
from tests.helpers.waiting import wait_until

KINDS = ("good", "chunked", "missing", "packed", "hop", "html", "good", "good")

FETCH = """
import sys
from pathlib import Path
from pipeline.fetching import FetchLimits, FetchOptions, Link, Politeness, fetch
base, into, count, *kinds = sys.argv[1:]
links = [Link(key, f"{base}/{kinds[key % len(kinds)]}/{key}") for key in range(int(count))]
patient = FetchLimits(connect=60, answer=60, stall=60, whole=120)
fetch(links, Path(into), FetchOptions(patient, Politeness(host_requests=8, host_rate=None), allow_private=True))
"""


@pytest.mark.slow
def test_no_kill_loses_a_picture_or_makes_a_damaged_one(tmp_path: Path) -> None:
    count, kills = sizes((400, 6), (2000, 20))
    chance = random.Random(20)  # noqa: S311 -- moments in time, nothing secret
    into = tmp_path / "into"
    with serving() as web:
        command = [sys.executable, "-c", FETCH, web.url, str(into), str(count), *KINDS]
        killed = 0
        for _ in range(kills):
            before = web.server.requests.total()
            process = subprocess.Popen(command, cwd=Path(__file__).parents[3])
            wait_until(lambda: web.server.requests.total() > before or process.poll() is not None)  # noqa: B023
            time.sleep(chance.uniform(0.0, 0.3))
            process.kill()
            killed += process.wait() != 0
            for path in (into / "pictures").glob("*/*"):
                assert path.read_bytes() == picture(int(path.name, 16)), "a final name holds a whole picture"
        asked = web.server.requests.copy()
        known = {record.key for record in link_records(into)} if killed else set()
        subprocess.run(command, cwd=Path(__file__).parents[3], check=True)
        assert killed, "at least one run was killed in the middle"
        for key in known:  # what was recorded is not requested again
            path = f"/{KINDS[key % len(KINDS)]}/{key}"
            assert web.server.requests[path] == asked[path]
    records = list(link_records(into))
    assert [record.key for record in records] == list(range(count))
    for record in records:
        kind = KINDS[record.key % len(KINDS)]
        assert (record.state is LinkState.FAILED) == (kind in {"missing", "html"}), record
        if record.state is LinkState.ARRIVED:
            assert picture_path(into, record.key).read_bytes() == picture(record.key)
    # A kill costs at most the requests that had not been recorded: those under way, and one run of outcomes.
    assert web.server.requests.total() - count * 9 // 8 <= killed * (8 + 512)
    assert not list((into / "parts").iterdir())
