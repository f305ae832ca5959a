"""The controller of the Audit tab: plans, steps, no result before the end, and the whole result after it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.controllers.audit.controller import AuditController
from explorer.controllers.audit.plan_form import changed
from explorer.controllers.map.choices import color_options
from explorer.messages.encoding import encoded
from explorer.services.colorings import AUDITED, ColorKey
from explorer.services.services import Services
from pipeline.audit.files import list_audits, read_sample
from pipeline.audit.plan import ANYTIME, CLASSIC, FIXED, PlanForm
from pipeline.audit.records import Audit
from pipeline.audit.statistics.truth_rules import TruthRule
from pipeline.errors import AuditError, ParameterError
from pipeline.label_store import Annotator, Purpose, Reply, Value, new_action_id
from pipeline.map.coloring import UNKNOWN
from pipeline.releases.make import make_release
from pipeline.rounds.questions import RoundOptions
from pipeline.rounds.run import run_round
from tests.helpers.answering_sessions import CAT, Person, clock, new_person, run, services

__all__ = ["clock", "new_person", "services"]  # fixtures

SMALL = PlanForm(rule=TruthRule.BOTH, positives=10, negatives=8)


class Work:
    """A released attribute, a controller, and two people."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.store = services.labels.store
        run_round(services.collection, self.store, CAT, RoundOptions(batch=12))
        services.refresh_scores()
        self.release()
        self.controller = AuditController(services, services.labels)
        self.ann, self.bo = self.store.annotators.add("Ann"), self.store.annotators.add("Bo")
        self.layout = services.collection.manifest.layouts[0].name

    def release(self, threshold: float = 0.5) -> None:
        make_release(self.services.collection, self.store, CAT, threshold=threshold, lower=threshold, by="Ann")

    def standing(self, form: PlanForm = SMALL, shown: int = 0) -> dict[str, Any]:
        return encoded(self.controller.standing(CAT, form, shown, self.layout))

    def begin(self, form: PlanForm = SMALL) -> Audit:
        self.controller.freeze(CAT, form, self.ann)
        self.controller.draw(CAT)
        return self.audits[-1]

    @property
    def audits(self) -> list[Audit]:
        return list_audits(self.services.collection, CAT)

    def answer(self, who: Annotator, says: Callable[[int], Value]) -> None:
        """Answer all open questions of the audit."""
        while (
            page := self.store.questions.next_page(who.id, CAT, 24, purpose=Purpose.AUDIT)
        ) is not None and page.items:
            replies = [Reply(item.draw_id, says(item.image_id), 2.0) for item in page.items]
            self.store.answers.record(new_action_id(), page.id, who.id, replies)

    def one_by_one(self, who: Annotator, says: Callable[[int], Value]) -> Iterator[Value]:
        """Answer an audit, an image at a time."""
        while (
            page := self.store.questions.next_page(who.id, CAT, 24, purpose=Purpose.AUDIT)
        ) is not None and page.items:
            for item in page.items:
                value = says(item.image_id)
                self.store.answers.record(new_action_id(), page.id, who.id, [Reply(item.draw_id, value, 2.0)])
                yield value

    def is_cat(self, image: int) -> Value:
        source = self.services.collection.record(self.services.collection.row_of(image)).source
        return Value.YES if "disc" in source else Value.NO

    def publish(self, form: PlanForm = SMALL, says: Callable[[int], Value] | None = None) -> Audit:
        self.begin(form)
        for who in (self.ann, self.bo):
            self.answer(who, says or self.is_cat)
        self.controller.publish(CAT)
        return self.audits[-1]


@pytest.fixture
def work(services: Services) -> Work:
    return Work(services)


def contradicting(image: int) -> Value:
    return Value.YES if image % 2 else Value.NO


# ---- plan ------------------------------------------------------------------------------------------------------------
def test_with_nothing_to_audit_it_says_what_to_do(services: Services) -> None:
    controller = AuditController(services, services.labels)
    bare = encoded(controller.standing(CAT, PlanForm(), 0, "all-tsne"))
    assert bare["attributes"]
    assert bare["plan"] is None
    assert services.labels.store.attributes.find(CAT)  # now there is a store, and no release in it
    assert "Make one in the Rounds tab" in controller.standing(CAT, PlanForm(), 0, "all-tsne").none
    assert controller.standing("", PlanForm(), 0, "all-tsne").attribute == ""


