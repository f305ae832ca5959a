"""The state of an open audit, in the words that the Audit tab shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.controllers.audit.number_words import date_words
from explorer.controllers.audit.progress import Progress
from explorer.controllers.shown_parts import ChartPoint, Step
from explorer.messages.encoding import Record
from pipeline.audit.records import Audit, State
from pipeline.audit.results import AnytimeStanding
from pipeline.audit.statistics.precision import rounded_down

__all__ = [
    "CurrentAudit",
    "Hash",
    "PersonCount",
    "Watched",
    "current_message",
    "hashes_of",
    "steps_message",
    "watched_message",
]

MOST_POINTS = 200
SHORT = 12


@dataclass(frozen=True, slots=True)
class Hash(Record):
    """Name of a fixed part, the start of its hash, and the whole hash."""

    name: str
    short: str
    whole: str


@dataclass(frozen=True, slots=True)
class PersonCount(Record):
    """A person's name, and the number of images that they answered, in words."""

    name: str
    count: str


@dataclass(frozen=True, slots=True)
class Watched(Record):
    """The bound of an anytime audit.

    Parameters
    ----------
    points
        The bound after each answer.
    goal
        The target at both ends of the chart.
    words
        The bound now.
    after
        After how many answers the target was certified; empty while it is not.
    hour
        Expected effect of one more hour of answers; empty if it is not known.
    """

    points: tuple[ChartPoint, ...]
    goal: tuple[float, float]
    words: str
    after: str
    hour: str


@dataclass(frozen=True, slots=True)
class CurrentAudit(Record):
    """An open audit.

    Parameters
    ----------
    number, state
        See `Audit`.
    title, sentences, population
        Names of the audit, its plan and its population.
    fitted
        How the plan was fitted to the release; empty if it was not.
    hashes
        Hashes of the fixed parts.
    note
        Which annotators are still lacking; empty if none are.
    watched
        The bound of an anytime plan; None for a fixed plan.
    done, images
        Number of images with all their answers, in whole steps, and of drawn images.
    people
        Each person's number of answers.
    progress
        ``done`` and ``images`` in words; empty before the draw.
    complete
        Whether all images have all their answers.
    waiting
        Number of images that still wait, in words; empty before the draw.
    """

    number: int
    state: str
    title: str
    sentences: tuple[str, ...]
    fitted: str
    population: str
    hashes: tuple[Hash, ...]
    note: str
    watched: Watched | None
    done: int
    images: int
    people: tuple[PersonCount, ...]
    progress: str
    complete: bool
    waiting: str


def steps_message(audit: Audit | None, progress: Progress | None) -> tuple[Step, ...]:
    """Return the progress of an audit in four steps: freeze, draw, answer, publish."""
    states = (State.FROZEN, State.DRAWN, State.PUBLISHED)
    reached = 0 if audit is None else states.index(audit.state) + 1
    answered_all = progress is not None and progress.complete
    at = (0, 1, 3 if answered_all else 2, 4)[reached]
    images = "" if audit is None else f"{audit.plan.positives + audit.plan.negatives:,} images"
    answered = "" if progress is None else f"{progress.shown_done:,} of {progress.images:,}"
    words = (
        "" if audit is None else f"release {audit.plan.release}",
        images if reached >= 2 else "",
        answered,
        date_words(audit.published_at, "%-d %b") if audit is not None and reached == 3 else "",
    )
    titles = ("1 Freeze", "2 Draw", "3 Answer", "4 Publish")
    return tuple(
        Step(title, sentence, "done" if place < at else "now" if place == at else "later")
        for place, (title, sentence) in enumerate(zip(titles, words, strict=True))
    )


def current_message(audit: Audit, progress: Progress | None, note: str, watched: Watched | None) -> CurrentAudit:
    """Return the parts of an open audit that may be known: plan, hashes, progress, and the bound of an anytime plan."""
    people: tuple[PersonCount, ...] = ()
    waiting = ""
    if progress is not None:
        counts = [(name, progress.in_steps(count)) for name, count in progress.people]
        people = tuple(PersonCount(name, f"{count:,} or more") for name, count in counts if count)
        waiting = f"Up to {progress.images - progress.shown_done:,} images"
    return CurrentAudit(
        number=audit.number,
        state=str(audit.state),
        title=f"Audit {audit.number} of release {audit.plan.release}",
        sentences=(audit.plan.summary,),
        fitted=audit.fitted,
        population=audit.population.summary,
        hashes=hashes_of(audit),
        note=note,
        watched=watched,
        done=0 if progress is None else progress.shown_done,
        images=audit.plan.positives + audit.plan.negatives if progress is None else progress.images,
        people=people,
        progress="" if progress is None else _progress_words(progress),
        complete=progress is not None and progress.complete,
        waiting=waiting,
    )


def _progress_words(progress: Progress) -> str:
    if progress.complete:
        return f"All {progress.images:,} images have all the answers that the rule asks for."
    return (
        f"At least {progress.shown_done:,} of {progress.images:,} images have all the answers that the rule asks for. "
        f"The number is shown in steps of {progress.step:,}, so that no one learns which question belongs to the audit."
    )


def watched_message(standing: AnytimeStanding, target: float, hour: str) -> Watched:
    """Return the bound of an anytime audit after every answer, as a curve with its target."""
    path = np.asarray(standing.path)
    places = np.unique(np.linspace(0, len(path) - 1, MOST_POINTS).round().astype(int)).tolist() if len(path) else []
    after = standing.certified_after
    points = []
    for at in places:
        bound = float(path[at])
        words = f"after {at + 1:,}: at least {rounded_down(bound)}" if at == places[-1] else ""
        points.append(ChartPoint(x=at + 1, y=bound, low=bound, high=1.0, words=words))
    return Watched(
        points=tuple(points),
        goal=(target, target),
        words=standing.words,
        after="" if after is None else f"Certified after {after:,} answers",
        hour=hour,
    )


def hashes_of(audit: Audit) -> tuple[Hash, ...]:
    """Return the hashes of the fixed parts, without empty ones."""
    hashes = (
        ("Release", audit.release_sha256),
        ("Scores", audit.scores_sha256),
        ("Model", audit.model_sha256),
        ("Population", audit.population_sha256),
        ("Sample", audit.sample_sha256),
    )
    return tuple(Hash(name, value[:SHORT], value) for name, value in hashes if value)
