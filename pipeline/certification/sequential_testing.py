"""Certification along the ranking: a threshold with a promise of precision. Pure.

Sets S1 < S2 < ... of the highest scores, their samples and all else are fixed in a plan
(`pipeline.certification.plan`) before the first answer. Each set is tested in turn, exactly, at level alpha = 1 -
confidence: "fewer than the target share of its images are yes" is rejected if so many yes in a simple random sample
without replacement had at most that chance (hypergeometric). The first set that does not pass ends it; certified is the
last that passed.

**Why alpha need not be split.** Let S be the first set, in the order of the plan, whose precision is truly below the
target; which one that is depends on no sample. Precision need not fall from set to set: a set certified in error is S
or comes after S, and to get there S must have passed. Its sample, taken alone, is a simple random sample of the size
planned, for the numbers that draw it know nothing of scores and answers; so S passes with a chance of at most alpha.
That samples overlap, and that whether S is tested at all depends on earlier answers, only makes it less likely. This is
fixed-sequence testing (Maurer, Hothorn and Lehmacher 1995; Wiens 2003, Pharmaceutical Statistics 2), as used for
thresholds by Learn-then-Test (Angelopoulos, Bates, Candès, Jordan and Lei 2021, arXiv 2110.01052).

Stopping before the end is allowed at any time: what passed so far stays certified. A set whose failure is certain,
however the rest would be answered, fails at once; that changes no outcome. Unsure is no yes: it counts against the set.

The promise is about the frozen scores and the images of the plan, in one certification. Certifying the same scores
again after a failure is a second chance at the same risk, so it is none: train on and certify what comes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.annotation.values import UNKNOWN, YES
from pipeline.errors import ParameterError
from pipeline.statistics.proportions import fewest_yes, lower_bound_of_set

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.certification.plan import CertificationPlan

__all__ = ["CertificationResult", "TestedSet", "next_questions", "result"]


@dataclass(frozen=True, slots=True)
class TestedSet:
    """One set of the plan with its answers.

    Parameters
    ----------
    size, threshold
        Images in it, and the lowest score among them.
    sampled, answered, yes
        Images of its sample, how many of these have an answer, and how many of these are yes.
    lower_bound
        Of the precision by this set's sample alone, at the plan's confidence; where a set failed before all of its
        sample was answered, taking what is missing for yes. The promise is the target, not this: that the set was the
        last to pass is not allowed for.
    passed
        Whether the bound reaches the target.
    """

    __test__ = False  # of images, not of pytest

    size: int
    threshold: float
    sampled: int
    answered: int
    yes: int
    lower_bound: float
    passed: bool


@dataclass(frozen=True, slots=True)
class CertificationResult:
    """What is certified by the answers so far.

    Parameters
    ----------
    finished
        Whether nothing is left to ask. Before that, what has passed is certified already.
    passed_size, threshold
        Images in the largest set certified and the score from which on an image is in it; 0 and None without one.
    answers
        Answers that the plan has asked for and got.
    tested
        The sets tested, in order.
    words
        The outcome for people.
    needs
        What more it would take, for people; empty where all sets passed.
    """

    finished: bool
    passed_size: int
    threshold: float | None
    answers: int
    tested: tuple[TestedSet, ...]
    words: str
    needs: str


def next_questions(
    plan: CertificationPlan, answered: NDArray[np.int64], answers: NDArray[np.integer[Any]]
) -> NDArray[np.int64]:
    """Return the images to ask next: what the first undecided set still needs.

    Parameters
    ----------
    plan
        Made before the first of these answers.
    answered
        int64 ``(m,)``: images with a settled answer to this plan's questions. Others are ignored.
    answers
        Integers ``(m,)``: 1 yes, 0 no, 2 unsure.

    Returns
    -------
    ndarray
        int64 ``(k,)``, in the order of their permanent numbers, which tells nothing of their scores. Empty once the
        certification is finished.

    Raises
    ------
    ParameterError
        If lengths differ, an image occurs twice or an answer is another.
    """
    said = _answers_by_question(plan, answered, answers)
    for number in range(len(plan.sizes)):
        sample = _sample(plan, number)
        state = _passes(plan, number, said[sample])
        if state is None:
            asked: NDArray[np.int64] = np.array(plan.images, dtype=np.int64)[sample[said[sample] == UNKNOWN]]
            return asked
        if not state:
            break
    return np.empty(0, dtype=np.int64)


def result(
    plan: CertificationPlan, answered: NDArray[np.int64], answers: NDArray[np.integer[Any]]
) -> CertificationResult:
    """Test the sets of a plan in order, as far as the answers go.

    Parameters
    ----------
    plan, answered, answers
        As for `next_questions`.

    Returns
    -------
    CertificationResult
        A function of the arguments alone; the order of the answers does not matter.

    Raises
    ------
    ParameterError
        As for `next_questions`.
    """
    said = _answers_by_question(plan, answered, answers)
    tested: list[TestedSet] = []
    finished = True
    for number in range(len(plan.sizes)):
        own = said[_sample(plan, number)]
        state = _passes(plan, number, own)
        if state is None:
            finished = False
            break
        tested.append(_tested(plan, number, own, passed=state))
        if not state:
            break
    passed = [entry for entry in tested if entry.passed]
    best = passed[-1] if passed else None
    return CertificationResult(
        finished=finished,
        passed_size=best.size if best else 0,
        threshold=best.threshold if best else None,
        answers=int((said != UNKNOWN).sum()),
        tested=tuple(tested),
        words=_words(plan, best, finished=finished),
        needs=_needs(plan, tested, int((said != UNKNOWN).sum()), finished=finished),
    )


def _answers_by_question(
    plan: CertificationPlan, answered: NDArray[np.int64], answers: NDArray[np.integer[Any]]
) -> NDArray[np.int8]:
    """Return 1, 0 or -1 (open) for each image of the plan, unsure as 0."""
    images, values = np.asarray(answered, dtype=np.int64), np.asarray(answers)
    if images.shape != values.shape or images.ndim != 1 or len(np.unique(images)) != len(images):
        raise ParameterError(
            f"Images {images.shape} and answers {values.shape} were given; there must be one settled answer for each "
            "of some different images. Settle images that several people answered first."
        )
    if not np.isin(values, (0, 1, 2)).all():
        raise ParameterError("A settled answer is yes (1), no (0) or unsure (2); something else was given. Leave out "
                             "images that are still open or split.")  # fmt: skip
    asked = np.array(plan.images, dtype=np.int64)
    said = np.full(len(asked), UNKNOWN, dtype=np.int8)
    order = np.argsort(asked)
    place = np.searchsorted(asked, images, sorter=order)
    inside = place < len(asked)
    inside[inside] = asked[order[place[inside]]] == images[inside]
    said[order[place[inside]]] = values[inside] == YES
    return said


def _sample(plan: CertificationPlan, number: int) -> NDArray[np.int64]:
    """Return the questions of a set's sample, in the order of their permanent numbers."""
    inside = np.flatnonzero(np.array(plan.positions) < plan.sizes[number])
    return inside[: plan.samples[number]].astype(np.int64)


