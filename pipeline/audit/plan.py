"""The plan of an audit, fixed before anything is drawn. Pure.

It fixes every choice that could favour a result: the release, the truth rule, the numbers of images, the target,
whether the bound is reported once or after every answer, and the number of attributes to be shown jointly.
`pipeline.audit.statistics.sample_sizes` computes the number of images that a target needs.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from pipeline.audit.statistics.sample_sizes import ImagesNeeded, images_needed
from pipeline.audit.statistics.truth_rules import TruthRule, check_opinions, first_opinions, opinions
from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ANYTIME",
    "CLASSIC",
    "CONFIDENCE",
    "FIXED",
    "POWER",
    "REPEATS",
    "AuditPlan",
    "PlanForm",
    "fit_to_release",
    "plan_of",
    "plan_to_certify",
]

FIXED, ANYTIME = "fixed", "anytime"
KINDS = (FIXED, ANYTIME)
MOST_REPEATS = 0.5
REPEATS = 0.05
"""Share of images that the same annotator is asked again, unmarked; the same share as on all pages."""
CONFIDENCE = 0.95
POWER = 0.8
"""Chance of certifying the target if the precision is as expected."""


@dataclass(frozen=True, slots=True)
class PlanForm:
    """The choices from which `plan_of` makes a plan.

    Parameters
    ----------
    release
        Number of the release; None for the last one.
    target
        Precision to be shown, between 0 and 1.
    truth
        Expected precision, above 0 and at most 1. Used only if ``positives`` is None.
    rule, kind, jointly
        As in `AuditPlan`.
    positives
        Number of images of the positive set. None: as many as certify the target if the precision is as expected.
    negatives
        Number of images of the negative set.
    """

    release: int | None = None
    target: float = 0.9
    truth: float = 0.95
    rule: TruthRule = TruthRule.ANY
    kind: str = FIXED
    jointly: int = 1
    positives: int | None = None
    negatives: int = 100


CLASSIC = PlanForm(positives=100, negatives=100)
"""The audit of BAM (Wilber et al. 2017, arXiv 1704.08614): 100 positives and 100 negatives, rule "any" of two people.

