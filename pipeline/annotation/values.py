"""Answers as numbers in arrays of whole collections: yes, no, and unknown where there is no answer. Pure.

`pipeline.annotation.consensus.Label` has more values, because people can also be unsure or disagree.
"""

from __future__ import annotations

__all__ = ["NO", "UNKNOWN", "YES"]

YES, NO, UNKNOWN = 1, 0, -1
