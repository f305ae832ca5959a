"""Rounds, releases and audits of a collection, answered from its source; for pictures of the Audit tab."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.audit.lifecycle import draw, freeze, new_seed
from pipeline.audit.plan import FIXED, AuditPlan, plan_to_certify
from pipeline.audit.population import release_of, sets_of
from pipeline.audit.publication import publish
from pipeline.audit.statistics.truth_rules import TruthRule, opinions
from pipeline.collection import Collection
from pipeline.label_store import Annotator, LabelStore, Purpose, Reply, Value, new_action_id, open_label_store
from pipeline.releases.make import make_release
from pipeline.rounds.reports import read_reports
from pipeline.rounds.run import run_round

__all__ = ["audit_releases"]

ROUNDS = 2
PAGE = 24
SLIPS = 0.02
"""Share of wrong answers of one of two people in an audit, so that they do not always agree."""


def audit_releases(path: Path, attributes: list[str], *, seed: int = 1) -> None:
    """Run rounds of each attribute, release it, and have two people audit the release to its end."""
    collection = Collection(path)
    with open_label_store(collection) as store:
        work = _Work(collection, store, np.random.default_rng(seed))
        people = [store.annotators.add(name) for name in ("Ann", "Bo")]
        for attribute in attributes:
            work.release(attribute, people[0])
            work.audit(attribute, people)


@dataclass(frozen=True)
class _Work:
    collection: Collection
    store: LabelStore
    chance: np.random.Generator

    def release(self, attribute: str, who: Annotator) -> None:
        for _ in range(ROUNDS):
            run_round(self.collection, self.store, attribute)
            self.collection.refresh_scores()
            for purpose in (Purpose.VALIDATION, Purpose.TRAINING):
                self._answer(attribute, who, purpose, slips=0.0)
        run_round(self.collection, self.store, attribute)
        self.collection.refresh_scores()
        cut = read_reports(self.collection, attribute)[-1].threshold
        make_release(self.collection, self.store, attribute, threshold=cut, lower=cut, by=who.name)

    def audit(self, attribute: str, people: list[Annotator]) -> None:
        rule = TruthRule.BOTH
        wanted = AuditPlan(attribute, 1, rule, 0, 100, 0.9, FIXED, 1, 0.95, new_seed(), 0.05, opinions(rule))
        release = release_of(self.collection, attribute)
        there = sets_of(self.collection, self.store, release).population
        plan = plan_to_certify(wanted, 0.95, there.positives)
        audit = draw(self.collection, self.store, freeze(self.collection, self.store, plan, people[0]))
        for who in people:
            self._answer(attribute, who, Purpose.AUDIT, slips=SLIPS)
        publish(self.collection, self.store, audit)

    def _answer(self, attribute: str, who: Annotator, purpose: Purpose, *, slips: float) -> None:
        known = dict(
            zip(self.collection.image_ids.tolist(), (self.collection.known(attribute) == 1).tolist(), strict=True)
        )
        while (
            page := self.store.questions.next_page(who.id, attribute, PAGE, purpose=purpose)
        ) is not None and page.items:
            replies = [
                Reply(
                    item.draw_id,
                    Value.YES if known[item.image_id] ^ bool(self.chance.random() < slips) else Value.NO,
                    float(self.chance.gamma(4, 0.35)),
                )
                for item in page.items
            ]
            self.store.answers.record(new_action_id(), page.id, who.id, replies)
