"""Simulate a crowd: its questions, the workers' answers, and the labels that follow from them. Pure.

The ratios are those of the real release (2,289,817 images, 393,022 labels, 819,476 choices, 24,314 hits, 74,582
captions): pages of 34 images of one attribute, two workers per page, and a third worker if the two disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.synthetic.random_streams import Purpose, stream
from pipeline.synthetic.spec import SyntheticSpec

__all__ = ["NEGATIVE", "POSITIVE", "UNSURE", "Crowd", "simulate_crowd"]

NEGATIVE, POSITIVE, UNSURE = 0, 1, 2

LABELS_AN_IMAGE: Final = 393_022 / 2_289_817
CAPTIONS_AN_IMAGE: Final = 74_582 / 2_289_817
PAGE: Final = 34
LIKELY_SHARE = 0.5  # share of questions about images that a model already found likely
LIKELY_POOL = 5  # number of likely images for each question about them
THIRD_ASKED = 0.9  # share of disagreements shown to a third worker
IMAGES_A_WORKER = 600
MEAN_ERROR, ERROR_CONCENTRATION = 0.04, 40.0
AMBIGUOUS = (0.2, 0.8)  # probabilities between which people err more often
AMBIGUITY = 3.0
MEDIAN_SECONDS, SPREAD_OF_SECONDS = 75.0, 0.5
FIRST_DAY: Final = np.datetime64("2016-06-01T08:00:00")
DAYS = 150


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Questions (q), hits (h) and choices (v); a question is one image and one attribute.

    Parameters
    ----------
    rows, columns
        int64 (q,) and int16 (q,): image (row) and attribute of each question, ordered by image, then attribute.
    labels
        int8 (q,): `POSITIVE` or `NEGATIVE` where two workers agree, else `UNSURE`.
    hit_columns, hit_workers, hit_clicks
        int16, int32, int32 (h,): attribute, worker and number of clicks of each hit.
    hit_seconds, hit_times
        float64 (h,) and datetime64[s] (h,).
    choice_hits, choice_questions, choices
        int32, int64, bool (v,): hit, question and answer of each choice.
    captioned
        int64 (k,): choices of different images for which the worker also wrote a caption.
    workers
        Number of workers.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int16]
    labels: NDArray[np.int8]
    hit_columns: NDArray[np.int16]
    hit_workers: NDArray[np.int32]
    hit_clicks: NDArray[np.int32]
    hit_seconds: NDArray[np.float64]
    hit_times: NDArray[np.datetime64]
    choice_hits: NDArray[np.int32]
    choice_questions: NDArray[np.int64]
    choices: NDArray[np.bool_]
    captioned: NDArray[np.int64]
    workers: int


def simulate_crowd(spec: SyntheticSpec, truth: NDArray[np.bool_], logits: NDArray[np.float32]) -> Crowd:
    """Simulate the answers of a crowd about some images.

    Parameters
    ----------
    spec
        The collection.
    truth
        bool (a, n).
    logits
        float32 (a, n), logits of a model. Half of the questions are about images that it finds likely.
    """
    rng = stream(spec.seed, Purpose.CROWD)
    rows, columns = _questions(rng, logits)
    yes = truth[columns, rows]
    chance = 1 / (1 + np.exp(-logits[columns, rows].astype(np.float64)))
    harder = np.where((chance > AMBIGUOUS[0]) & (chance < AMBIGUOUS[1]), AMBIGUITY, 1.0)
    workers = max(3, round(2 * len(rows) / IMAGES_A_WORKER))
    errors = rng.beta(MEAN_ERROR * ERROR_CONCENTRATION, (1 - MEAN_ERROR) * ERROR_CONCENTRATION, workers)

    pages, page_columns = _pages(rng, columns, np.arange(len(rows)))
    first = rng.integers(0, workers, len(page_columns))
    second = (first + rng.integers(1, workers, len(page_columns))) % workers
    votes = [yes ^ (rng.random(len(rows)) < np.minimum(0.5, errors[of[pages]] * harder)) for of in (first, second)]
    disagreed = np.flatnonzero(votes[0] != votes[1])
    asked = disagreed[rng.random(len(disagreed)) < THIRD_ASKED]
    third_pages, third_columns = _pages(rng, columns, asked)
    third = rng.integers(0, workers, len(third_columns))
    last = yes[asked] ^ (rng.random(len(asked)) < np.minimum(0.5, errors[third[third_pages]] * harder[asked]))

    labels = np.where(votes[0] == votes[1], votes[0], UNSURE).astype(np.int8)
    labels[asked] = last
    hit_columns = np.concatenate([page_columns, page_columns, third_columns]).astype(np.int16)
    choice_hits = np.concatenate([pages, len(page_columns) + pages, 2 * len(page_columns) + third_pages])
    choice_questions = np.concatenate([np.arange(len(rows)), np.arange(len(rows)), asked])
    choices = np.concatenate([*votes, last])
    order = np.lexsort((choice_questions, choice_hits))
    choice_hits, choice_questions, choices = choice_hits[order], choice_questions[order], choices[order]
    clicked = np.bincount(choice_hits, choices, minlength=len(hit_columns)).astype(np.int32)
    shown = np.bincount(choice_hits, minlength=len(hit_columns))
    seconds = rng.lognormal(np.log(MEDIAN_SECONDS), SPREAD_OF_SECONDS, len(hit_columns)) * shown / PAGE
    times = FIRST_DAY + np.sort(rng.integers(0, DAYS * 86_400, len(hit_columns))).astype("timedelta64[s]")
    return Crowd(
        rows=rows,
        columns=columns,
        labels=labels,
        hit_columns=hit_columns,
        hit_workers=np.concatenate([first, second, third]).astype(np.int32),
        hit_clicks=clicked + rng.poisson(0.7, len(hit_columns)).astype(np.int32),
        hit_seconds=np.round(seconds, 3),
        hit_times=times,
        choice_hits=choice_hits.astype(np.int32),
        choice_questions=choice_questions,
        choices=choices,
        captioned=_captioned(rng, rows[choice_questions], round(truth.shape[1] * CAPTIONS_AN_IMAGE)),
        workers=workers,
    )


def _questions(rng: np.random.Generator, logits: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Draw the questions: for each attribute some images at random and some that a model finds likely."""
    attributes, count = logits.shape
    wanted = round(count * LABELS_AN_IMAGE / attributes)
    likely = round(wanted * LIKELY_SHARE)
    asked = []
    for column in range(attributes):
        pool = min(count, likely * LIKELY_POOL)
        best = np.argpartition(logits[column], count - pool)[count - pool :] if pool else np.empty(0, np.int64)
        best = rng.permutation(np.sort(best))[:likely]
        others = rng.integers(0, count, 2 * (wanted - len(best)))  # twice as many: some repeat or are chosen already
        others = others[~np.isin(others, best)]
        others = others[np.sort(np.unique(others, return_index=True)[1])][: wanted - len(best)]
        asked.append(np.concatenate([best, others]) * attributes + column)
    questions = np.sort(np.concatenate(asked))
    return questions // attributes, (questions % attributes).astype(np.int16)


def _pages(
    rng: np.random.Generator, columns: NDArray[np.int16], questions: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Divide questions into pages of one attribute: the page (k,) of each question, the attribute of each page."""
    shuffled = rng.permutation(len(questions))
    order = shuffled[np.argsort(columns[questions[shuffled]], kind="stable")]
    ordered = columns[questions[order]]
    begins = np.searchsorted(ordered, ordered, side="left")
    within = np.arange(len(order)) - begins
    opens = within % PAGE == 0
    pages = np.empty(len(questions), np.int64)
    pages[order] = np.cumsum(opens) - 1
    return pages, ordered[opens]


def _captioned(rng: np.random.Generator, images: NDArray[np.int64], wanted: int) -> NDArray[np.int64]:
    """Draw choices of different images."""
    order = rng.permutation(len(images))
    firsts = order[np.unique(images[order], return_index=True)[1]]
    return np.sort(rng.permutation(firsts)[:wanted])
