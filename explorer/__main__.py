"""``python -m explorer``: the same as the ``explorer`` command."""

from __future__ import annotations

from explorer.cli import main

if __name__ == "__main__":
    main()
