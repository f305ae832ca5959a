"""The result of a published audit, in the words that the Audit tab shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from explorer.controllers.audit.chart_messages import Agreement, PersonLine, RegionRow, ThresholdsChart
from explorer.controllers.audit.messages import Hash, Watched, hashes_of, watched_message
from explorer.controllers.audit.number_words import date_words, percent, range_of
from explorer.controllers.shown_parts import ChartPoint, Figure
from explorer.messages.encoding import Record
from pipeline.audit.records import Population
from pipeline.audit.reports import AuditReport
from pipeline.audit.results import AuditResult
from pipeline.audit.statistics.precision import rounded_down

__all__ = ["PublishedResult", "result_message", "settled_words"]


@dataclass(frozen=True, slots=True)
class PublishedResult(Record):
    """The result of a published audit.

    Parameters
    ----------
    number, title
        Of the audit.
    statement, certified
        Its statement, and whether the target is certified.
    expired
        Why the audit does not hold for the current release or model; empty while it holds.
    rule, figures, sentences, hashes
        The truth rule, the results as figures and in words, and the fixed hashes.
    hour
        Expected effect of one more hour of answers.
    watched
        The bound of an anytime audit.
    hidden
        Why the fields below are empty while another audit is open; or empty.
    thresholds, bins, regions
        Precision against recall, scores against answers, and precision by region of the map.
    lost
        Why these three cannot be read; or empty.
    agreement, people
        The agreement of people, and a line for each person.
    """

    number: int
    title: str
    statement: str
    certified: bool
    expired: str
    rule: str
    figures: tuple[Figure, ...]
    sentences: tuple[str, ...]
    hour: str
    hashes: tuple[Hash, ...]
    watched: Watched | None
    hidden: str
    thresholds: ThresholdsChart | None = None
    bins: tuple[ChartPoint, ...] = ()
    regions: tuple[RegionRow, ...] = ()
    lost: str = ""
    agreement: Agreement | None = None
    people: tuple[PersonLine, ...] = ()


def result_message(report: AuditReport, expired: str, hour: str, hidden: str) -> PublishedResult:
    """Return the result of a published audit.

    Parameters
    ----------
    report
        The audit's report with its result.
    expired
        Why the audit does not hold for the current release or model; empty while it holds.
    hour
        Expected effect of one more hour of answers.
    hidden
        Why single images, regions and people are hidden; empty if they are shown.
    """
    audit, result = report.audit, report.result
    if result is None:
        raise ValueError("an audit that is not published has no result to show")
    recall = result.recall
    sentences = (
        result.precision.words,
        *([result.anytime.words] if result.anytime is not None else []),
        result.combined.words,
        recall.words,
        f"The interval of recall assumes: {recall.assumption}",
        *([report.note] if report.note else []),
    )
    return PublishedResult(
        number=audit.number,
        title=f"Audit {audit.number} of release {audit.plan.release}, {date_words(audit.published_at)}",
        statement=result.words,
        certified=result.certified,
        expired=f"Expired. {expired}" if expired else "",
        rule=f"Truth: {audit.plan.rule.summary}.",
        figures=_figures(result, audit.plan.target, settled_words(audit.population)),
        sentences=sentences,
        hour=hour,
        hashes=(*hashes_of(audit), Hash("Seed of the draw", str(audit.plan.seed), "")),
        watched=None if result.anytime is None else watched_message(result.anytime, audit.plan.target, ""),
        hidden=hidden,
    )


def _figures(result: AuditResult, target: float, both_parts: str) -> tuple[Figure, ...]:
    precision, combined, recall = result.precision, result.combined, result.recall
    at_least = precision.at_least if result.anytime is None else result.anytime.at_least
    omission = recall.false_omission
    behind = f"{precision.yes:,} of {precision.sampled:,} verdicts are yes; {precision.method}"
    model = range_of(recall.model_low, recall.model_high)
    trusting = _figure("Recall, if scores are calibrated", recall.value, f"({model})", recall.assumption)
    if recall.contradicted:
        trusting = replace(trusting, enough=False, more=f"({model}), contradicted by the answers")
    return (
        _figure("Precision", precision.value, f"({range_of(precision.low, precision.high)})", behind),
        Figure(
            "Precision, at least",
            rounded_down(at_least),
            f"target {percent(target)}",
            help="The one-sided lower bound, which a release may claim",
        ),
        _figure(
            "With images that people settled", combined.value, f"({range_of(combined.low, combined.high)})", both_parts
        ),
        Figure(
            "Recall, at least",
            rounded_down(recall.low_free),
            "without assumptions",
            help="Holds even if the scores are wrong",
        ),
        trusting,
        _figure(
            "Share of yes among negatives",
            omission.value,
            f"(at most {percent(omission.high_free, up=True)})",
            "Share of yes among the images released as negative; the bound makes no assumptions",
            digits=2,
        ),
    )


def _figure(name: str, value: float | None, more: str, help_: str, digits: int = 1) -> Figure:
    shown = f"{100 * value:.{digits}f}%" if value is not None else "not available"
    return Figure(name, shown, more, enough=value is not None, help=help_)


def settled_words(there: Population) -> str:
    """Return the parts of a combined figure in words."""
    by_people, left_out = there.positives_by_people, there.positives_left_out
    return (
        f"{there.positives:,} images that could be drawn, {by_people:,} that people settled, which are taken as right, "
        f"and {left_out:,} that could not be drawn, which lower the figure"
    )
