"""Where a release is wrong: by region of the map, and image by image. Pure.

Only audit answers enter. An image without a verdict is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.audit.statistics.diagnostics import NOT_YES, YES, Share, check_drawn
from pipeline.errors import ParameterError
from pipeline.statistics.proportions import interval_of_set

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Mistakes", "RegionPrecision", "mistakes", "precision_by_region"]


@dataclass(frozen=True, slots=True)
class RegionPrecision:
    """Precision in one region of the map.

    Parameters
    ----------
    region
        Its number.
    size
        Images of the positive set in it.
    checks, yes
        Those with a verdict, and those that are yes.
    precision
        Share of yes with its exact interval (hypergeometric).
    too_few
        A warning for people; empty where there are enough checks.
    """

    region: int
    size: int
    checks: int
    yes: int
    precision: Share
    too_few: str


@dataclass(frozen=True, slots=True, eq=False)
class Mistakes:
    """Images on which people and release disagree, nearest the cut first.

    Parameters
    ----------
    rows
        int64 ``(m,)``.
    scores
        Float64 ``(m,)``.
    false_positive
        bool ``(m,)``: released as positive and not yes; otherwise released as negative and yes, a miss.
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    false_positive: NDArray[np.bool_]


def precision_by_region(
    cluster: NDArray[np.integer[Any]],
    yes: NDArray[np.bool_],
    sizes: Mapping[int, int],
    *,
    fewest: int = 5,
    confidence: float = 0.95,
) -> tuple[RegionPrecision, ...]:
    """Estimate the precision of the positive set in each region of the map.

    Given how many were drawn of a region, these are a simple random sample of its positives. Intervals hold one by one,
    not all together.

    Parameters
    ----------
    cluster
        Integers ``(m,)``: regions of the positives that have a verdict.
    yes
        bool ``(m,)``: whether the verdict is yes.
    sizes
        Region -> images of the positive set in it; all regions that hold any.
    fewest
        Checks below which a region is warned of, unless all its images were checked.
    confidence
        In (0, 1), of each interval.

    Returns
    -------
    tuple of RegionPrecision
        Every region of ``sizes``, those with the most positives first.

    Raises
    ------
    ParameterError
        If lengths differ, or a region has more checks than positives.
    """
    regions, said = np.asarray(cluster), np.asarray(yes, dtype=np.bool_)
    if regions.shape != said.shape or regions.ndim != 1 or not 0 < confidence < 1 or fewest < 0:
        raise ParameterError(
            f"Regions {regions.shape}, verdicts {said.shape}, fewest={fewest} and a confidence of {confidence} were "
            "given; there must be one verdict for every region, and a confidence between 0 and 1. Pass arrays of the "
            "same images."
        )
    counts = {int(region): (regions == region) for region in np.unique(regions)}
    if any(own.sum() > sizes.get(region, 0) for region, own in counts.items()):
        raise ParameterError("A region has more checks than positives. Count the positive set that the audit was of.")
    none = np.zeros(len(said), dtype=np.bool_)
    table = [
        _region(region, size, said[counts.get(region, none)], fewest, confidence)
        for region, size in sizes.items()
        if size
    ]
    return tuple(sorted(table, key=lambda entry: (-entry.size, entry.region)))


def mistakes(
    rows: NDArray[np.int64],
    scores: NDArray[Any],
    verdicts: NDArray[np.integer[Any]],
    positive: NDArray[np.bool_],
    threshold: float,
) -> Mistakes:
    """Find the images on which people and release disagree, of both kinds, nearest the cut first.

    Parameters
    ----------
    rows
        int64 ``(k,)``: the images drawn.
    scores, verdicts
        As for `pipeline.audit.statistics.diagnostics.reliability`.
    positive
        bool ``(k,)``: released as positive.
    threshold
        Of the release.

    Returns
    -------
    Mistakes
        Of equal distance, the lower row first.

    Raises
    ------
    ParameterError
        If lengths differ or a verdict is another.
    """
    images, values, said, released = (np.asarray(part) for part in (rows, scores, verdicts, positive))
    check_drawn(values, said, images, released)
    wrong = np.flatnonzero((said == YES) & ~released | (said == NOT_YES) & released)
    far = np.abs(values[wrong].astype(np.float64) - threshold)
    order = wrong[np.lexsort((images[wrong], far))]
    return Mistakes(images[order].astype(np.int64), values[order].astype(np.float64), released[order].astype(np.bool_))


def _region(region: int, size: int, said: NDArray[np.bool_], fewest: int, confidence: float) -> RegionPrecision:
    checks, found = len(said), int(said.sum())
    precision = Share(None, 0.0, 1.0)
    if checks:
        precision = Share(found / checks, *interval_of_set(found, checks - found, checks, size, confidence))
    too_few = ""
    if checks < min(fewest, size):
        made = "no check was" if not checks else "1 check was" if checks == 1 else f"{checks} checks were"
        positives = "the 1 positive" if size == 1 else f"the {size:,} positives"
        too_few = f"Too few to say: {made} made among {positives} of this region."
    return RegionPrecision(region, size, checks, found, precision, too_few)
