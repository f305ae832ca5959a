"""The process that decodes the formats of the extra, one file at a time. `separate_decoding` starts it.

It reads a line of JSON and the bytes of a file from standard input, and writes a line of JSON and the pixels to
standard output. Before it decodes, it reports the memory that it needs and waits for permission. It ends when its input
ends.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from pipeline.errors import ImageError
from pipeline.images.decoding import DecodedImage, decode_drawing, decode_picture, image_errors
from pipeline.images.extra_formats.camera_raw import open_camera_raw
from pipeline.images.extra_formats.heic import open_heic
from pipeline.images.extra_formats.jpeg_xl import open_jpeg_xl
from pipeline.images.extra_formats.pdf import count_pages, open_page
from pipeline.images.extra_formats.svg import open_svg
from pipeline.limits import Limits

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from pipeline.images.extra_formats.drawing import Drawing
    from pipeline.images.formats.contents import Contents

__all__ = ["main"]

_PICTURES: Final[dict[str, Callable[[bytes], tuple[ImageFile, Contents]]]] = {
    "HEIC": open_heic,
    "JPEG XL": open_jpeg_xl,
    "camera raw": open_camera_raw,
}
_SPARE: Final = 700_000_000
"""Bytes that a decoder may take beyond the estimate: its stacks, tables and libraries."""


class _Channel:
    """The two pipes to the process that asked."""

    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source, self._sink = source, sink

    def job(self) -> dict[str, Any] | None:
        line = self._source.readline()
        return json.loads(line) if line else None

    def data(self, size: int) -> bytes:
        return self._source.read(size)

    def send(self, message: dict[str, Any], data: bytes = b"") -> None:
        self._sink.write(json.dumps({**message, "bytes": len(data)}).encode() + b"\n")
        self._sink.write(data)
        self._sink.flush()

    @contextmanager
    def take(self, wanted: int) -> Iterator[None]:
        """Ask for memory, as `pipeline.images.memory_budget.Budget` does; the asking process holds it."""
        self.send({"needed": wanted})
        self.job()
        yield


def main() -> None:
    """Serve files until the input ends."""
    sink = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # the output of libraries must not reach the pipe
    channel = _Channel(sys.stdin.buffer, sink)
    while (job := channel.job()) is not None:
        data = channel.data(job["bytes"])
        _limit(job["seconds"], job["limits"][2])
        try:
            _serve(job, data, channel)
        except ImageError as error:
            channel.send({"reason": error.reason, "message": " ".join(str(error).split())[:2000]})


def _serve(job: dict[str, Any], data: bytes, channel: _Channel) -> None:
    if job["form"] == "PDF" and not job["page"]:
        with image_errors("PDF"):
            pages = count_pages(data)
        channel.send({"pages": pages})
        return
    decoded = _decoded(job, data, channel)
    rows, columns, _ = decoded.rgb.shape
    answer: dict[str, Any] = {"width": decoded.width, "height": decoded.height, "rows": rows, "columns": columns}
    taken, camera, place = astuple(decoded.facts)
    answer |= {"taken": taken.isoformat() if taken is not None else "", "camera": camera, "place": place}
    channel.send(answer, decoded.rgb.tobytes())


def _decoded(job: dict[str, Any], data: bytes, channel: _Channel) -> DecodedImage:
    form, min_side, limits = job["form"], job["min_side"], Limits(*job["limits"])
    with image_errors(form):
        if form in _PICTURES:
            image, contents = _PICTURES[form](data)
            with image:
                return decode_picture(image, contents, limits, min_side, channel)
        drawing: Drawing = open_page(data, job["page"]) if form == "PDF" else open_svg(data)
        return decode_drawing(drawing, limits, min_side, channel)


def _limit(seconds: int, memory: int) -> None:
    """Limit the processor time of the next file, and the memory of this process, where the system can."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    used = resource.getrusage(resource.RUSAGE_SELF)
    hardest = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds, hardest))
    if sys.platform == "linux":
        size = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        hardest = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (size + memory + _SPARE, hardest))


if __name__ == "__main__":
    main()
