"""How often `perftui compare` is right where the truth is known: pairs of simulated runs.

    python -m benchmarks.comparison_truth

Service times are log-normal with a median of 100 ms and sigma 0.5: 5,000 requests, 1 % of them failed, in 100 s but
for the last line: there in 10 s, because it is the seconds as much as the requests that tell what noise is. Pairs
of equal runs are compared for false alarms (anything at all called worse), pairs of which one is 25 % slower for how
often p50 and p95 are found. Drift multiplies the times: its size is the standard deviation of their logarithm, and the
two runs have each their own.
"""

from __future__ import annotations

import random
from functools import partial

from tests.fakes.simulated_runs import (
    REQUESTS_PER_S,
    RUN_S,
    compared,
    pausing,
    run_of,
    steady,
    trending,
    wandering,
    worse_metrics,
)

PAIRS = 500
SEED = 20240229
SHORT_RUN_S = 10


def short(chance: random.Random) -> list[float]:
    return steady(chance)[:SHORT_RUN_S]


def many_in(second: int) -> int:
    """As many in a short run as there are in a long one."""
    return REQUESTS_PER_S * RUN_S // SHORT_RUN_S


def few_in(second: int) -> int:
    return REQUESTS_PER_S


CASES = {
    "no drift": steady,
    "wanders by 5 % within 5 s": wandering(0.05, 5),
    "wanders by 10 % within 5 s": wandering(0.1, 5),
    "wanders by 10 % within 20 s": wandering(0.1, 20),
    "wanders by 20 % within 20 s": wandering(0.2, 20),
    "wanders by 40 % within 20 s": wandering(0.4, 20),
    "wanders by 20 % within 100 s": wandering(0.2, 100),
    "a trend of its own, 20 %": trending(0.2),
    "a pause of 8 s, 5 times slower": pausing(8, 5.0),
    "no drift, in 10 s": short,
}


def main(pairs: int = PAIRS) -> None:
    print(f"{f'{pairs:,} pairs each':<32} {'equal runs':>12}   25 % slower: found in")
    print(f"{'':<32} {'called worse':>12} {'p50':>8} {'p95':>8}")
    for name, drift in CASES.items():
        chance = random.Random(SEED)
        run = partial(run_of, chance, drift=drift, requests_in=many_in if drift is short else few_in)
        found = {
            factor: [worse_metrics(compared(run(1.0), run(factor))) for _ in range(pairs)] for factor in (1.0, 1.25)
        }
        alarms = sum(map(bool, found[1.0])) / pairs
        p50, p95 = (sum(metric in worse for worse in found[1.25]) / pairs for metric in ("p50", "p95"))
        print(f"{name:<32} {alarms:>12.1%} {p50:>8.1%} {p95:>8.1%}", flush=True)


if __name__ == "__main__":
    main()
