"""Measure how often a certified precision is true, and its cost: ``python -m tests.benchmarks.certifying``.

Simulated runs of the whole chain with known truth. Margins are Gaussian, of unit width and d' apart between no and yes.
240 validation answers (four rounds of 60) are drawn with `draw_validation`, the margins are calibrated on them, and the
plan is made from the calibrated scores of the other images. Nothing in a run looks at the truth but the simulated
answers. The oracle knows it, and takes the largest set of the same ranking with a precision of at least the target.

Prints one JSON line a case, for ``docs/measurements/certification.jsonl``. Runs of a case differ by their seed alone.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.plan import DEFAULT_GROWTH, plan_certification
from pipeline.certification.sequential_testing import next_questions, result
from pipeline.learning.calibration import calibrate
from pipeline.learning.linear_model import LinearModel
from pipeline.statistics.proportions import lower_bound
from pipeline.statistics.validation_sampling import combined_weights, draw_validation
from tests.benchmarks.machine import facts

IMAGES = 100_000
VALIDATION_ROUNDS, VALIDATION_ANSWERS = 4, 60
TARGET, CONFIDENCE, BUDGET = 0.9, 0.95, 600


@dataclass(frozen=True)
class Case:
    """d' and prevalence, whether the goals must be met here, and by how much the logits are falsified."""

    separation: float
    prevalence: float
    barred: bool = False
    sharpened: float = 1.0
    shifted: float = 0.0


CASES = {
    "2.5 at 10 %": Case(2.5, 0.1, barred=True),
    "3.5 at 1 %": Case(3.5, 0.01, barred=True),
    "2 at 1 %": Case(2.0, 0.01),
    "1.5 at 30 %": Case(1.5, 0.3),
    "2.5 at 0.1 %": Case(2.5, 0.001),
    "2.5 at 10 %, scores too sure": Case(2.5, 0.1, sharpened=2.0, shifted=1.0),
    "2.5 at 10 %, scores too shy": Case(2.5, 0.1, sharpened=0.5),
}


@dataclass(frozen=True)
class Run:
    """One simulated certification."""

    first_size: int
    first_sample: int
    passed_size: int
    answers: int
    precision: float
    recall: float
    oracle_recall: float


def validate(
    margins: NDArray[np.float32], truth: NDArray[np.bool_], seed: int
) -> tuple[float, float, NDArray[np.bool_]]:
    """Draw and answer validation images, calibrate on them; return slope, offset and the images that are left."""
    left = np.ones(len(margins), dtype=np.bool_)
    rows, chances, numbers = [], [], []
    for number in range(VALIDATION_ROUNDS):
        draw = draw_validation(margins, left, VALIDATION_ANSWERS, seed=seed * VALIDATION_ROUNDS + number)
        left[draw.rows] = False
        rows.append(draw.rows)
        chances.append(draw.probabilities)
        numbers.append(np.full(len(draw.rows), number))
    drawn = np.concatenate(rows)
    weights = combined_weights(np.concatenate(numbers), np.concatenate(chances))
    slope, offset = calibrate(margins[drawn], truth[drawn], weights)
    return slope, offset, left


