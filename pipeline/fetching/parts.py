"""Request parts of a file by range (RFC 9110, section 14). Uses the network."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline.errors import LinkError
from pipeline.fetching.addresses import Address, redirected
from pipeline.fetching.reasons import Reason
from pipeline.fetching.requests import REDIRECTS, Requester, header_of, of_status

__all__ = ["Part", "PartRequester"]

_RANGE = re.compile(rb"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")


@dataclass(slots=True)
class Part:
    """A part of a file as it is received.

    Parameters
    ----------
    data
        Bytes so far. After an error, those that came before it.
    whole
        Bytes of the whole file; -1 if the host does not say.
    tag
        What changes with the file: its ETag, or else the time of its last change; "" for neither.
    is_range
        Whether the host sent the requested part. Otherwise it began to send the whole file.
    """

    data: bytearray = field(default_factory=bytearray)
    whole: int = -1
    tag: str = ""
    is_range: bool = False


class PartRequester(Requester):
    """Makes requests for parts of files."""

    async def part(self, address: Address, start: int, count: int, into: Part) -> Part | Address:
        """Request a part of a file.

        Parameters
        ----------
        address
            The file.
        start, count
            From which byte, and how many at most; at least 1.
        into
            Takes what comes.

        Returns
        -------
        Part or Address
            `into`, or where the host redirects to.

        Raises
        ------
        LinkError
            With the reason. Status 416 for a part behind the end of the file.
        """
        wanted = f"bytes={start}-{start + count - 1}".encode()
        async with self._answer(address, b"*/*", [(b"Range", wanted)]) as answer:
            if answer.status in REDIRECTS:
                return redirected(address, header_of(answer, b"location"))
            if answer.status not in {200, 206}:
                raise of_status(answer)
            if header_of(answer, b"content-encoding").strip().lower() not in {b"", b"identity"}:
                raise LinkError("The answer is packed, which was not asked for.", reason=Reason.ENCODING)
            tag = header_of(answer, b"etag") or header_of(answer, b"last-modified")
            into.tag = tag.decode("latin-1")[:200]
            length = header_of(answer, b"content-length")
            if answer.status == 206:
                found = _RANGE.fullmatch(header_of(answer, b"content-range").strip())
                if found is None or int(found[1]) != start:
                    raise LinkError("The host sent another part than requested.", reason=Reason.PROTOCOL)
                into.is_range = True
                into.whole = int(found[3]) if found[3].isdigit() else -1
            else:
                into.whole = int(length) if length.isdigit() and len(length) < 19 else -1
                if start:
                    return into
            async for data in answer.pieces():
                into.data += data[: count - len(into.data)]
                if len(into.data) >= count:
                    break
            return into
