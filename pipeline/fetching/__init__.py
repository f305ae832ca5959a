"""Fetch pictures from links: concurrently, politely, within limits, only from public addresses, and resumably."""

from pipeline.fetching.journal import picture_path
from pipeline.fetching.reasons import Reason
from pipeline.fetching.records import (
    FetchLimits,
    FetchOptions,
    FetchReport,
    Link,
    LinkRecord,
    LinkState,
    Politeness,
    TryAgain,
)
from pipeline.fetching.report import link_records, write_link_table
from pipeline.fetching.run import fetch

__all__ = [
    "FetchLimits",
    "FetchOptions",
    "FetchReport",
    "Link",
    "LinkRecord",
    "LinkState",
    "Politeness",
    "Reason",
    "TryAgain",
    "fetch",
    "link_records",
    "picture_path",
    "write_link_table",
]
