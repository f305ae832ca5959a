"""Certify a threshold with a guaranteed precision, by testing sets of the ranking in order. Pure.

The sets S1 < S2 < ... of the highest scores and their samples are fixed in a plan (`pipeline.certification.plan`)
before the first answer. Each set in turn has an exact test at level alpha = 1 - confidence. Its hypothesis is that the
share of yes in the set is below the target. It is rejected if the number of yes in a simple random sample without
replacement is too large for it (hypergeometric). The first set that does not pass ends the certification, and the last
set that passed is certified.

**Why alpha is not divided.** Let S be the first set, in the order of the plan, whose true precision is below the
target. S does not depend on any sample. Precision may rise again from set to set. A set that is certified in error is S
or comes after S, and then S must have passed. The sample of S is a simple random sample of the planned size, because
the random numbers that draw it do not depend on scores and answers. So S passes with a probability of at most alpha.
Samples overlap, and earlier answers decide whether S is tested at all. Both can only lower this probability. This is
fixed-sequence testing (Maurer, Hothorn and Lehmacher 1995; Wiens 2003, Pharmaceutical Statistics 2), as used for
thresholds by Learn-then-Test (Angelopoulos, Bates, Candès, Jordan and Lei 2021, arXiv 2110.01052).

A certification may stop at any time. The last set that passed stays certified. A set fails at once if the open answers
cannot make it pass any more, which does not change the result. Unsure counts as not yes.

The guarantee is about the frozen scores and the images of the plan, in one certification. A second certification of the
same scores after a failure would be a second chance at the same risk, so it is refused. Train another round and certify
its scores.
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
        Number of images, and the lowest score among them.
    sampled, answered, yes
        Number of images of its sample, of images with an answer, and of yes.
    lower_bound
        Lower bound of the precision by the sample of this set alone, at the plan's confidence. Open questions of a set
        that failed count as yes. The guaranteed precision is the target and not this bound, which does not account for
        the choice of the set.
    passed
        Whether the bound reaches the target.
    """

    __test__ = False  # pytest must not collect this class

    size: int
    threshold: float
    sampled: int
    answered: int
    yes: int
    lower_bound: float
    passed: bool


@dataclass(frozen=True, slots=True)
class CertificationResult:
    """The result of the answers so far.

    Parameters
    ----------
    finished
        Whether all questions are answered. Sets that have passed are certified before this, too.
    passed_size, threshold
        Number of images of the largest certified set, and its lowest score. 0 and None without a certified set.
    answers
        Number of answers to questions of the plan.
    tested
        The sets tested, in order.
    words
        The result as sentences.
    needs
        A sentence about the next step. Empty if all sets passed.
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
    """Return the images to ask next: the open questions of the first undecided set.

    Parameters
    ----------
    plan
        The plan, made before the first of these answers.
    answered
        int64 ``(m,)``. Images with a settled answer. Images that are not in the plan are ignored.
    answers
        Integers ``(m,)``. 1 yes, 0 no, 2 unsure.

    Returns
    -------
    ndarray
        int64 ``(k,)``, in the order of their permanent numbers, which reveals nothing about their scores. Empty if the
        certification is finished.

    Raises
    ------
    ParameterError
        If lengths differ, an image occurs twice or an answer is unknown.
    """
    codes = _answers_by_question(plan, answered, answers)
    for number in range(len(plan.sizes)):
        sample = _sample(plan, number)
        state = _passes(plan, number, codes[sample])
        if state is None:
            asked: NDArray[np.int64] = np.array(plan.images, dtype=np.int64)[sample[codes[sample] == UNKNOWN]]
            return asked
        if not state:
            break
    return np.empty(0, dtype=np.int64)


def result(
    plan: CertificationPlan, answered: NDArray[np.int64], answers: NDArray[np.integer[Any]]
) -> CertificationResult:
    """Test the sets of a plan in order, as far as there are answers.

    Parameters
    ----------
    plan, answered, answers
        As for `next_questions`.

    Returns
    -------
    CertificationResult
        Depends only on the arguments, and not on the order of the answers.

    Raises
    ------
    ParameterError
        As for `next_questions`.
    """
    codes = _answers_by_question(plan, answered, answers)
    tested: list[TestedSet] = []
    finished = True
    for number in range(len(plan.sizes)):
        own = codes[_sample(plan, number)]
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
        answers=int((codes != UNKNOWN).sum()),
        tested=tuple(tested),
        words=_words(plan, best, finished=finished),
        needs=_needs(plan, tested, int((codes != UNKNOWN).sum()), finished=finished),
    )


def _answers_by_question(
    plan: CertificationPlan, answered: NDArray[np.int64], answers: NDArray[np.integer[Any]]
) -> NDArray[np.int8]:
    """Return 1 (yes), 0 (no or unsure) or -1 (open) for each image of the plan."""
    images, values = np.asarray(answered, dtype=np.int64), np.asarray(answers)
    if images.shape != values.shape or images.ndim != 1 or len(np.unique(images)) != len(images):
        raise ParameterError(
            f"answered {images.shape} and answers {values.shape} must be lists of the same length, with one settled "
            "answer for each image. Settle images with several answers first."
        )
    if not np.isin(values, (0, 1, 2)).all():
        raise ParameterError("An answer is not yes (1), no (0) or unsure (2). Leave out images that are open or split.")
    asked = np.array(plan.images, dtype=np.int64)
    codes = np.full(len(asked), UNKNOWN, dtype=np.int8)
    order = np.argsort(asked)
    place = np.searchsorted(asked, images, sorter=order)
    inside = place < len(asked)
    inside[inside] = asked[order[place[inside]]] == images[inside]
    codes[order[place[inside]]] = values[inside] == YES
    return codes


def _sample(plan: CertificationPlan, number: int) -> NDArray[np.int64]:
    """Return the questions of a set's sample, in the order of their permanent numbers."""
    inside = np.flatnonzero(np.array(plan.positions) < plan.sizes[number])
    return inside[: plan.samples[number]].astype(np.int64)


