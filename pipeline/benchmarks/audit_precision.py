"""Checks of the audit's precision: intervals by enumeration, anytime plans and joint claims by simulation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from pipeline.audit.statistics.anytime_bound import AnytimeBound
from pipeline.audit.statistics.joint_claims import AnytimeResult, FixedResult, holm, jointly
from pipeline.audit.statistics.precision import FINITE, precision_of_set
from pipeline.audit.statistics.sample_sizes import images_needed
from pipeline.statistics.proportions import hypergeometric, most_below

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PRECISION_CHECKS"]

CONFIDENCE, RISK, TARGET = 0.95, 0.05, 0.9
SHARES = np.round(np.arange(0.80, 0.9901, 0.005), 3)
SAMPLES = range(50, 1001)
LARGE = 10**9  # images: sampling with or without replacement makes no difference
SETS = (60, 150, 500, FINITE - 1, FINITE, 5_000)
SET_SAMPLES = (50, 100, 400, 1_000)
RUNS = 2_000
WATCHED = {500: 500, 1_999: 1_000, 20_000: 1_500}  # set size in images: number of answers watched
HORIZONS = {0.98: 400, 0.97: 600, 0.95: 1_500, 0.93: 3_000}
ATTRIBUTES, EACH = 20, 395  # answers that jointly certify 0.90 at a truth of 0.95
WATCHED_JOINTLY = 300


@dataclass(frozen=True, slots=True)
class _Cases:
    """The results of an interval in every case: float64 arrays of equal length."""

    names: tuple[str, ...]
    covered: NDArray[np.float64]
    exceeded: NDArray[np.float64]
    width: NDArray[np.float64]
    wilson_covered: NDArray[np.float64]
    wilson_width: NDArray[np.float64]


def interval_covers() -> dict[str, object]:
    """Coverage of the two-sided interval and of Wilson's in a large set, by enumeration of all outcomes."""
    return _coverage("precision interval, large set", _large())


def at_least_fails() -> dict[str, object]:
    """Frequency of "at least" above the truth in a large set, by enumeration."""
    return _failures('precision "at least", large set', _large())


def interval_covers_in_small_sets() -> dict[str, object]:
    """Coverage in sets around and below 2,000 images, by enumeration of samples without replacement."""
    return _coverage("precision interval, sets of 60 to 5,000", _small())


def at_least_fails_in_small_sets() -> dict[str, object]:
    """Frequency of "at least" above the truth in the same sets."""
    return _failures('precision "at least", sets of 60 to 5,000', _small())


def watching_certifies_falsely() -> dict[str, object]:
    """Frequency of certifying a set just below the target, checked after every answer."""
    rates = {}
    for size, watched in WATCHED.items():
        bound = AnytimeBound(size, TARGET, CONFIDENCE)
        draws = _draws(size, most_below(TARGET, size), watched, seed=size)
        rates[f"{size} images"] = sum(bound.certified_after(answers) is not None for answers in draws) / RUNS
    return _simulated("anytime plan watched after every answer: certified in error", rates, runs=RUNS)


