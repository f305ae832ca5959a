"""Rounds, release, audit and certificate, again and again, with the truth as auditor.

``python -m tests.benchmarks.audit_chain DIR --truth truth.csv --attribute A ... --seeds 200`` works on copies of a
collection. Each seed takes the next attribute: a new label store, two rounds whose questions the truth answers, a
release at the suggested threshold, an audit of it that is frozen, drawn, answered by the truth, published and verified.
The precision of the audited set is then counted with the truth, and whether the certificate's interval holds it. Prints
one JSON line for ``docs/measurements/audit.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import lance
import numpy as np
from numpy.typing import NDArray

from pipeline.audit.files import read_sample
from pipeline.audit.lifecycle import draw, freeze
from pipeline.audit.plan import FIXED, AuditPlan
from pipeline.audit.population import release_of, sets_of
from pipeline.audit.publication import publish, read_certificate
from pipeline.audit.statistics.truth_rules import TruthRule
from pipeline.audit.verification import verify_certificate
from pipeline.collection import Collection
from pipeline.errors import AuditError
from pipeline.label_store import Annotator, LabelStore, Reply, Value, new_action_id, open_label_store
from pipeline.releases.make import make_release
from pipeline.rounds.questions import RoundOptions
from pipeline.rounds.run import run_round
from pipeline.simulation.truth_table import read_truth_table
from tests.benchmarks.machine import facts

EXAMPLES, ROUNDS, BATCH, AUDITED = 10, 2, 96, 60


@dataclass
class Outcome:
    """The result of one chain: the claims, and the truth that was counted afterwards."""

    attribute: str
    true_precision: float
    low: float
    high: float
    at_least: float
    true_recall: float
    recall_low: float
    recall_model: tuple[float, float]
    differences: int


def main() -> None:
    """Parse the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dir", type=Path)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--attribute", action="append", required=True)
    parser.add_argument("--seeds", type=int, default=200)
    options = parser.parse_args()
    outcomes, empty = [], 0
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(shutil.copytree(options.dir, Path(temporary) / "copy"))
        truths = read_truth_table(options.truth, Collection(path), options.attribute)
        known = {f"known_{name}" for name in options.attribute} & set(
            lance.dataset(str(path / "images.lance")).schema.names
        )
        lance.dataset(str(path / "images.lance")).drop_columns(sorted(known))
        for seed in range(options.seeds):
            name = options.attribute[seed % len(options.attribute)]
            with tempfile.TemporaryDirectory() as anew:
                outcome = chain(Path(shutil.copytree(path, Path(anew) / "copy")), name, truths[name], seed)
            if outcome is None:
                empty += 1
            else:
                outcomes.append(outcome)
            sys.stderr.write(f"{seed + 1} {outcome}\n")
    names = " ".join(f"--attribute {name}" for name in options.attribute)
    command = f"python -m tests.benchmarks.audit_chain DIR --truth truth.csv {names} --seeds {options.seeds}"
    sys.stdout.write(json.dumps(summed(outcomes, empty, options.seeds) | facts(command)) + "\n")


def chain(path: Path, name: str, truth: NDArray[np.int8], seed: int) -> Outcome | None:
    """Run one chain; None where the release has no automatic positive to audit."""
    collection = Collection(path)
    yes = truth == 1
    with open_label_store(collection) as store:
        person = store.annotators.add("Truth")
        generator = np.random.default_rng(seed)
        for side, value in ((yes, Value.YES), (truth == 0, Value.NO)):
            rows = generator.choice(np.flatnonzero(side), EXAMPLES, replace=False)
            store.answers.bulk_answer(new_action_id(), person.id, name, 1, collection.image_ids[rows].tolist(), value)
        for number in range(ROUNDS):
            report = run_round(
                collection, store, name, RoundOptions(batch=BATCH, from_source=False, seed=seed * 10 + number)
            )
            collection.refresh_scores()
            answer(store, person, collection, yes, (report.training_batch, report.validation_batch))
        report = run_round(collection, store, name, RoundOptions(batch=2, from_source=False, seed=seed * 10 + 9))
        collection.refresh_scores()
        make_release(collection, store, name, threshold=report.threshold, lower=report.threshold, by="Truth")
        plan = AuditPlan(name, 1, TruthRule.OWNER, AUDITED, AUDITED, 0.9, FIXED, 1, 0.95, seed, 0.05, 1)
        sets = sets_of(collection, store, release_of(collection, name, 1))
        try:
            audit = draw(collection, store, freeze(collection, store, plan, person))
        except AuditError:
            return None
        if not sets.population.positives:
            return None
        assert len(read_sample(collection, audit))
        answer(store, person, collection, yes, (audit.batch,))
        _, certificate = publish(collection, store, audit)
        claimed = read_certificate(certificate)
        told = verify_certificate(collection, store, claimed)
    positive, negative = sets.free & (sets.values == 1), sets.free & (sets.values == 0)
    settled = sets.population.positives_by_people
    found = int((positive & yes).sum()) + settled
    precision, recall = claimed["result"]["precision"], claimed["result"]["recall"]
    return Outcome(
        name,
        float(yes[positive].mean()),
        precision["low"],
        precision["high"],
        precision["at_least"],
        found / max(found + int((negative & yes).sum()), 1),
        recall["low_free"],
        (recall["model_low"], recall["model_high"]),
        len(told),
    )


def answer(
    store: LabelStore, person: Annotator, collection: Collection, yes: NDArray[np.bool_], batches: tuple[str, ...]
) -> None:
    """Answer batches by the truth; an image without a known answer is a no."""
    for batch in filter(None, batches):
        while items := (page := store.questions.take_page(person.id, batch, 500)).items:
            replies = [
                Reply(item.draw_id, Value.YES if yes[collection.row_of(item.image_id)] else Value.NO) for item in items
            ]
            store.answers.record(new_action_id(), page.id, person.id, replies)


def summed(outcomes: list[Outcome], empty: int, seeds: int) -> dict[str, object]:
    """Count the claims that held."""
    inside = [one.low <= one.true_precision <= one.high for one in outcomes]
    return {
        "check": "whole chain on the sample, truth as auditor: true precision in the interval",
        "nominal": 0.95,
        "mean": round(float(np.mean(inside)), 4),
        "worst": round(
            min(
                float(np.mean([one for one, of in zip(inside, outcomes, strict=True) if of.attribute == name]))
                for name in {one.attribute for one in outcomes}
            ),
            4,
        ),
        "chains": len(outcomes),
        "nothing_to_audit": empty,
        "seeds": seeds,
        "at_least_holds": round(float(np.mean([one.at_least <= one.true_precision for one in outcomes])), 4),
        "recall_bound_holds": round(float(np.mean([one.recall_low <= one.true_recall for one in outcomes])), 4),
        "recall_interval_holds": round(
            float(np.mean([one.recall_model[0] <= one.true_recall <= one.recall_model[1] for one in outcomes])), 4
        ),
        "mean_true_precision": round(float(np.mean([one.true_precision for one in outcomes])), 4),
        "certificates_that_differ": sum(one.differences > 0 for one in outcomes),
    }


if __name__ == "__main__":
    main()
