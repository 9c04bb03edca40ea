"""How often `perftui compare` is right where the truth is known: pairs of simulated runs.

    python benchmarks/comparison_truth.py [PAIRS]

Service times are log-normal with a median of 100 ms and sigma 0.5, 5,000 requests in 100 s, 1 % of them failed. Pairs
of equal runs are compared for false alarms (anything at all called worse), pairs of which one is 25 % slower for how
often p50 and p95 are found. Drift multiplies the times: its size is the standard deviation of their logarithm, and the
two runs have each their own.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass

from perftui.judgement.comparison import Comparison, compare, slice_count, sliced
from perftui.model.histogram import Histogram
from perftui.model.tick import Health, RequestDelta, Tick
from perftui.model.totals import RunTotals

RUN_S = 100
REQUESTS_PER_S = 50
MEDIAN_MS = 100.0
SIGMA = 0.5
FAIL_RATIO = 0.01
PAIRS = 500

_HEALTH = Health(5.0, 60_000_000, 0.1, 0.5, 0.5, 20, 4096)

Drift = Callable[[random.Random], list[float]]
"""The logarithm of the factor on the times of each second."""


def steady(chance: random.Random) -> list[float]:
    return [0.0] * RUN_S


def wandering(size: float, memory_s: float) -> Drift:
    """An autoregressive process of first order, which forgets a deviation with a time constant of `memory_s`."""

    def drift(chance: random.Random) -> list[float]:
        kept = math.exp(-1 / memory_s)
        level, levels = chance.gauss(0, size), []
        for _ in range(RUN_S):
            levels.append(level)
            level = kept * level + math.sqrt(1 - kept * kept) * chance.gauss(0, size)
        return levels

    return drift


def trending(size: float) -> Drift:
    """A straight line up or down, from the same start."""

    def drift(chance: random.Random) -> list[float]:
        slope = chance.gauss(0, size * math.sqrt(12))
        return [slope * second / RUN_S for second in range(RUN_S)]

    return drift


def pausing(pause_s: int, factor: float) -> Drift:
    """One pause somewhere in the run, in which all is slower by `factor`."""

    def drift(chance: random.Random) -> list[float]:
        begin = chance.randrange(RUN_S - pause_s)
        return [math.log(factor) if begin <= second < begin + pause_s else 0.0 for second in range(RUN_S)]

    return drift


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    drift: Drift


CASES = (
    Case("no drift", steady),
    Case("wanders by 5 % within 5 s", wandering(0.05, 5)),
    Case("wanders by 10 % within 5 s", wandering(0.1, 5)),
    Case("wanders by 10 % within 20 s", wandering(0.1, 20)),
    Case("wanders by 20 % within 20 s", wandering(0.2, 20)),
    Case("wanders by 40 % within 20 s", wandering(0.4, 20)),
    Case("wanders by 20 % within 100 s", wandering(0.2, 100)),
    Case("a trend of its own, 20 %", trending(0.2)),
    Case("a pause of 8 s, 5 times slower", pausing(8, 5.0)),
)


def simulate(chance: random.Random, factor: float = 1.0, drift: Drift = steady) -> tuple[RunTotals, list[Tick]]:
    """A run of REQUESTS_PER_S a second on average, its times `factor` as long."""
    totals, ticks = RunTotals(), []
    for second, level in enumerate(drift(chance)):
        ok_times, failed_times = Histogram(), Histogram()
        median_us = MEDIAN_MS * 1000 * factor * math.exp(level)
        for _ in range(REQUESTS_PER_S):
            times = failed_times if chance.random() < FAIL_RATIO else ok_times
            times.record(int(median_us * math.exp(chance.gauss(0, SIGMA))))
        delta = RequestDelta("GET", "/", ok_times.count, failed_times.count, 0, 0, ok_times, failed_times)
        tick = Tick(second, second + 1.0, 1.0, 5, 5, {}, (delta,), (), (), REQUESTS_PER_S, 0, 0, 0.0, _HEALTH)
        totals.add(tick)
        ticks.append(tick)
    return totals, ticks


def compare_simulated(chance: random.Random, factor: float = 1.0, drift: Drift = steady) -> Comparison:
    """A run against another of the same, its times `factor` as long."""
    (old, old_ticks), (new, new_ticks) = simulate(chance, 1.0, drift), simulate(chance, factor, drift)
    count = slice_count(old, new)
    return compare(sliced(old, old_ticks, count), sliced(new, new_ticks, count))


def worse_metrics(comparison: Comparison) -> set[str]:
    return {change.metric for _, change in comparison.worse()}


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 and __name__ == "__main__" else PAIRS
    print(f"{pairs:,} pairs each             equal runs:  25 % slower:  found in")
    print(f"{'':<32} called worse      p50      p95")
    for case in CASES:
        chance = random.Random(20240229)
        equal = [worse_metrics(compare_simulated(chance, 1.0, case.drift)) for _ in range(pairs)]
        slower = [worse_metrics(compare_simulated(chance, 1.25, case.drift)) for _ in range(pairs)]
        p50, p95 = (sum(metric in worse for worse in slower) / pairs for metric in ("p50", "p95"))
        print(f"{case.name:<32} {sum(map(bool, equal)) / pairs:>12.1%} {p50:>8.1%} {p95:>8.1%}", flush=True)


if __name__ == "__main__":
    main()
