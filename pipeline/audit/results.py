"""The result of an audit: precision, recall, and when each may be shown. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.audit.plan import ANYTIME, AuditPlan
from pipeline.audit.records import AuditSample, Population
from pipeline.audit.statistics.anytime_bound import AnytimeBound, leading
from pipeline.audit.statistics.missed_positives import negative_answers
from pipeline.audit.statistics.precision import PrecisionEstimate, combined_precision, precision_of_set, rounded_down
from pipeline.audit.statistics.recall import PositiveAnswers, RecallEstimate, estimate_recall
from pipeline.audit.statistics.truth_rules import NOT_YES, OPEN, YES

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AnytimeStanding", "AuditProgress", "AuditResult", "audit_progress", "audit_result"]


@dataclass(frozen=True, slots=True)
class AuditProgress:
    """The progress of an audit. It reveals nothing about the answers.

    Parameters
    ----------
    images, decided
        Number of images drawn, and number with a verdict.
    positives, positives_decided
        The same counts for the positive set.
    words
        The progress as sentences.
    gone
        Number of images without a verdict that are not in the collection now. They cannot be answered.
    """

    images: int
    decided: int
    positives: int
    positives_decided: int
    words: str
    gone: int = 0

    @property
    def complete(self) -> bool:
        """Whether all images that can be answered have a verdict."""
        return self.decided + self.gone == self.images


@dataclass(frozen=True, slots=True)
class AnytimeStanding:
    """The present lower bound of an anytime plan.

    Parameters
    ----------
    used
        Number of verdicts that it uses: those of the positive set before the first open image, in the order of the
        draw.
    at_least
        The present bound.
    certified_after
        Number of verdicts after which the target was shown. None if not yet.
    path
        The bound after each verdict used, floats of length ``used``.
    words
        The bound as sentences.
    """

    used: int
    at_least: float
    certified_after: int | None
    path: tuple[float, ...]
    words: str


@dataclass(frozen=True, slots=True)
class AuditResult:
    """The result of an audit.

    Parameters
    ----------
    precision
        Precision of the automatic positives that could be drawn, with an exact interval. In an anytime plan this
        interval is valid only at the end; quote the bound of ``anytime``.
    combined
        Precision of all released positives. Positives that people settled count as right.
    recall
        Recall and false-omission rate.
    anytime
        Bound of an anytime plan. None in a fixed plan.
    certified
        Whether the target is shown, at the plan's confidence, jointly with the other attributes of the plan.
    words
        The statement.
    """

    precision: PrecisionEstimate
    combined: PrecisionEstimate
    recall: RecallEstimate
    anytime: AnytimeStanding | None
    certified: bool
    words: str

    def as_mapping(self) -> dict[str, Any]:
        """Return plain values for JSON, without the path of an anytime plan, which follows from the answers."""
        anytime = None if self.anytime is None else replace(self.anytime, path=())
        return asdict(replace(self, anytime=anytime))


def audit_progress(
    sample: AuditSample, verdicts: NDArray[np.int8], gone: NDArray[np.bool_] | None = None
) -> AuditProgress:
    """Return the progress of an audit. Certificates hold its sentences, so their text must not change.

    Parameters
    ----------
    sample
        The images drawn.
    verdicts
        int8 (k,), in the order of the sample. 1 yes, 0 not yes, -1 open.
    gone
        bool (k,). Whether the image is open and not in the collection now. No image if omitted.
    """
    decided = verdicts != OPEN
    images, done = len(sample), int(decided.sum())
    words = f"{done:,} of {images:,} images have a verdict."
    if done == images:
        words = f"All {images:,} images have a verdict."
    away = 0 if gone is None else int(gone.sum())
    if away:
        what = "1 of the others is" if away == 1 else f"{away:,} of the others are"
        counts = "it counts" if away == 1 else "they count"
        words += f" {what} not in the collection now: {counts} for the worse."
    return AuditProgress(images, done, int(sample.positive.sum()), int((decided & sample.positive).sum()), words, away)


def audit_result(
    plan: AuditPlan,
    population: Population,
    sample: AuditSample,
    verdicts: NDArray[np.int8],
    gone: NDArray[np.bool_] | None = None,
) -> AuditResult:
    """Return the result of the present verdicts. Open images count against the release, so it is valid at any time.

    Look at the result of a fixed plan only once, at the end. If an audit stops when its result is good, the result is
    wrong more often than its confidence allows.

    Parameters
    ----------
    plan, population, sample
        Plan, population and drawn images of the audit.
    verdicts
        int8 (k,), in the order of the sample. 1 yes, 0 not yes, -1 open.
    gone
        bool (k,). Whether the image is open and not in the collection now. No image if omitted. In an anytime plan
        this image counts as not yes. Otherwise no later answer could be used.

    Returns
    -------
    AuditResult
        Depends only on the arguments. Certificates hold its sentences, so their text must not change.
    """
    of_positives = verdicts[sample.positive]
    yes, no, waiting = (int((of_positives == value).sum()) for value in (YES, NOT_YES, OPEN))
    precision = precision_of_set(yes, no, waiting, population.positives, plan.own_confidence)
    in_order = of_positives if gone is None else np.where(gone[sample.positive], NOT_YES, of_positives)
    anytime = anytime_standing(plan, population, in_order) if plan.kind == ANYTIME else None
    certified = precision.at_least >= plan.target if anytime is None else anytime.certified_after is not None
    quoted = precision if anytime is None else replace(precision, at_least=min(anytime.at_least, 1.0))
    combined = combined_precision(quoted, population.positives_by_people, left_out=population.positives_left_out)
    asked = PositiveAnswers(
        size=population.positives,
        drawn=len(of_positives),
        answered=yes + no,
        yes=yes,
        settled=population.positives_by_people,
    )
    missed = negative_answers(sample.strata, sample.stratum, sample.scores, verdicts)
    recall = estimate_recall(asked, missed, confidence=plan.confidence)
    return AuditResult(
        precision=precision,
        combined=combined,
        recall=recall,
        anytime=anytime,
        certified=certified,
        words=_words(plan, precision, anytime, certified=certified),
    )


def anytime_standing(plan: AuditPlan, population: Population, of_positives: NDArray[np.int8]) -> AnytimeStanding:
    """Compute the bound of an anytime plan.

    Parameters
    ----------
    plan, population
        Plan and population of the audit.
    of_positives
        int8 (n,). Verdicts of the positive set in the order of the draw. 1 yes, 0 not yes, -1 open.
    """
    bound = AnytimeBound(population.positives, plan.target, plan.own_confidence)
    used = leading(of_positives)
    path = bound.lower_bound(used)
    return AnytimeStanding(
        used=len(used),
        at_least=float(path[-1]) if len(path) else 0.0,
        certified_after=bound.certified_after(used),
        path=tuple(path.tolist()),
        words=bound.summary(used),
    )


def _words(plan: AuditPlan, precision: PrecisionEstimate, anytime: AnytimeStanding | None, *, certified: bool) -> str:
    at_least = precision.at_least if anytime is None else anytime.at_least
    jointly = f", jointly with {plan.jointly - 1} other attributes" if plan.jointly > 1 else ""
    if certified:
        return (
            f"Certified: at least {100 * plan.target:g}% of the {precision.size:,} automatic positives are right, at a "
            f"confidence of {plan.confidence:g}{jointly}."
        )
    return (
        f"Not certified: at least {rounded_down(at_least)} of the {precision.size:,} automatic positives are right, at "
        f"a confidence of {plan.confidence:g}{jointly}; the target is {100 * plan.target:g}%."
    )