def simulate(seed: int, case: Case) -> Run:
    """Run one certification."""
    rng = np.random.default_rng([seed, round(1000 * case.separation), round(10_000 * case.prevalence)])
    truth = rng.random(IMAGES) < case.prevalence
    margins = rng.standard_normal(IMAGES, dtype=np.float32) + np.float32(case.separation) * truth
    slope, offset, left = validate(margins, truth, seed)
    model = LinearModel(np.empty(0, np.float32), 0.0, case.sharpened * slope, case.sharpened * offset + case.shifted)
    scores = model.probability(margins)
    images = np.flatnonzero(left)
    plan = plan_certification(
        "simulated", 1, images, scores[left], target_precision=TARGET, confidence=CONFIDENCE, budget=BUDGET, seed=seed
    )
    answered = np.empty(0, dtype=np.int64)
    while len(questions := next_questions(plan, answered, truth[answered].astype(np.int8))):
        answered = np.concatenate([answered, questions])
    outcome = result(plan, answered, truth[answered].astype(np.int8))
    falling = truth[images[np.argsort(-scores[left], kind="stable")]]
    found = np.cumsum(falling)
    good = np.flatnonzero(found / np.arange(1, len(found) + 1) >= TARGET)
    chosen = scores[left] >= outcome.threshold if outcome.threshold is not None else np.zeros(len(images), np.bool_)
    right = int(truth[images[chosen]].sum())
    return Run(
        first_size=plan.first_size,
        first_sample=plan.sample,
        passed_size=outcome.passed_size,
        answers=outcome.answers,
        precision=float(right / chosen.sum()) if chosen.any() else 1.0,
        recall=float(right / found[-1]),
        oracle_recall=float(found[good[-1]] / found[-1]) if len(good) else 0.0,
    )


def summarise(name: str, case: Case, runs: list[Run], growth: float) -> dict[str, object]:
    """Fold the runs of one case into one line."""
    broken = int(np.sum([run.precision < TARGET for run in runs]))
    answers = np.array([run.answers for run in runs])
    recall, oracle = np.array([run.recall for run in runs]), np.array([run.oracle_recall for run in runs])
    possible = oracle > 0
    sizes = np.array([run.first_size for run in runs])
    return {
        "measure": "certification",
        "case": name,
        "barred": case.barred,
        "runs": len(runs),
        "images": IMAGES,
        "separation": case.separation,
        "prevalence": case.prevalence,
        "target_precision": TARGET,
        "confidence": CONFIDENCE,
        "budget": BUDGET,
        "validation_answers": VALIDATION_ROUNDS * VALIDATION_ANSWERS,
        "growth": growth,
        "first_size_5_50_95": np.quantile(sizes, [0.05, 0.5, 0.95]).round().astype(int).tolist(),
        "first_sample_5_50_95": np.quantile([run.first_sample for run in runs], [0.05, 0.5, 0.95]).astype(int).tolist(),
        "broken": broken,
        "broken_share": round(broken / len(runs), 4),
        "broken_upper_limit": round(1 - lower_bound(len(runs) - broken, len(runs), 0.95), 4),
        "with_a_set": round(float(np.mean([run.passed_size > 0 for run in runs])), 4),
        "with_a_set_and_600_answers_at_most": round(
            float(np.mean([run.passed_size > 0 and run.answers <= BUDGET for run in runs])), 4
        ),
        "answers_mean": round(float(answers.mean()), 1),
        "answers_5_50_95": np.quantile(answers, [0.05, 0.5, 0.95]).round().astype(int).tolist(),
        "answers_max": int(answers.max()),
        "recall_mean": round(float(recall.mean()), 4),
        "oracle_recall_mean": round(float(oracle.mean()), 4),
        "runs_without_oracle_set": int((~possible).sum()),
        "recall_of_oracles_mean": round(float((recall[possible] / oracle[possible]).mean()), 4)
        if possible.any()
        else None,
        "recall_of_oracles_5_50_95": np.quantile(recall[possible] / oracle[possible], [0.05, 0.5, 0.95])
        .round(3)
        .tolist()
        if possible.any()
        else None,
    }


def main() -> None:
    """Parse the command line, simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--case", action="append", choices=list(CASES), help="may be repeated; all if left out")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    # Read now, because the running code is that of the commit at the start.
    circumstances = facts(f"python -m tests.benchmarks.certifying --runs {options.runs}")
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        for name in options.case or CASES:
            runs = pool.map(partial(simulate, case=CASES[name]), range(options.runs), chunksize=10)
            line = summarise(name, CASES[name], runs, DEFAULT_GROWTH) | circumstances
            print(json.dumps(line, ensure_ascii=False), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
