"""Processes from start to end: stopped by a person, served by the command and by Panel's own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.helpers.interrupted import interrupted
from tests.helpers.served import start_server
from tests.helpers.waiting import DEADLINE


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param(None, id="loading"),
        pytest.param(".out.building", id="reading", marks=pytest.mark.slow),
        pytest.param(".out.building/graph", id="layout", marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_stops_with_a_sentence_and_leaves_no_collection(
    drawn_table: Path, weights_file: Path, tmp_path: Path, sign: str | None
) -> None:
    out = tmp_path / "out"
    weights = ("--backbone", "resnet18", "--weights", weights_file)
    ended = interrupted("build", drawn_table, "--out", out, *weights, sign=sign and tmp_path / sign)
    assert ended.returncode == 130, ended.stderr
    assert "Stopped." in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not out.exists()


@pytest.mark.slow
def test_panel_serves_the_same_app_and_warms_it_up(served_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "panel", "serve", "explorer", "--address", "127.0.0.1", "--port", str(port)]
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [*command, "--args", str(served_path)],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    output = []
    for line in process.stdout:
        output.append(line)
        if "Bokeh app running" in line:
            break
    with urlopen(f"http://127.0.0.1:{port}/explorer", timeout=DEADLINE) as answer:
        page = answer.read().decode()
    process.send_signal(signal.SIGINT)
    output.append(process.communicate(timeout=DEADLINE)[0])
    assert "table · BAM Explorer" in page
    assert "exactly one collection" not in "".join(output)
    assert "Traceback" not in "".join(output)


@pytest.mark.slow
def test_serving_answers_and_stops_on_ctrl_c(served_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    process, address = start_server(served_path, fresh=True)
    with urlopen(address, timeout=DEADLINE) as answer:  # noqa: S310 -- our own server on this machine
        assert "BAM Explorer" in answer.read().decode()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=DEADLINE) == 0
    assert "Traceback" not in capfd.readouterr().err


def test_an_interrupt_that_a_library_made_an_error_of_is_still_one() -> None:
    words = "External error: KeyboardInterrupt: "
    script = f"import explorer.cli.command as c\ndef stop(**_): raise ValueError({words!r})\nc.app = stop\nc.main()"
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert ended.returncode == 130
    assert "Stopped." in ended.stderr
