"""A file that crashes its decoder, or keeps it busy, is one more damaged file; everything else goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import ImageError
from pipeline.images import separate_decoding
from pipeline.images.decoding import decode_rgb
from pipeline.images.memory_budget import MemoryBudget
from pipeline.images.separate_decoding import close_idle
from tests.helpers.format_files import MAKERS, pdf, svg
from tests.helpers.image_files import photo
from tests.helpers.waiting import wait_until

WHOLE = 'x="0" y="0" width="64" height="48"'
ENDLESS = svg(
    '<filter id="q"><feGaussianBlur stdDeviation="20"/></filter>' + f'<rect {WHOLE} filter="url(#q)"/>' * 100_000
)
"""A drawing of 5 MB that would take hours."""


class Watched(separate_decoding._Decoder):
    """A real process, remembered."""

    made: list[Watched]

    def __init__(self) -> None:
        super().__init__()
        self.made.append(self)


@pytest.fixture(autouse=True)
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Watched]]:
    """The processes that a test starts, from none on."""
    close_idle()
    made: list[Watched] = []
    monkeypatch.setattr(Watched, "made", made, raising=False)
    monkeypatch.setattr(separate_decoding, "_Decoder", Watched)
    yield made
    close_idle()
    assert not any(process.is_alive() for process in made), "none is left behind"


def test_a_file_that_keeps_its_decoder_busy_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separate_decoding, "_OTHER_SECONDS", 2)
    with pytest.raises(ImageError, match="Decoding the SVG takes too long") as caught:
        decode_rgb(ENDLESS)
    assert caught.value.reason == "too_costly"
    assert decode_rgb(svg(), min_side=64).rgb.any()


def test_a_decoder_that_only_waits_ends_too(monkeypatch: pytest.MonkeyPatch, processes: list[Watched]) -> None:
    decode_rgb(svg(), min_side=64)
    os.kill(processes[0]._process.pid, signal.SIGSTOP)  # it uses no time of the processor from now on
    monkeypatch.setattr(separate_decoding, "_WAIT_SECONDS", 0.5)
    with pytest.raises(ImageError, match="takes too long"):
        decode_rgb(svg(), min_side=64)


def test_a_decoder_that_crashes_names_the_file_as_damaged(processes: list[Watched]) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(decode_rgb, ENDLESS)
        wait_until(lambda: bool(processes and processes[0].files))
        os.kill(processes[0]._process.pid, signal.SIGSEGV)
        with pytest.raises(ImageError, match=r"The SVG stops its decoder \(exit code -11\). It is damaged") as caught:
            waiting.result()
    assert caught.value.reason == "damaged"
    assert decode_rgb(svg(), min_side=64).rgb.any()
    assert len(processes) == 2


def test_a_process_that_died_while_idle_costs_no_picture(processes: list[Watched]) -> None:
    decode_rgb(svg(), min_side=64)
    os.kill(processes[0]._process.pid, signal.SIGKILL)
    processes[0]._process.wait()
    assert decode_rgb(svg(), min_side=64).rgb.any()
    assert len(processes) == 2


def test_one_process_serves_all_formats_in_turn(processes: list[Watched]) -> None:
    for _ in range(3):
        for make in MAKERS.values():
            decode_rgb(make(), min_side=64)
    assert len(processes) == 1


def test_a_process_is_replaced_after_many_files(processes: list[Watched], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separate_decoding, "_MOST_FILES", 4)
    for _ in range(9):
        decode_rgb(svg(), min_side=64)
    assert len(processes) == 3


def test_threads_have_processes_of_their_own_and_share_one_budget(processes: list[Watched]) -> None:
    budget, start = MemoryBudget(10_000_000), threading.Barrier(3)
    pages = [pdf(photo(400, 300, seed)) for seed in range(3)]
    alone = [decode_rgb(page).rgb for page in pages]

    def decode(number: int) -> bool:
        start.wait()
        return bool((decode_rgb(pages[number], budget=budget).rgb == alone[number]).all())

    with ThreadPoolExecutor(3) as pool:
        assert all(pool.map(decode, [0, 1, 2] * 4))
    assert 1 <= len(processes) <= 12
    with budget.take(10_000_000):
        pass  # all memory was released


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_memory_that_no_header_announces_is_limited() -> None:
    program = "from pipeline.images.decoder_process import _limit\n_limit(60, 10_000_000)\nbytearray(2_000_000_000)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "MemoryError" in done.stderr


def test_a_process_takes_no_module_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: list[Watched]
) -> None:
    for name in ("rawpy", "json", "PIL"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "")
    assert decode_rgb(MAKERS["camera raw"]()).rgb.any()
