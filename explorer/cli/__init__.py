"""The ``explorer`` command. `explorer.cli.command` parses; each other module is one subject of the command."""

from __future__ import annotations

from explorer.cli.command import app, main

__all__ = ["app", "main"]
