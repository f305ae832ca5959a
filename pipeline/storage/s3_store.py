"""The store of S3 and of what speaks its language. Uses the network.

Beside what every store of `fsspec` does, it lists page by page, asks for bytes of one version only (``If-Match``), and
goes on where a connection was dropped.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

from pipeline.storage.addresses import StorageAddress
from pipeline.storage.failures import code_of, failure_of
from pipeline.storage.fsspec_store import file_system
from pipeline.storage.objects import StoredObject

__all__ = ["S3Store"]

TRIES: Final = 4
"""Times that a dropped connection is replaced without a byte in between."""
PAUSE: Final = 0.2
"""Seconds before the second try; doubled for each further one."""
_PIECE: Final = 1 << 18
_CONNECTIONS: Final = 32


class S3Store:
    """All buckets that the credentials of the environment can read."""

    def __init__(self) -> None:
        self._system = file_system(
            "s3",
            config_kwargs={
                "connect_timeout": 10,
                "read_timeout": 30,
                "retries": {"max_attempts": 2, "mode": "standard"},
                "max_pool_connections": _CONNECTIONS,
            },
        )
        self._system.retries = 2  # it tries again what botocore has tried already

    def files(self, folder: StorageAddress) -> Iterator[StoredObject]:
        """See `Store.files`."""
        prefix = f"{folder.path}/" if folder.path else ""
        more: dict[str, str] = {}
        while True:
            try:
                page = self._system.call_s3("list_objects_v2", Bucket=folder.root, Prefix=prefix, **more)
            except Exception as error:
                raise failure_of(error, folder) from error
            for found in page.get("Contents", ()):
                key = str(found["Key"])[len(prefix) :]
                if key and not key.endswith("/"):  # a mark of a folder
                    yield _stored(StorageAddress("s3", folder.root, str(found["Key"])), found["Size"], found)
            if not page.get("IsTruncated") or not page.get("NextContinuationToken"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def facts(self, address: StorageAddress) -> StoredObject | None:
        """See `Store.facts`."""
        if not address.path:
            return None
        try:
            found = self._system.call_s3("head_object", Bucket=address.root, Key=address.path)
        except FileNotFoundError:
            return None
        except Exception as error:
            if code_of(error) in {"404", "NoSuchKey"}:
                return None
            raise failure_of(error, address) from error
        return _stored(address, found["ContentLength"], found)

    def read(self, stored: StoredObject, start: int, count: int) -> bytes:
        """See `Store.read`."""
        held = bytearray()
        tries = 0
        while len(held) < count:
            before = len(held)
            try:
                self._take(stored, start + before, count - before, held)
                break
            except Exception as error:
                if code_of(error) in {"InvalidRange", "416"}:  # it begins behind the end
                    break
                failure = failure_of(error, stored.address)
                tries = 0 if len(held) > before else tries + 1
                if failure.reason != "network" or tries >= TRIES:
                    raise failure from error
                time.sleep(PAUSE * 2.0**tries)
        return bytes(held)

    def _take(self, stored: StoredObject, start: int, count: int, held: bytearray) -> None:
        """Add bytes to `held` as they come; what came before an error stays there."""
        from fsspec.asyn import sync

        match = {"IfMatch": stored.tag} if stored.tag else {}
        address = stored.address
        answer = self._system.call_s3(
            "get_object", Bucket=address.root, Key=address.path, Range=f"bytes={start}-{start + count - 1}", **match
        )
        sync(self._system.loop, _receive, answer["Body"], count, held)


async def _receive(body: Any, count: int, held: bytearray) -> None:
    came = 0
    try:
        while came < count and (piece := await body.read(min(_PIECE, count - came))):
            held += piece
            came += len(piece)
    finally:
        body.close()


def _stored(address: StorageAddress, size: Any, facts: dict[str, Any]) -> StoredObject:
    return StoredObject(address, int(size), str(facts.get("ETag", ""))[:200])
