"""Reports of rounds, kept as ``rounds/<attribute>/<number>.json``. Reads and writes files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pipeline.collection.numbered_records import check_record, numbered, read_record, write_record
from pipeline.files.paths import inside
from pipeline.learning.round_threshold import KnownFigures
from pipeline.plain_values import made_of

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
        The round, and the name of its scores.
    at
        Seconds since 1970.
    strategy
        Query strategy of the next questions.
    answers, yes, from_source
        Number of training answers, of yes among them, and of those that came with the source.
    images
        Scored.
    train_s, score_s, rank_s, write_s
        Seconds of each step.
    threshold
        Suggested threshold. It is an estimate without a guarantee.
    calibrated
        Whether scores are probabilities fitted on validation answers.
    validation, validation_yes
        Number of settled validation answers at that time, and of yes among them.
    training_batch, validation_batch
        Ids of the batches of its questions; ``""`` for none.
    training_questions, validation_questions
        Number of questions it asks.
    up, down
        Number of images that crossed the threshold upwards and downwards since the earlier scores.
    up_images, down_images
        Ids of the images that moved furthest.
    passing
        Number of images that pass the threshold. None in reports of older versions, like all fields below.
    threshold_before, passing_before
        The earlier threshold and the number of images that passed it; None without one.
    cut_by, cut_words
        The rule that placed the threshold (`pipeline.learning.round_threshold.PlacedBy`), and its reason for people.
    cross_calibrated
        Whether scores are probabilities fitted on known answers, by cross-validation.
    cross_validated
        Cross-validation figures of the known answers; None where these are too few.
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
    passing: int | None = None
    threshold_before: float | None = None
    passing_before: int | None = None
    cut_by: str = ""
    cut_words: str = ""
    cross_calibrated: bool = False
    cross_validated: KnownFigures | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """The report for people, one sentence for each step."""
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
        return tuple(words for words in (trained, asked, self._threshold, self._scale) if words)

    @property
    def _threshold(self) -> str:
        if self.passing is None:
            return ""
        now = f"{self.threshold:.3f}"
        if self.threshold_before is None or self.passing_before is None:
            return f"The first threshold is {now}: {self.passing:,} images pass it. {self.cut_words}"
        wider = ""
        if self.passing != self.passing_before:
            wider = " The filter is wider." if self.passing > self.passing_before else " The filter is narrower."
        return (
            f"The threshold was {self.threshold_before:.3f}, and {self.passing_before:,} images passed it. "
            f"It is {now} now, and {self.passing:,} images pass.{wider} {self.cut_words}"
        )

    @property
    def _scale(self) -> str:
        if self.calibrated:
            return ""
        few = "too few validation answers say yes or say no"
        if self.cross_calibrated:
            return f"Scores are probabilities by cross-validation on known answers, since {few}."
        return f"Scores are not probabilities yet: {few}."


def rounds_folder(collection: Collection, attribute: str) -> Path:
    """Return the folder of an attribute's rounds."""
    return inside(collection.path, "rounds", attribute)


def write_report(collection: Collection, report: RoundReport) -> None:
    """Write a report.

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
    return [_read(path, attribute) for path in files]


def _read(path: Path, attribute: str) -> RoundReport:
    report = read_record(path, _report, otherwise=", or move it away")
    check_record(path, attribute, report.attribute, number=int(path.stem), found_number=report.number)
    return report


def _report(values: dict[str, Any]) -> RoundReport:
    known = values.get("cross_validated")
    if known is not None:
        known = made_of(KnownFigures, known | {"cuts": tuple((score, p, r) for score, p, r in known["cuts"])})
    return made_of(RoundReport, values | {"cross_validated": known})
