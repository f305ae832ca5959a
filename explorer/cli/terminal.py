"""Text from outside in a terminal: shown, never obeyed, neither by the terminal nor as markup."""

from __future__ import annotations

import json
from typing import Any

from rich import markup

from pipeline.text.plain_text import json_text, plain

__all__ = ["escape", "terminal_json"]


def escape(text: str) -> str:
    """Make text fit to be printed by rich: no control, no mark that turns the text, no markup."""
    return markup.escape(plain(text))


def terminal_json(values: Any, *, indent: int | None = 2) -> str:
    """Write values as JSON that a terminal may print."""
    return json_text(json.dumps(values, indent=indent, ensure_ascii=False))
