"""What the tab of audits draws: all attributes beside each other, scores and cuts, places, people. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explorer.controllers.audit.messages import percent, range_of
from pipeline.annotation.annotator_accuracy import AnnotatorReport, Rate
from pipeline.annotation.annotator_agreement import AgreementMeasures, Measure
from pipeline.audit.plan import ANYTIME
from pipeline.audit.reports import AuditReport
from pipeline.audit.statistics.anytime_bound import leading
from pipeline.audit.statistics.by_region import RegionPrecision
from pipeline.audit.statistics.diagnostics import PrecisionRecall, ReliabilityBin, Share
from pipeline.audit.statistics.joint_claims import AnytimeResult, Family, FixedResult
from pipeline.audit.statistics.truth_rules import NOT_YES, OPEN, YES

__all__ = [
    "agreement_message",
    "cuts_message",
    "family_message",
    "member_of",
    "people_message",
    "regions_message",
    "reliability_message",
]

MOST_POINTS = 24
NOTHING = "-"


def member_of(report: AuditReport, title: str) -> FixedResult | AnytimeResult:
    """Give the result of one attribute for a statement over several."""
    plan, size = report.audit.plan, report.audit.population.positives
    verdicts = report.answers.verdicts[report.sample.positive]
    if plan.kind == ANYTIME:
        return AnytimeResult(title, tuple(leading(verdicts).tolist()), size, plan.target)
    yes, no, waiting = (int((verdicts == value).sum()) for value in (YES, NOT_YES, OPEN))
    return FixedResult(title, yes, no, waiting, size, plan.target)


def family_message(
    family: Family, reports: Sequence[AuditReport], names: Sequence[str], expired: Sequence[str], here: str
) -> dict[str, Any]:
    """Give the bar chart over attributes: a row for each published audit, best first, and what holds for all at once.

    Parameters
    ----------
    family
        What holds jointly, in the order of ``reports``.
    reports, names, expired
        Of each attribute: its last published audit, its name, and why that no longer speaks, or "".
    here
        Name of the attribute that is open.
    """
    rows = []
    for member, report, name, old in zip(family.members, reports, names, expired, strict=True):
        result = report.result
        if result is None:
            continue
        precision = result.precision
        rows.append(
            {
                "name": name,
                "title": member.attribute,
                "value": precision.value or 0.0,
                "low": precision.low,
                "high": precision.high,
                "target": member.target,
                "words": "nothing" if precision.value is None else percent(precision.value),
                "certified": member.certified,
                "expired": bool(old),
                "here": name == here,
                "help": f"{range_of(precision.low, precision.high)}; jointly at least {percent(member.at_least)}"
                f"{'. ' + old if old else ''}",
            }
        )
    return {"rows": sorted(rows, key=lambda row: -float(str(row["value"]))), "words": family.words}


def cuts_message(found: PrecisionRecall) -> dict[str, Any]:
    """Give precision against recall of the audited images, with the release's own cut."""
    points = [point for point in found.points if point.precision.value is not None and point.recall.value is not None]
    places = np.unique(np.linspace(0, len(points) - 1, MOST_POINTS).round().astype(int)).tolist() if points else []
    own = found.operating
    here = None
    if own.precision.value is not None and own.recall.value is not None:
        here = {"x": own.recall.value, "y": own.precision.value}
    return {
        "points": [
            {
                "x": points[at].recall.value,
                "y": points[at].precision.value,
                "low": points[at].precision.low,
                "high": points[at].precision.high,
                "words": "",
            }
            for at in places
        ],
        "here": here,
        "words": f"The ring is the release's cut, {own.threshold:.3f}: precision {_share(own.precision)}, recall "
        f"{_share(own.recall)}, of the images that could be drawn.",
    }


def reliability_message(bins: Sequence[ReliabilityBin]) -> list[dict[str, Any]]:
    """Give the reliability diagram: what scores say, and what people say, for each bin with answers."""
    return [
        {
            "x": entry.mean_score,
            "y": entry.share.value,
            "low": entry.share.low,
            "high": entry.share.high,
            "words": f"scores {entry.lowest:.1f} to {entry.highest:.1f}: {entry.yes:,} of {entry.answered:,} yes, "
            f"{_share(entry.share)}",
        }
        for entry in bins
        if entry.mean_score is not None and entry.share.value is not None
    ]


def regions_message(precisions: Sequence[RegionPrecision], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Give the precision of each region of the map, and a warning where too few images were checked."""
    rows = []
    for entry in precisions:
        share = entry.precision
        checks = f"{entry.yes:,} of {entry.checks:,} checked are yes, {entry.size:,} positives"
        rows.append(
            {
                "region": entry.region,
                "title": names.get(
                    entry.region, "in no cluster" if entry.region < 0 else f"cluster {entry.region + 1}"
                ),
                "value": share.value,
                "low": share.low,
                "high": share.high,
                "words": NOTHING if share.value is None else percent(share.value),
                "help": checks,
                "warning": entry.too_few,
            }
        )
    return rows


def _nameless(region: int) -> str:
    return "in no cluster" if region < 0 else f"cluster {region + 1}"


def agreement_message(measures: AgreementMeasures) -> dict[str, Any]:
    """Give four figures of how much people agree."""
    compared = f"{measures.images:,} image{'s' if measures.images != 1 else ''} answered by two people or more"
    return {
        "figures": [
            _measure(one, of_share=of_share)
            for one, of_share in (
                (measures.raw, True),
                (measures.positive, True),
                (measures.alpha, False),
                (measures.ac1, False),
            )
        ],
        "words": f"By {compared}: a random draw, not the queue of a round.",
    }


def people_message(reports: Sequence[tuple[str, int, AnnotatorReport]]) -> list[dict[str, Any]]:
    """Give a line for each person: answers here, time, and what gold and second looks of the attribute say."""
    return [
        {
            "name": name,
            "answers": f"{count:,}",
            "seconds": NOTHING if report.median_seconds is None else f"{report.median_seconds:.1f} s",
            "sensitivity": _rate(report.sensitivity),
            "false_positives": _rate(report.false_positives),
            "consistency": _rate(report.consistency),
        }
        for name, count, report in reports
    ]


def _measure(measure: Measure, *, of_share: bool) -> dict[str, Any]:
    name = measure.name[0].upper() + measure.name[1:]
    if measure.value is None:
        return {"name": name, "value": "nothing to say", "more": "", "enough": False, "help": measure.words}
    value = percent(measure.value) if of_share else f"{measure.value:.2f}"
    ends = range_of(measure.low, measure.high) if of_share else f"{measure.low:.2f} to {measure.high:.2f}"
    return {"name": name, "value": value, "more": f"({ends})", "enough": True, "help": measure.words}


def _rate(rate: Rate) -> dict[str, str]:
    if rate.share is None:
        return {"value": NOTHING, "help": "nothing to go by yet"}
    return {"value": f"{rate.share:.0%}", "help": f"{rate.hits:,} of {rate.of:,} ({range_of(rate.low, rate.high)})"}


def _share(share: Share) -> str:
    if share.value is None:
        return "nothing to say"
    return f"{percent(share.value)} ({range_of(share.low, share.high)})"
