"""What the Audit tab shows of a published audit, with the words that people read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from explorer.controllers.audit.chart_messages import Agreement, CutsChart, PersonLine, RegionRow
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
    """What a published audit found.

    Parameters
    ----------
    number, title
        Of the audit.
    statement, certified
        What it says, and whether the target is certified.
    expired
        Why it no longer speaks of what is shown; empty while it does.
    rule, figures, said, hashes
        How a verdict was made, the results as figures and in words, and what was fixed.
    hour
        What one more hour of answers would buy.
    watched
        The bound of an anytime audit.
    hidden
        Why the fields below are empty while another audit is open; or empty.
    cuts, bins, regions
        Precision against recall, scores against answers, and precision by region of the map.
    lost
        Why these three cannot be read; or empty.
    agreement, people
        How much people agree, and a line for each.
    """

    number: int
    title: str
    statement: str
    certified: bool
    expired: str
    rule: str
    figures: tuple[Figure, ...]
    said: tuple[str, ...]
    hour: str
    hashes: tuple[Hash, ...]
    watched: Watched | None
    hidden: str
    cuts: CutsChart | None = None
    bins: tuple[ChartPoint, ...] = ()
    regions: tuple[RegionRow, ...] = ()
    lost: str = ""
    agreement: Agreement | None = None
    people: tuple[PersonLine, ...] = ()


def result_message(report: AuditReport, expired: str, hour: str, hidden: str) -> PublishedResult:
    """Say what a published audit found.

    Parameters
    ----------
    report
        With its result.
    expired
        Why it no longer speaks of what is shown; empty while it does.
    hour
        What one more hour of answers would buy.
    hidden
        Why single images, places and people are not shown; empty where they are.
    """
    audit, result = report.audit, report.result
    if result is None:
        raise ValueError("an audit that is not published has no result to show")
    recall = result.recall
    said = (
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
        rule=f"Truth: {audit.plan.rule.words}.",
        figures=_figures(result, audit.plan.target, settled_words(audit.population)),
        said=said,
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
    trusting = _figure("Recall, trusting scores", recall.value, f"({model})", recall.assumption)
    if recall.contradicted:
        trusting = replace(trusting, enough=False, more=f"({model}) contradicted by the answers")
    return (
        _figure("Precision", precision.value, f"({range_of(precision.low, precision.high)})", behind),
        Figure(
            "Precision, at least",
            rounded_down(at_least),
            f"target {percent(target)}",
            help="The one-sided bound: what a release may claim",
        ),
        _figure("With what people settled", combined.value, f"({range_of(combined.low, combined.high)})", both_parts),
        Figure(
            "Recall, at least",
            rounded_down(recall.low_free),
            "assuming nothing",
            help="Holds whatever the scores are worth",
        ),
        trusting,
        _figure(
            "Missed among negatives",
            omission.value,
            f"(at most {percent(omission.high_free, up=True)})",
            "Share of yes among the negative set; the bound assumes nothing",
            digits=2,
        ),
    )


def _figure(name: str, value: float | None, more: str, help_: str, digits: int = 1) -> Figure:
    shown = f"{100 * value:.{digits}f}%" if value is not None else "nothing to say"
    return Figure(name, shown, more, enough=value is not None, help=help_)


def settled_words(there: Population) -> str:
    """Name both parts of a combined figure."""
    by_people, left_out = there.positives_by_people, there.positives_left_out
    return (
        f"{there.positives:,} that could be drawn, {by_people:,} settled by people and taken as right, and "
        f"{left_out:,} that could not be drawn and count for the worse"
    )
