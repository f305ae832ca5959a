"""What the Rounds tab shows, and the options of its next round. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from explorer.controllers.rounds.messages import CertificationShown, ReleasesShown
from explorer.controllers.shown_parts import ChartPoint, Choice, Figure, Spot, Step
from explorer.messages.encoding import Record
from pipeline.learning.query_strategies import STRATEGIES

__all__ = ["BATCHES", "STRATEGY_NAMES", "Options", "RoundsStanding", "WorkShown"]

BATCHES = (24, 48, 96, 192)
STRATEGY_WORDS = {
    "default": ("what the answers suggest", "Adapts to what the answers show: near the best of the others"),
    "uncertainty": ("near the boundary", "What the classifier is least sure of"),
    "highest_score": ("highest scores", "What the classifier is surest of"),
    "diverse": ("unlike each other", "Images near the boundary that differ from one another"),
    "random": ("by chance", "A uniform draw"),
}
STRATEGY_NAMES = tuple(name for name in STRATEGY_WORDS if name in STRATEGIES)


@dataclass(frozen=True, slots=True)
class Options:
    """How the next round is run."""

    strategy: str = "default"
    batch: int = 96


@dataclass(frozen=True, slots=True)
class WorkShown(Record):
    """A round that runs: its share from 0 to 1, and its stage in words."""

    share: float
    words: str


@dataclass(frozen=True, slots=True)
class RoundsStanding(Record):
    """Where the rounds of an attribute are.

    Parameters
    ----------
    attribute, attributes
        The chosen attribute, empty for none, and all that can be chosen.
    steps
        How far rounds, certification and release are.
    can_train, cannot
        Whether a round can be started, and why not.
    working
        The round that runs.
    waiting
        Questions that wait for answers.
    said
        Sentences about the last round.
    round
        Its number; 0 for none.
    version, placed
        Texts that change with what is shown, and with the place of the cut.
    histogram
        Images in each of 60 ranges of scores; None for no scores.
    figures, curve, trade, here, advice
        Figures, learning curve, precision against recall with the place of the cut, and whether to go on.
    threshold, lower
        Scores from which images are positive, and unsure.
    strategy, strategies, batch, batches
        The options of the next round, and all that can be chosen.
    certification, release
        As `CertificationShown` and `ReleasesShown` have them.
    """

    attribute: str = ""
    attributes: tuple[Choice, ...] = ()
    steps: tuple[Step, ...] = ()
    can_train: bool = False
    cannot: str = ""
    working: WorkShown | None = None
    waiting: int = 0
    said: tuple[str, ...] = ()
    round: int = 0
    version: str = ""
    placed: str = ""
    histogram: tuple[int, ...] | None = None
    figures: tuple[Figure, ...] = ()
    curve: tuple[ChartPoint, ...] = ()
    trade: tuple[ChartPoint, ...] = ()
    here: Spot | None = None
    advice: str = ""
    threshold: float = 0.5
    lower: float = 0.5
    strategy: str = "default"
    strategies: tuple[Choice, ...] = tuple(Choice(name, *STRATEGY_WORDS[name]) for name in STRATEGY_NAMES)
    batch: int = 96
    batches: tuple[int, ...] = BATCHES
    certification: CertificationShown = field(default_factory=CertificationShown)
    release: ReleasesShown = field(default_factory=ReleasesShown)
