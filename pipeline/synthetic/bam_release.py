"""Write a BAM release of any size without a collection: the three variants of the released files, from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import CollectionError, ErrorKind, ParameterError
from pipeline.progress import Progress, ProgressCallback
from pipeline.synthetic.bam_file import BamFile
from pipeline.synthetic.crowd import NEGATIVE, POSITIVE, UNSURE, Crowd
from pipeline.synthetic.random_streams import CHUNK
from pipeline.synthetic.spec import DEFAULT_ATTRIBUTES

__all__ = ["VARIANTS", "ReleaseSize", "write_release"]


@dataclass(frozen=True, slots=True)
class ReleaseSize:
    """Numbers of rows of a release.

    Parameters
    ----------
    modules
        Rows of ``modules``, ``scores`` and ``automatic_labels``.
    labels, choices, captions
        Rows of ``crowd_labels``, ``crowd_raw_choices`` and ``crowd_raw_captions``. Each label has two choices or three.
    """

    modules: int
    labels: int
    choices: int
    captions: int

    def scaled(self, modules: int) -> ReleaseSize:
        """Return the size with another number of modules and the same ratios."""
        share = modules / self.modules
        labels = round(self.labels * share)
        return ReleaseSize(
            modules, labels, min(3 * labels, round(self.choices * share)), min(modules, round(self.captions * share))
        )


VARIANTS: Final = {
    "crowd-only": ReleaseSize(389_040, 393_022, 819_476, 74_582),
    "1m": ReleaseSize(1_379_284, 393_022, 819_476, 74_582),
    "2.2m": ReleaseSize(2_289_817, 393_022, 819_476, 74_582),
}
"""Sizes of the released files."""

NAMES: Final = tuple(entry.name for entry in DEFAULT_ATTRIBUTES)
KINDS: Final = 60
PAGE: Final = 34
WORKERS_FOR: Final = 1300
"""Choices of one worker."""

SUBJECTS: Final = ("boats", "a street", "an old house", "two friends", "a mountain", "a poster", "letters", "a robot")
STYLES: Final = (
    "in the rain",
    "at night",
    "in watercolour",
    "by the sea",
    "in pencil",
    "seen from above",
    "in bright colours",
)
FIRST_DAY: Final = np.datetime64("2016-06-01T08:00:00")
LICENCES: Final = ("CC BY-NC-ND 4.0", "CC BY 4.0", "CC BY-NC 4.0", None)


def write_release(path: Path, size: ReleaseSize, *, seed: int = 0, progress: ProgressCallback | None = None) -> None:
    """Write a release file. Equal sizes and seeds give equal rows.

    Parameters
    ----------
    path
        Path of the file, which must not exist.
    size
        Numbers of rows.
    seed
        Seed of everything random.
    progress
        Called with the number of images written.

    Raises
    ------
    ParameterError
        If there are fewer than two choices or more than three for a label, or more captions than images.
    CollectionError
        If the file exists or cannot be written.
    """
    possible = 2 * size.labels <= size.choices <= 3 * size.labels and size.labels <= size.modules * len(NAMES)
    if size.modules < 1 or not possible or size.captions > min(size.modules, size.choices):
        raise ParameterError(
            f"{size} is not possible. It needs at least 1 module, 2 or 3 choices for each label, and at most one "
            "caption for each module and choice."
        )
    if path.exists():
        raise CollectionError(f"{path} exists already. Choose another place.", kind=ErrorKind.OTHER_PLACE)
    rng = np.random.Generator(np.random.SFC64(seed))
    ids = np.cumsum(rng.integers(1, 60, size.modules)).astype(np.int64) + 1_000_000
    centres = np.minimum(-4.5 + 3.2 * rng.standard_normal((KINDS, len(NAMES))), 6).astype(np.float32)
    tell = progress or _ignore_progress
    with BamFile(path, NAMES) as bam:
        truth = np.empty((len(NAMES), size.modules), np.bool_)
        for start in range(0, size.modules, CHUNK):
            part = ids[start : start + CHUNK]
            scores = centres[rng.integers(0, KINDS, len(part))] + rng.standard_normal(
                (len(part), len(NAMES)), np.float32
            )
            truth[:, start : start + len(part)] = (scores > -1).T
            bam.write_images(_modules(part, rng), scores)
            tell(Progress("Writing the release", start + len(part), size.modules))
        crowd = _crowd(size, truth, rng)
        phrases = [
            f"{SUBJECTS[one]} {STYLES[other]}"
            for one, other in zip(
                rng.integers(0, len(SUBJECTS), len(crowd.captioned)).tolist(),
                rng.integers(0, len(STYLES), len(crowd.captioned)).tolist(),
                strict=True,
            )
        ]
        bam.write_crowd(crowd, ids, phrases, rng)


def _modules(ids: NDArray[np.int64], rng: np.random.Generator) -> pa.Table:
    projects = ids // 400
    licences = np.array(LICENCES, object)[projects % len(LICENCES)]
    links = [f"https://pictures.example/project_modules/disp/{mid % 997:03x}{mid}.jpg" for mid in ids.tolist()]
    return pa.table(
        {
            "image_id": ids,
            "project_id": projects,
            "source": links,
            "mature_content": rng.random(len(ids)) < 0.02,
            "license": pa.array(licences.tolist(), pa.string()),
        }
    )


def _crowd(size: ReleaseSize, truth: NDArray[np.bool_], rng: np.random.Generator) -> Crowd:
    """Draw questions, the pages on which they were asked, and answers that are wrong for 1 of 25."""
    width = len(NAMES)
    questions = np.sort(_different(rng, size.modules * width, size.labels))
    rows, columns = questions // width, (questions % width).astype(np.int16)
    yes = truth[columns, rows]
    thirds = np.sort(rng.permutation(size.labels)[: size.choices - 2 * size.labels])
    asked = np.concatenate([np.arange(size.labels), np.arange(size.labels), thirds])
    turns = np.repeat([0, 1, 2], [size.labels, size.labels, len(thirds)])
    choices = yes[asked] ^ (rng.random(len(asked)) < 0.04)
    first, second = choices[: size.labels], choices[size.labels : 2 * size.labels]
    labels = np.where(first == second, np.where(first, POSITIVE, NEGATIVE), UNSURE).astype(np.int8)
    order = np.lexsort((rng.random(len(asked)), columns[asked], turns))
    group = turns[order] * width + columns[asked[order]]
    within = np.arange(len(order)) - np.searchsorted(group, group, side="left")
    pages = np.cumsum(within % PAGE == 0) - 1
    opens = np.flatnonzero(within % PAGE == 0)
    hits = len(opens)
    hit_turns = turns[order][opens]
    workers = max(3, round(size.choices / WORKERS_FOR))
    shown = np.bincount(pages, minlength=hits)
    firsts = np.unique(rows[asked[order]], return_index=True)[1]
    captioned = np.sort(rng.permutation(firsts)[: size.captions])
    return Crowd(
        rows=rows,
        columns=columns,
        labels=labels,
        hit_columns=columns[asked[order]][opens],
        # The three turns of a question go to three different workers.
        hit_workers=((rng.integers(0, max(1, workers // 3), hits) * 3 + hit_turns) % workers).astype(np.int32),
        hit_clicks=rng.poisson(shown / 3).astype(np.int32),
        hit_seconds=np.round(rng.lognormal(np.log(75), 0.5, hits) * shown / PAGE, 3),
        hit_times=FIRST_DAY + np.sort(rng.integers(0, 150 * 86_400, hits)).astype("timedelta64[s]"),
        choice_hits=pages.astype(np.int32),
        choice_questions=asked[order],
        choices=choices[order],
        captioned=captioned,
        workers=workers,
    )


def _different(rng: np.random.Generator, among: int, wanted: int) -> NDArray[np.int64]:
    """Draw different numbers below a limit."""
    if wanted * 2 >= among:
        return rng.permutation(among)[:wanted].astype(np.int64)
    found = np.unique(rng.integers(0, among, round(wanted * 1.5) + 10))
    while len(found) < wanted:
        found = np.unique(np.concatenate([found, rng.integers(0, among, wanted)]))
    return rng.permutation(found)[:wanted].astype(np.int64)


def _ignore_progress(progress: Progress) -> None:
    """Ignore progress."""
