"""Claims about several audited attributes that hold at once. Pure.

Twenty intervals at 95 % each describe twenty attributes, but they do not hold all at once. With twenty tests at 5 %
each, the claim "these twelve are certified" could contain an error in two audits of three. Here the probability of any
wrong certification is at most alpha, for any true precisions and any dependence between the answers:

- **certified** uses Holm's step-down test (Holm 1979, Scandinavian Journal of Statistics 6) of exact p-values. The
  p-value of an anytime plan is one over its largest evidence so far, which is a valid p-value at any time (Ville 1939).
  So the first of k attributes needs an evidence of k / alpha, the second (k - 1) / alpha, and so on.
- **at least** is the lower bound of each attribute at a risk of alpha / k (Bonferroni). All these bounds hold at once.

Each of the two statements alone holds at the full confidence. Quote only one of them for a release.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.audit.statistics.anytime_bound import anytime_lower_bound, evidence
from pipeline.audit.statistics.precision import p_value, precision_of_set, rounded_down
from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AnytimeResult", "Family", "FixedResult", "Member", "holm", "jointly"]


@dataclass(frozen=True, slots=True)
class FixedResult:
    """One attribute audited by a fixed plan.

    Parameters
    ----------
    attribute
        Name of the attribute.
    yes, no, open
        Number of images of the sample with the verdict yes, with the verdict not yes, and without one.
    size
        Number of images of the set.
    target
        Precision to be shown, above 0 and at most 1.
    """

    attribute: str
    yes: int
    no: int
    open: int
    size: int
    target: float

    def p_value(self) -> float:
        """Return the chance of at least as many yes if the precision is below the target. Open counts as not yes."""
        return p_value(self.yes, self.yes + self.no + self.open, self.size, self.target)

    def at_least(self, confidence: float) -> float:
        """Return the one-sided lower bound of the precision."""
        return precision_of_set(self.yes, self.no, self.open, self.size, confidence).at_least


@dataclass(frozen=True, slots=True)
class AnytimeResult:
    """One attribute audited by an anytime plan.

    Parameters
    ----------
    attribute
        Name of the attribute.
    answers
        Answers in the order of the draw, before the first open image. 1 yes, 0 not yes.
    size
        Number of images of the set.
    target
        Precision to be shown, above 0 and at most 1.
    """

    attribute: str
    answers: tuple[int, ...]
    size: int
    target: float

    def p_value(self) -> float:
        """Return one over the largest evidence so far. 1 without evidence."""
        path = evidence(np.array(self.answers, np.int8), self.size, self.target)
        return float(1 / max(path.max(initial=0.0), 1.0))

    def at_least(self, confidence: float) -> float:
        """Return the lower bound of the precision after the last answer."""
        path = anytime_lower_bound(np.array(self.answers, np.int8), self.size, confidence, target=self.target)
        return float(path[-1]) if len(path) else 0.0


@dataclass(frozen=True, slots=True)
class Member:
    """The joint result of one attribute.

    Parameters
    ----------
    attribute, target
        Name of the attribute, and precision to be shown.
    p_value
        P-value of the hypothesis that the precision is below the target, for this attribute alone.
    certified
        Whether the target is shown, jointly with all other certified attributes.
    at_least
        Lower bound of the precision, jointly with the bounds of all other attributes.
    """

    attribute: str
    target: float
    p_value: float
    certified: bool
    at_least: float


@dataclass(frozen=True, slots=True)
class Family:
    """The joint results of all attributes (a family of hypotheses).

    Parameters
    ----------
    members
        Results in the order of the input.
    planned
        Number of planned attributes, including those without a result.
    confidence
        Probability that no certification is wrong. It is also the probability that all bounds hold.
    words
        The result as sentences.
    """

    members: tuple[Member, ...]
    planned: int
    confidence: float
    words: str


def jointly(
    results: Sequence[FixedResult | AnytimeResult], confidence: float = 0.95, *, planned: int | None = None
) -> Family:
    """Return the attributes that are certified jointly, and the bounds that hold jointly.

    Parameters
    ----------
    results
        One result for each attribute. Fixed and anytime plans may be mixed.
    confidence
        Joint confidence, between 0 and 1.
    planned
        Number of attributes that were planned jointly, if some have no result. Without those that failed, the joint
        claim would be wrong.

    Returns
    -------
    Family
        A function of the arguments alone.

    Raises
    ------
    ParameterError
        If an attribute occurs twice, fewer were planned than there are, or a number is outside its range.
    """
    names = [result.attribute for result in results]
    count = len(results) if planned is None else planned
    if len(set(names)) < len(names) or count < len(names):
        raise ParameterError(
            f"results has {len(names)} entries for {len(set(names))} attributes, and planned={count}. There must be "
            "one result for each attribute, and planned must be at least the number of results."
        )
    values = np.ones(count)
    values[: len(results)] = [result.p_value() for result in results]
    certified = holm(values, confidence)
    own = 1 - (1 - confidence) / max(count, 1)
    members = tuple(
        Member(result.attribute, result.target, float(values[place]), bool(certified[place]), result.at_least(own))
        for place, result in enumerate(results)
    )
    return Family(members, count, confidence, _words(members, count, confidence))


def holm(p_values: NDArray[np.float64], confidence: float = 0.95) -> NDArray[np.bool_]:
    """Reject hypotheses by Holm's step-down test.

    Parameters
    ----------
    p_values
        float64 ``(k,)``, from 0 to 1, with any dependence.
    confidence
        Probability, between 0 and 1, that no true hypothesis is rejected.

    Returns
    -------
    ndarray
        bool ``(k,)``. Whether each hypothesis is rejected.

    Raises
    ------
    ParameterError
        If a p-value is outside 0 to 1, or the confidence outside its range.
    """
    values = np.asarray(p_values, dtype=np.float64)
    if values.ndim != 1 or not ((values >= 0) & (values <= 1)).all():
        raise ParameterError(f"p_values of shape {values.shape} must be one list of numbers from 0 to 1.")
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence={confidence} is not allowed. It must be between 0 and 1, for example 0.95.")
    order = np.argsort(values, kind="stable")
    limits = (1 - confidence) / np.arange(len(values), 0, -1)
    passed = np.logical_and.accumulate(values[order] <= limits)
    rejected = np.zeros(len(values), np.bool_)
    rejected[order] = passed
    return rejected


def _words(members: tuple[Member, ...], planned: int, confidence: float) -> str:
    if not members:
        return "No attribute has a result yet: nothing is certified."
    count = sum(member.certified for member in members)
    worst = min(members, key=lambda member: member.at_least)
    waiting = f" {planned - len(members)} of those planned have no result and count as not certified." if (
        planned > len(members)
    ) else ""  # fmt: skip
    return (
        f"{count} of {planned} attributes are certified jointly, at a confidence of {confidence:g} that none of them "
        f"is wrong. The lowest joint lower bound is {rounded_down(worst.at_least)} ({worst.attribute}).{waiting}"
    )