def _passes(plan: CertificationPlan, number: int, said: NDArray[np.int8]) -> bool | None:
    """Return whether a set passes, or None while that depends on open questions."""
    sampled, need = plan.samples[number], plan.fewest_yes[number]
    known = said != UNKNOWN
    if int((said == 0).sum()) > sampled - need:
        return False
    return int((said == YES).sum()) >= need if known.all() else None


def _tested(plan: CertificationPlan, number: int, said: NDArray[np.int8], *, passed: bool) -> TestedSet:
    size, sampled = plan.sizes[number], plan.samples[number]
    best_case = int((said != 0).sum())
    return TestedSet(
        size=size,
        threshold=plan.thresholds[number],
        sampled=sampled,
        answered=int((said != UNKNOWN).sum()),
        yes=int((said == YES).sum()),
        lower_bound=lower_bound_of_set(best_case, sampled, size, plan.confidence),
        passed=passed,
    )


def _words(plan: CertificationPlan, best: TestedSet | None, *, finished: bool) -> str:
    if best is None:
        if not finished:
            return f"Nothing is decided yet: the first test takes {plan.samples[0]} answers."
        return (
            f"Nothing can be certified: already the first set, the {plan.sizes[0]:,} highest scores, was not shown to "
            f"be at least {plan.target_precision:.0%} yes."
        )
    more = "" if finished else " Larger sets are still being tested; you may also stop here."
    return (
        f"Certified: of the {best.size:,} images that score {best.threshold:.4g} or more, at least "
        f"{plan.target_precision:.0%} are yes, at a confidence of {plan.confidence:.0%} ({best.yes} of {best.sampled} "
        f"asked were).{more}"
    )


def _needs(plan: CertificationPlan, tested: list[TestedSet], used: int, *, finished: bool) -> str:
    if not finished:
        number = len(tested)
        left = max(plan.answers[number] - used, 0)
        return f"At most {left} more answer{'' if left == 1 else 's'} for the set of {plan.sizes[number]:,}."
    failed = tested[-1]
    if failed.passed:
        return "" if failed.size == plan.population else (
            f"The {plan.budget} answers allowed end here. A plan with more could test larger sets of another model."
        )  # fmt: skip
    share = failed.yes / failed.answered
    if share <= plan.target_precision:
        return (
            f"Of {failed.answered} asked of the set of {failed.size:,}, {share:.1%} were yes, not more than the "
            f"{plan.target_precision:.0%} wanted: more answers would not help. Train another round or ask for a "
            "lower precision, then certify anew."
        )
    sample = _sample_to_show(share, failed.size, plan)
    return (
        f"Of {failed.answered} asked of the set of {failed.size:,}, {share:.1%} were yes. To show "
        f"{plan.target_precision:.0%} at such a share takes about {sample} answers of that set, instead of "
        f"{failed.sampled}. Train another round and certify anew, with that many allowed."
    )


def _sample_to_show(share: float, size: int, plan: CertificationPlan) -> int:
    """Return the smallest sample, by doubling and halving, that passes at a share of yes."""

    def passes(sample: int) -> bool:
        return fewest_yes(sample, size, plan.target_precision, plan.confidence) <= share * sample

    high = 32
    while high < size and not passes(high):
        high *= 2
    low, high = high // 2, min(high, size)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle) else (middle, high)
    return high
