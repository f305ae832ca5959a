"""The questions of a round: training images by a strategy, validation images at random. Writes the label store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.annotation.consensus import agreement_rule
from pipeline.errors import ParameterError
from pipeline.label_store import Drawn, LabelStore, Purpose
from pipeline.learning.query_strategies import Pool, strategy_named
from pipeline.learning.round_steps import VALIDATION_SHARE, choose
from pipeline.rounds.answers import TrainingAnswers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection.vectors import StoredVectors
    from pipeline.rounds.pending_questions import Asking

__all__ = ["Questions", "RoundOptions", "ask_questions", "choose_questions"]


@dataclass(frozen=True, slots=True)
class RoundOptions:
    """How a round is run.

    Parameters
    ----------
    strategy
        Name of a query strategy, see `pipeline.learning.query_strategies.STRATEGIES`.
    batch
        Open questions after the round, 2 to 2,000. Open validation questions of earlier rounds are included.
    validation_share
        Share of validation questions among them, 0.2 to 0.5.
    from_source
        Whether answers from the source train the model, where no annotator has answered.
    seed
        Seed of all draws; by default the number of the round.
    """

    strategy: str = "default"
    batch: int = 96
    validation_share: float = VALIDATION_SHARE
    from_source: bool = True
    seed: int | None = None

    def __post_init__(self) -> None:
        if not (2 <= self.batch <= 2_000 and 0.2 <= self.validation_share <= 0.5):
            raise ParameterError(
                f"batch={self.batch} or validation_share={self.validation_share:g} is out of range. Choose 2 to 2,000 "
                "questions, and a share of validation questions from 0.2 to 0.5."
            )
        strategy_named(self.strategy)


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """The questions of a round, before they are asked."""

    definition_version: int
    agree: int
    training: list[Drawn]
    validation: list[Drawn]


def choose_questions(
    store: LabelStore,
    attribute: str,
    options: RoundOptions,
    seed: int,
    margins: NDArray[np.float32],
    vectors: StoredVectors,
    answered: TrainingAnswers,
    kept_out: NDArray[np.int64] | None = None,
) -> Questions:
    """Choose the questions of a round; nothing is drawn yet.

    Training takes no validation image, near-duplicate of one, or image of its project. Open validation questions of
    earlier rounds count as questions of this round.

    Parameters
    ----------
    store, attribute, options
        The attribute to ask about, and the number of questions.
    seed
        Of all that is drawn.
    margins
        float32 (n,): of the round's model, in the order of rows.
    vectors
        Of the collection.
    answered
        The training answers of the model.
    kept_out
        int64 (k,): ids excluded from validation because an active certification may still ask them. Default: none.

    Raises
    ------
    LabelStoreError
        If the store cannot be read.
    """
    entry = store.attributes.find(attribute)
    ids = store.images.image_ids
    drawn = {purpose: store.batches.drawn_images(attribute, purpose) for purpose in (Purpose.VALIDATION, Purpose.GOLD)}
    open_validation = _open_questions(store, attribute, drawn[Purpose.VALIDATION])
    wanted = max(0, round(options.batch * options.validation_share) - open_validation)
    everything = store.batches.asked_images(attribute)[0]
    fresh = np.ones(len(ids), np.bool_)
    fresh[store.images.rows_here(np.unique(everything))] = False
    fresh[store.images.rows_here(np.empty(0, np.int64) if kept_out is None else kept_out)] = False
    allowed = ~answered.closed & ~answered.barred
    # A near-duplicate of an asked image adds no information.
    allowed &= ~np.isin(store.images.groups, store.images.groups[answered.closed])
    pool = Pool(
        margins,
        allowed,
        np.asarray(store.images.groups),
        vectors.of,
        answered.rows,
        answered.yes,
        margins[answered.rows],
    )
    validation, choice = choose(
        pool,
        fresh & ~_gold(store, drawn[Purpose.GOLD]),
        answered.rows[: len(answered.rows) - answered.from_source],
        lambda rows: store.images.rows(store.images.related(ids[rows].tolist()).tolist()),
        strategy_named(options.strategy),
        wanted,
        max(0, options.batch - wanted - open_validation),
        seed,
    )
    return Questions(
        definition_version=entry.definition.version,
        agree=entry.agree,
        training=[Drawn(int(ids[row]), why[:100]) for row, why in zip(choice.rows, choice.reasons, strict=True)],
        validation=[
            Drawn(int(ids[row]), why, float(chance))
            for row, why, chance in zip(validation.rows, validation.reasons, validation.probabilities, strict=True)
        ],
    )


def _gold(store: LabelStore, images: NDArray[np.int64]) -> NDArray[np.bool_]:
    gold = np.zeros(len(store.images.image_ids), np.bool_)
    gold[store.images.rows_here(images)] = True
    return gold


def _open_questions(store: LabelStore, attribute: str, drawn: NDArray[np.int64]) -> int:
    """Return the number of open validation questions whose images are in the collection."""
    drawn = drawn[store.images.present(drawn)]
    answered = store.answers.labels(attribute, Purpose.VALIDATION, agreement_rule(1)).image_ids
    return int((~np.isin(drawn, answered)).sum())


def ask_questions(
    store: LabelStore, attribute: str, asking: Questions, into: Asking
) -> tuple[tuple[str, int], tuple[str, int]]:
    """Draw the chosen questions. Return batch and number of images, first for training, then for validation.

    Parameters
    ----------
    store, attribute, asking
        What is asked.
    into
        The batches of the round, written to disk before.

    Raises
    ------
    LabelStoreError
        If the store cannot be written.
    """
    made = []
    for purpose, drawn, batch_id, title in (
        (Purpose.VALIDATION, asking.validation, into.validation, f"round {into.number}: how good is it"),
        (Purpose.TRAINING, asking.training, into.training, f"round {into.number}: what teaches most"),
    ):
        batch = ("", 0)
        if drawn:
            done = store.batches.draw(
                attribute,
                asking.definition_version,
                purpose,
                drawn,
                agree=asking.agree,
                model_version=into.origin,
                title=title,
                batch_id=batch_id,
            )
            batch = (done.id, done.images)
        made.append(batch)
    return made[1], made[0]
