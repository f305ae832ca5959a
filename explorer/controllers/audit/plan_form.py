"""The plan form of an audit: how a browser changes it, and what the Audit tab shows of the plan. Pure."""

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
"""How far from the target to 1 the truth lies in the table: 92, 93, 95, 97 and 98 % for a target of 90 %."""

MOST_IMAGES, MOST_ATTRIBUTES = 100_000, 1_000
USUAL_SECONDS = 2.0
RULES = {
    TruthRule.ANY: ("Any of two", "A yes of either of two people counts, as in BAM: the loosest rule"),
    TruthRule.BOTH: ("Both of two", "Two people must say yes: the strictest rule"),
    TruthRule.MAJORITY: ("Two of three", "A third person is asked where two do not agree"),
    TruthRule.OWNER: ("Yours alone", "Only you are asked, and your word is the truth"),
}


@dataclass(frozen=True, slots=True)
class TruthRow(Record):
    """A line of the price list: a true precision, the images needed, and the chance with those of the plan."""

    truth: str
    images: str
    chance: str


@dataclass(frozen=True, slots=True)
class PlanShown(Record):
    """A plan form, and what its plan needs and can show.

    Parameters
    ----------
    releases, release, about
        All releases, the number of the chosen one as text, and words for it.
    population
        Its images, in words.
    target, truth
        In percent.
    rule, rules
        The chosen rule, and all.
    kind, jointly, negatives
        As in `PlanForm`.
    positives
        As text; empty for as many as certify the target.
    classic
        Whether the form is the audit of BAM.
    sentence, said
        What the plan can show, and how long its answers take.
    cannot
        Why it cannot be, or how it was fitted to the release; or empty.
    table
        The price list.
    ready
        Whether it can be frozen.
    images
        Images that it asks.
    placeholder
        Positives that certify the target, as text; empty where a number was given.
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
    said: tuple[str, ...] = ()
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
        For a number out of its range; the message says which are allowed.
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
        share = _within(float(value) / 100, 0.5, 0.999 if name == "target" else 1.0, f"A {name}", percent=True)
        part: dict[str, Any] = {name: share}
        return replace(form, **part)
    low, high = {
        "release": (1, MOST_IMAGES),
        "jointly": (1, MOST_ATTRIBUTES),
        "positives": (0, MOST_IMAGES),
        "negatives": (0, MOST_IMAGES),
    }[name]
    part = {name: int(_within(float(value), low, high, f"A number of {name}"))}
    return replace(form, **part)


def _within(value: float, low: float, high: float, what: str, *, percent: bool = False) -> float:
    if not low <= value <= high:
        given, allowed = (f"{value:g}", f"{low:,g} to {high:,g}")
        if percent:
            given, allowed = f"{100 * value:g}%", f"{100 * low:g}% to {100 * high:g}%"
        raise ParameterError(f"{what} of {given} was given; it may be {allowed}.")
    return round(value, 6)


def plan_message(
    form: PlanForm, attribute: str, releases: list[Release], chosen: Release, there: Population, seconds: float
) -> PlanShown:
    """Return a form with its plan: how many images its plan needs and what it can show.

    Parameters
    ----------
    form, attribute
        The choices, and the attribute to audit.
    releases, chosen
        All there are, and the one to be audited.
    there
        Its images.
    seconds
        Median time of an answer so far; 0 where nobody was timed.
    """
    shown = PlanShown(
        releases=tuple(Choice(str(one.number), f"Release {one.number}") for one in reversed(releases)),
        release=str(chosen.number),
        about=chosen.words,
        population=there.words,
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
    said = [time_words(images, plan, seconds)] if images else []
    if form.kind == ANYTIME:
        said.append("By the same number of images an anytime plan certifies a little less often; it may stop before.")
    return replace(
        shown,
        sentence=_sentence(plan, form, needed, there.positives),
        said=tuple(said),
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
        return "No image of the positive set is asked: nothing is said of the precision."
    if form.truth <= form.target:
        return f"{plan.positives:,} images of the positive set are asked."
    chance = chance_to_certify(plan.positives, plan.target, form.truth, size=there, jointly=plan.jointly)
    return (
        f"{plan.positives:,} images certify {100 * plan.target:g}% with a chance of {chance:.0%} if the truth is "
        f"{100 * form.truth:g}%."
    )


def _table(plan: AuditPlan, there: int) -> tuple[TruthRow, ...]:
    """Return for some truths the images needed, and the chance with those of the plan."""
    rows = []
    for step in BETWEEN:
        truth = round(plan.target + step * (1 - plan.target), 4)
        try:
            images = f"{_needed(plan.target, truth, there, plan.jointly).images:,}"
        except ParameterError:
            images = "over a million"
        chance = chance_to_certify(plan.positives, plan.target, truth, size=there, jointly=plan.jointly)
        rows.append(TruthRow(f"{100 * truth:.4g}%", images, f"{chance:.0%}"))
    return tuple(rows)


@lru_cache(maxsize=512)
def _needed(target: float, truth: float, there: int, jointly: int) -> ImagesNeeded:
    return images_needed(target, truth, power=POWER, confidence=CONFIDENCE, size=there, jointly=jointly)


def time_words(images: int, plan: AuditPlan, seconds: float) -> str:
    """Say how long the answering takes of each person, by the time of answers so far."""
    people = first_opinions(plan.rule, plan.opinions)
    each = "1 person" if people == 1 else f"each of {people} people"
    pace = f"{seconds:.1f} s an image, as so far" if seconds else f"{USUAL_SECONDS:g} s an image; nobody was timed yet"
    minutes = images * (seconds or USUAL_SECONDS) / 60
    long = f"{minutes / 60:.1f} hours" if minutes >= 90 else f"{max(1, round(minutes))} min"
    return f"{images:,} images take {each} about {long}, at {pace}."


def _percent(share: float) -> float:
    return round(100 * share, 4)
