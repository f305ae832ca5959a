"""The state of the Audit tab: the attribute's audits, the plan form, and the results. Pure."""

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
    """The state of an attribute's audits.

    Parameters
    ----------
    attribute
        Its name; empty while none is chosen.
    none
        Why no audit can be planned; empty if one can.
    attributes
        All attributes to choose from.
    steps
        Progress of the open audit, or else of the shown one.
    plan, current
        The plan form, and the open audit; one of them at most.
    published, result
        All published audits, the newest first, and the result of the chosen one.
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
        """Return the same without the figures of each person, which only people with a name may see."""
        current = None if self.current is None else replace(self.current, people=())
        result = None if self.result is None else replace(self.result, people=())
        return replace(self, current=current, result=result)
