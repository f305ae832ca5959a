"""The ``explorer`` command. `explorer.cli.command` parses; each other module is one subject of the command."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command, see `explorer.cli.command.main`.

    It is loaded here, so that a library that is not installed is one sentence too.
    """
    try:
        from explorer.cli.command import main as run
    except ImportError:
        from explorer.installation import outdated_words

        words = outdated_words()
        if words is None:
            raise
        sys.exit(f"error: {words}")
    run()
