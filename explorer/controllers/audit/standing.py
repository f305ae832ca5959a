"""What the Audit tab shows: the attribute's audits, their plan, and what was found. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from explorer.controllers.audit.chart_messages import FamilyChart
from explorer.controllers.audit.messages import CurrentAudit
from explorer.controllers.audit.plan_form import PlanShown
from explorer.controllers.audit.result_messages import PublishedResult
from explorer.controllers.shown_parts import Choice, Step
from explorer.messages.encoding import Record

__all__ = ["AuditStanding"]


@dataclass(frozen=True, slots=True)
class AuditStanding(Record):
    """Where the audits of an attribute are.

    Parameters
    ----------
    attribute
        Its name; empty while none is chosen.
    none
        Why there is nothing to plan; empty where there is.
    attributes
        All that can be chosen.
    steps
        How far the audit is that is under way, or the one that is looked at.
    plan, current
        The plan form, and the audit under way; one of them at most.
    published, result
        All published audits, the newest first, and what the chosen one found.
    family
        The last published audits of all attributes.
    """

    attribute: str = ""
    none: str = ""
    attributes: tuple[Choice, ...] = ()
    steps: tuple[Step, ...] = ()
    plan: PlanShown | None = None
    current: CurrentAudit | None = None
    published: tuple[Choice, ...] = ()
    result: PublishedResult | None = None
    family: FamilyChart | None = None

    def without_people(self) -> AuditStanding:
        """Return the same without how each person answered: that is for people who entered a name."""
        current = None if self.current is None else replace(self.current, people=())
        result = None if self.result is None else replace(self.result, people=())
        return replace(self, current=current, result=result)
