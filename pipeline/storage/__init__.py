"""Read objects in other storage by address: buckets through `fsspec`, web servers through `pipeline.fetching`.

An address is no path: it is checked, never joined by the rules of the disk, and never leads to a file of this machine.
"""

from __future__ import annotations

from pipeline.storage.addresses import StorageAddress, is_address, parse_storage_address, source_place, stored_address
from pipeline.storage.objects import Store, StoredObject
from pipeline.storage.stores import (
    forget_stores,
    read_object,
    register_store,
    store_of,
    use_address,
)

__all__ = [
    "StorageAddress",
    "Store",
    "StoredObject",
    "forget_stores",
    "is_address",
    "parse_storage_address",
    "read_object",
    "register_store",
    "source_place",
    "store_of",
    "stored_address",
    "use_address",
]
