"""How often `perftui compare` is right where the truth is known: pairs of simulated runs.

    python -m benchmarks.comparison_truth

Service times are log-normal with a median of 100 ms and sigma 0.5: 5,000 requests in 100 s, 1 % of them failed. Pairs
of equal runs are compared for false alarms (anything at all called worse), pairs of which one is 25 % slower for how
often p50 and p95 are found. Drift multiplies the times: its size is the standard deviation of their logarithm, and the
two runs have each their own.
"""

from __future__ import annotations

import random

from tests.fakes.simulated_runs import compared, pausing, run_of, steady, trending, wandering, worse_metrics

PAIRS = 500
SEED = 20240229

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
}


def main(pairs: int = PAIRS) -> None:
    print(f"{f'{pairs:,} pairs each':<32} {'equal runs':>12}   25 % slower: found in")
    print(f"{'':<32} {'called worse':>12} {'p50':>8} {'p95':>8}")
    for name, drift in CASES.items():
        chance = random.Random(SEED)
        found = {
            factor: [
                worse_metrics(compared(run_of(chance, 1.0, drift), run_of(chance, factor, drift))) for _ in range(pairs)
            ]
            for factor in (1.0, 1.25)
        }
        alarms = sum(map(bool, found[1.0])) / pairs
        p50, p95 = (sum(metric in worse for worse in found[1.25]) / pairs for metric in ("p50", "p95"))
        print(f"{name:<32} {alarms:>12.1%} {p50:>8.1%} {p95:>8.1%}", flush=True)


if __name__ == "__main__":
    main()
