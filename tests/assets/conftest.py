"""Making weights needs torch, which takes every worker seconds to load: its file is read with ``--all`` only."""

from __future__ import annotations

from tests.helpers import sizes

collect_ignore = [] if sizes.are_full() else ["test_make_weights.py"]
