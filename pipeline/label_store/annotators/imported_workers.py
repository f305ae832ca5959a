"""Workers from elsewhere as annotators: many at once, always the same for the same names. Works inside a transaction.

An annotator signs in with a token that the store's secret signed for their random id. A worker's id is made of that
secret, no token for it is ever signed, and choosing the worker's name makes another annotator. So nobody becomes one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from pipeline.errors import ParameterError
from pipeline.label_store.annotators.names import check_visible, looks
from pipeline.label_store.annotators.people import plain_text, read_secret
from pipeline.label_store.schema.statements import chunks
from pipeline.label_store.schema.tables import annotators

__all__ = ["add_workers"]

LONGEST_PART = 48
_PLAIN = re.compile(r"[!-~]{1,48}")


def add_workers(connection: Connection, names: Iterable[str], now: float) -> dict[str, str]:
    """Return the id of the annotator of each worker, adding those that are not there.

    Parameters
    ----------
    connection
        Of the transaction.
    names
        Names of the workers where they worked. Untrusted. A name that cannot be shown is shown as a number made of it.
    now
        Seconds since 1970.
    """
    secret = read_secret(connection)
    ids = {name: hmac.new(secret, f"worker {name}".encode(), hashlib.sha256).hexdigest()[:32] for name in names}
    there: set[str] = set()
    for part in chunks(sorted(ids.values())):
        there.update(connection.execute(select(annotators.c.id).where(annotators.c.id.in_(part))).scalars())
    new = [name for name in ids if ids[name] not in there]
    taken = {looks(name) for name in connection.execute(select(annotators.c.name)).scalars()} if new else set()
    rows = []
    for name in new:
        shown = _shown(name, ids[name])
        if looks(shown) in taken:  # two workers whose names look alike
            shown = f"{shown} ({ids[name][:8]})"
        taken.add(looks(shown))
        rows.append({"id": ids[name], "name": shown, "authenticated": False, "created": now})
    if rows:
        connection.execute(insert(annotators), rows)
    return ids


def _shown(name: str, worker_id: str) -> str:
    """Return the name of a worker as it is shown."""
    if _PLAIN.fullmatch(name):
        return f"worker {name}"
    try:
        chosen = plain_text(name, LONGEST_PART, "name of a worker")
        check_visible(chosen, "name of a worker")
    except ParameterError:
        return f"worker {worker_id[:12]}"
    return f"worker {chosen}"
