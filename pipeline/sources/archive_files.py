"""Archives on this machine and in other storage: how they are opened to be listed, and where their members lie."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipeline.errors import SourceError
from pipeline.images.locations import MemberLocation, RemoteMemberLocation
from pipeline.storage import StoredObject
from pipeline.storage.range_file import RangeFile
from pipeline.text.plain_text import plain

__all__ = ["ArchiveFile", "Member", "members_of"]

Member = MemberLocation | RemoteMemberLocation


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """An archive.

    Parameters
    ----------
    place
        A file of this machine, or an object in other storage.
    """

    place: Path | StoredObject

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.place.name if isinstance(self.place, Path) else self.place.address.name

    @property
    def shown(self) -> str:
        """Path or address, for errors."""
        return str(self.place) if isinstance(self.place, Path) else str(self.place.address)

    def opened(self) -> IO[bytes]:
        """Open the file for reading."""
        if isinstance(self.place, Path):
            return self.place.open("rb")
        return io.BufferedReader(RangeFile(self.place))

    def member(self, name: str, offset: int, size: int, packing: str) -> Member:
        """Return the location of a member: the place of its bytes, or of its header in a zip archive."""
        if isinstance(self.place, StoredObject):
            stored = self.place
            return RemoteMemberLocation(stored.address.text, name, offset, size, stored.tag, packing)
        return MemberLocation(self.place, name, *((offset, size) if packing == "tar" else ()))


def members_of(archive: ArchiveFile) -> Iterator[Member]:
    """Yield the regular files of an archive.

    Raises
    ------
    SourceError
        If it is encrypted.
    OSError and others
        As `pipeline.sources.archive_reading.BROKEN` has them, if it is damaged.
    """
    with ExitStack() as stack:
        file = stack.enter_context(archive.opened())
        if archive.name.lower().endswith(".zip"):
            for info in stack.enter_context(zipfile.ZipFile(file)).infolist():
                if info.flag_bits & 1:
                    raise SourceError(
                        f"{archive.shown} is encrypted ({plain(info.filename)!r}). Pack it again without a password."
                    )
                if not info.is_dir():
                    yield archive.member(info.filename, info.header_offset, info.compress_size, "zip")
            return
        tar = stack.enter_context(tarfile.open(fileobj=file, mode="r:"))
        for one in tar:
            tar.members = []  # type: ignore[attr-defined] # a list of millions of members would fill the memory
            if one.isreg() and not one.issparse():
                yield archive.member(one.name, one.offset_data, one.size, "tar")
