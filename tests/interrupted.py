"""A process stopped by Ctrl-C at a chosen moment."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["interrupted"]


def interrupted(*arguments: object, sign: Path | None) -> subprocess.CompletedProcess[str]:
    """Run ``explorer`` with arguments, press Ctrl-C as soon as ``sign`` exists, and wait for the end.

    Without a sign it is pressed while modules and the model are being loaded.
    """
    command = [sys.executable, "-m", "explorer", *map(str, arguments)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if sign is None:
        time.sleep(1.5)  # python is up, the model is being loaded
    else:
        deadline = time.monotonic() + 60
        while not sign.exists():
            assert time.monotonic() < deadline, f"{sign.name} never came"
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, out, told)