def test_a_plan_says_what_it_takes_and_what_cannot_be_had(work: Work) -> None:
    plan = work.standing(PlanForm())["plan"]
    assert plan["sentence"].startswith("To certify 90% at an expected precision of 95%")
    assert [row["truth"] for row in plan["table"]] == ["92%", "93%", "95%", "97%", "98%"]
    assert plan["ready"]
    much = work.standing(CLASSIC)["plan"]
    assert much["classic"]
    assert "The plan has 100 images of the positive set" in much["cannot"]
    assert 0 < much["images"] < 200
    impossible = work.standing(PlanForm(target=0.95, truth=0.9))["plan"]
    assert "The expected precision must be above the target" in impossible["cannot"]
    assert not impossible["ready"]
    assert not work.standing(PlanForm(positives=0, negatives=0))["plan"]["ready"]


@given(
    st.sampled_from(["target", "truth", "positives", "negatives", "jointly", "release"]),
    st.floats(-1e9, 1e9, allow_nan=False),
)
def test_a_number_out_of_range_changes_no_setting(name: str, value: float) -> None:
    try:
        form = changed(PlanForm(), name, str(value))
    except ParameterError:
        return
    assert 0.5 <= form.target < 1
    assert 0.5 <= form.truth <= 1
    assert min(form.negatives, form.positives or 0) >= 0
    assert min(form.jointly, form.release or 1) >= 1


def test_what_no_browser_of_ours_says_is_refused() -> None:
    for name, value in (("rule", "mine"), ("kind", "often"), ("seed", 1), ("target", "nan"), ("positives", "many")):
        with pytest.raises((KeyError, ValueError, ParameterError)):
            changed(PlanForm(), name, value)
    assert changed(PlanForm(rule=TruthRule.OWNER, release=3, jointly=9), "classic", True) == replace(CLASSIC, release=3)
    assert changed(CLASSIC, "positives", "").positives is None


# ---- steps and blindness ---------------------------------------------------------------------------------------------
def test_freeze_and_draw_are_steps_of_their_own(work: Work) -> None:
    def now() -> str:
        return next(step["title"] for step in work.standing()["steps"] if step["state"] == "now")

    assert now() == "1 Freeze"
    work.controller.freeze(CAT, SMALL, work.ann)
    assert now() == "2 Draw"
    assert work.store.batches.drawn_images(CAT, Purpose.AUDIT).size == 0
    with pytest.raises(AuditError, match="has not ended"):
        work.controller.freeze(CAT, SMALL, work.bo)
    work.controller.draw(CAT)
    assert now() == "3 Answer"
    assert work.standing()["plan"] is None
    assert work.store.batches.drawn_images(CAT, Purpose.AUDIT).size == 18
    work.controller.drop(CAT)
    assert now() == "1 Freeze"
    with pytest.raises(AuditError, match="No audit is under way"):
        work.controller.publish(CAT)


@pytest.mark.parametrize("rule", [TruthRule.ANY, TruthRule.BOTH])
def test_a_fixed_audit_tells_the_same_whatever_was_answered(work: Work, rule: TruthRule) -> None:
    told = []
    for value in (Value.YES, Value.NO):
        work.begin(replace(SMALL, positives=4, negatives=3, rule=rule))
        work.answer(work.ann, lambda _, value=value: value)
        standing = work.standing()
        assert standing["result"] is None
        assert work.controller.findings.mistakes(CAT, 0).sides == ()
        current = standing["current"]
        assert current["people"] == [{"name": "Ann", "count": "5 or more"}]
        assert "1 person has answered so far" in current["note"]
        told.append({key: current[key] for key in current if key not in ("number", "title", "hashes", "population")})
        work.controller.drop(CAT)
    assert told[0] == told[1]
    assert told[0]["watched"] is None


