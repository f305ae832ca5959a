"""Processes of the ``explorer`` command that start with their modules loaded.

Loading the modules is most of the work of a short command and of a server's start, and the tests start a hundred of
them. One process of a run loads the modules, and is forked for each command: a process of its own, with its own
arguments, environment, output, signals and exit code. With ``--all``, in benchmarks and where forking is not safe,
each process is a fresh interpreter.
"""

from __future__ import annotations

import array
import gc
import importlib
import json
import os
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import portalocker

from tests.helpers.waiting import DEADLINE

__all__ = ["Process", "ready_to_fork", "start"]

MODULES = (
    "explorer.app",
    "explorer.cli.command",
    "explorer.cli.server",
    "explorer.composition",
    "lance",
    "pipeline.build",
    "sklearn.linear_model",
)
"""Modules that a server and most commands load."""
VARIABLE = "BAM_EXPLORER_TEST_PROCESSES"
"""Names the folder of the run; where it is not set, interpreters are fresh."""
FOR_SENTENCES = {"COLUMNS": "400", "NO_COLOR": "1"}
"""Wide enough that a sentence stays on one line."""
LONGEST = 1_000_000


class Process(Protocol):
    """The common interface of `subprocess.Popen` and `Forked`."""

    @property
    def pid(self) -> int: ...
    @property
    def stderr(self) -> IO[str] | None: ...
    def send_signal(self, sig: int, /) -> None: ...
    def kill(self) -> None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...


class Forked:
    """One process that was forked; used as `subprocess.Popen` is."""

    def __init__(self, arguments: list[str], stdout: int, environment: dict[str, str]) -> None:
        self.args = arguments
        self.returncode: int | None = None
        told, tell = os.pipe()
        self.stderr: IO[str] = os.fdopen(told, encoding="utf-8", errors="replace")
        self._channel = _connected()
        request = {"arguments": arguments, "environment": environment, "folder": str(Path.cwd())}
        message = json.dumps(request).encode()
        assert len(message) < LONGEST
        descriptors = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [stdout, tell]))]
        self._channel.sendmsg([message], descriptors)
        os.close(tell)
        self.pid = int(self._channel.recv(100))

    def poll(self) -> int | None:
        """Return the exit code, or None while the process runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit code; negative for a signal."""
        if self.returncode is None:
            if not select.select([self._channel], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._channel.recv(100))
            self._channel.close()
        return self.returncode

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        """End the process at once."""
        self.send_signal(signal.SIGKILL)


def start(arguments: list[str], stdout: int, *, fresh: bool = False) -> Process:
    """Start ``explorer`` with arguments.

    Parameters
    ----------
    arguments
        Those after the name of the command.
    stdout
        Descriptor of the file that takes the output. The words for people come through `Process.stderr`.
    fresh
        Whether the process must be a fresh interpreter.
    """
    environment = {**os.environ, **FOR_SENTENCES}
    if VARIABLE in os.environ and not fresh:
        return Forked(arguments, stdout, environment)
    command = [sys.executable, "-m", "explorer", *arguments]
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environment)


@contextmanager
def ready_to_fork(folder: Path) -> Iterator[None]:
    """Let `start` fork one process that is started when it is needed first; all workers of a run share it.

    Parameters
    ----------
    folder
        Of the run: the same for all its workers.
    """
    os.environ[VARIABLE] = str(folder)
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        while _kept:
            _kept.pop().close()


def _connected() -> socket.socket:
    """Connect to the process of this run, and start it if there is none; it ends with its last connection."""
    folder = Path(os.environ[VARIABLE])
    if not _kept:
        with portalocker.Lock(folder / "prepared.lock", timeout=DEADLINE):
            place = folder / "prepared"  # the path of a socket must be short, so this file names it
            try:
                _kept.append(_connection(place.read_text(encoding="utf-8")))
            except OSError:
                place.write_text(_started(), encoding="utf-8")
                _kept.append(_connection(place.read_text(encoding="utf-8")))
    return _connection((folder / "prepared").read_text(encoding="utf-8"))


_kept: list[socket.socket] = []
"""This process's own connection, which keeps the process that is forked."""


def _connection(address: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def _started() -> str:
    """Start the process that is forked; return the path of its socket once it answers."""
    address = Path(tempfile.mkdtemp(prefix="bam-explorer-")) / "socket"
    command = [sys.executable, "-m", "tests.helpers.prepared", str(address)]
    process = subprocess.Popen(
        command,
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env={**os.environ, **FOR_SENTENCES},
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "ready\n"
    process.returncode = 0  # it outlives this worker where another one still needs it
    return str(address)


def _serve(address: Path) -> list[str] | None:
    """Fork for each request; return the arguments in a forked process, and None at the end."""
    waiting = selectors.DefaultSelector()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(address))
        listener.listen(64)
        waiting.register(listener, selectors.EVENT_READ)
        print("ready", flush=True)  # noqa: T201 -- the parent waits for this line
        connections: set[socket.socket] = set()
        while events := waiting.select(timeout=None if connections else 60):
            for key, _ in events:
                source = key.fileobj
                if source is listener:
                    connection = listener.accept()[0]
                    connections.add(connection)
                    waiting.register(connection, selectors.EVENT_READ)
                elif isinstance(source, socket.socket):
                    message, descriptors, _, _ = socket.recv_fds(source, LONGEST, 2)
                    waiting.unregister(source)
                    if not message:
                        connections.discard(source)
                        source.close()
                        continue
                    pid = os.fork()
                    if pid == 0:
                        for connection in connections:
                            connection.close()
                        waiting.close()
                        return _become(json.loads(message), descriptors)
                    for descriptor in descriptors:
                        os.close(descriptor)
                    source.sendall(str(pid).encode())
                    waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, source))
                else:
                    waiting.unregister(source)
                    os.close(int(source))
                    pid, connection = key.data
                    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                    _tell(connection, code)
                    connections.discard(connection)
                    connection.close()
            if not connections:
                break
    return None


def _tell(connection: socket.socket, code: int) -> None:
    try:
        connection.sendall(str(code).encode())
    except OSError:
        return  # no process waits for it any more


def _become(request: dict[str, object], descriptors: list[int]) -> list[str]:
    """Take over the folder, the environment and the outputs of a request; return its arguments."""
    for target, descriptor in zip((1, 2), descriptors, strict=True):
        os.dup2(descriptor, target)
        os.close(descriptor)
    os.chdir(str(request["folder"]))
    environment, arguments = request["environment"], request["arguments"]
    assert isinstance(environment, dict)
    assert isinstance(arguments, list)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return [str(argument) for argument in arguments]


if __name__ == "__main__":
    # Ctrl-C in the terminal of the tests is for the tests; they end, and this process after them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in MODULES:
        importlib.import_module(name)
    gc.freeze()
    given = _serve(Path(sys.argv[1]))
    if given is None:
        Path(sys.argv[1]).unlink()
        Path(sys.argv[1]).parent.rmdir()
    else:
        sys.argv = ["explorer", *given]
        runpy.run_module("explorer", run_name="__main__", alter_sys=True)
