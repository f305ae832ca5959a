"""What a round did, kept as ``rounds/<attribute>/<number>.json``. An edge: it reads and writes files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pipeline.kept_records import numbered, read_record, write_record

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.collection import Collection

__all__ = ["RoundReport", "read_reports", "rounds_folder", "write_report"]


@dataclass(frozen=True, slots=True)
class RoundReport:
    """One round of one attribute.

    Parameters
    ----------
    attribute, number, origin, definition_version
        What it is of, and the name of its scores.
    at
        Seconds since 1970.
    strategy
        How the next questions were chosen.
    answers, yes, from_source
        Settled answers that it was trained on, those of them that are yes, and those that came with the source.
    images
        Scored.
    train_s, score_s, rank_s, write_s
        Seconds of its steps.
    threshold
        Suggested cut: an estimate, no promise.
    calibrated
        Whether scores are probabilities fitted on validation answers.
    validation, validation_yes
        Settled validation answers when it ran, and those that are yes.
    training_batch, validation_batch
        Ids of the batches of its questions; ``""`` for none.
    training_questions, validation_questions
        How many it asks.
    up, down
        Images that crossed the threshold upwards and downwards since the scores before, in all.
    up_images, down_images
        The ids of those that moved furthest.
    """

    attribute: str
    number: int
    origin: str
    definition_version: int
    at: float
    strategy: str
    answers: int
    yes: int
    from_source: int
    images: int
    train_s: float
    score_s: float
    rank_s: float
    write_s: float
    threshold: float
    calibrated: bool
    validation: int
    validation_yes: int
    training_batch: str
    validation_batch: str
    training_questions: int
    validation_questions: int
    up: int
    down: int
    up_images: tuple[int, ...]
    down_images: tuple[int, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Say what it did, a sentence a step."""
        source = f", {self.from_source:,} of them known by the source" if self.from_source else ""
        seconds = f"{max(self.score_s + self.rank_s, 0.1):.1f} s" if self.score_s + self.rank_s >= 0.05 else "a moment"
        trained = (
            f"Round {self.number}: trained on {self.answers:,} answers ({self.yes:,} yes{source}), "
            f"ranked {self.images:,} images in {seconds}."
        )
        asked = (
            f"It asks {self.training_questions:,} images that teach most and {self.validation_questions:,} drawn by "
            "chance, to see how good it is."
        )
        scale = (
            "" if self.calibrated else "Scores are not probabilities yet: too few validation answers say yes or say no."
        )
        return tuple(words for words in (trained, asked, scale) if words)


def rounds_folder(collection: Collection, attribute: str) -> Path:
    """Give the folder of an attribute's rounds."""
    return collection.path / "rounds" / attribute


def write_report(collection: Collection, report: RoundReport) -> None:
    """Keep a report.

    Raises
    ------
    CollectionError
        If it cannot be written.
    """
    path = rounds_folder(collection, report.attribute) / f"{report.number}.json"
    write_record(collection, path, asdict(report))


def read_reports(collection: Collection, attribute: str) -> list[RoundReport]:
    """Read an attribute's reports, the first round first.

    Raises
    ------
    CollectionDamagedError
        If one cannot be read.
    """
    files = numbered(rounds_folder(collection, attribute), "*.json")
    return [read_record(path, _report, otherwise=", or move it away") for path in files]


def _report(values: dict[str, Any]) -> RoundReport:
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return RoundReport(**(values | lists))