@pytest.mark.parametrize("rule", list(TruthRule))
@pytest.mark.parametrize("kind", [FIXED, ANYTIME])
def test_no_single_answer_changes_the_shown_progress_of_an_open_audit(work: Work, rule: TruthRule, kind: str) -> None:
    """Otherwise a look after each answer would reveal the questions of the audit."""
    work.begin(replace(SMALL, positives=24, negatives=12, rule=rule, kind=kind, target=0.99))
    told = [json.dumps(work.standing())]
    for value in work.one_by_one(work.ann, lambda image: Value.NO if image % 7 == 0 else Value.YES):
        told.append(json.dumps(work.standing()))
        assert value in (Value.YES, Value.NO)
    last = len(told) - 1
    assert 24 < last <= 36
    moved = [place for place in range(1, last) if told[place] != told[place - 1]]
    assert moved  # in steps of 5, the least, as a tenth of the images is less
    assert all(place % 5 == 0 for place in moved) if kind == FIXED else len(moved) <= 2 * (last // 5)


def test_pages_of_an_audit_come_first_and_look_like_any_other(work: Work, new_person: Callable[[], Person]) -> None:
    async def page(person: Person) -> dict[str, Any]:
        await person.session.attendance.join("Cy")
        await person.session.work()
        return person.pages()[0]

    before = run(page(new_person()))
    work.begin()
    after = run(page(new_person()))
    drawn = set(work.store.batches.drawn_images(CAT, Purpose.AUDIT).tolist())
    assert {int(item["image"]) for item in after["items"]} <= drawn
    assert after.keys() == before.keys()
    assert {key for item in after["items"] for key in item} == {key for item in before["items"] for key in item}
    assert "audit" not in json.dumps(after, default=lambda _: "").lower()


def test_answers_of_an_audit_are_on_no_map(work: Work) -> None:
    work.publish()
    assert len(work.store.answers.table(CAT, [Purpose.AUDIT])) == 36
    assert not np.isin(
        work.services.labels.answers(CAT).image_ids, work.store.batches.drawn_images(CAT, Purpose.AUDIT)
    ).any()


def test_an_anytime_audit_may_be_watched_and_a_fixed_one_not(work: Work) -> None:
    work.begin(replace(SMALL, kind=ANYTIME, rule=TruthRule.OWNER))
    assert work.standing()["current"]["watched"]["points"] == []
    work.answer(work.ann, lambda _: Value.YES)
    watched = work.standing()["current"]["watched"]
    bounds = [point["y"] for point in watched["points"]]
    assert len(bounds) == 10
    assert bounds == sorted(bounds)
    assert bounds[-1] > 0.5
    assert watched["goal"] == [0.9, 0.9]


# ---- what was found --------------------------------------------------------------------------------------------------
def test_a_published_audit_says_it_all(work: Work) -> None:
    audit = work.publish(says=contradicting)
    sample = read_sample(work.services.collection, audit)
    standing = work.standing()
    result, yes = standing["result"], int((sample.image_ids[sample.positive] % 2 == 1).sum())
    assert result["figures"][0]["value"] == f"{10 * yes}.0%"
    assert [step["state"] for step in standing["steps"]] == ["done"] * 4
    assert result["agreement"]["figures"][0]["value"] == "100.0%"
    assert [person["name"] for person in result["people"]] == ["Ann", "Bo"]
    assert [row["name"] for row in standing["family"]["rows"]] == [CAT]
    assert standing["plan"]["ready"]  # another one may be planned
    assert work.services.audits.words(CAT).startswith("Audit 1. ")
    found = work.services.audits.regions(audit, work.layout)
    assert sum(entry.size for entry in found.precisions) == audit.population.positives
    assert sum(entry.checks for entry in found.precisions) == 10
    for entry in found.precisions:
        rows, _ = work.controller.findings.region(CAT, 1, work.layout, entry.region)
        assert len(rows) == entry.size


def test_all_mistakes_are_listed_nearest_to_the_threshold_first(work: Work) -> None:
    audit = work.publish(says=contradicting)
    sample = read_sample(work.services.collection, audit)
    wrong = sample.positive != (sample.image_ids % 2 == 1)
    sides = encoded(work.controller.findings.mistakes(CAT, 0))["sides"]
    shown = [int(item["row"]) for side in sides for item in side["items"]]
    collection = work.services.collection
    assert sorted(shown) == sorted(collection.row_of(image) for image in sample.image_ids[wrong].tolist())
    scores = dict(zip(sample.image_ids.tolist(), sample.scores.tolist(), strict=True))
    for side in sides:
        away = [abs(scores[int(collection.image_ids[int(item["row"])])] - 0.5) for item in side["items"]]
        assert away == sorted(away)


def test_images_like_the_mistakes_are_asked_and_never_those_of_an_audit(work: Work) -> None:
    work.publish(says=contradicting)
    audited = set(work.store.batches.drawn_images(CAT, Purpose.AUDIT).tolist())
    before = set(work.store.batches.drawn_images(CAT, Purpose.TRAINING).tolist())
    assert "similar images wait in the Label tab" in work.controller.findings.ask_again(CAT, 0, work.layout)[0]
    new = set(work.store.batches.drawn_images(CAT, Purpose.TRAINING).tolist()) - before
    assert new
    assert not new & audited


def test_where_no_mistake_was_found_none_can_be_asked_about(work: Work) -> None:
    work.publish(replace(SMALL, negatives=0), says=lambda _: Value.YES)
    assert work.controller.findings.mistakes(CAT, 0).words == "No mistake was found."
    with pytest.raises(AuditError, match="no mistake"):
        work.controller.findings.ask_again(CAT, 0, work.layout)


def test_what_an_audit_found_is_hidden_while_another_is_under_way(work: Work) -> None:
    work.publish(replace(SMALL, positives=6), says=contradicting)
    key = ColorKey(AUDITED, CAT, layout=work.layout)
    assert (work.services.audits.coloring(CAT, work.layout).classes != UNKNOWN).any()
    work.begin(replace(SMALL, positives=3, negatives=2))
    standing = work.standing()
    assert standing["result"]["hidden"]
    assert [standing["result"][part] for part in ("regions", "bins", "people", "thresholds", "agreement")] == [
        [],
        [],
        [],
        None,
        None,
    ]
    assert work.controller.findings.mistakes(CAT, 1).sides == ()
    with pytest.raises(AuditError, match="under way"):
        work.controller.findings.region(CAT, 1, work.layout, 0)
    with pytest.raises(AuditError, match="no mistake"):
        work.controller.findings.ask_again(CAT, 1, work.layout)
    assert (work.services.coloring(key).classes == UNKNOWN).all()


def test_regions_colour_the_map_only_where_something_was_audited(work: Work) -> None:
    collection = work.services.collection
    layout = collection.layout(work.layout)
    assert AUDITED not in color_options(collection, layout, audited=work.services.audits.any())
    work.publish()
    assert AUDITED in color_options(collection, layout, audited=work.services.audits.any())
    assert work.services.audits.coloring(CAT, work.layout).title == "Cat: audited precision"


# ---- what goes wrong -------------------------------------------------------------------------------------------------
def test_a_newer_release_makes_an_audit_expire_in_words(work: Work) -> None:
    work.publish()
    assert work.standing()["result"]["expired"] == ""
    work.release(0.6)
    standing = work.standing()
    assert standing["result"]["expired"].startswith("Expired. There is a newer release 2")
    assert standing["family"]["rows"][0]["expired"]
    assert "Expired." in work.services.audits.words(CAT)


def test_a_release_deleted_under_an_audit_leaves_its_figures_and_says_what_is_lost(work: Work) -> None:
    work.publish()
    shutil.rmtree(work.services.collection.path / "releases" / CAT / "1", ignore_errors=False)
    fresh = AuditController(work.services, work.services.labels)
    standing = encoded(fresh.standing(CAT, SMALL, 0, work.layout))
    assert standing["result"]["figures"]
    assert "no release 1" in standing["result"]["lost"]
    assert "was deleted or replaced" in standing["result"]["expired"]
    assert fresh.findings.mistakes(CAT, 0).sides == ()


def test_half_an_audit_may_be_published_and_open_images_count_against_it(work: Work) -> None:
    work.begin()
    work.answer(work.ann, lambda _: Value.YES)
    work.controller.publish(CAT)
    result = work.standing()["result"]
    assert result["figures"][0]["value"] == "not available"
    assert result["figures"][1]["value"] == "0.0%"
    assert "1 person has answered so far" in " ".join(result["sentences"])


def test_certificates_are_given_and_an_edited_one_is_noticed(work: Work) -> None:
    audit = work.publish()
    page = encoded(work.controller.file(CAT, 1, "html"))
    assert (page["name"], page["mime"]) == (f"{CAT}-audit-1.html", "text/html")
    assert page["data"].startswith(b"<!DOCTYPE html>")
    assert work.controller.check(CAT, audit.number) == []
    path = work.services.collection.path / "audits" / CAT / "1" / "certificate.json"
    edited = json.loads(work.controller.file(CAT, 1, "json").data)
    edited["statement"] = "All of them are right."
    path.write_text(json.dumps(edited), encoding="utf-8")
    assert any("statement" in difference for difference in work.controller.check(CAT, 1))
    with pytest.raises(ParameterError, match="html or json"):
        work.controller.file(CAT, 1, "../audit.json")
    with pytest.raises(AuditError, match="no published audit 2"):
        work.controller.file(CAT, 2, "json")
