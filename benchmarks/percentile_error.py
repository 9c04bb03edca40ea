"""How far percentiles from the histogram are from exact ones: a million samples of four shapes.

    python -m benchmarks.percentile_error

Exact is the nearest rank in the sorted samples. What is recorded is whole microseconds, as in a run.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

from perftui.model.histogram import Histogram

SAMPLES = 1_000_000
SEED = 20240301
PERCENTS = (50.0, 90.0, 95.0, 99.0, 99.9, 100.0)
AIM_PERCENT = 1.0


def log_normal(chance: random.Random) -> float:
    return chance.lognormvariate(math.log(0.1), 0.6)


def exponential(chance: random.Random) -> float:
    return chance.expovariate(1 / 0.02)


def two_humps(chance: random.Random) -> float:
    return abs(chance.gauss(0.005, 0.001)) if chance.random() < 0.9 else abs(chance.gauss(0.9, 0.2))


def heavy_tail(chance: random.Random) -> float:
    return min(0.001 * chance.paretovariate(1.2), 60.0)


SHAPES: dict[str, Callable[[random.Random], float]] = {
    "log-normal, median 100 ms": log_normal,
    "exponential, mean 20 ms": exponential,
    "two humps, 5 and 900 ms": two_humps,
    "Pareto 1.2 from 1 ms": heavy_tail,
}


def errors_percent(times_us: list[int]) -> Iterator[float]:
    """That of each of PERCENTS, in percent of the exact time."""
    histogram = Histogram()
    for time_us in times_us:
        histogram.record(time_us)
    times_us.sort()
    for percent, told_ms in zip(PERCENTS, histogram.percentiles_ms(PERCENTS), strict=True):
        exact_us = times_us[max(1, math.ceil(percent / 100 * len(times_us) - 1e-9)) - 1]
        assert told_ms is not None
        yield abs(told_ms * 1000 - exact_us) / exact_us * 100


def main() -> None:
    print(f"{SAMPLES:,} samples each; error in % of the exact percentile; aim: at most {AIM_PERCENT:g}, p100 exact")
    print(f"{'shape':<28}" + "".join(f"{f'p{percent:g}':>9}" for percent in PERCENTS))
    for name, shape in SHAPES.items():
        chance = random.Random(SEED)
        times_us = [int(shape(chance) * 1_000_000) for _ in range(SAMPLES)]
        print(f"{name:<28}" + "".join(f"{error:>9.3f}" for error in errors_percent(times_us)), flush=True)


if __name__ == "__main__":
    main()