def _passes(plan: CertificationPlan, number: int, codes: NDArray[np.int8]) -> bool | None:
    """Return whether a set passes, or None while this depends on open questions."""
    sampled, need = plan.samples[number], plan.fewest_yes[number]
    known = codes != UNKNOWN
    if int((codes == 0).sum()) > sampled - need:
        return False
    return int((codes == YES).sum()) >= need if known.all() else None


def _tested(plan: CertificationPlan, number: int, codes: NDArray[np.int8], *, passed: bool) -> TestedSet:
    size, sampled = plan.sizes[number], plan.samples[number]
    best_case = int((codes != 0).sum())
    return TestedSet(
        size=size,
        threshold=plan.thresholds[number],
        sampled=sampled,
        answered=int((codes != UNKNOWN).sum()),
        yes=int((codes == YES).sum()),
        lower_bound=lower_bound_of_set(best_case, sampled, size, plan.confidence),
        passed=passed,
    )


def _words(plan: CertificationPlan, best: TestedSet | None, *, finished: bool) -> str:
    if best is None:
        if not finished:
            return f"Nothing is decided yet. The first test needs {plan.samples[0]} answers."
        return (
            f"Nothing can be certified. A precision of {plan.target_precision:.0%} was not shown for the first set, "
            f"the {plan.sizes[0]:,} highest scores."
        )
    # Releases hold this sentence and compare it, so its text must not change.
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
            f"The budget of {plan.budget} answers is used up. A plan with a larger budget could test larger sets of "
            "another model."
        )  # fmt: skip
    share = failed.yes / failed.answered
    if share <= plan.target_precision:
        return (
            f"Of {failed.answered} answers in the set of {failed.size:,}, {share:.1%} were yes, which does not exceed "
            f"the target of {plan.target_precision:.0%}. More answers would not help. Train another round, or choose a "
            "lower precision, and start a new certification."
        )
    sample = _sample_to_show(share, failed.size, plan)
    return (
        f"Of {failed.answered} answers in the set of {failed.size:,}, {share:.1%} were yes. To show "
        f"{plan.target_precision:.0%} at this share, the set needs about {sample} answers instead of {failed.sampled}. "
        "Train another round, and start a new certification with a larger budget."
    )


def _sample_to_show(share: float, size: int, plan: CertificationPlan) -> int:
    """Return the smallest sample that passes at a share of yes, found by doubling and bisection."""

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
