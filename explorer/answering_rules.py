"""How many must say the same: from an attribute's setting to the rule that folds answers into labels."""

from __future__ import annotations

from pipeline.agreement import AgreementRule
from pipeline.label_store import AttributeEntry

__all__ = ["rule_of"]


def rule_of(entry: AttributeEntry) -> AgreementRule:
    """Give an attribute's rule of agreement: one answer, or k of at most 2k - 1."""
    return AgreementRule(entry.agree, None if entry.agree == 1 else 2 * entry.agree - 1)
