"""Steps, certification and releases for the Rounds tab, and the messages about thresholds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from explorer.controllers.shown_parts import Figure, PictureSide, Step
from explorer.messages.encoding import Message, Record
from pipeline.certification.files import Certification
from pipeline.certification.plan import CertificationPlan
from pipeline.certification.sequential_testing import CertificationResult
from pipeline.releases.files import Release

__all__ = [
    "CertificationShown",
    "CrossedMessage",
    "ReleasesShown",
    "ThresholdMessage",
    "certification_shown",
    "releases_shown",
    "steps_message",
]

USUAL_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class TestedSet(Record):
    """A set of the highest scored images: size, images answered, yes, lower bound, and whether it reached the target.

    All values but the last are texts for people.
    """

    size: str
    sampled: str
    yes: str
    bound: str
    passed: bool


@dataclass(frozen=True, slots=True)
class CertificationShown(Record):
    """The certification of an attribute.

    Parameters
    ----------
    state
        ``"none"``, ``"planned"``, ``"asking"``, ``"done"``, or ``"over"`` for a certification of earlier scores.
    sentences
        Sentences.
    tested
        The sets that were tested.
    threshold
        The certified threshold; None if there is none.
    """

    state: str = "none"
    sentences: tuple[str, ...] = ()
    tested: tuple[TestedSet, ...] = ()
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class ReleaseRow(Record):
    """A release: its title, its summary, and the start of its hash."""

    title: str
    words: str
    hash: str


@dataclass(frozen=True, slots=True)
class ReleasesShown(Record):
    """Whether a release can be made, its content in words, and all earlier releases, the newest first."""

    ready: bool = False
    sentences: tuple[str, ...] = ()
    made: tuple[ReleaseRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ThresholdMessage(Message):
    """The effect of a threshold.

    Parameters
    ----------
    figures
        How many images pass, and the estimated precision and recall.
    sides
        The pictures nearest to the threshold, above and below.
    upper, lower
        Lowest score of the positive images, and of the unsure ones.
    set
        Whether the browser moves its sliders there.
    """

    type: ClassVar[str] = "threshold"
    figures: tuple[Figure, ...]
    sides: tuple[PictureSide, ...]
    upper: float
    lower: float
    set: bool = False


@dataclass(frozen=True, slots=True)
class CrossedMessage(Message):
    """The images that the last round moved across the threshold."""

    type: ClassVar[str] = "crossed"
    words: str = ""
    sides: tuple[PictureSide, ...] = ()


def steps_message(rounds: int, certification: str, releases: int) -> tuple[Step, ...]:
    """Return the progress of rounds, certification and release."""
    guaranteed = {"done": "done", "asking": "being asked", "planned": "planned"}.get(certification, "not yet")
    at = 2 if certification == "done" else 1 if certification in {"asking", "planned"} or rounds >= USUAL_ROUNDS else 0
    if releases and certification in {"done", "over", "none"}:
        at = 3
    steps = (
        ("1 Rounds", f"{rounds} of {max(rounds, USUAL_ROUNDS)}"),
        ("2 Guaranteed precision", guaranteed),
        ("3 Release", "none yet" if not releases else f"{releases} made"),
    )
    states = ["done" if place < at else "now" if place == at else "" for place in range(len(steps))]
    if certification in {"over", "none"} and states[1] == "done":
        states[1] = ""
    return tuple(Step(title, words, state) for (title, words), state in zip(steps, states, strict=True))


def certification_shown(
    plan: CertificationPlan | None,
    certification: Certification | None,
    result: CertificationResult | None,
    origin: str,
) -> CertificationShown:
    """Return the plan, the progress or the result of a certification."""
    if plan is not None:
        return CertificationShown("planned", (plan.words,))
    if certification is None or result is None:
        words = (
            "No precision is guaranteed yet. The figures above are estimates. About half of the thresholds that they "
            "suggest are worse than they look. A guarantee takes a few hundred answers and a model that stays the same."
        )
        return CertificationShown(sentences=(words,))
    sentences = [result.words, *([result.needs] if result.needs else [])]
    if certification.origin != origin:
        sentences.append(
            f"This holds for the scores of {certification.origin.replace('-', ' ')}. There are newer scores."
        )
    tested = tuple(
        TestedSet(
            size=f"{one.size:,}",
            sampled=f"{one.answered} of {one.sampled}" if one.answered < one.sampled else f"{one.sampled}",
            yes=str(one.yes),
            # The bound of a set that failed early counts open questions as yes: it says nothing of the precision.
            bound=f"{one.lower_bound:.1%}" if one.answered == one.sampled else "-",
            passed=one.passed,
        )
        for one in result.tested
    )
    same = certification.origin == origin
    state = "asking" if not result.finished else "done" if same else "over"  # scores are tested once: no plan after it
    return CertificationShown(state, tuple(sentences), tested, result.threshold if same else None)


def releases_shown(releases: Sequence[Release], *, ready: bool, certified: float | None) -> ReleasesShown:
    """Return the content of a new release in words, and all earlier releases.

    Parameters
    ----------
    releases
        In their order.
    ready
        Whether a release can be made.
    certified
        The certified threshold; None if there is none.
    """
    kept = (
        "It guarantees no precision."
        if certified is None
        else f"Its precision is guaranteed for scores of at least {certified:.3f}."
    )
    words = f"A release keeps the labels of people. The threshold above decides the other images. {kept}"
    made = tuple(
        ReleaseRow(f"Release {one.number}", one.summary, f"sha256 {one.sha256[:12]}") for one in reversed(releases)
    )
    return ReleasesShown(ready, (words,) if ready else (), made)
