"""The state of the Rounds tab, and the options of the next round. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from explorer.controllers.rounds.messages import CertificationShown, ReleasesShown
from explorer.controllers.shown_parts import ChartPoint, Choice, Figure, Spot, Step
from explorer.messages.encoding import Record
from pipeline.learning.query_strategies import STRATEGIES

__all__ = ["BATCHES", "STRATEGY_NAMES", "Options", "RoundsStanding", "WorkShown"]

BATCHES = (24, 48, 96, 192)
STRATEGY_WORDS = {
    "default": ("adapts to the answers", "Close to the best of the other strategies at every stage"),
    "uncertainty": ("near the boundary", "Images where the classifier is least sure"),
    "highest_score": ("highest scores", "Images that most surely show the attribute"),
    "diverse": ("unlike each other", "Images near the boundary that differ from one another"),
    "random": ("by chance", "A uniform random draw"),
}
STRATEGY_NAMES = tuple(name for name in STRATEGY_WORDS if name in STRATEGIES)


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the next round."""

    strategy: str = "default"
    batch: int = 96


@dataclass(frozen=True, slots=True)
class WorkShown(Record):
    """A running round: the share that is done, from 0 to 1, and its stage in words."""

    share: float
    words: str


@dataclass(frozen=True, slots=True)
class RoundsStanding(Record):
    """The state of an attribute's rounds.

    Parameters
    ----------
    attribute, attributes
        The chosen attribute, empty for none, and all attributes to choose from.
    steps
        Progress of rounds, certification and release.
    can_train, cannot
        Whether a round can be started, and why not.
    working
        The running round; None for none.
    waiting
        Number of questions that wait for answers.
    sentences
        Sentences about the last round.
    round
        Its number; 0 for none.
    version, placed
        Texts that change with the shown values, and with the place of the threshold.
    histogram
        Images in each of 60 ranges of scores; None without scores.
    figures, curve, trade, here, advice
        Figures, learning curve, precision against recall with the place of the threshold, and whether to continue.
    threshold, lower
        Lowest score of the positive images, and of the unsure ones.
    strategy, strategies, batch, batches
        The options of the next round, and all options to choose from.
    certification, release
        See `CertificationShown` and `ReleasesShown`.
    """

    attribute: str = ""
    attributes: tuple[Choice, ...] = ()
    steps: tuple[Step, ...] = ()
    can_train: bool = False
    cannot: str = ""
    working: WorkShown | None = None
    waiting: int = 0
    sentences: tuple[str, ...] = ()
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
