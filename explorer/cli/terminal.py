"""Untrusted text in a terminal: without control characters and markup."""

from __future__ import annotations

import json
from typing import Any

from rich import markup

from pipeline.text.plain_text import json_text, plain

__all__ = ["escape", "terminal_json"]


def escape(text: str) -> str:
    """Return text that rich can print safely: without control characters, direction marks and markup."""
    return markup.escape(plain(text))


def terminal_json(values: Any, *, indent: int | None = 2) -> str:
    """Return values as JSON that a terminal may print."""
    return json_text(json.dumps(values, indent=indent, ensure_ascii=False))
