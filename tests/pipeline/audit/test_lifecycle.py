"""An audit from its start to its certificate: blind, on images that were never used for training, tamper-evident."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.audit.certificate import seal
from pipeline.audit.files import audit_folder, list_audits, read_sample
from pipeline.audit.lifecycle import draw, drop, expired, freeze
from pipeline.audit.plan import ANYTIME, FIXED, AuditPlan
from pipeline.audit.population import sets_of
from pipeline.audit.publication import publish, read_certificate
from pipeline.audit.records import Audit, State
from pipeline.audit.reports import audit_report
from pipeline.audit.statistics.truth_rules import TruthRule, opinions
from pipeline.audit.verification import verify_certificate
from pipeline.errors import AuditError, CollectionDamagedError, PublishedError, TableError
from pipeline.files.small_files import write_json
from pipeline.label_store import Annotator, KnownImages, Purpose, Reply, Value, new_action_id
from pipeline.releases.files import Release
from pipeline.releases.make import make_release
from pipeline.rounds.run import run_round
from tests.pipeline.conftest import BIRD, OWN, Workspace, drawn_for


@pytest.fixture
def released(workspace: Workspace) -> Workspace:
    """A workspace after its first round and release."""
    workspace.begin_with()
    run_round(workspace.collection, workspace.store, BIRD, OWN)
    workspace.collection.refresh_scores()
    make_release(workspace.collection, workspace.store, BIRD, threshold=0.5, lower=0.5, by="Ann")
    return workspace


def the_plan(
    rule: TruthRule = TruthRule.OWNER, kind: str = FIXED, positives: int = 8, negatives: int = 12
) -> AuditPlan:
    return AuditPlan(BIRD, 1, rule, positives, negatives, 0.5, kind, 1, 0.95, 7, 0.05, opinions(rule))


def begun(workspace: Workspace, plan: AuditPlan | None = None) -> Audit:
    audit = freeze(workspace.collection, workspace.store, plan or the_plan(), workspace.ann)
    return draw(workspace.collection, workspace.store, audit)


def answer_all(
    workspace: Workspace, audit: Audit, who: Annotator, wrong: frozenset[int] = frozenset(), count: int = 500
) -> None:
    page = workspace.store.questions.take_page(who.id, audit.batch, 500)
    yes = set(workspace.of_kind("stripes")) ^ wrong
    replies = [Reply(item.draw_id, Value.YES if item.image_id in yes else Value.NO, 1.0) for item in page.items[:count]]
    workspace.store.answers.record(new_action_id(), page.id, who.id, replies)


def test_only_images_that_taught_and_tested_nobody_are_drawn(released: Workspace) -> None:
    audit = begun(released)
    sample = read_sample(released.collection, audit)
    asked = set(released.store.batches.asked_images(BIRD)[0].tolist()) - drawn_for(released, Purpose.AUDIT)
    assert asked
    near = set(released.store.images.with_near_duplicates(sorted(asked)).tolist())
    assert not near & set(sample.image_ids.tolist())
    assert drawn_for(released, Purpose.AUDIT) == set(sample.image_ids.tolist())
    assert set(sample.image_ids.tolist()) <= set(released.store.batches.barred_images(BIRD).tolist()), (
        "and they never will"
    )
    table = sets_of(released.collection, released.store, release_one(released))
    assert table.population.positives + table.population.positives_left_out > 0


def release_one(workspace: Workspace) -> Release:
    from pipeline.audit.population import release_of

    return release_of(workspace.collection, BIRD, 1)


def test_its_numbers_are_those_of_the_release(released: Workspace) -> None:
    made = release_one(released)
    population = sets_of(released.collection, released.store, made).population
    assert population.positives + population.positives_left_out == made.positive_by_threshold
    assert population.negatives + population.negatives_left_out == made.negative_by_threshold
    assert population.positives_by_people == made.positive_by_people
    assert population.unsure == made.unsure_by_threshold


def test_a_fixed_plan_says_nothing_but_its_progress_until_the_end(released: Workspace) -> None:
    audit = begun(released)
    answer_all(released, audit, released.ann, count=5)
    report = audit_report(released.collection, released.store, audit)
    assert report.result is None
    assert report.progress.decided == 5
    answer_all(released, audit, released.ann)
    report = audit_report(released.collection, released.store, audit)
    assert report.progress.complete
    assert report.result is not None
    truth = set(released.of_kind("stripes"))
    positives = report.sample.image_ids[report.sample.positive].tolist()
    assert report.result.precision.yes == len(truth & set(positives))
    assert report.result.precision.low <= (report.result.precision.value or 0) <= report.result.precision.high


def test_an_anytime_plan_may_be_watched(released: Workspace) -> None:
    audit = begun(released, the_plan(kind=ANYTIME))
    seen = []
    for _ in range(3):
        answer_all(released, audit, released.ann, count=4)
        result = audit_report(released.collection, released.store, audit).result
        assert result is not None
        assert result.anytime is not None
        seen.append(result.anytime.at_least)
    assert seen == sorted(seen)


def test_one_annotator_where_the_rule_wants_two_is_said_and_stays_open(released: Workspace) -> None:
    audit = begun(released, the_plan(TruthRule.BOTH))
    answer_all(released, audit, released.ann)
    report = audit_report(released.collection, released.store, audit, ended=True)
    assert "takes the answers of 2 people" in report.note
    assert report.result is not None
    assert report.result.precision.at_least == 0.0, "what nobody else confirmed counts against it"
    answer_all(released, audit, released.bo)
    report = audit_report(released.collection, released.store, audit)
    assert report.progress.complete
    assert report.note == ""


def test_who_is_disqualified_later_can_be_left_out(released: Workspace) -> None:
    audit = begun(released, the_plan(TruthRule.ANY))
    everything = frozenset(int(image) for image in read_sample(released.collection, audit).image_ids)
    answer_all(released, audit, released.bo, wrong=everything)
    answer_all(released, audit, released.ann)
    with_both = audit_report(released.collection, released.store, audit, ended=True).result
    without = audit_report(released.collection, released.store, audit, ended=True, exclude={released.bo.id}).result
    assert with_both is not None
    assert without is not None
    assert with_both.precision.yes == with_both.precision.drawn, "any of two: one of them said yes to each"
    assert without.precision.yes < with_both.precision.yes or without.recall.missed_found == 0


def test_a_certificate_holds_until_anything_is_changed(released: Workspace) -> None:
    audit = begun(released)
    answer_all(released, audit, released.ann)
    done, path = publish(released.collection, released.store, audit)
    assert done.state is State.PUBLISHED
    claimed = read_certificate(path)
    assert verify_certificate(released.collection, released.store, claimed) == []
    assert publish(released.collection, released.store, audit) == (done, path), "asked for twice it is the same"
    edited = json.loads(path.read_text())
    edited["result"]["precision"]["at_least"] = 0.99
    told = verify_certificate(released.collection, released.store, edited)
    assert any("sha256" in sentence for sentence in told)
    assert any("precision.at_least" in sentence for sentence in told)
    told = verify_certificate(released.collection, released.store, seal(edited))
    assert told
    assert not any(sentence.startswith("sha256") for sentence in told), "sealed anew, its numbers give it away"


def test_an_edited_answer_in_the_log_is_caught(released: Workspace) -> None:
    audit = begun(released)
    answer_all(released, audit, released.ann)
    _, path = publish(released.collection, released.store, audit)
    with released.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE answers SET value = 'yes' WHERE purpose = 'audit' AND value = 'no'")
    told = verify_certificate(released.collection, released.store, read_certificate(path))
    assert any("answers" in sentence and "instead of 'yes'" in sentence for sentence in told)


@pytest.mark.parametrize("name", ["labels.parquet", "release.json"])
def test_an_edited_release_is_caught(released: Workspace, name: str) -> None:
    audit = begun(released)
    answer_all(released, audit, released.ann)
    _, path = publish(released.collection, released.store, audit)
    file = released.path / "releases" / BIRD / "1" / name
    file.chmod(0o644)
    if name == "release.json":
        write_json(file, json.loads(file.read_text()) | {"threshold": 0.25})
    else:
        import pyarrow.parquet as pq

        table = pq.read_table(file)
        scores = table["score"].to_numpy().copy()
        scores[0] = 1 - scores[0]
        column = table.schema.get_field_index("score")
        import pyarrow as pa

        pq.write_table(table.set_column(column, "score", pa.array(scores)), file)
    assert verify_certificate(released.collection, released.store, read_certificate(path))


@pytest.mark.parametrize("name", ["sample.json", "population.npy"])
def test_an_edited_draw_is_caught(released: Workspace, name: str) -> None:
    audit = begun(released)
    answer_all(released, audit, released.ann)
    _, path = publish(released.collection, released.store, audit)
    file = audit_folder(released.collection, audit) / name
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(bytes(content))
    assert verify_certificate(released.collection, released.store, read_certificate(path))


def test_a_certificate_of_another_collection_or_of_no_audit_is_said(released: Workspace, tmp_path: Path) -> None:
    audit = begun(released)
    answer_all(released, audit, released.ann)
    _, path = publish(released.collection, released.store, audit)
    hostile = json.loads(path.read_text())
    hostile["release"]["attribute"] = "../../etc"
    assert verify_certificate(released.collection, released.store, seal(hostile))
    hostile = json.loads(path.read_text())
    hostile["audit"]["number"] = 99
    assert "no published audit 99" in " ".join(verify_certificate(released.collection, released.store, seal(hostile)))
    wrong = tmp_path / "wrong.json"
    for content in ("", "[]", '{"format": "another"}', "{" * 100_000):
        wrong.write_text(content)
        with pytest.raises(TableError, match=r"certificate"):
            read_certificate(wrong)


def test_published_answers_stay(released: Workspace) -> None:
    audit = begun(released)
    page = released.store.questions.take_page(released.ann.id, audit.batch, 3)
    replies = [Reply(item.draw_id, Value.YES, 1.0) for item in page.items]
    act = new_action_id()
    released.store.answers.record(act, page.id, released.ann.id, replies)
    publish(released.collection, released.store, audit)
    with pytest.raises(PublishedError):
        released.store.answers.undo(new_action_id(), released.ann.id, act)


def test_an_audit_that_was_left_half_done_is_weak_and_true(released: Workspace) -> None:
    audit = begun(released)
    answer_all(released, audit, released.ann, count=4)
    _, path = publish(released.collection, released.store, audit)
    claimed = read_certificate(path)
    assert "4 of" in claimed["progress"]
    precision = claimed["result"]["precision"]
    assert 0 <= precision["low"] <= precision["high"] <= 1
    assert verify_certificate(released.collection, released.store, claimed) == []
    none = begun_again(released)
    _, path = publish(released.collection, released.store, none)
    precision = read_certificate(path)["result"]["precision"]
    assert (precision["value"], precision["low"], precision["high"]) == (None, 0.0, 1.0)


def begun_again(workspace: Workspace) -> Audit:
    return begun(workspace, the_plan(positives=3, negatives=3))


def test_one_audit_at_a_time_and_none_of_nothing(released: Workspace) -> None:
    audit = begun(released, the_plan(positives=500, negatives=500))
    assert "All of them are asked" in audit.fitted
    with pytest.raises(AuditError, match="has not ended"):
        freeze(released.collection, released.store, the_plan(), released.ann)
    drop(released.collection, released.store, audit)
    with pytest.raises(AuditError, match="no images to audit"):
        freeze(released.collection, released.store, the_plan(), released.ann)
    with pytest.raises(AuditError, match="no release 4"):
        freeze(released.collection, released.store, replace(the_plan(), release=4), released.ann)
    assert [each.state for each in list_audits(released.collection, BIRD)] == [State.DROPPED]
    with pytest.raises(AuditError, match="cancelled"):
        publish(released.collection, released.store, audit)


def test_a_release_that_calls_everything_unsure_has_nothing_to_audit(workspace: Workspace) -> None:
    workspace.begin_with()
    run_round(workspace.collection, workspace.store, BIRD, OWN)
    workspace.collection.refresh_scores()
    made, _ = make_release(workspace.collection, workspace.store, BIRD, threshold=1.0, lower=0.0, by="Ann")
    assert made.positive_by_threshold + made.negative_by_threshold == 0
    with pytest.raises(AuditError, match=r"no images to audit.*unsure"):
        freeze(workspace.collection, workspace.store, the_plan(), workspace.ann)


def test_answers_that_are_all_unsure_are_no_yes_and_make_an_interval(released: Workspace) -> None:
    audit = begun(released)
    page = released.store.questions.take_page(released.ann.id, audit.batch, 500)
    replies = [Reply(item.draw_id, Value.UNSURE, 1.0) for item in page.items]
    released.store.answers.record(new_action_id(), page.id, released.ann.id, replies)
    result = audit_report(released.collection, released.store, audit).result
    assert result is not None
    assert (result.precision.value, result.precision.low, result.recall.missed_found) == (0.0, 0.0, 0)
    assert 0 < result.precision.high < 1
    assert not result.certified


def test_a_release_that_is_deleted_under_an_audit_is_said(released: Workspace) -> None:
    import shutil

    audit = freeze(released.collection, released.store, the_plan(), released.ann)
    shutil.rmtree(released.path / "releases" / BIRD / "1")
    with pytest.raises(AuditError, match="no release 1 to audit"):
        draw(released.collection, released.store, audit)
    assert "deleted" in expired(released.collection, audit)


def test_images_that_were_asked_after_the_freeze_end_it(released: Workspace) -> None:
    audit = freeze(released.collection, released.store, the_plan(), released.ann)
    released.say(released.of_kind("stripes") + released.of_kind("disc"), Value.YES)
    with pytest.raises(AuditError, match="were asked since"):
        draw(released.collection, released.store, audit)


def test_a_draw_that_was_interrupted_goes_on(released: Workspace) -> None:
    audit = freeze(released.collection, released.store, the_plan(), released.ann)
    drawn = draw(released.collection, released.store, audit)
    write_json(audit_folder(released.collection, audit) / "audit.json", audit.as_mapping())  # as before its last step
    again = draw(released.collection, released.store, audit)
    assert (again.state, again.batch, again.sample_sha256) == (State.DRAWN, drawn.batch, drawn.sample_sha256)
    assert len(drawn_for(released, Purpose.AUDIT)) == len(read_sample(released.collection, again))


def test_a_changed_model_makes_it_expire(released: Workspace) -> None:
    audit = begun(released)
    assert expired(released.collection, audit) == ""
    released.say(released.of_kind("square")[6:9], Value.NO)
    run_round(released.collection, released.store, BIRD, OWN)
    assert "model has changed" in expired(released.reopened(), audit)


def test_a_damaged_audit_is_said_in_words(released: Workspace) -> None:
    audit = begun(released)
    path = audit_folder(released.collection, audit) / "audit.json"
    path.write_text("{}")
    with pytest.raises(CollectionDamagedError, match="Restore it from a copy"):
        list_audits(released.collection, BIRD)


def test_a_page_of_hostile_words_is_text_alone(released: Workspace) -> None:
    from pipeline.label_store import Draft

    bad = "<script>alert(1)</script>"
    released.store.attributes.define(released.ann.id, BIRD, Draft(bad, bad, (bad,), (bad,)), seen_version=1)
    audit = begun(released)
    _, path = publish(released.collection, released.store, audit)
    page = path.with_suffix(".html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page


def test_answers_of_an_audit_are_no_labels_and_no_release(released: Workspace) -> None:
    audit = begun(released)
    answer_all(released, audit, released.ann)
    asked = read_sample(released.collection, audit).image_ids
    made, _ = make_release(released.collection, released.store, BIRD, threshold=0.5, lower=0.5, by="Ann")
    from pipeline.releases.files import read_release_columns

    columns = read_release_columns(released.collection, made)
    assert not columns.by_people[np.isin(columns.image_ids, asked)].any()


def test_a_certificate_of_an_anytime_plan_holds_too(released: Workspace) -> None:
    audit = begun(released, the_plan(kind=ANYTIME))
    answer_all(released, audit, released.ann)
    _, path = publish(released.collection, released.store, audit)
    assert verify_certificate(released.collection, released.store, read_certificate(path)) == []


@pytest.mark.parametrize("kind", [FIXED, ANYTIME])
def test_an_image_that_went_before_it_was_answered_counts_for_the_worse_and_holds_up_nothing(
    released: Workspace, kind: str
) -> None:
    audit = begun(released, the_plan(kind=kind))
    sample = read_sample(released.collection, audit)
    gone = sample.image_ids[sample.positive][0]
    known = released.store.images
    released.store._transactions.images = KnownImages(known.image_ids[known.image_ids != gone])
    released.store.absent_images.compare()
    answer_all(released, audit, released.ann)
    report = audit_report(released.collection, released.store, audit)
    assert report.progress.complete
    assert report.progress.gone == 1
    assert "1 of the others is not in the collection now: it counts for the worse" in report.progress.words
    assert report.result is not None
    assert report.result.precision.drawn - report.result.precision.yes >= 1
    if kind == ANYTIME:
        assert report.result.anytime is not None
        assert report.result.anytime.used == sample.positive.sum(), "what was answered behind it is used, too"
    done, path = publish(released.collection, released.store, audit)
    assert done.gone == (gone,)
    released.store._transactions.images = known
    released.store.absent_images.compare()
    assert verify_certificate(released.collection, released.store, read_certificate(path)) == [], "and it is back"
