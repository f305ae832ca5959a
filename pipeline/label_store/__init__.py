"""Answers, captions and leases of annotators, durable before they are acknowledged.

`open_label_store` finds a collection's store or makes it; `LabelStore` is all that others need of this package.
"""

from __future__ import annotations

from pipeline.label_store.images import KnownImages
from pipeline.label_store.leases import LEASE_SECONDS
from pipeline.label_store.opening import URL_VARIABLE, fork_store, move_store, open_label_store, store_exists
from pipeline.label_store.records import (
    STATISTICAL,
    Act,
    Annotator,
    Caption,
    Drawn,
    LoggedAnswer,
    Page,
    PageItem,
    Purpose,
    Reply,
    Value,
)
from pipeline.label_store.store import Batch, LabelStore, Receipt, new_act_id

__all__ = [
    "LEASE_SECONDS",
    "STATISTICAL",
    "URL_VARIABLE",
    "Act",
    "Annotator",
    "Batch",
    "Caption",
    "Drawn",
    "KnownImages",
    "LabelStore",
    "LoggedAnswer",
    "Page",
    "PageItem",
    "Purpose",
    "Receipt",
    "Reply",
    "Value",
    "fork_store",
    "move_store",
    "new_act_id",
    "open_label_store",
    "store_exists",
]
