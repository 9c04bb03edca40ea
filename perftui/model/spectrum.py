"""How the service times of one tick spread, coarse enough to be drawn as a column of a heatmap."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from perftui.model.histogram import Histogram, midpoint_of

# The lower edges of the bins, in ms: six to a decade. The first also holds what is shorter, the last what is longer.
EDGES_MS = tuple(
    step * decade for decade in (0.1, 1.0, 10.0, 100.0, 1_000.0, 10_000.0) for step in (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
)
_EDGES_US = tuple(edge * 1000 for edge in EDGES_MS)


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One tick: `counts` are requests by bin of EDGES_MS. Counts of several ticks may be added."""

    seq: int
    elapsed_s: float
    interval_s: float
    counts: tuple[int, ...]


def counts_of(histogram: Histogram) -> tuple[int, ...]:
    """Requests by bin. A bucket of the histogram belongs where its middle lies: edges are as exact as its buckets."""
    counts = [0] * len(EDGES_MS)
    for bucket_us, count in histogram.buckets.items():
        counts[_bin_of(bucket_us)] += count
    return tuple(counts)


# A histogram has few thousand buckets, and a long run has them many million times.
@lru_cache(8192)
def _bin_of(bucket_us: int) -> int:
    return max(0, bisect_right(_EDGES_US, midpoint_of(bucket_us)) - 1)


def added(spectra: Iterable[Spectrum]) -> tuple[int, ...]:
    counts = [0] * len(EDGES_MS)
    for spectrum in spectra:
        for index, count in enumerate(spectrum.counts):
            counts[index] += count
    return tuple(counts)
