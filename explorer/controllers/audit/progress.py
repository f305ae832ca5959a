"""The progress of an audit, in numbers that reveal no answer. Pure."""

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
    """The progress of an audit, in numbers that reveal no answer.

    Parameters
    ----------
    images, done
        Number of drawn images, and of those with a verdict and all the answers that the rule first asks for. Under
        "both" a single no gives a verdict, so a count of verdicts would reveal how many answers are no.
    people
        Each annotator's name and number of answers.

    Notes
    -----
    While an audit is open, these numbers are shown rounded down to whole `step`s (`shown_done`). A number that changed
    with every answer would show the annotator that the answer belonged to the audit.
    """

    images: int
    done: int
    people: tuple[tuple[str, int], ...]

    @property
    def step(self) -> int:
        """A tenth of the images, at least `LEAST_STEP`."""
        return max(LEAST_STEP, -(-self.images // STEPS))

    @property
    def shown_done(self) -> int:
        """Number of images that are shown as done, in whole steps until all are done."""
        return self.images if self.complete else self.in_steps(self.done)

    def in_steps(self, count: int) -> int:
        """Return a count, rounded down to whole steps."""
        return count - count % self.step

    @property
    def complete(self) -> bool:
        """Whether no image waits for an answer."""
        return self.done == self.images


def progress_of(report: AuditReport, names: Mapping[str, str]) -> Progress:
    """Return the progress of an audit.

    Parameters
    ----------
    report
        The report as of now.
    names
        Id of each annotator -> name.
    """
    plan, answers = report.audit.plan, report.answers
    asked = first_opinions(plan.rule, plan.opinions)
    pairs = np.unique(np.column_stack([answers.image_ids, answers.annotators]), axis=0)
    opinions = _occurrences(report.sample.image_ids, pairs[:, 0])
    done = (opinions >= asked) & (answers.verdicts != OPEN)
    people = [(names.get(person, "unknown"), n) for person, n in zip(answers.people, _counts(report), strict=True)]
    return Progress(len(report.sample), int(done.sum()), tuple(sorted(people, key=lambda one: -one[1])))


def note_of(report: AuditReport, progress: Progress) -> str:
    """Return which annotators an audit still lacks; empty once all answers are in.

    The note depends on who answered, never on the answers. `AuditReport.note` becomes empty with the last verdict,
    which under "any" may come with the first person's answers, and would show that all of these are yes. A person
    counts from the first whole step of answers on.
    """
    if progress.complete:
        return ""
    plan, counts = report.audit.plan, _counts(report)
    known = [person for person, count in zip(report.answers.people, counts, strict=True) if progress.in_steps(count)]
    if plan.rule is TruthRule.OWNER:
        known = [person for person in known if person == report.audit.owner]
    return missing(plan.rule, len(known), opinions=plan.opinions)


def _counts(report: AuditReport) -> list[int]:
    """Return the number of answers of each person, in the order of `AuditAnswers.people`."""
    counts: list[int] = np.bincount(report.answers.annotators, minlength=len(report.answers.people)).tolist()
    return counts


def _occurrences(images: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how often each of some images occurs, int64 in their order."""
    ordered = np.sort(among)
    return np.searchsorted(ordered, images, side="right") - np.searchsorted(ordered, images, side="left")
