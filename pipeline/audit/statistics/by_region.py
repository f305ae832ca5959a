"""Mistakes of a release: the precision by region of the map, and single images. Pure.

Only audit answers are used. An image without a verdict is left out.
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
        Number of the region.
    size
        Number of its images in the positive set.
    checks, yes
        Number of these with a verdict, and number of yes among them.
    precision
        Share of yes, with its exact interval (hypergeometric).
    too_few
        A warning for people. Empty if there are enough checks.
    """

    region: int
    size: int
    checks: int
    yes: int
    precision: Share
    too_few: str


@dataclass(frozen=True, slots=True, eq=False)
class Mistakes:
    """Images on which annotators and release disagree, closest to the threshold first.

    Parameters
    ----------
    rows
        int64 ``(m,)``. Rows of the images.
    scores
        float64 ``(m,)``. Scores of the release.
    false_positive
        bool ``(m,)``. True: released as positive, but not yes. False: released as negative, but yes (missed).
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

    The drawn images of a region are a simple random sample of its positives. Each interval holds alone. They do not
    hold all together.

    Parameters
    ----------
    cluster
        Integers ``(m,)``. Regions of the positives that have a verdict.
    yes
        bool ``(m,)``. Whether the verdict is yes.
    sizes
        Region -> number of its images in the positive set, for all regions that have any.
    fewest
        A region with fewer checks has a warning, unless all its images were checked.
    confidence
        Confidence of each interval, between 0 and 1.

    Returns
    -------
    tuple of RegionPrecision
        Every region of ``sizes``, the region with the most positives first.

    Raises
    ------
    ParameterError
        If lengths differ, or a region has more checks than positives.
    """
    regions, is_yes = np.asarray(cluster), np.asarray(yes, dtype=np.bool_)
    if regions.shape != is_yes.shape or regions.ndim != 1 or not 0 < confidence < 1 or fewest < 0:
        raise ParameterError(
            f"cluster {regions.shape}, yes {is_yes.shape}, fewest={fewest} and confidence={confidence} are not "
            "allowed. cluster and yes must have the same length, fewest must be at least 0, and confidence must be "
            "between 0 and 1."
        )
    counts = {int(region): (regions == region) for region in np.unique(regions)}
    if any(own.sum() > sizes.get(region, 0) for region, own in counts.items()):
        raise ParameterError("A region has more checks than positives. Count the positive set of the audited release.")
    none = np.zeros(len(is_yes), dtype=np.bool_)
    table = [
        _region(region, size, is_yes[counts.get(region, none)], fewest, confidence)
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
    """Return the images on which annotators and release disagree, closest to the threshold first.

    Parameters
    ----------
    rows
        int64 ``(k,)``. Rows of the images drawn.
    scores, verdicts
        As for `pipeline.audit.statistics.diagnostics.reliability`.
    positive
        bool ``(k,)``. Whether the image was released as positive.
    threshold
        Threshold of the release.

    Returns
    -------
    Mistakes
        False positives and missed positives. At equal distance, the lower row is first.

    Raises
    ------
    ParameterError
        If lengths differ or a verdict is unknown.
    """
    images, values, codes, released = (np.asarray(part) for part in (rows, scores, verdicts, positive))
    check_drawn(values, codes, images, released)
    wrong = np.flatnonzero((codes == YES) & ~released | (codes == NOT_YES) & released)
    far = np.abs(values[wrong].astype(np.float64) - threshold)
    order = wrong[np.lexsort((images[wrong], far))]
    return Mistakes(images[order].astype(np.int64), values[order].astype(np.float64), released[order].astype(np.bool_))


def _region(region: int, size: int, is_yes: NDArray[np.bool_], fewest: int, confidence: float) -> RegionPrecision:
    checks, found = len(is_yes), int(is_yes.sum())
    precision = Share(None, 0.0, 1.0)
    if checks:
        precision = Share(found / checks, *interval_of_set(found, checks - found, checks, size, confidence))
    too_few = ""
    if checks < min(fewest, size):
        made = "no check" if not checks else "1 check" if checks == 1 else f"{checks} checks"
        positives = "the 1 positive" if size == 1 else f"the {size:,} positives"
        too_few = f"Too few checks: {made} among {positives} of this region."
    return RegionPrecision(region, size, checks, found, precision, too_few)
