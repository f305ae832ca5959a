"""A store over a file system of `fsspec`. Uses the network.

The libraries read credentials, regions and endpoints from the environment and from their own files, as the tools of the
storage do. This module passes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pipeline.errors import StorageError
from pipeline.storage.addresses import StorageAddress
from pipeline.storage.failures import failure_of
from pipeline.storage.objects import StoredObject

__all__ = ["FsspecStore", "file_system"]

_INSTALL: Final = {
    "s3": ("s3fs", '"bam-explorer[s3]"'),
    "gs": ("gcsfs", '"bam-explorer[gs]"'),
    "az": ("adlfs", "adlfs"),
    "abfs": ("adlfs", "adlfs"),
    "abfss": ("adlfs", "adlfs"),
}
_TAGS: Final = ("ETag", "etag", "md5Hash", "content_settings", "mtime", "last_modified", "LastModified")
"""Names under which file systems say what changes with the bytes, the best first."""


def file_system(protocol: str, **options: Any) -> Any:
    """Return the file system of a protocol.

    Parameters
    ----------
    protocol
        One of `pipeline.storage.addresses.PROTOCOLS`.
    options
        Further arguments of its class.

    Raises
    ------
    StorageError
        Reason ``extra`` if its library is not installed, ``credentials`` if it finds none.
    """
    library, install = _INSTALL.get(protocol, (protocol, protocol))
    try:
        import fsspec

        return fsspec.filesystem(protocol, use_listings_cache=False, skip_instance_cache=True, **options)
    except ImportError as error:
        raise StorageError(
            f"{protocol}:// needs the library {library}, which is not installed. Install it with: python -m pip "
            f"install {install}",
            reason="extra",
        ) from error
    except Exception as error:  # libraries look for credentials here, and each has errors of its own
        raise failure_of(error, f"{protocol}://") from error


class FsspecStore:
    """The objects of one file system.

    Parameters
    ----------
    system
        A file system of `fsspec`.
    """

    def __init__(self, system: Any) -> None:
        self._system = system

    def files(self, folder: StorageAddress) -> Iterator[StoredObject]:
        """See `Store.files`."""
        try:
            found = self._system.find(_path(folder), detail=True)
        except FileNotFoundError:
            return
        except Exception as error:
            raise failure_of(error, folder) from error
        above = len(_path(folder).strip("/")) + 1
        for path, facts in found.items():
            if facts.get("type") == "file":
                yield _stored(folder.below(str(path).strip("/")[above:]), facts)

    def facts(self, address: StorageAddress) -> StoredObject | None:
        """See `Store.facts`."""
        try:
            facts = self._system.info(_path(address))
        except (FileNotFoundError, IsADirectoryError):
            return None
        except Exception as error:
            raise failure_of(error, address) from error
        return _stored(address, facts) if facts.get("type") == "file" else None

    def read(self, stored: StoredObject, start: int, count: int) -> bytes:
        """See `Store.read`. The tag is compared after reading, because `fsspec` cannot ask for it with the bytes."""
        address = stored.address
        if count <= 0:
            return b""
        try:
            data: bytes = self._system.cat_file(_path(address), start=start, end=start + count)
        except Exception as error:
            raise failure_of(error, address) from error
        if stored.tag:
            now = self.facts(address)
            if now is None or now.tag != stored.tag:
                raise StorageError(f"{address} was changed while it was read. Build again.", reason="changed")
        return data


def _path(address: StorageAddress) -> str:
    return f"{address.root}/{address.path}" if address.path else address.root


def _stored(address: StorageAddress, facts: dict[str, Any]) -> StoredObject:
    tag = next((str(facts[name]) for name in _TAGS if facts.get(name)), "")
    size = facts.get("size")
    return StoredObject(address, int(size) if isinstance(size, int) else -1, tag[:200])
