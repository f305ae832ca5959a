"""Image identities: 63 bits that stay the same when a collection is rebuilt, moved or extended. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import SourceError

__all__ = ["image_id", "image_ids"]


def image_id(source_name: str, key: str) -> int:
    """Return the identity of one image.

    The first 63 bits of SHA-256 over the source's name, a zero byte and the key. Both are brought to Unicode NFC
    first, because macOS returns decomposed names for the same file.

    Parameters
    ----------
    source_name
        Name of the source, not its path, so a moved folder keeps its ids.
    key
        Path relative to the source's root with ``/``, or a URL.

    Returns
    -------
    int
        0 <= id < 2**63.
    """
    text = f"{unicodedata.normalize('NFC', source_name)}\0{unicodedata.normalize('NFC', key)}"
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def image_ids(source_name: str, keys: Sequence[str]) -> NDArray[np.int64]:
    """Return the identities of many images of one source.

    Parameters
    ----------
    source_name
        Name of the source.
    keys
        n keys, all different.

    Returns
    -------
    NDArray[np.int64]
        Shape (n,), in the order of `keys`.

    Raises
    ------
    SourceError
        If two keys have the same identity, which means that a key is listed twice.
    """
    ids = np.fromiter((image_id(source_name, key) for key in keys), dtype=np.int64, count=len(keys))
    order = np.argsort(ids, kind="stable")
    same = np.flatnonzero(np.diff(ids[order]) == 0)
    if same.size:
        first, second = keys[order[same[0]]], keys[order[same[0] + 1]]
        raise SourceError(
            f"Two images have the same identity: {first!r} and {second!r}. "
            "Names must differ (also after Unicode normalisation): rename or remove one of them."
        )
    return ids
