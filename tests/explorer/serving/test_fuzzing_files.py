"""A damaged collection is read or refused with a sentence. Nothing waits, and no other file changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.audit.lifecycle import draw, freeze
from pipeline.audit.plan import FIXED, AuditPlan
from pipeline.audit.statistics.truth_rules import TruthRule, opinions
from pipeline.collection import Collection
from pipeline.label_store import Value, new_action_id, open_label_store
from pipeline.releases.make import make_release
from pipeline.rounds.run import run_round
from tests.helpers.fuzzing_files import fuzz_files

CAT = "content_cat"


@pytest.mark.slow
def test_damaged_files_end_in_a_sentence(collection_path: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    collection = Collection(path)
    with open_label_store(collection) as store:
        ann = store.annotators.add("Ann")
        store.answers.bulk_answer(new_action_id(), ann.id, CAT, 1, collection.image_ids[:3].tolist(), Value.YES)
        store.answers.bulk_answer(new_action_id(), ann.id, CAT, 1, collection.image_ids[3:6].tolist(), Value.NO)
        run_round(collection, store, CAT)
        collection.refresh_scores()
        make_release(collection, store, CAT, threshold=0.5, lower=0.5, by="Ann")
        rule = TruthRule.OWNER
        plan = AuditPlan(CAT, 1, rule, 2, 3, 0.5, FIXED, 1, 0.95, 7, 0.05, opinions(rule))
        draw(collection, store, freeze(collection, store, plan, ann))
    assert fuzz_files(path, tmp_path, 40, seed=1) == {}
