"""The plan form of an audit: changes from the browser, and the plan as the Audit tab shows it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from explorer.controllers.shown_parts import Choice
from explorer.messages.encoding import Record
from pipeline.audit.plan import ANYTIME, CLASSIC, CONFIDENCE, FIXED, POWER, AuditPlan, PlanForm, fit_to_release, plan_of
from pipeline.audit.records import Population
from pipeline.audit.statistics.sample_sizes import ImagesNeeded, chance_to_certify, images_needed
from pipeline.audit.statistics.truth_rules import TruthRule, first_opinions
from pipeline.errors import ParameterError
from pipeline.releases.files import Release

__all__ = ["RULES", "PlanShown", "changed", "plan_message", "time_words"]

BETWEEN = (0.2, 0.3, 0.5, 0.7, 0.8)
"""Positions of the table's true precisions between the target and 1: 92, 93, 95, 97 and 98 % for a target of 90 %."""

MOST_IMAGES, MOST_ATTRIBUTES = 100_000, 1_000
USUAL_SECONDS = 2.0
RULES = {
    TruthRule.ANY: ("Any of two", "One yes of two people is enough, as in BAM; the loosest rule"),
    TruthRule.BOTH: ("Both of two", "Two people must answer yes; the strictest rule"),
    TruthRule.MAJORITY: ("Two of three", "A third person is asked if two disagree"),
    TruthRule.OWNER: ("Yours alone", "Only you are asked, and your answer is the truth"),
}


@dataclass(frozen=True, slots=True)
class TruthRow(Record):
    """A row of the table: a true precision, the images that it needs, and the chance with the planned number."""

    truth: str
    images: str
    chance: str


@dataclass(frozen=True, slots=True)
class PlanShown(Record):
    """A plan form, with the images that its plan needs and its chances.

    Parameters
    ----------
    releases, release, about
        All releases, the number of the chosen one as text, and its summary.
    population
        The population of the release, in words.
    target, truth
        Target precision and expected precision, in percent.
    rule, rules
        The chosen truth rule, and all rules.
    kind, jointly, negatives
        See `PlanForm`.
    positives
        As text; empty for as many as certify the target.
    classic
        Whether the form is the audit of BAM.
    sentence, sentences
        The result that the plan can show, and the time that its answers take.
    cannot
        Why the plan is impossible, or how it was fitted to the release; or empty.
    table
        Images needed and chances, for some true precisions.
    ready
        Whether the plan can be frozen.
    images
        Number of images that the plan asks.
    placeholder
        Number of positives that certify the target, as text; empty if the form holds a number.
    """

    releases: tuple[Choice, ...]
    release: str
    about: str
    population: str
    target: float
    truth: float
    rule: str
    rules: tuple[Choice, ...]
    kind: str
    jointly: int
    positives: str
    negatives: int
    classic: bool
    sentence: str = ""
    sentences: tuple[str, ...] = ()
    cannot: str = ""
    table: tuple[TruthRow, ...] = ()
    ready: bool = False
    images: int = 0
    placeholder: str = ""


def changed(form: PlanForm, name: str, value: Any) -> PlanForm:
    """Return the form with one field changed by a browser.

    Raises
    ------
    ParameterError
        For a number out of its range. The message names the range.
    KeyError, TypeError, ValueError
        If the message is malformed.
    """
    if name == "classic":
        return replace(CLASSIC, release=form.release)
    if name == "rule":
        return replace(form, rule=TruthRule(value))
    if name == "kind" and value in (FIXED, ANYTIME):
        return replace(form, kind=value)
    if name == "positives" and value in (None, ""):
        return replace(form, positives=None)
    if name in ("target", "truth"):
        what = "Precision to show" if name == "target" else "Expected precision"
        share = _within(float(value) / 100, 0.5, 0.999 if name == "target" else 1.0, what, percent=True)
        part: dict[str, Any] = {name: share}
        return replace(form, **part)
    what, low, high = {
        "release": ("Number of the release", 1, MOST_IMAGES),
        "jointly": ("Attributes jointly", 1, MOST_ATTRIBUTES),
        "positives": ("Positives to ask", 0, MOST_IMAGES),
        "negatives": ("Negatives to ask", 0, MOST_IMAGES),
    }[name]
    part = {name: int(_within(float(value), low, high, what))}
    return replace(form, **part)


