"""The plan of an audit."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audit.plan import CLASSIC as CLASSIC_FORM
from pipeline.audit.plan import AuditPlan, PlanForm, fit_to_release, plan_of, plan_to_certify
from pipeline.audit.statistics.truth_rules import TruthRule, opinions
from pipeline.errors import ParameterError

CLASSIC = plan_of(CLASSIC_FORM, "content_bird", 3, 22_000, seed=1)

PLANS = st.builds(
    lambda rule, **fields: AuditPlan(attribute="content_bird", rule=rule, opinions=opinions(rule), **fields),
    st.sampled_from(TruthRule),
    release=st.integers(1, 99),
    positives=st.integers(0, 5_000),
    negatives=st.integers(0, 5_000),
    target=st.floats(0.01, 0.99),
    kind=st.sampled_from(["fixed", "anytime"]),
    jointly=st.integers(1, 30),
    confidence=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**63),
    repeats=st.floats(0, 0.5),
)


@given(PLANS)
def test_a_plan_survives_json(plan: AuditPlan) -> None:
    read = AuditPlan.from_dict(json.loads(json.dumps(plan.as_dict())))
    assert read == plan
    assert isinstance(read.rule, TruthRule)


def test_the_classic_plan_is_a_hundred_of_each_by_any_of_two() -> None:
    assert (CLASSIC.positives, CLASSIC.negatives, CLASSIC.rule, CLASSIC.opinions) == (100, 100, TruthRule.ANY, 2)
    assert "100 images of the positive set and 100 of the negative one" in CLASSIC.summary
    assert "answered by 2 people: an image is a yes if any of the people asked says yes" in CLASSIC.summary
    assert "speaks once" in CLASSIC.summary


def test_a_plan_says_what_else_was_chosen() -> None:
    plan = replace(CLASSIC, rule=TruthRule.MAJORITY, opinions=3, kind="anytime", jointly=20)
    assert "answered by 2 people, 3 where they do not agree" in plan.summary
    assert "after every answer" in plan.summary
    assert "jointly with 19 other attributes" in plan.summary
    assert plan.own_confidence == pytest.approx(0.9975)
    assert CLASSIC.own_confidence == pytest.approx(0.95)


def test_a_form_without_a_number_asks_for_what_certifies_its_target() -> None:
    form = PlanForm(rule=TruthRule.MAJORITY, negatives=7, kind="anytime", jointly=20)
    plan = plan_of(form, "content_bird", 3, 22_000, seed=1)
    assert (plan.positives, plan.negatives, plan.kind, plan.jointly, plan.opinions) == (395, 7, "anytime", 20, 3)
    assert (plan.attribute, plan.release, plan.seed, plan.confidence) == ("content_bird", 3, 1, 0.95)
    assert plan_of(replace(form, positives=9), "content_bird", 3, 22_000, seed=1).positives == 9
    assert plan_of(form, "content_bird", 3, 0, seed=1).positives == 0, "nothing can be drawn"
    with pytest.raises(ParameterError):
        plan_of(replace(form, truth=0.9), "content_bird", 3, 22_000, seed=1)


def test_a_plan_asks_for_what_certifies_its_target() -> None:
    assert plan_to_certify(CLASSIC, 0.95, 22_000).positives == 180
    assert plan_to_certify(replace(CLASSIC, jointly=20), 0.95, 22_000).positives == 395
    assert plan_to_certify(CLASSIC, 0.91, 40).positives == 40
    assert plan_to_certify(CLASSIC, 0.95, 0).positives == 0


@given(PLANS, st.integers(0, 6_000), st.integers(0, 6_000))
def test_a_plan_asks_for_no_more_than_there_is_and_says_so(plan: AuditPlan, positives: int, negatives: int) -> None:
    fitted, words = fit_to_release(plan, positives, negatives)
    assert fitted.positives == min(plan.positives, positives)
    assert fitted.negatives == min(plan.negatives, negatives)
    assert replace(fitted, positives=plan.positives, negatives=plan.negatives) == plan
    assert bool(words) == (fitted != plan)
    assert fit_to_release(fitted, positives, negatives) == (fitted, "")


def test_a_release_with_too_few_or_none_is_said() -> None:
    fitted, words = fit_to_release(CLASSIC, 0, 40)
    assert (fitted.positives, fitted.negatives) == (0, 40)
    assert (
        "The plan has 100 images of the positive set, but none can be drawn. So there is no estimate of precision."
        in words
    )
    assert "The plan has 100 images of the negative set, but only 40 can be drawn" in words
    with pytest.raises(ParameterError, match="must be 0 or more"):
        fit_to_release(CLASSIC, -1, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"attribute": ""},
        {"release": 0},
        {"release": True},
        {"rule": "most"},
        {"rule": ["any"]},
        {"positives": -1},
        {"positives": 10.5},
        {"negatives": "100"},
        {"target": 1.0},
        {"target": float("nan")},
        {"kind": "sometimes"},
        {"jointly": 0},
        {"confidence": 0},
        {"seed": -1},
        {"repeats": 0.6},
        {"opinions": 0},
        {"rule": "both", "opinions": 1},
    ],
)
def test_what_makes_no_plan_is_said(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        AuditPlan.from_dict(CLASSIC.as_dict() | wrong)


@pytest.mark.parametrize("values", [{"attribute": "x"}, CLASSIC.as_dict() | {"more": 1}, ["a plan"]])
def test_what_is_no_plan_at_all_is_said(values: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match="Make a new plan"):
        AuditPlan.from_dict(values)