def watching_costs() -> dict[str, object]:
    """Answers until an anytime plan certifies, relative to the images of a fixed plan; no guarantee."""
    medians: dict[str, object] = {}
    ratios = []
    for truth, horizon in HORIZONS.items():
        bound = AnytimeBound(LARGE, TARGET, CONFIDENCE)
        generator = np.random.default_rng(int(1000 * truth))
        after = [
            bound.certified_after((generator.random(horizon) < truth).astype(np.int8)) or horizon
            for _ in range(RUNS // 5)
        ]
        fixed = images_needed(TARGET, truth).images
        ratios.append(float(np.median(after)) / fixed)
        medians[f"{truth:g}"] = {"median": int(np.median(after)), "fixed plan": fixed}
    return {
        "check": "anytime plan: median answers to certify 0.90, over the images of a fixed plan",
        "nominal": 1.0,
        "mean": round(float(np.mean(ratios)), 3),
        "worst": round(max(ratios), 3),
        "answers_by_truth": medians,
        "runs": RUNS // 5,
    }


def families_certify_falsely() -> dict[str, object]:
    """Frequency of any wrong certification among twenty attributes with mixed truths; fixed plans."""
    return _simulated("twenty attributes jointly, fixed plans: any certified in error", _families()[0], runs=RUNS)


def families_bound_falsely() -> dict[str, object]:
    """Frequency of any joint bound above the truth among twenty attributes with mixed truths; fixed plans."""
    return _simulated("twenty attributes jointly, fixed plans: any bound above the truth", _families()[1], runs=RUNS)


def watched_families_certify_falsely() -> dict[str, object]:
    """Frequency of any wrong certification among twenty anytime plans, checked after every answer."""
    runs, rates = RUNS // 4, {}
    for name, truths in _mixtures().items():
        generator = np.random.default_rng(len(name))
        missing = truths < TARGET
        wrong = 0
        for _ in range(runs):
            answers = truths[:, None] > generator.random((ATTRIBUTES, WATCHED_JOINTLY))
            results = [AnytimeResult("", tuple(said), LARGE, TARGET) for said in answers.astype(np.int8).tolist()]
            wrong += bool(holm(np.array([result.p_value() for result in results]), CONFIDENCE)[missing].any())
        rates[name] = wrong / runs
    return _simulated("twenty attributes jointly, anytime plans: any certified in error", rates, runs=runs)


PRECISION_CHECKS = (
    interval_covers,
    at_least_fails,
    interval_covers_in_small_sets,
    at_least_fails_in_small_sets,
    watching_certifies_falsely,
    watching_costs,
    families_certify_falsely,
    families_bound_falsely,
    watched_families_certify_falsely,
)


@cache
def _large() -> _Cases:
    from scipy.special import gammaln

    parts = []
    for sampled in SAMPLES:
        yes = _outcomes(sampled)
        choices = gammaln(sampled + 1) - gammaln(yes + 1) - gammaln(sampled - yes + 1)
        chances = np.exp(choices + yes * np.log(SHARES)[:, None] + (sampled - yes) * np.log1p(-SHARES)[:, None])
        parts.append(_cases([f"p {share:g}, n {sampled}" for share in SHARES], SHARES, chances, yes, sampled, LARGE))
    return _joined(parts)


@cache
def _small() -> _Cases:
    parts = []
    for size in SETS:
        for sampled in (count for count in SET_SAMPLES if count <= size):
            yes = _outcomes(sampled)
            right = np.unique(np.round(SHARES * size).astype(np.int64))
            chances = np.array([hypergeometric(size, int(count), sampled)[yes] for count in right])
            names = [f"{count} of {size}, n {sampled}" for count in right]
            parts.append(_cases(names, right / size, chances, yes, sampled, size))
    return _joined(parts)


def _outcomes(sampled: int) -> NDArray[np.int64]:
    """Return numbers of yes to try; the others have a chance below 1e-9 at any share and count as failures."""
    fewest = SHARES[0] * sampled - 7 * np.sqrt(sampled * SHARES[0] * (1 - SHARES[0]))
    return np.arange(max(int(fewest), 0), sampled + 1)


def _cases(
    names: list[str],
    truths: NDArray[np.float64],
    chances: NDArray[np.float64],
    yes: NDArray[np.int64],
    sampled: int,
    size: int,
) -> _Cases:
    """Return the results for one sample size; `chances` has the shape ``(truths, outcomes)``."""
    found = [precision_of_set(int(count), sampled - int(count), 0, size, CONFIDENCE) for count in yes]
    low, high = np.array([each.low for each in found]), np.array([each.high for each in found])
    at_least = np.array([each.at_least for each in found])
    wilson_low, wilson_high = _wilson(yes, sampled)
    truth, slack = truths[:, None], 1e-12
    return _Cases(
        names=tuple(names),
        covered=(chances * ((low <= truth + slack) & (truth <= high + slack))).sum(axis=1),
        exceeded=(chances * (at_least > truth + slack)).sum(axis=1),
        width=chances @ (high - low),
        wilson_covered=(chances * ((wilson_low <= truth) & (truth <= wilson_high))).sum(axis=1),
        wilson_width=chances @ (wilson_high - wilson_low),
    )


def _joined(parts: list[_Cases]) -> _Cases:
    return _Cases(
        names=tuple(name for part in parts for name in part.names),
        covered=np.concatenate([part.covered for part in parts]),
        exceeded=np.concatenate([part.exceeded for part in parts]),
        width=np.concatenate([part.width for part in parts]),
        wilson_covered=np.concatenate([part.wilson_covered for part in parts]),
        wilson_width=np.concatenate([part.wilson_width for part in parts]),
    )


def _wilson(yes: NDArray[np.int64], sampled: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Wilson's score interval (Journal of the American Statistical Association 22, 1927), for comparison."""
    from scipy.special import ndtri

    z = float(ndtri((1 + CONFIDENCE) / 2))
    rate = yes / sampled
    middle = (rate + z**2 / (2 * sampled)) / (1 + z**2 / sampled)
    half = z / (1 + z**2 / sampled) * np.sqrt(rate * (1 - rate) / sampled + z**2 / (4 * sampled**2))
    return middle - half, middle + half


def _coverage(check: str, cases: _Cases) -> dict[str, object]:
    return {
        "check": f"{check}: coverage",
        "nominal": CONFIDENCE,
        "mean": round(float(cases.covered.mean()), 4),
        "worst": round(float(cases.covered.min()), 4),
        "holds": bool(cases.covered.min() >= CONFIDENCE - 1e-9),
        "worst_at": cases.names[int(cases.covered.argmin())],
        "mean_width": round(float(cases.width.mean()), 4),
        "wilson_mean": round(float(cases.wilson_covered.mean()), 4),
        "wilson_worst": round(float(cases.wilson_covered.min()), 4),
        "wilson_mean_width": round(float(cases.wilson_width.mean()), 4),
        "cases": len(cases.names),
    }


def _failures(check: str, cases: _Cases) -> dict[str, object]:
    return {
        "check": f"{check}: above the truth",
        "nominal": RISK,
        "mean": round(float(cases.exceeded.mean()), 4),
        "worst": round(float(cases.exceeded.max()), 4),
        "holds": bool(cases.exceeded.max() <= RISK + 1e-9),
        "worst_at": cases.names[int(cases.exceeded.argmax())],
        "cases": len(cases.names),
    }


def _simulated(check: str, rates: dict[str, float], *, runs: int) -> dict[str, object]:
    worst = max(rates, key=lambda name: rates[name])
    return {
        "check": check,
        "nominal": RISK,
        "mean": round(float(np.mean(list(rates.values()))), 4),
        "worst": round(rates[worst], 4),
        "holds": rates[worst] <= RISK,
        "worst_at": worst,
        "rates": {name: round(rate, 4) for name, rate in rates.items()},
        "runs": runs,
    }


def _draws(size: int, yes: int, watched: int, *, seed: int) -> list[NDArray[np.int8]]:
    """Return the first answers of a set, drawn without replacement in many random orders."""
    generator = np.random.default_rng(seed)
    images = (np.arange(size) < yes).astype(np.int8)
    return [generator.permutation(images)[:watched] for _ in range(RUNS)]


def _mixtures() -> dict[str, NDArray[np.float64]]:
    """Return true precisions of twenty attributes; those below the target are only just below it."""
    below = TARGET - 1e-9
    return {
        "all just below": np.full(ATTRIBUTES, below),
        "half just below, half good": np.repeat([below, 0.96], ATTRIBUTES // 2),
        "spread from 0.80 to 0.99, a few just below": np.append(np.linspace(0.80, 0.99, 16), [below] * 4),
        "one just below, the others perfect": np.append(np.ones(ATTRIBUTES - 1), below),
    }


@cache
def _families() -> tuple[dict[str, float], dict[str, float]]:
    """Return the frequency of any wrong certification and of any bound above the truth, by mixture of truths."""
    certified, bounded = {}, {}
    for name, truths in _mixtures().items():
        wrong = np.zeros(2)
        for counts in np.random.default_rng(len(name)).binomial(EACH, truths, (RUNS, ATTRIBUTES)):
            results = [
                FixedResult(str(place), int(yes), EACH - int(yes), 0, LARGE, TARGET) for place, yes in enumerate(counts)
            ]
            members = jointly(results, CONFIDENCE).members
            pairs = list(zip(members, truths, strict=True))
            wrong += [
                any(member.certified and truth < TARGET for member, truth in pairs),
                any(member.at_least > truth for member, truth in pairs),
            ]
        certified[name], bounded[name] = (wrong / RUNS).tolist()
    return certified, bounded
