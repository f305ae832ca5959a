"""A process stopped by Ctrl-C at a chosen moment."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.helpers.waiting import DEADLINE, wait_until

__all__ = ["interrupted"]


def interrupted(*arguments: object, sign: Path | None) -> subprocess.CompletedProcess[str]:
    """Run ``explorer`` with arguments, press Ctrl-C as soon as ``sign`` exists, and wait for the end.

    Without a sign it is pressed while modules and the model are being loaded.
    """
    command = [sys.executable, "-m", "explorer", *map(str, arguments)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    maps = Path(f"/proc/{process.pid}/maps")

    def came() -> bool:
        assert process.poll() is None, process.communicate()[1]
        return "libtorch" in maps.read_text(encoding="utf-8") if sign is None else sign.exists()

    if sign is None and not maps.exists():
        time.sleep(1.5)  # where a system does not tell which libraries a process has
    else:
        wait_until(came)
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=DEADLINE)
    return subprocess.CompletedProcess(command, process.returncode, out, told)
