"""Releases: numbered, made once for the same answers and scores, and checked for changes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.certification.lifecycle import advance, begin, make_plan
from pipeline.errors import CollectionDamagedError, CollectionError, ParameterError, RoundError
from pipeline.label_store import Drawn, Purpose, Value
from pipeline.releases.files import HUMAN, THRESHOLD, Release, list_releases, read_release_table, verify_release
from pipeline.releases.make import make_release
from pipeline.rounds.run import run_round
from tests.pipeline.conftest import BIRD, CAT, OWN, Workspace, contents


@pytest.fixture
def trained(workspace: Workspace) -> Workspace:
    """A workspace after its first round."""
    workspace.begin_with()
    run_round(workspace.collection, workspace.store, BIRD, OWN)
    workspace.collection.refresh_scores()
    return workspace


def release(workspace: Workspace, threshold: float = 0.6, lower: float = 0.4, by: str = "Ann") -> tuple[Release, bool]:
    return make_release(workspace.collection, workspace.store, BIRD, threshold=threshold, lower=lower, by=by)


def folder(workspace: Workspace, number: int = 1) -> Path:
    return workspace.path / "releases" / BIRD / str(number)


def test_what_people_settled_is_as_they_said_and_the_rest_is_cut(trained: Workspace) -> None:
    # One that the scores would call a yes, and people do not.
    scores = trained.collection.scores[trained.collection.scored.index(BIRD)]
    free = ~np.isin(trained.ids, trained.store.batches.barred_images(BIRD))
    high = int(trained.ids[free][np.argmax(scores[free])])
    trained.say([high], Value.NO)
    made, new = release(trained)
    assert new
    table = read_release_table(trained.collection, made)
    assert table.column_names == ["image_id", "value", "by", "score"]
    ids, values = table["image_id"].to_numpy(), table["value"].to_numpy()
    people = np.array(table["by"].to_pylist()) == HUMAN
    np.testing.assert_array_equal(ids, trained.ids)
    np.testing.assert_array_equal(table["score"].to_numpy(), scores)
    yes, no = set(trained.of_kind("stripes")[:6]) - {high}, set(trained.of_kind("square")[:6]) | {high}
    assert set(ids[people & (values == 1)].tolist()) == yes
    assert set(ids[people & (values == 0)].tolist()) == no
    cut = np.where(scores >= np.float32(0.6), 1, np.where(scores < np.float32(0.4), 0, -1))
    np.testing.assert_array_equal(values[~people], cut[~people])
    assert set(table["by"].to_pylist()) == {HUMAN, THRESHOLD}
    assert (made.positive_by_people, made.negative_by_people) == (len(yes), len(no))
    assert made.positive_by_threshold + made.unsure_by_threshold + made.negative_by_threshold == 72 - people.sum()
    assert made.summary.startswith(f"{len(yes) + made.positive_by_threshold} positive ({len(yes)} said by people, ")
    verify_release(trained.collection, made)


def test_asked_for_twice_it_is_the_same_and_says_so(trained: Workspace) -> None:
    first, new = release(trained)
    before = contents(trained.path, "releases")
    second, again = release(trained, by="Bo")
    assert (new, again) == (True, False)
    assert second == first
    assert contents(trained.path, "releases") == before
    assert list_releases(trained.reopened(), BIRD) == [first]


def test_another_answer_another_cut_or_another_round_makes_another_number(trained: Workspace) -> None:
    first, _ = release(trained)
    before = contents(folder(trained).parent, "1")
    trained.say(trained.of_kind("disc")[:1], Value.NO)
    second, new = release(trained)
    assert (second.number, new, second.negative_by_people) == (2, True, first.negative_by_people + 1)
    assert release(trained, threshold=0.7)[0].number == 3
    assert release(trained, threshold=0.7, lower=0.7)[0].number == 4
    run_round(trained.collection, trained.store, BIRD, OWN)
    trained.collection.refresh_scores()
    fifth, _ = release(trained, threshold=0.7, lower=0.7)
    assert (fifth.number, fifth.origin) == (5, "round-2")
    assert [each.number for each in list_releases(trained.collection, BIRD)] == [1, 2, 3, 4, 5]
    assert contents(folder(trained).parent, "1") == before, "an older one is never changed"
    for each in list_releases(trained.collection, BIRD):
        verify_release(trained.collection, each)


def test_a_release_is_read_only(trained: Workspace) -> None:
    release(trained)
    assert {file.name: file.stat().st_mode & 0o777 for file in folder(trained).iterdir()} == {
        "labels.parquet": 0o444,
        "release.json": 0o444,
    }


@pytest.mark.parametrize("column", ["value", "by", "score", "image_id"])
def test_a_table_that_was_changed_is_noticed(trained: Workspace, column: str) -> None:
    made, _ = release(trained)
    file = folder(trained) / "labels.parquet"
    table = pq.read_table(file)
    values = table[column].to_pylist()
    values[3] = {"value": 1 - max(values[3], 0) if column == "value" else 0, "by": HUMAN, "score": 0.123}.get(
        column, values[3] - 1 if column == "image_id" else None
    )
    if column == "by":
        values = [THRESHOLD if value == HUMAN else HUMAN for value in values]
    place = table.column_names.index(column)
    import pyarrow as pa

    kind = pa.string() if column == "by" else table.schema.field(column).type
    file.chmod(0o644)
    pq.write_table(table.set_column(place, column, pa.array(values, kind)), file)
    with pytest.raises(CollectionDamagedError, match=r"is not the table of release 1 .*Restore it from a copy"):
        verify_release(trained.collection, made)
    with pytest.raises(CollectionDamagedError):
        read_release_table(trained.collection, made)


@pytest.mark.parametrize("bad", [b"", b"nothing", None])
def test_a_table_that_cannot_be_read_is_said_to_be_so(trained: Workspace, bad: bytes | None) -> None:
    made, _ = release(trained)
    file = folder(trained) / "labels.parquet"
    file.chmod(0o644)
    file.unlink() if bad is None else file.write_bytes(bad)
    with pytest.raises(CollectionDamagedError, match=r"cannot be read .* a release cannot be made again"):
        verify_release(trained.collection, made)


@pytest.mark.parametrize("name", ["positive_by_people", "negative_by_threshold", "scores_sha256"])
def test_words_that_do_not_fit_the_table_are_noticed(trained: Workspace, name: str) -> None:
    release(trained)
    file = folder(trained) / "release.json"
    values = json.loads(file.read_text())
    file.chmod(0o644)
    file.write_text(json.dumps(values | {name: "0" if name.endswith("256") else values[name] + 1}), encoding="utf-8")
    made = list_releases(trained.collection, BIRD)[0]
    with pytest.raises(CollectionDamagedError, match=f"differs from its table in {name}"):
        verify_release(trained.collection, made)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_description_that_cannot_be_read_is_said_to_be_so(trained: Workspace, text: str) -> None:
    release(trained)
    file = folder(trained) / "release.json"
    file.chmod(0o644)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CollectionDamagedError, match=r"release.json cannot be read"):
        list_releases(trained.collection, BIRD)


def test_without_a_round_or_with_crossed_cuts_nothing_is_released(trained: Workspace) -> None:
    with pytest.raises(RoundError, match=r"no scores of a round to release. Run a round first"):
        make_release(trained.collection, trained.store, CAT, threshold=0.5, lower=0.5, by="Ann")
    with pytest.raises(ParameterError):
        release(trained, threshold=0.4, lower=0.6)
    assert list_releases(trained.collection, BIRD) == []


def test_a_release_that_cannot_be_written_leaves_none(trained: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", full)
        with pytest.raises(CollectionError, match="No space left"):
            release(trained)
    assert list_releases(trained.collection, BIRD) == []
    assert release(trained)[0].number == 1, "what was left behind is no hindrance"


def test_answers_for_a_certification_count_and_those_of_an_audit_do_not(trained: Workspace) -> None:
    stripes = trained.of_kind("stripes")
    open_ = [
        image for image in stripes[6:] if image not in trained.store.batches.drawn_images(BIRD, Purpose.VALIDATION)
    ]
    audit = trained.store.batches.draw(BIRD, 1, Purpose.AUDIT, [Drawn(open_[0], "audit", 0.5)])
    check = trained.store.batches.draw(BIRD, 1, Purpose.CERTIFICATION, [Drawn(open_[1], "certification", 0.5)])
    trained.answer(audit.id)
    before = 6 - len(set(stripes[:6]) & set(trained.store.batches.barred_images(BIRD).tolist()))
    trained.answer(check.id)
    assert release(trained)[0].positive_by_people == before + 1


def test_a_promise_is_in_the_release_of_the_scores_that_it_speaks_of(trained: Workspace) -> None:
    assert release(trained)[0].promise == {}
    plan = make_plan(trained.collection, trained.store, BIRD, target_precision=0.2, seed=1)
    certification = begin(trained.collection, trained.store, plan)
    trained.answer(certification.batches[-1])
    advance(trained.collection, trained.store, certification)
    promise = release(trained)[0].promise
    assert promise["certification"] == 1
    assert promise["target_precision"] == 0.2
    assert promise["from_score"] in plan.thresholds
    run_round(trained.collection, trained.store, BIRD, OWN)
    trained.collection.refresh_scores()
    assert release(trained)[0].promise == {}, "another round's scores were not certified"


def test_the_same_promise_is_the_same_release(trained: Workspace) -> None:
    plan = make_plan(trained.collection, trained.store, BIRD, target_precision=0.2, seed=1)
    certification = begin(trained.collection, trained.store, plan)
    trained.answer(certification.batches[-1])
    assert [release(trained)[1], release(trained)[1]] == [True, False]
