"""Measure how a first round changes a filter: ``python -m tests.benchmarks.first_cuts DIR --half choose``.

Two fifths of what the source knows of an attribute are hidden, by whole groups of related images; the build's first
scores and a round without a validation answer are made of the rest. Prints a JSON line an attribute: how many images
pass, and precision and recall among the hidden ones, at the build's threshold, at 0.5 on uncalibrated scores, and at
the threshold of cross-validation. Attributes are dealt by name to one half on which to choose a rule, and one to
judge it on.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.collection import Collection
from pipeline.learning.attribute_classifier import combine_scores, fit_attribute, known_scores, score_attribute
from pipeline.learning.cross_validation import too_few_answers
from pipeline.learning.linear_model import margins
from pipeline.learning.related_images import related_images_of
from pipeline.learning.round_steps import ValidationSample, calibrated, fit, held_out
from pipeline.learning.round_threshold import PreviousThreshold, place_threshold
from pipeline.learning.thresholds import threshold_for_precision
from pipeline.simulation.holdout import hidden_part
from tests.benchmarks.machine import facts

FEWEST_YES = 20
AIM = 0.9
NOBODY = ValidationSample(np.empty(0, np.int64), np.empty(0, np.bool_), np.empty(0))


def main() -> None:
    """Parse the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--half", choices=("choose", "judge"), default="judge")
    options = parser.parse_args()
    collection = Collection(options.collection)
    related_groups = related_images_of(collection.projects(), collection.duplicates())
    known = {name: collection.known(name) for name in sorted(collection.manifest.taxonomy.names)}
    names = [name for name, truth in known.items() if np.count_nonzero(truth == 1) >= FEWEST_YES]
    machine = facts(f"python -m tests.benchmarks.first_cuts DIR --half {options.half}")
    for name in names[::2] if options.half == "choose" else names[1::2]:
        hidden = hidden_part(known[name], related_groups)
        seen = np.where(hidden, np.int8(-1), known[name])
        if not too_few_answers(seen, related_groups) and (known[name][hidden] == 1).any():
            figures = _measured(collection, seen, hidden, known[name], related_groups)
            line = {"measure": "first_cuts", "attribute": name, "half": options.half, **figures, **machine}
            sys.stdout.write(json.dumps(line) + "\n")


def _measured(
    collection: Collection,
    seen: NDArray[np.int8],
    hidden: NDArray[np.bool_],
    known: NDArray[np.int8],
    related_groups: NDArray[np.int64],
) -> dict[str, object]:
    vectors = collection.embedding()
    first = fit_attribute(vectors, seen, related_groups, seed=0)
    scores = combine_scores(first, score_attribute(first, vectors))
    cut = threshold_for_precision(known_scores(first), seen[first.known_rows] == 1, precision=AIM).threshold
    rows = np.flatnonzero(seen >= 0)
    yes = seen[rows] == 1

    def of(some: NDArray[np.int64]) -> NDArray[np.float32]:
        return vectors[some].astype(np.float32)

    clock = [time.perf_counter()]
    model = fit(of, rows, yes, hidden, 1)
    clock.append(time.perf_counter())
    held = held_out(of, rows, yes, related_groups[rows], hidden, 1)
    clock.append(time.perf_counter())
    assert held is not None
    values = margins([model], vectors)[:, 0]
    fitted, _ = calibrated(model, values, NOBODY, held)
    now, judged = fitted.probability(values), held.judged(fitted)
    now[rows] = judged[0]
    before = PreviousThreshold(cut, int((scores >= np.float32(cut)).sum()), boundary=False)
    placed = place_threshold(NOBODY.estimates(now), judged, now, before, AIM)
    at = (("build", scores, cut), ("uncalibrated", model.probability(values), 0.5), ("round", now, placed.threshold))
    return {
        "known": len(rows),
        "yes": int(yes.sum()),
        "hidden": int(hidden.sum()),
        "hidden_yes": int((known[hidden] == 1).sum()),
        "placed_by": placed.by,
        **{name: _at(found, where, hidden, known) for name, found, where in at},
        "fit_s": round(clock[1] - clock[0], 3),
        "cross_validation_s": round(clock[2] - clock[1], 3),
    }


def _at(
    scores: NDArray[np.float32], cut: float, hidden: NDArray[np.bool_], known: NDArray[np.int8]
) -> dict[str, object]:
    passes, yes = scores >= np.float32(cut), known[hidden] == 1
    found = int((passes[hidden] & yes).sum())
    shown = int(passes[hidden].sum())
    return {
        "cut": round(float(cut), 4),
        "passing": int(passes.sum()),
        "hidden_passing": shown,
        "precision": round(found / shown, 3) if shown else None,
        "recall": round(found / int(yes.sum()), 3),
    }


if __name__ == "__main__":
    main()
