"""Charts and tables of the Audit tab: attributes, thresholds, scores, regions and people. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.controllers.audit.number_words import percent, range_of
from explorer.controllers.shown_parts import ChartPoint, Figure, Spot
from explorer.messages.encoding import Record
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
    "Agreement",
    "FamilyChart",
    "PersonLine",
    "RegionRow",
    "ThresholdsChart",
    "agreement_message",
    "family_message",
    "member_of",
    "people_message",
    "regions_message",
    "reliability_message",
    "thresholds_message",
]

MOST_POINTS = 24
NOTHING = "-"


@dataclass(frozen=True, slots=True)
class FamilyRow(Record):
    """The last published audit of one attribute.

    Parameters
    ----------
    name, title
        Of the attribute.
    value, low, high, target
        Its precision with the interval, and the target precision.
    words
        The precision for people.
    certified
        Whether the target is certified jointly with all others.
    expired
        Whether the audit does not hold for the current release or model.
    here
        Whether the attribute is the chosen one.
    help
        A tooltip.
    """

    name: str
    title: str
    value: float
    low: float
    high: float
    target: float
    words: str
    certified: bool
    expired: bool
    here: bool
    help: str


@dataclass(frozen=True, slots=True)
class FamilyChart(Record):
    """All audited attributes, the best first, and the joint claim."""

    rows: tuple[FamilyRow, ...]
    words: str


@dataclass(frozen=True, slots=True)
class ThresholdsChart(Record):
    """Precision against recall of the audited images, and the place of the release's threshold."""

    points: tuple[ChartPoint, ...]
    here: Spot | None
    words: str


@dataclass(frozen=True, slots=True)
class RegionRow(Record):
    """Precision in a region of the map.

    Parameters
    ----------
    region, title
        Number and name.
    value, low, high
        Precision with its interval; None without answers.
    words, help
        The precision for people, and a tooltip.
    warning
        Why to doubt it; or empty.
    """

    region: int
    title: str
    value: float | None
    low: float
    high: float
    words: str
    help: str
    warning: str


@dataclass(frozen=True, slots=True)
class RateWords(Record):
    """A rate for people, and a tooltip."""

    value: str
    help: str


@dataclass(frozen=True, slots=True)
class PersonLine(Record):
    """An annotator of an audit: name, answers, time per answer, and rates on gold questions and repeats."""

    name: str
    answers: str
    seconds: str
    sensitivity: RateWords
    false_positives: RateWords
    consistency: RateWords


@dataclass(frozen=True, slots=True)
class Agreement(Record):
    """The agreement of people: the measures, and the images behind them."""

    figures: tuple[Figure, ...]
    words: str


def member_of(report: AuditReport, title: str) -> FixedResult | AnytimeResult:
    """Return the result of one attribute, for the joint claim over several."""
    plan, size = report.audit.plan, report.audit.population.positives
    verdicts = report.answers.verdicts[report.sample.positive]
    if plan.kind == ANYTIME:
        return AnytimeResult(title, tuple(leading(verdicts).tolist()), size, plan.target)
    yes, no, waiting = (int((verdicts == value).sum()) for value in (YES, NOT_YES, OPEN))
    return FixedResult(title, yes, no, waiting, size, plan.target)


def family_message(
    family: Family, reports: Sequence[AuditReport], names: Sequence[str], expired: Sequence[str], here: str
) -> FamilyChart:
    """Return the bar chart over attributes: a row for each published audit, the best first, and the joint claim.

    Parameters
    ----------
    family
        The joint claim, in the order of ``reports``.
    reports, names, expired
        Of each attribute: its last published audit, its name, and why that audit has expired, or "".
    here
        Name of the chosen attribute.
    """
    rows = []
    for member, report, name, old in zip(family.members, reports, names, expired, strict=True):
        result = report.result
        if result is None:
            continue
        precision = result.precision
        interval = range_of(precision.low, precision.high)
        rows.append(
            FamilyRow(
                name=name,
                title=member.attribute,
                value=precision.value or 0.0,
                low=precision.low,
                high=precision.high,
                target=member.target,
                words="not available" if precision.value is None else percent(precision.value),
                certified=member.certified,
                expired=bool(old),
                here=name == here,
                help=f"{interval}; jointly at least {percent(member.at_least)}{'. ' + old if old else ''}",
            )
        )
    return FamilyChart(tuple(sorted(rows, key=lambda row: -row.value)), family.words)


