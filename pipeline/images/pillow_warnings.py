"""Turn off Pillow's warnings, which mean nothing to a person who looks at pictures."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["pillow_warnings_off"]

# Pillow warns about unusual metadata and about sizes that our limits have already checked. `warnings.catch_warnings` is
# not safe between threads before Python 3.14. One narrow filter is set while any thread decodes, and then removed.
_filter_lock = threading.Lock()
_filter_users = 0


@contextmanager
def pillow_warnings_off() -> Iterator[None]:
    """Turn off Pillow's warnings during a block; safe in several threads at once."""
    global _filter_users  # noqa: PLW0603 - the filters of the process are global, and so is the count of users
    with _filter_lock:
        _filter_users += 1
        # again for every user, because a test or notebook may have set its own list of filters since
        warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        yield
    finally:
        with _filter_lock:
            _filter_users -= 1
            if not _filter_users:
                _remove_filter()


def _remove_filter() -> None:
    kept = [entry for entry in warnings.filters if not _is_ours(entry)]
    if len(kept) != len(warnings.filters):
        warnings.filters[:] = kept  # type: ignore[index]


def _is_ours(entry: object) -> bool:
    if not isinstance(entry, tuple) or len(entry) != 5:
        return False
    action, message, _, module, _ = entry
    return bool(action == "ignore" and message is None and getattr(module, "pattern", None) == r"PIL\.")
