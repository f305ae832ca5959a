"""Decode the formats of the extra in processes of their own, so that a file that crashes a decoder harms nothing else.

Many decoders of these formats are large programs that no header bounds: a page of a document may hold anything. Each
runs in `pipeline.images.decoder_process` with a limit of memory and of processor time. A file that crashes it, or keeps
it busy for too long, is one more damaged file. Nothing is pickled: both sides exchange lines of JSON and plain bytes.

A process serves one picture at a time. Idle ones are kept until :func:`close_idle`, and end with this process.
"""

from __future__ import annotations

import atexit
import datetime
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

import pipeline
from pipeline.errors import ImageError
from pipeline.images.formats.exif import ExifFacts

if TYPE_CHECKING:
    import numpy.typing as npt

    from pipeline.images.memory_budget import Budget
    from pipeline.limits import Limits

__all__ = ["close_idle", "count_separately", "decode_separately"]

_SECONDS: Final = {"HEIC": 120, "JPEG XL": 120}
"""Maximum processor time of one file: a picture of 200 megapixels takes half of it."""

_OTHER_SECONDS: Final = 30
_WAIT_SECONDS: Final = 600.0
"""Maximum time of the clock of one file, for a decoder that waits and for systems without limits of processor time."""

_MOST_FILES: Final = 500
"""A process ends after so many files, so that a decoder that loses memory does no harm."""

_END_SECONDS: Final = 10.0
"""Time of the clock that a process which has closed its output may take to end."""

_BUSY: Final = getattr(signal, "SIGXCPU", 24)
"""Signal of a process that has used up its processor time."""

_MOST_REPLY: Final = 10_000
_idle: list[_Decoder] = []
_lock = threading.Lock()


def decode_separately(
    form: str, data: bytes, page: int, limits: Limits, min_side: int | None, budget: Budget | None
) -> tuple[npt.NDArray[np.uint8], int, int, ExifFacts]:
    """Decode one picture in another process.

    Parameters
    ----------
    form
        One of `pipeline.images.formats.extras.EXTRA_FORMATS`.
    data
        The file.
    page
        The page of a PDF, from 1; ignored for other formats.
    limits, min_side, budget
        As in `pipeline.images.decoding.decode_rgb`.

    Returns
    -------
    rgb
        uint8 (h, w, 3).
    width, height
        Size of the original in pixels.
    facts
        What its EXIF says.

    Raises
    ------
    ImageError
        For every fault of the file, also if it crashes its decoder.
    """
    job = {
        "form": form,
        "page": page,
        "min_side": min_side,
        "limits": [limits.max_pixels, limits.max_bytes, limits.max_memory],
    }
    reply, pixels = _asked(job, data, limits, budget)
    width, height, shape = int(reply["width"]), int(reply["height"]), (int(reply["rows"]), int(reply["columns"]), 3)
    return np.frombuffer(pixels, np.uint8).reshape(shape).copy(), width, height, _facts(reply)


def _facts(reply: dict[str, Any]) -> ExifFacts:
    taken = datetime.datetime.fromisoformat(reply["taken"]) if reply["taken"] else None
    return ExifFacts(taken, str(reply["camera"]), str(reply["place"]))


def count_separately(data: bytes, limits: Limits) -> int:
    """Return the number of pages of a PDF.

    Raises
    ------
    ImageError
        Reasons ``unsupported``, ``damaged``, ``too_costly``, ``too_large``.
    """
    job = {"form": "PDF", "page": 0, "min_side": None, "limits": [0, 0, limits.max_memory]}
    return int(_asked(job, data, limits, None)[0]["pages"])


def close_idle() -> None:
    """End the idle processes."""
    with _lock:
        waiting, _idle[:] = list(_idle), []
    for decoder in waiting:
        decoder.close()


atexit.register(close_idle)


def _asked(job: dict[str, Any], data: bytes, limits: Limits, budget: Budget | None) -> tuple[dict[str, Any], bytes]:
    with _lock:
        decoder = _idle.pop() if _idle else None
    if decoder is None or not decoder.is_alive():
        if decoder is not None:
            decoder.close()
        decoder = _Decoder()
    try:
        reply, body = decoder.ask(job, data, 3 * limits.max_pixels, budget)
    except BaseException:
        decoder.close()
        raise
    with _lock:
        keep = decoder.files < _MOST_FILES and len(_idle) < (os.cpu_count() or 1)
        if keep:
            _idle.append(decoder)
    if not keep:
        decoder.close()
    if "reason" in reply:
        raise ImageError(str(reply["message"]), reason=str(reply["reason"]))
    return reply, body


class _Decoder:
    """One process that decodes. Its own group keeps Ctrl-C from stopping it in the middle of a sound file."""

    def __init__(self) -> None:
        self.files = 0
        root = str(Path(pipeline.__file__).parent.parent)
        before = os.environ.get("PYTHONPATH")
        paths = {"PYTHONPATH": os.pathsep.join([root, before] if before else [root])}
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "VIPS_CONCURRENCY": "1"}
        self._process = subprocess.Popen(  # -P keeps the current folder, which may hold anything, off its path
            [sys.executable, "-P", "-m", "pipeline.images.decoder_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | paths | threads,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(
        self, job: dict[str, Any], data: bytes, most_bytes: int, budget: Budget | None
    ) -> tuple[dict[str, Any], bytes]:
        """Send one file and return the answer with its bytes."""
        self.files += 1
        seconds = _SECONDS.get(job["form"], _OTHER_SECONDS)
        late = threading.Event()
        watch = threading.Timer(_WAIT_SECONDS, self._stop, [late])
        watch.daemon = True
        watch.start()
        try:
            with ExitStack() as held:
                self._send({**job, "bytes": len(data), "seconds": seconds}, data)
                reply = self._reply()
                if "needed" in reply:
                    if budget is not None:
                        held.enter_context(budget.take(int(reply["needed"])))
                    self._send({})
                    reply = self._reply()
                return reply, self._exactly(int(reply.get("bytes", 0)), most_bytes)
        except (EOFError, OSError, ValueError) as error:
            raise self._ended(job["form"], late=late.is_set()) from error
        finally:
            watch.cancel()

    def close(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # the process has ended, so nothing reads the rest
                    pipe.close()
        self._process.wait()

    def _stop(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def _send(self, message: dict[str, Any], data: bytes = b"") -> None:
        pipe = _open(self._process.stdin)
        pipe.write(json.dumps(message).encode() + b"\n")
        pipe.write(data)
        pipe.flush()

    def _reply(self) -> dict[str, Any]:
        line = _open(self._process.stdout).readline(_MOST_REPLY)
        if not line.endswith(b"\n"):
            raise EOFError
        return dict(json.loads(line))

    def _exactly(self, size: int, most: int) -> bytes:
        if not 0 <= size <= most:
            raise EOFError
        body = _open(self._process.stdout).read(size)
        if len(body) != size:
            raise EOFError
        return body

    def _ended(self, form: str, *, late: bool) -> ImageError:
        """Return the error of a file whose process ended or gave an invalid answer."""
        try:
            code = self._process.wait(_END_SECONDS)  # the exit code of the process says more than the pipe's error
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if late or code == -_BUSY:
            message = f"Decoding the {form} takes too long; save it again as a plain picture."
            return ImageError(message, reason="too_costly")
        message = (
            f"The {form} stops its decoder (exit code {code}). It is damaged or takes too much memory; save it again "
            "as a plain picture."
        )
        return ImageError(message, reason="damaged")


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EOFError
    return pipe
