"""Answers, rounds, releases, certifications and audits made before an addition stay valid after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.audit.lifecycle import draw, expired, freeze
from pipeline.audit.plan import FIXED, AuditPlan
from pipeline.audit.population import release_of, words_outside
from pipeline.audit.publication import publish, read_certificate
from pipeline.audit.statistics.truth_rules import TruthRule, opinions
from pipeline.audit.verification import verify_certificate
from pipeline.collection import Collection
from pipeline.growing import add_images
from pipeline.label_store import KnownImages, LabelStore, Purpose
from pipeline.releases.files import list_releases, verify_release
from pipeline.releases.make import make_release
from pipeline.rounds.reports import read_reports
from pipeline.rounds.run import run_round
from pipeline.sources.opening import open_source
from tests.conftest import draw_images
from tests.helpers.fake_embedder import FakeEmbedder
from tests.pipeline.audit.test_lifecycle import answer_all
from tests.pipeline.conftest import BIRD, OWN, Workspace

COUNT = 12


@pytest.fixture
def grow(tmp_path: Path) -> Callable[[Path], Collection]:
    """Add twelve drawn images to a collection."""
    table = draw_images(tmp_path / "more", COUNT, seed=7)

    def add(path: Path) -> Collection:
        add_images(path, open_source(table, name="more"), FakeEmbedder())
        return Collection(path)

    return add


@pytest.fixture
def released(workspace: Workspace) -> Workspace:
    """A workspace after its first round and release."""
    workspace.begin_with()
    run_round(workspace.collection, workspace.store, BIRD, OWN)
    workspace.collection.refresh_scores()
    make_release(workspace.collection, workspace.store, BIRD, threshold=0.5, lower=0.5, by="Ann")
    return workspace


def again(released: Workspace, grown: Collection) -> LabelStore:
    """Open the same answers for the collection as it is now."""
    return LabelStore(
        released.store.database, KnownImages(grown.image_ids, grown.duplicates(), grown.projects()), "store"
    )


def the_plan() -> AuditPlan:
    rule = TruthRule.OWNER
    return AuditPlan(BIRD, 1, rule, 8, 12, 0.5, FIXED, 1, 0.95, 7, 0.05, opinions(rule))


def test_a_release_and_its_certificate_hold_after_an_addition(
    released: Workspace, grow: Callable[[Path], Collection]
) -> None:
    audit = draw(
        released.collection, released.store, freeze(released.collection, released.store, the_plan(), released.ann)
    )
    answer_all(released, audit, released.ann)
    published, _ = publish(released.collection, released.store, audit)
    certificate = read_certificate(released.path / "audits" / BIRD / "1" / "certificate.json")
    grown = grow(released.path)
    (release,) = list_releases(grown, BIRD)
    verify_release(grown, release)
    store = again(released, grown)
    assert verify_certificate(grown, store, certificate) == []
    assert not expired(grown, published)
    words = words_outside(grown, BIRD, 1)
    assert words == f"{COUNT} images were added to the collection after release 1. The audit says nothing about them."
    assert words_outside(released.collection, BIRD, 1) == ""


def test_an_audit_that_is_open_during_an_addition_is_finished_after_it(
    released: Workspace, grow: Callable[[Path], Collection]
) -> None:
    audit = freeze(released.collection, released.store, the_plan(), released.ann)
    grown = grow(released.path)
    store = again(released, grown)
    after = Workspace(grown, store, released.ann, released.bo)
    audit = draw(grown, store, audit)
    answer_all(after, audit, released.ann)
    publish(grown, store, audit)
    certificate = read_certificate(grown.path / "audits" / BIRD / "1" / "certificate.json")
    assert verify_certificate(grown, store, certificate) == []


def test_an_old_release_can_be_audited_after_an_addition(
    released: Workspace, grow: Callable[[Path], Collection]
) -> None:
    before = set(released.ids.tolist())
    grown = grow(released.path)
    store = again(released, grown)
    audit = draw(grown, store, freeze(grown, store, the_plan(), released.ann))
    drawn = set(store.batches.drawn_images(BIRD, Purpose.AUDIT).tolist())
    assert drawn
    assert drawn <= before
    assert audit.plan.release == release_of(grown, BIRD, 1).number


def test_answers_and_reports_stay_and_the_next_round_scores_every_image(
    released: Workspace, grow: Callable[[Path], Collection]
) -> None:
    answers = len(released.store.answers.table(BIRD).image_ids)
    grown = grow(released.path)
    store = again(released, grown)
    assert len(store.answers.table(BIRD).image_ids) == answers
    assert not store.absent_images.set_aside(BIRD).summary
    report = run_round(grown, store, BIRD, OWN)
    assert report.number == 2
    assert [one.number for one in read_reports(grown, BIRD)] == [1, 2]
    assert np.isfinite(Collection(grown.path).scores_of(BIRD)).all()


def test_a_round_that_ends_after_an_addition_scores_the_new_images_too(
    released: Workspace, grow: Callable[[Path], Collection]
) -> None:
    """The round was run with the collection as it was before: it knows nothing of the new images."""
    grow(released.path)
    report = run_round(released.collection, released.store, BIRD, OWN)
    grown = Collection(released.path)
    scores = grown.scores_of(BIRD)
    assert report.origin == grown.manifest.origins()[BIRD]
    assert len(scores) == len(released.collection) + COUNT
    assert released.collection.refresh_scores()
    rows = np.searchsorted(grown.image_ids, released.ids)
    assert np.array_equal(released.collection.scores_of(BIRD), scores[rows])


def test_a_round_that_ends_during_an_addition_is_scored_for_the_new_images(
    released: Workspace, grow: Callable[[Path], Collection], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.growing import add
    from pipeline.growing.grow import grow as grow_now

    def round_first(*arguments: object) -> object:
        grown = grow_now(*arguments)  # type: ignore[arg-type]
        run_round(Collection(released.path), released.store, BIRD, OWN)
        return grown

    monkeypatch.setattr(add, "grow", round_first)
    grown = grow(released.path)
    assert grown.manifest.origins()[BIRD] == "round-2"
    assert np.isfinite(grown.scores_of(BIRD)).all()