def thresholds_message(found: PrecisionRecall) -> ThresholdsChart:
    """Return precision against recall of the audited images, with the release's threshold."""
    points = [
        ChartPoint(point.recall.value, point.precision.value, point.precision.low, point.precision.high)
        for point in found.points
        if point.precision.value is not None and point.recall.value is not None
    ]
    places = np.unique(np.linspace(0, len(points) - 1, MOST_POINTS).round().astype(int)).tolist() if points else []
    own = found.operating
    here = None
    if own.precision.value is not None and own.recall.value is not None:
        here = Spot(own.recall.value, own.precision.value)
    return ThresholdsChart(
        points=tuple(points[at] for at in places),
        here=here,
        words=f"The ring marks the release's threshold {own.threshold:.3f}: precision {_share(own.precision)}, recall "
        f"{_share(own.recall)}, for the images that could be drawn.",
    )


def reliability_message(bins: Sequence[ReliabilityBin]) -> tuple[ChartPoint, ...]:
    """Return the reliability diagram: the mean score and the share of yes of each bin with answers."""
    return tuple(
        ChartPoint(
            x=entry.mean_score,
            y=entry.share.value,
            low=entry.share.low,
            high=entry.share.high,
            words=f"scores {entry.lowest:.1f} to {entry.highest:.1f}: {entry.yes:,} of {entry.answered:,} yes, "
            f"{_share(entry.share)}",
        )
        for entry in bins
        if entry.mean_score is not None and entry.share.value is not None
    )


def regions_message(precisions: Sequence[RegionPrecision], names: Mapping[int, str]) -> tuple[RegionRow, ...]:
    """Return the precision of each region of the map, with a warning if too few images were checked."""
    return tuple(
        RegionRow(
            region=entry.region,
            title=names.get(entry.region, "in no cluster" if entry.region < 0 else f"cluster {entry.region + 1}"),
            value=entry.precision.value,
            low=entry.precision.low,
            high=entry.precision.high,
            words=NOTHING if entry.precision.value is None else percent(entry.precision.value),
            help=f"{entry.yes:,} of {entry.checks:,} checked images are yes, {entry.size:,} positives",
            warning=entry.too_few,
        )
        for entry in precisions
    )


def agreement_message(measures: AgreementMeasures) -> Agreement:
    """Return four measures of the agreement of people."""
    compared = f"{measures.images:,} image{'s' if measures.images != 1 else ''} answered by two people or more"
    of_share = (_measure(one, of_share=True) for one in (measures.raw, measures.positive))
    others = (_measure(one, of_share=False) for one in (measures.alpha, measures.ac1))
    return Agreement((*of_share, *others), f"From {compared}. The images are a random draw, not the queue of a round.")


def people_message(reports: Sequence[tuple[str, int, AnnotatorReport]]) -> tuple[PersonLine, ...]:
    """Return a line for each person: answers, time, and rates on the attribute's gold questions and repeats."""
    return tuple(
        PersonLine(
            name=name,
            answers=f"{count:,}",
            seconds=NOTHING if report.median_seconds is None else f"{report.median_seconds:.1f} s",
            sensitivity=_rate(report.sensitivity),
            false_positives=_rate(report.false_positives),
            consistency=_rate(report.consistency),
        )
        for name, count, report in reports
    )


def _measure(measure: Measure, *, of_share: bool) -> Figure:
    name = measure.name[0].upper() + measure.name[1:]
    if measure.value is None:
        return Figure(name, "not available", enough=False, help=measure.words)
    value = percent(measure.value) if of_share else f"{measure.value:.2f}"
    ends = range_of(measure.low, measure.high) if of_share else f"{measure.low:.2f} to {measure.high:.2f}"
    return Figure(name, value, f"({ends})", help=measure.words)


def _rate(rate: Rate) -> RateWords:
    if rate.share is None:
        return RateWords(NOTHING, "not available yet")
    return RateWords(f"{rate.share:.0%}", f"{rate.hits:,} of {rate.of:,} ({range_of(rate.low, rate.high)})")


def _share(share: Share) -> str:
    if share.value is None:
        return "not available"
    return f"{percent(share.value)} ({range_of(share.low, share.high)})"