def _within(value: float, low: float, high: float, what: str, *, percent: bool = False) -> float:
    if not low <= value <= high:
        given, allowed = (f"{value:g}", f"{low:,g} to {high:,g}")
        if percent:
            given, allowed = f"{100 * value:g}%", f"{100 * low:g}% to {100 * high:g}%"
        raise ParameterError(f"{what}: {given} is not possible. Enter {allowed}.")
    return round(value, 6)


def plan_message(
    form: PlanForm, attribute: str, releases: list[Release], chosen: Release, there: Population, seconds: float
) -> PlanShown:
    """Return a form with the images that its plan needs and its chances.

    Parameters
    ----------
    form, attribute
        The choices, and the attribute to audit.
    releases, chosen
        All releases, and the release to audit.
    there
        The population of the release.
    seconds
        Median time of an answer so far; 0 if it is not known.
    """
    shown = PlanShown(
        releases=tuple(Choice(str(one.number), f"Release {one.number}") for one in reversed(releases)),
        release=str(chosen.number),
        about=chosen.summary,
        population=there.summary,
        target=_percent(form.target),
        truth=_percent(form.truth),
        rule=str(form.rule),
        rules=tuple(Choice(str(rule), *words) for rule, words in RULES.items()),
        kind=form.kind,
        jointly=form.jointly,
        positives="" if form.positives is None else str(form.positives),
        negatives=form.negatives,
        classic=replace(form, release=None, truth=CLASSIC.truth) == CLASSIC,
    )
    try:
        plan = plan_of(form, attribute, chosen.number, there.positives, seed=0)
        needed = _needed(form.target, form.truth, there.positives, form.jointly) if form.positives is None else None
    except ParameterError as error:
        return replace(shown, cannot=str(error))
    plan, fitted = fit_to_release(plan, there.positives, there.negatives)
    images = plan.positives + plan.negatives
    sentences = [time_words(images, plan, seconds)] if images else []
    if form.kind == ANYTIME:
        sentences.append("With as many images, an anytime plan certifies a little less often, but may stop early.")
    return replace(
        shown,
        sentence=_sentence(plan, form, needed, there.positives),
        sentences=tuple(sentences),
        cannot=fitted,
        table=_table(plan, there.positives) if there.positives else (),
        ready=images > 0,
        images=images,
        placeholder=str(plan.positives) if needed is not None else "",
    )


def _sentence(plan: AuditPlan, form: PlanForm, needed: ImagesNeeded | None, there: int) -> str:
    if needed is not None:
        return needed.words
    if not plan.positives:
        return "No image of the positive set is asked, so the audit does not measure precision."
    if form.truth <= form.target:
        return f"{plan.positives:,} images of the positive set are asked."
    chance = chance_to_certify(plan.positives, plan.target, form.truth, size=there, jointly=plan.jointly)
    return (
        f"{plan.positives:,} images certify {100 * plan.target:g}% with a chance of {chance:.0%} if the truth is "
        f"{100 * form.truth:g}%."
    )


def _table(plan: AuditPlan, there: int) -> tuple[TruthRow, ...]:
    """Return the images needed and the chance with the planned number, for some true precisions."""
    rows = []
    for step in BETWEEN:
        truth = round(plan.target + step * (1 - plan.target), 4)
        try:
            images = f"{_needed(plan.target, truth, there, plan.jointly).images:,}"
        except ParameterError:
            images = "more than a million"
        chance = chance_to_certify(plan.positives, plan.target, truth, size=there, jointly=plan.jointly)
        rows.append(TruthRow(f"{100 * truth:.4g}%", images, f"{chance:.0%}"))
    return tuple(rows)


@lru_cache(maxsize=512)
def _needed(target: float, truth: float, there: int, jointly: int) -> ImagesNeeded:
    return images_needed(target, truth, power=POWER, confidence=CONFIDENCE, size=there, jointly=jointly)


def time_words(images: int, plan: AuditPlan, seconds: float) -> str:
    """Return how long the answers take each person, by the time per answer so far."""
    people = first_opinions(plan.rule, plan.opinions)
    each = "1 person" if people == 1 else f"each of {people} people"
    pace = f"{seconds:.1f} s per image, as so far" if seconds else f"{USUAL_SECONDS:g} s per image, not measured yet"
    minutes = images * (seconds or USUAL_SECONDS) / 60
    long = f"{minutes / 60:.1f} hours" if minutes >= 90 else f"{max(1, round(minutes))} min"
    return f"{images:,} images take {each} about {long}, at {pace}."


def _percent(share: float) -> float:
    return round(100 * share, 4)
