"""Points gathered into fixed buckets of time, so that what is drawn stays where it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

Gather = Literal["worst", "mean", "last"]
"""How the values of one bucket become one. Percentiles take the worst: they cannot be averaged."""


class Sample(NamedTuple):
    at_s: float
    value: float | None


def bucketed(samples: Iterable[Sample], width_s: float, how: Gather) -> list[list[tuple[float, float]]]:
    """Runs of (middle of the bucket in s, value); a bucket without a value ends a run.

    Values that are not finite are no values. A bucket of less than two seconds keeps each sample's own time:
    ticks are a second apart, and a bucket that happens to hold none would look like a gap.
    """
    if width_s < 2:
        return _as_they_are(samples)
    runs: list[list[tuple[float, float]]] = []
    last: int | None = None
    for index, values in sorted(_held(samples, width_s).items()):
        value = _gather(values, how)
        if value is None:
            continue
        if last is None or index != last + 1:
            runs.append([])
        runs[-1].append(((index + 0.5) * width_s, value))
        last = index
    return runs


def grouped(samples: Iterable[Sample], width_s: float, how: Gather) -> list[float | None]:
    """One value for each `width_s` seconds from the first sample's to the last one's, in order; None where there is
    none. Groups begin at multiples of `width_s`: a group that is complete never changes again.
    """
    held = _held(samples, width_s)
    if not held:
        return []
    return [_gather(held.get(index, ()), how) for index in range(min(held), max(held) + 1)]


def _held(samples: Iterable[Sample], width_s: float) -> dict[int, list[float]]:
    """The values by the number of their bucket; a bucket that only holds samples without a value is there too."""
    held: dict[int, list[float]] = {}
    for sample in samples:
        if math.isfinite(sample.at_s):
            values = held.setdefault(int(sample.at_s // width_s), [])
            if sample.value is not None and math.isfinite(sample.value):
                values.append(sample.value)
    return held


def _gather(values: Sequence[float], how: Gather) -> float | None:
    if not values:
        return None
    return max(values) if how == "worst" else values[-1] if how == "last" else sum(values) / len(values)


def _as_they_are(samples: Iterable[Sample]) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = []
    broken, last_s = True, 0.0
    for sample in samples:
        if not math.isfinite(sample.at_s) or sample.value is None or not math.isfinite(sample.value):
            broken = True
            continue
        # Three seconds without a tick is a gap, not a slow line between two points.
        if broken or sample.at_s - last_s > 3:
            runs.append([])
        runs[-1].append((sample.at_s, sample.value))
        broken, last_s = False, sample.at_s
    return runs
