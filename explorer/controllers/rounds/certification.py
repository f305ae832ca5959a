"""The certification of an attribute's threshold: plan, start, cancel. Runs in threads."""

from __future__ import annotations

import secrets
import threading

from explorer.controllers.ownership import certification_thing, check_certification
from explorer.controllers.rounds.messages import CertificationShown, certification_shown
from explorer.controllers.rounds.score_figures import ScoreFiguresCache
from explorer.services.label_service import LabelService
from explorer.services.services import Services
from pipeline.certification.files import latest
from pipeline.certification.lifecycle import ask_next, begin, drop, make_plan, outcome
from pipeline.certification.plan import CertificationPlan
from pipeline.errors import ParameterError, RoundError
from pipeline.label_store import Annotator

__all__ = ["RoundCertification"]


class RoundCertification:
    """The certifications of one session's attributes; safe to use from several threads.

    Parameters
    ----------
    services, labels
        Shared by the process.
    figures
        Refuses to show scores while an audit is open.
    """

    def __init__(self, services: Services, labels: LabelService, figures: ScoreFiguresCache) -> None:
        self._services = services
        self._labels = labels
        self._figures = figures
        self._lock = threading.Lock()
        self._plans: dict[str, CertificationPlan] = {}

    def plan(self, attribute: str, precision: float) -> None:
        """Plan a certification. A person looks at the plan before it starts."""
        if not 0.5 <= precision <= 0.99:
            raise ParameterError(f"A precision of {precision:.0%} cannot be guaranteed. Enter 50% to 99%.")
        self._figures.check_open(attribute)
        seed = secrets.randbelow(2**31)
        plan = make_plan(
            self._services.collection, self._labels.store, attribute, target_precision=precision, seed=seed
        )
        with self._lock:
            self._plans[attribute] = plan

    def begin(self, attribute: str) -> str:
        """Fix the plan and ask its first questions. Return the certification's name in the log."""
        with self._lock:
            plan = self._plans.pop(attribute, None)
        if plan is None:
            raise RoundError("There is no plan to start. Press Plan first.")
        made = begin(self._services.collection, self._labels.store, plan)
        return certification_thing(attribute, made.number)

    def drop(self, attribute: str, by: Annotator) -> None:
        """Discard the plan. Without one, cancel the certification that is under way.

        Raises
        ------
        ParameterError
            If another person started the certification.
        """
        with self._lock:
            planned = self._plans.pop(attribute, None)
        certification = latest(self._services.collection, attribute)
        if planned is None and certification is not None:
            check_certification(self._services, by, attribute, certification.number)
            drop(self._services.collection, self._labels.store, certification)

    def shown(self, attribute: str) -> CertificationShown:
        """Return the plan, the progress or the result. Also ask the questions that a certification needs now."""
        with self._lock:
            plan = self._plans.get(attribute)
        collection, store = self._services.collection, self._labels.store
        certification = latest(collection, attribute)
        if certification is not None and certification.dropped:
            certification = None
        facts = collection.manifest.facts(attribute)
        origin = facts.origin if facts is not None else ""
        if certification is not None and not outcome(store, certification).finished:
            ask_next(collection, store, attribute)
        result = None if certification is None else outcome(store, certification)
        return certification_shown(plan, certification, result, origin)
