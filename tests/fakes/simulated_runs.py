"""Pairs of simulated runs of which the truth is known."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from perftui.judgement.changes import Comparison
from perftui.judgement.comparison import compare, slice_count, sliced
from perftui.model.histogram import Histogram
from perftui.model.tick import Health, RequestDelta, Tick
from tests.fakes.ticks import total_of

RUN_S = 100
REQUESTS_PER_S = 50
MEDIAN_MS = 100.0
SIGMA = 0.5
FAIL_RATIO = 0.01

_HEALTH = Health(5.0, 60_000_000, 0.1, 0.5, 0.5, 20, 4096)

Drift = Callable[[random.Random], list[float]]
"""The logarithm of the factor on the times of each second; RUN_S of them."""


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


def run_of(
    chance: random.Random,
    factor: float = 1.0,
    drift: Drift = steady,
    *,
    fail_ratio: float = FAIL_RATIO,
    requests_in: Callable[[int], int] = lambda second: REQUESTS_PER_S,
) -> list[Tick]:
    """A run of GET / whose times are log-normal and `factor` as long; `requests_in` says how many end in a second."""
    return [
        _tick(second, _delta(chance, requests_in(second), MEDIAN_MS * factor * math.exp(level), fail_ratio))
        for second, level in enumerate(drift(chance))
    ]


def _delta(chance: random.Random, requests: int, median_ms: float, fail_ratio: float) -> RequestDelta:
    ok_times, failed_times = Histogram(), Histogram()
    for _ in range(requests):
        times = failed_times if chance.random() < fail_ratio else ok_times
        times.record(int(median_ms * 1000 * math.exp(chance.gauss(0, SIGMA))))
    return RequestDelta("GET", "/", ok_times.count, failed_times.count, 0, 0, ok_times, failed_times)


def _tick(second: int, delta: RequestDelta) -> Tick:
    return Tick(second, second + 1.0, 1.0, 5, 5, {}, (delta,), (), (), delta.requests, 0, 0, 0.0, _HEALTH)


def compared(old: list[Tick], new: list[Tick], limit: float = 0.2) -> Comparison:
    totals = total_of(old), total_of(new)
    count = slice_count(*totals)
    return compare(sliced(totals[0], old, count), sliced(totals[1], new, count), limit)


def worse_metrics(comparison: Comparison) -> set[str]:
    return {change.metric for _, change in comparison.worse()}
