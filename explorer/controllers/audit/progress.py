"""How far the answering of an audit is, in numbers that tell nothing of what was answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.audit.reports import AuditReport
from pipeline.audit.statistics.truth_rules import OPEN, TruthRule, first_opinions, missing

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Progress", "note_of", "progress_of"]

STEPS = 10
LEAST_STEP = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the answering of an audit is, in numbers that tell nothing of what was answered.

    Parameters
    ----------
    images, done
        Drawn, and those of them with a verdict and all the answers that the rule first asks for. Under "both" a single
        no gives a verdict: counting verdicts would tell how many said no.
    people
        Who answered how many.

    Notes
    -----
    While an audit is open these numbers are shown rounded down to whole `step`s (`told`). A number that moved with
    every answer would tell its annotator that the answer belonged to the audit.
    """

    images: int
    done: int
    people: tuple[tuple[str, int], ...]

    @property
    def step(self) -> int:
        """A tenth of the images, at least `LEAST_STEP`."""
        return max(LEAST_STEP, -(-self.images // STEPS))

    @property
    def told(self) -> int:
        """How many images are shown as done: in whole steps until all are."""
        return self.images if self.complete else self.in_steps(self.done)

    def in_steps(self, count: int) -> int:
        """Round a count down to whole steps."""
        return count - count % self.step

    @property
    def complete(self) -> bool:
        """Whether nothing waits for an answer any more."""
        return self.done == self.images


def progress_of(report: AuditReport, names: Mapping[str, str]) -> Progress:
    """Count the images of an audit that are answered as the rule wants.

    Parameters
    ----------
    report
        As it stands.
    names
        Id of each person -> name.
    """
    plan, answers = report.audit.plan, report.answers
    asked = first_opinions(plan.rule, plan.opinions)
    pairs = np.unique(np.column_stack([answers.image_ids, answers.annotators]), axis=0)
    opinions = _occurrences(report.sample.image_ids, pairs[:, 0])
    done = (opinions >= asked) & (answers.verdicts != OPEN)
    people = [(names.get(person, "somebody"), n) for person, n in zip(answers.people, _counts(report), strict=True)]
    return Progress(len(report.sample), int(done.sum()), tuple(sorted(people, key=lambda one: -one[1])))


def note_of(report: AuditReport, progress: Progress) -> str:
    """Say what stands in the way of an end, by who answered and not by what: empty once all answers are in.

    `AuditReport.note` falls silent with the last verdict, which under "any" may come with the first person's answers
    and would tell that all of them were yes. A person counts from the first whole step of answers on.
    """
    if progress.complete:
        return ""
    plan, counts = report.audit.plan, _counts(report)
    known = [person for person, count in zip(report.answers.people, counts, strict=True) if progress.in_steps(count)]
    if plan.rule is TruthRule.OWNER:
        known = [person for person in known if person == report.audit.owner]
    return missing(plan.rule, len(known), opinions=plan.opinions)


def _counts(report: AuditReport) -> list[int]:
    """Count the answers of each person, in the order of `AuditAnswers.people`."""
    counts: list[int] = np.bincount(report.answers.annotators, minlength=len(report.answers.people)).tolist()
    return counts


def _occurrences(images: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count how often each of some images occurs, int64 in their order."""
    ordered = np.sort(among)
    return np.searchsorted(ordered, images, side="right") - np.searchsorted(ordered, images, side="left")
