"""What holds for several audited attributes at once. Pure.

Twenty intervals at 95 % each describe twenty attributes; that all of them hold at once is another statement, and so is
"these twelve are certified", which twenty tests at 5 % each would get wrong in up to two audits of three. Here the
chance that anything at all is certified in error is at most alpha, whatever the attributes' true precisions are and
however their answers hang together:

- **certified** is by Holm's step-down test (Holm 1979, Scandinavian Journal of Statistics 6) of exact p-values. An
  anytime plan's p-value is one over the largest evidence it has had, which is one at every moment (Ville 1939), so
  the first of k attributes needs evidence of k / alpha, the second (k - 1) / alpha, and so on;
- **at least** is each attribute's lower bound at a risk of alpha / k (Bonferroni): all hold at once.

Each of the two is a statement at the full confidence by itself. A release quotes one of them.
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
        Its name.
    yes, no, open
        Images of the sample with the verdict yes, with the verdict not yes, and without one.
    size
        Images of the set.
    target
        Precision to be shown, in (0, 1].
    """

    attribute: str
    yes: int
    no: int
    open: int
    size: int
    target: float

    def p_value(self) -> float:
        """Return the chance of so many yes or more, were the precision just below the target; open is no yes."""
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
        Its name.
    answers
        In the order of the draw, before the first open image: 1 yes, 0 not yes.
    size
        Images of the set.
    target
        Precision to be shown, in (0, 1].
    """

    attribute: str
    answers: tuple[int, ...]
    size: int
    target: float

    def p_value(self) -> float:
        """Return one over the largest evidence so far; 1 without any."""
        path = evidence(np.array(self.answers, np.int8), self.size, self.target)
        return float(1 / max(path.max(initial=0.0), 1.0))

    def at_least(self, confidence: float) -> float:
        """Return the lower bound of the precision after the last answer."""
        path = anytime_lower_bound(np.array(self.answers, np.int8), self.size, confidence, target=self.target)
        return float(path[-1]) if len(path) else 0.0


@dataclass(frozen=True, slots=True)
class Member:
    """One attribute among all.

    Parameters
    ----------
    attribute, target
        Which one, and what was to be shown.
    p_value
        Of "the precision is below the target", by itself.
    certified
        Whether the target is shown, jointly with all others so marked.
    at_least
        Lower bound of the precision, jointly with all other such bounds.
    """

    attribute: str
    target: float
    p_value: float
    certified: bool
    at_least: float


@dataclass(frozen=True, slots=True)
class Family:
    """What holds for all attributes at once.

    Parameters
    ----------
    members
        In the order given.
    planned
        Attributes that were planned, those without a result included.
    confidence
        That nothing is certified in error; and, by itself, that all bounds hold.
    words
        All that for people.
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
        One an attribute; fixed and anytime plans may be mixed.
    confidence
        In (0, 1).
    planned
        Attributes that were planned to hold jointly, if more than have results. Leaving out those that went badly would
        undo the promise.

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
            f"Results of {len(names)} attributes, {len(set(names))} of them different, were given for {count} planned. "
            "Give one result an attribute, and plan at least as many as there are."
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
        float64 ``(k,)``, from 0 to 1, however dependent.
    confidence
        In (0, 1): any true hypothesis among them is rejected with a chance of at most the rest.

    Returns
    -------
    ndarray
        bool ``(k,)``: which are rejected.

    Raises
    ------
    ParameterError
        If a p-value is outside 0 to 1, or the confidence outside its range.
    """
    values = np.asarray(p_values, dtype=np.float64)
    if values.ndim != 1 or not ((values >= 0) & (values <= 1)).all() or not 0 < confidence < 1:
        raise ParameterError(
            f"P-values of shape {values.shape} at a confidence of {confidence} were given; there must be one list of "
            "numbers from 0 to 1, and a confidence between 0 and 1."
        )
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
    waiting = f" {planned - len(members)} of those planned have no result and count as not shown." if (
        planned > len(members)
    ) else ""  # fmt: skip
    return (
        f"{count} of {planned} attributes are certified, and that none of them is so in error holds at a confidence of "
        f"{confidence:g}. By bounds that hold jointly, the lowest is {rounded_down(worst.at_least)} "
        f"({worst.attribute}).{waiting}"
    )