It certifies the target if at most 4 of the 100 positives are not yes. With a true precision of 0.95, this happens in
44 % of audits.
"""


@dataclass(frozen=True, slots=True)
class AuditPlan:
    """An audit before its draw.

    Parameters
    ----------
    attribute, release
        Attribute, and number of the release, from 1.
    rule
        The truth rule.
    positives, negatives
        Number of images to draw from the positive and from the negative set, 0 or more.
    target
        Precision to be shown, between 0 and 1.
    kind
        "fixed": the bound is reported once, at the end. "anytime": after every answer, which needs some more answers.
    jointly
        Number of attributes to be shown jointly, at least 1.
    confidence
        Confidence of all statements together, between 0 and 1.
    seed
        Seed of the draw, not negative. Use a new one.
    repeats
        Share of images shown to the same annotator twice, from 0 to 0.5. The second answers measure consistency.
    opinions
        Largest number of annotators for each image, as the rule allows.

    Raises
    ------
    ParameterError
        If a value is outside its range.
    """

    attribute: str
    release: int
    rule: TruthRule
    positives: int
    negatives: int
    target: float
    kind: str
    jointly: int
    confidence: float
    seed: int
    repeats: float
    opinions: int

    def __post_init__(self) -> None:
        _check(self)

    @property
    def own_confidence(self) -> float:
        """Confidence of the test of this attribute, so that all attributes jointly reach `confidence`."""
        return 1 - (1 - self.confidence) / self.jointly

    @property
    def summary(self) -> str:
        """The plan as sentences. Certificates hold them, so their text must not change."""
        people = first_opinions(self.rule, self.opinions)
        asked = "1 person" if people == 1 else f"{people} people"
        third = f", {self.opinions} where they do not agree" if people < self.opinions else ""
        speaks = (
            "The bound may be watched after every answer."
            if self.kind == ANYTIME
            else "The bound speaks once, when all images have a verdict."
        )
        joint = f" Tested jointly with {self.jointly - 1} other attributes." if self.jointly > 1 else ""
        return (
            f"{self.positives:,} images of the positive set and {self.negatives:,} of the negative one, mixed and "
            f"shuffled, each answered by {asked}{third}: {self.rule.summary}. To be shown: a precision of at least "
            f"{100 * self.target:.6g}%, at a confidence of {self.confidence:g}. {speaks}{joint}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, which `from_dict` reads."""
        return {**asdict(self), "rule": str(self.rule)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> AuditPlan:
        """Return the plan of values made by `as_dict`.

        Raises
        ------
        ParameterError
            If a field is missing or unknown, or a value is not allowed.
        """
        names = {field.name for field in fields(cls)}
        if not isinstance(values, dict) or values.keys() != names:
            found = sorted(map(str, values)) if isinstance(values, dict) else type(values).__name__
            raise ParameterError(
                f"This is not an audit plan: its fields are {found} instead of {sorted(names)}. Make a new plan."
            )
        rule = values["rule"]
        known = isinstance(rule, str) and rule in set(TruthRule)
        return cls(**{**values, "rule": TruthRule(rule) if known else rule})


def plan_of(form: PlanForm, attribute: str, release: int, positives_there: int, *, seed: int) -> AuditPlan:
    """Return the audit plan that a filled-in form describes.

    Parameters
    ----------
    form
        The choices.
    attribute, release
        Attribute, and number of the release, from 1.
    positives_there
        Number of images of the positive set that may be drawn, 0 or more.
    seed
        Seed of the draw, not negative.

    Returns
    -------
    AuditPlan
        With a confidence of 0.95 and a share of repeats of 0.05. If the form has no number of positives, the plan has
        as many as certify the target with a chance of 80 % if the precision is as expected.

    Raises
    ------
    ParameterError
        If a value is out of its range, or if the expected precision does not exceed the target.
    """
    plan = AuditPlan(
        attribute=attribute,
        release=release,
        rule=form.rule,
        positives=form.positives or 0,
        negatives=form.negatives,
        target=form.target,
        kind=form.kind,
        jointly=form.jointly,
        confidence=CONFIDENCE,
        seed=seed,
        repeats=REPEATS,
        opinions=opinions(form.rule),
    )
    if form.positives is not None or not positives_there:
        return plan
    return plan_to_certify(plan, form.truth, positives_there, power=POWER)


def plan_to_certify(plan: AuditPlan, truth: float, positives_there: int, *, power: float = POWER) -> AuditPlan:
    """Return a plan with the number of positives that certifies its target if the precision is as expected.

    Parameters
    ----------
    plan
        All other settings.
    truth
        Expected precision, above the target.
    positives_there
        Number of images of the positive set.
    power
        Wanted chance of success, between 0 and 1. With the same number of images, an anytime plan has a lower chance,
        but it may stop earlier.

    Returns
    -------
    AuditPlan
        The same plan with another number of positives.

    Raises
    ------
    ParameterError
        As for `images_needed`.
    """
    return replace(plan, positives=_needed(plan, truth, positives_there, power).images)


def fit_to_release(plan: AuditPlan, positives_there: int, negatives_there: int) -> tuple[AuditPlan, str]:
    """Return the plan reduced to the images of a release, with the changes for people.

    Parameters
    ----------
    plan
        The plan.
    positives_there, negatives_there
        Number of images of the two sets that may be drawn, 0 or more.

    Returns
    -------
    AuditPlan
        The same plan, with at most as many images.
    str
        Sentences about the changes and the figures that are not available. Empty without changes.

    Raises
    ------
    ParameterError
        If a number is negative.
    """
    if positives_there < 0 or negatives_there < 0:
        raise ParameterError(
            f"positives_there={positives_there} and negatives_there={negatives_there} are not allowed. Both must be "
            "0 or more."
        )
    fitted = replace(
        plan, positives=min(plan.positives, positives_there), negatives=min(plan.negatives, negatives_there)
    )
    notes = (
        _clipped("positive", plan.positives, positives_there, "precision"),
        _clipped("negative", plan.negatives, negatives_there, "recall"),
    )
    return fitted, " ".join(sentence for sentence in notes if sentence)


def _needed(plan: AuditPlan, truth: float, size: int, power: float) -> ImagesNeeded:
    return images_needed(plan.target, truth, power=power, confidence=plan.confidence, size=size, jointly=plan.jointly)


def _clipped(which: str, wanted: int, there: int, figure: str) -> str:
    if wanted <= there:
        return ""
    if not there:
        return (
            f"The plan has {wanted:,} images of the {which} set, but none can be drawn. So there is no estimate of "
            f"{figure}."
        )
    return f"The plan has {wanted:,} images of the {which} set, but only {there:,} can be drawn. All of them are asked."


def _check(plan: AuditPlan) -> None:
    whole = (plan.release, plan.positives, plan.negatives, plan.jointly, plan.seed, plan.opinions)
    shares = (plan.target, plan.confidence, plan.repeats)
    if any(type(number) is not int for number in whole) or any(type(share) not in (int, float) for share in shares):
        raise ParameterError(
            f"(release, positives, negatives, jointly, seed, opinions)={whole} must be whole numbers, and "
            f"(target, confidence, repeats)={shares} must be numbers."
        )
    if not isinstance(plan.attribute, str) or not plan.attribute:
        raise ParameterError(f'attribute="{plan.attribute}" is not allowed. It must be the name of an attribute.')
    if plan.kind not in KINDS:
        raise ParameterError(f'kind="{plan.kind}" is not allowed. It must be "fixed" or "anytime".')
    if plan.release < 1 or plan.jointly < 1:
        raise ParameterError(
            f"release={plan.release} and jointly={plan.jointly} are not allowed. Both must be 1 or more."
        )
    if min(plan.positives, plan.negatives, plan.seed) < 0:
        raise ParameterError(
            f"positives={plan.positives}, negatives={plan.negatives} and seed={plan.seed} are not allowed. Each must "
            "be 0 or more."
        )
    if not (0 < plan.target < 1 and 0 < plan.confidence < 1 and 0 <= plan.repeats <= MOST_REPEATS):
        raise ParameterError(
            f"target={plan.target}, confidence={plan.confidence} and repeats={plan.repeats} are not allowed. target "
            f"and confidence must be between 0 and 1, and repeats from 0 to {MOST_REPEATS}."
        )
    if not isinstance(plan.rule, TruthRule):
        raise ParameterError(f'rule="{plan.rule}" is not allowed. It must be one of {", ".join(TruthRule)}.')
    check_opinions(plan.rule, plan.opinions)
