"""Examine a machine and a collection: what is there, what is damaged, and how to mend it. Changes nothing."""

from __future__ import annotations

from pipeline.doctor.collection import examine_collection
from pipeline.doctor.findings import Finding, State
from pipeline.doctor.machine import examine_machine

__all__ = ["Finding", "State", "examine_collection", "examine_machine"]
