"""What the tab of audits tells a browser of one audit, as plain values with the words that people read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.audit.records import Audit, Population, State
from pipeline.audit.reports import AuditReport
from pipeline.audit.results import AnytimeStanding, AuditResult
from pipeline.audit.statistics.precision import rounded_down
from pipeline.audit.statistics.truth_rules import OPEN, TruthRule, first_opinions, missing

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Progress",
    "bare_audits",
    "current_message",
    "note_of",
    "percent",
    "progress_of",
    "range_of",
    "result_message",
    "settled_words",
    "steps_message",
    "watched_message",
]

MOST_POINTS = 200
SHORT = 12
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


def bare_audits() -> dict[str, Any]:
    """Give what the tab shows before anything is chosen or read."""
    standing: dict[str, Any] = {"attribute": "", "none": "", "hidden": "", "classics": []}
    standing |= dict.fromkeys(("plan", "current", "result", "family"))
    return standing | {name: [] for name in ("attributes", "steps", "published")}


def steps_message(audit: Audit | None, progress: Progress | None) -> list[dict[str, str]]:
    """Say how far an audit is: freeze, draw, answer, publish."""
    states = (State.FROZEN, State.DRAWN, State.PUBLISHED)
    reached = 0 if audit is None else states.index(audit.state) + 1
    answered_all = progress is not None and progress.complete
    at = (0, 1, 3 if answered_all else 2, 4)[reached]
    images = "" if audit is None else f"{audit.plan.positives + audit.plan.negatives:,} images"
    answered = "" if progress is None else f"{progress.told:,} of {progress.images:,}"
    words = (
        "" if audit is None else f"release {audit.plan.release}",
        images if reached >= 2 else "",
        answered,
        _date(audit.published_at, "%-d %b") if audit is not None and reached == 3 else "",
    )
    titles = ("1 Freeze", "2 Draw", "3 Answer", "4 Publish")
    return [
        {"title": title, "words": said, "state": "done" if place < at else "now" if place == at else "later"}
        for place, (title, said) in enumerate(zip(titles, words, strict=True))
    ]


def current_message(
    audit: Audit, progress: Progress | None, note: str, watched: dict[str, Any] | None
) -> dict[str, Any]:
    """Say of an audit under way what may be known: plan, hashes, how far it is, and the bound if it may be watched."""
    message: dict[str, Any] = {
        "number": audit.number,
        "state": str(audit.state),
        "title": f"Audit {audit.number} of release {audit.plan.release}",
        "said": [audit.plan.words],
        "fitted": audit.fitted,
        "population": audit.population.words,
        "hashes": _hashes(audit),
        "note": note,
        "watched": watched,
        "done": 0,
        "images": audit.plan.positives + audit.plan.negatives,
        "people": [],
        "progress": "",
        "complete": False,
    }
    if progress is not None:
        people = [(name, progress.in_steps(count)) for name, count in progress.people]
        message |= {
            "done": progress.told,
            "images": progress.images,
            "people": [{"name": name, "count": f"{count:,} or more"} for name, count in people if count],
            "progress": _progress_words(progress),
            "complete": progress.complete,
            "waiting": f"Up to {progress.images - progress.told:,} images",
        }
    return message


def _progress_words(progress: Progress) -> str:
    if progress.complete:
        return f"All {progress.images:,} images have all the answers that the rule asks for."
    return (
        f"At least {progress.told:,} of {progress.images:,} images have all the answers that the rule asks for. "
        f"This is told in steps of {progress.step:,}, so that nobody learns which question belongs to the audit."
    )


def watched_message(standing: AnytimeStanding, target: float, hour: str) -> dict[str, Any]:
    """Give the bound of an anytime audit after every answer, as a curve with its target."""
    path = np.asarray(standing.path)
    places = np.unique(np.linspace(0, len(path) - 1, MOST_POINTS).round().astype(int)).tolist() if len(path) else []
    after = standing.certified_after
    return {
        "points": [
            {
                "x": at + 1,
                "y": float(path[at]),
                "low": float(path[at]),
                "high": 1.0,
                "words": f"after {at + 1:,}: at least {rounded_down(float(path[at]))}" if at == places[-1] else "",
            }
            for at in places
        ],
        "goal": [target, target],
        "words": standing.words,
        "after": "" if after is None else f"Certified after {after:,} answers",
        "hour": hour,
    }


def result_message(report: AuditReport, expired: str, hour: str) -> dict[str, Any]:
    """Say what a published audit found.

    Parameters
    ----------
    report
        With its result.
    expired
        Why it no longer speaks of what is shown; empty while it does.
    hour
        What one more hour of answers would buy.
    """
    audit, result = report.audit, report.result
    if result is None:
        raise ValueError("an audit that is not published has no result to show")
    recall = result.recall
    said = [
        result.precision.words,
        *([result.anytime.words] if result.anytime is not None else []),
        result.combined.words,
        recall.words,
        f"The interval of recall assumes: {recall.assumption}",
        *([report.note] if report.note else []),
    ]
    return {
        "number": audit.number,
        "title": f"Audit {audit.number} of release {audit.plan.release}, {_date(audit.published_at)}",
        "statement": result.words,
        "certified": result.certified,
        "expired": f"Expired. {expired}" if expired else "",
        "rule": f"Truth: {audit.plan.rule.words}.",
        "figures": _figures(result, audit.plan.target, settled_words(audit.population)),
        "contradicted": recall.contradicted,
        "said": said,
        "hour": hour,
        "hashes": [*_hashes(audit), {"name": "Seed of the draw", "short": str(audit.plan.seed), "whole": ""}],
        "watched": None if result.anytime is None else watched_message(result.anytime, audit.plan.target, ""),
    }


def _figures(result: AuditResult, target: float, both_parts: str) -> list[dict[str, Any]]:
    precision, combined, recall = result.precision, result.combined, result.recall
    at_least = precision.at_least if result.anytime is None else result.anytime.at_least
    omission = recall.false_omission
    behind = f"{precision.yes:,} of {precision.sampled:,} verdicts are yes; {precision.method}"
    model = range_of(recall.model_low, recall.model_high)
    rows = [
        _figure("Precision", precision.value, f"({range_of(precision.low, precision.high)})", behind),
        {
            "name": "Precision, at least",
            "value": rounded_down(at_least),
            "more": f"target {percent(target)}",
            "help": "The one-sided bound: what a release may claim",
        },
        _figure("With what people settled", combined.value, f"({range_of(combined.low, combined.high)})", both_parts),
        {
            "name": "Recall, at least",
            "value": rounded_down(recall.low_free),
            "more": "assuming nothing",
            "help": "Holds whatever the scores are worth",
        },
        _figure("Recall, trusting scores", recall.value, f"({model})", recall.assumption),
        _figure(
            "Missed among negatives",
            omission.value,
            f"(at most {percent(omission.high_free, up=True)})",
            "Share of yes among the negative set; the bound assumes nothing",
            digits=2,
        ),
    ]
    if recall.contradicted:
        rows[4] |= {"enough": False, "more": f"({model}) contradicted by the answers"}
    return rows


def _figure(name: str, value: float | None, more: str, help_: str, digits: int = 1) -> dict[str, Any]:
    known = value is not None
    shown = f"{100 * value:.{digits}f}%" if value is not None else "nothing to say"
    return {"name": name, "value": shown, "more": more, "enough": known, "help": help_}


def settled_words(there: Population) -> str:
    """Name both parts of a combined figure."""
    by_people, left_out = there.positives_by_people, there.positives_left_out
    return (
        f"{there.positives:,} that could be drawn, {by_people:,} settled by people and taken as right, and "
        f"{left_out:,} that could not be drawn and count for the worse"
    )


def percent(share: float, *, up: bool = False) -> str:
    """Write a share in per cent, to a tenth; an upper end rounded up, so that it claims no more than it is."""
    tenths = np.ceil(1000 * share - 1e-9) if up else np.round(1000 * share, 6)
    return f"{tenths / 10:.1f}%"


def range_of(low: float, high: float) -> str:
    """Write an interval in per cent, its ends rounded outwards."""
    return f"{rounded_down(low)} to {percent(high, up=True)}"


def hashes_of(audit: Audit) -> Sequence[tuple[str, str]]:
    """Name what was fixed and its hash; empty ones left out."""
    hashes = (
        ("Release", audit.release_sha256),
        ("Scores", audit.scores_sha256),
        ("Model", audit.model_sha256),
        ("Population", audit.population_sha256),
        ("Sample", audit.sample_sha256),
    )
    return [(name, value) for name, value in hashes if value]


def _hashes(audit: Audit) -> list[dict[str, str]]:
    return [{"name": name, "short": value[:SHORT], "whole": value} for name, value in hashes_of(audit)]


def _date(at: float, form: str = "%-d %b %Y") -> str:
    return datetime.fromtimestamp(at).astimezone().strftime(form)
