"""Open a source: find the module that reads it, list its images, and check the result. Opens no image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from pipeline.errors import ErrorKind, SourceError
from pipeline.sources.archive import ARCHIVE_SUFFIXES, PACKED_SUFFIXES, read_archive, read_shards, shards_of
from pipeline.sources.folder import IMAGE_SUFFIXES, OnRequest, list_folder
from pipeline.sources.hugging_face import (
    class_shards,
    is_saved_dataset,
    parquet_shards,
    read_saved_dataset,
    read_shard_files,
)
from pipeline.sources.left_out import left_out_sentences
from pipeline.sources.remote import open_address
from pipeline.sources.source import Source, sorted_source
from pipeline.sources.table import TABLE_SUFFIXES, TableReading, read_source_table
from pipeline.storage import StorageAddress, use_address

if TYPE_CHECKING:
    from pipeline.fetching.records import FetchOptions
    from pipeline.progress import ProgressCallback

__all__ = ["SourceOpener", "open_source", "register_source", "source_name"]


class SourceOpener(Protocol):
    """A kind of source on this machine. Implement it, and hand it to `register_source`, to add your own.

    It is never asked about an address: `pipeline.storage.register_store` adds other storage.
    """

    @property
    def allowed(self) -> str:
        """The sources that it opens, as part of a sentence, e.g. "a folder of images"."""

    def accepts(self, path: Path) -> bool:
        """Return whether it opens the source at `path`, judged by its name, or by whether it is a folder."""

    def open(self, path: Path, name: str) -> Source:
        """List the images of a source.

        Parameters
        ----------
        path
            The source. It exists.
        name
            Name of the source, part of every identity.

        Returns
        -------
        Source
            With items in any order, and perhaps none.

        Raises
        ------
        SourceError
            If the source breaks a rule. The sentence names the line or file.
        """


def register_source(opener: SourceOpener) -> None:
    """Add a kind of source. It is asked before those that are there already."""
    _OPENERS.insert(0, opener)


def source_name(path: Path | StorageAddress) -> str:
    """Return the default name of a folder, file or address as a source."""
    if isinstance(path, StorageAddress):
        stem = path.name.rpartition(".")[0] if path.suffix in {*TABLE_SUFFIXES, *ARCHIVE_SUFFIXES} else path.name
        return stem or path.root
    return (path.resolve().name or "images") if path.is_dir() else path.stem


def open_source(
    path: Path | StorageAddress,
    *,
    name: str | None = None,
    wanted: OnRequest | None = None,
    fetching: FetchOptions | None = None,
    progress: ProgressCallback | None = None,
    reading: TableReading | None = None,
) -> Source:
    """List the images of a source: a folder with its subfolders, a table, or a kind of your own.

    Parameters
    ----------
    path
        A folder, or a file that a registered `SourceOpener` accepts, or the address of a folder, table or archive in
        other storage. Paths in a table are relative to its folder.
    name
        Name of the source; the folder's or the file's own name by default. It is part of every identity.
    wanted
        What a folder yields only on request: pages of documents, drawings. Nothing by default.
    fetching
        How an address of the web is read; only public hosts by default.
    progress
        Called while a folder in other storage is listed.
    reading
        How a table is read. Its encoding is refused for any other source.

    Returns
    -------
    Source
        Its items are sorted by key.

    Raises
    ------
    SourceError
        If `path` does not exist, holds no images, or breaks a rule of its kind; if something is wanted that only a
        folder yields, and it is none.
    """
    if isinstance(path, StorageAddress):
        if wanted not in {None, OnRequest()}:
            raise SourceError(f"{path}: pages and drawings are read on request from a folder of this machine only.")
        if reading not in {None, TableReading()}:
            raise SourceError(
                f"{path}: an encoding, and vectors, layouts and scores, are taken with a table on this machine only. "
                "Copy the table here."
            )
        use_address(path, fetching)
        return sorted_source(open_address(path, name or source_name(path), progress))
    try:
        return _open_source(path, name, wanted or OnRequest(), reading or TableReading())
    except (OSError, RuntimeError, ValueError) as error:  # a name that is too long, a link to itself, a disk that fails
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"{path} cannot be read ({reason}). Check the path and its permissions.") from error


def _open_source(path: Path, name: str | None, wanted: OnRequest, reading: TableReading) -> Source:
    if not path.exists():
        raise SourceError(f"{path} does not exist. Give {_allowed()}.")
    opener = next((one for one in _OPENERS if one.accepts(path)), None)
    if opener is None:
        raise SourceError(f"{path} is no source of images. Give {_allowed()}.")
    if isinstance(opener, _Table):
        opener = replace(opener, reading=reading)
    elif reading.encoding is not None:
        raise SourceError(f"{path} is no table, so encoding={reading.encoding!r} does nothing. Leave the encoding out.")
    if isinstance(opener, _Folder):
        opener = replace(opener, wanted=wanted)
    elif wanted != OnRequest():
        raise SourceError(
            f"{path} is not a folder. Pages and drawings are read on request from a folder only; a table names "
            "each of its images itself."
        )
    return replace(sorted_source(opener.open(path, name or source_name(path))), requested=wanted.names)


def _allowed() -> str:
    kinds = [opener.allowed for opener in _OPENERS]
    return f"{', '.join(kinds[:-1])} or {kinds[-1]}"


@dataclass(frozen=True, slots=True)
class _Folder:
    allowed: str = "a folder of images"
    wanted: OnRequest | None = None

    def accepts(self, path: Path) -> bool:
        return path.is_dir()

    def open(self, path: Path, name: str) -> Source:
        if is_saved_dataset(path):
            return replace(read_saved_dataset(path, name), is_table=True)
        listing = list_folder(path, name, self.wanted)
        if not listing.items and shards_of(path):
            return read_shards(path, name)
        if not listing.items and (shards := parquet_shards(path)):
            return replace(read_shard_files(shards, path, name), is_table=True)
        if not listing.items:
            endings = ", ".join(sorted(IMAGE_SUFFIXES))
            raise SourceError(
                f"There are no images in {path}. Files ending in {endings} are read, and files of these formats with "
                f"other endings, subfolders included. {' '.join(left_out_sentences(listing.left_out))}".rstrip(),
                kind=ErrorKind.NO_IMAGES,
                left_out=listing.left_out,
            )
        return Source(name, path.resolve(), tuple(listing.items), left_out=listing.left_out)


@dataclass(frozen=True, slots=True)
class _Table:
    allowed: str = f"a table ({', '.join(TABLE_SUFFIXES)}) with a column 'file'"
    reading: TableReading | None = None

    def accepts(self, path: Path) -> bool:
        return path.suffix.lower() in TABLE_SUFFIXES

    def open(self, path: Path, name: str) -> Source:
        is_plain = self.reading in {None, TableReading()}  # vectors and ids are found by the rows of the table
        if shards := class_shards(path) if is_plain and path.suffix.lower() == ".parquet" else []:
            return replace(read_shard_files(shards, path.parent, name), is_table=True, lines=None)
        source = read_source_table(path, name, self.reading or TableReading())
        if not source.items:
            raise SourceError(f"{path} has no row below its header. Add a row for each image.")
        return replace(source, root=path.parent.resolve(), is_table=True)


@dataclass(frozen=True, slots=True)
class _Archive:
    allowed: str = f"an archive of images ({', '.join(ARCHIVE_SUFFIXES)})"

    def accepts(self, path: Path) -> bool:
        return path.name.lower().endswith((*ARCHIVE_SUFFIXES, *PACKED_SUFFIXES))

    def open(self, path: Path, name: str) -> Source:
        if path.name.lower().endswith(PACKED_SUFFIXES):
            raise SourceError(
                f"{path} would have to be unpacked from its beginning for every image. Unpack it and give the folder, "
                "or pack it as .zip or .tar."
            )
        return replace(read_archive(path, name), is_table=True)


_OPENERS: Final[list[SourceOpener]] = [_Folder(), _Archive(), _Table()]
