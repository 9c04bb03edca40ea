"""Times in a mergeable, sparse, log-linear histogram."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

# Bits of mantissa kept per value. Buckets are 1/64 of their power of two or narrower, so that a midpoint is
# at most 1/128 = 0.79 % away from any value in its bucket; values below 128 us have a bucket of their own.
PRECISION_BITS = 7
# Longer times are counted in the last bucket (the maximum stays exact). Bounds the histogram: at most 2,048 buckets.
LONGEST_US = 1 << 37  # 38 hours

PERCENTILES = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9)


def bucket_of(time_us: int) -> int:
    """The lower edge, in us, of the bucket that `time_us` (>= 0) falls into."""
    if time_us >= LONGEST_US:
        return LONGEST_US
    shift = time_us.bit_length() - PRECISION_BITS
    return (time_us >> shift) << shift if shift > 0 else time_us


def midpoint_of(bucket_us: int) -> float:
    """The middle, in us, of the integers that share this bucket."""
    shift = bucket_us.bit_length() - PRECISION_BITS
    return bucket_us + ((1 << shift) - 1) / 2 if shift > 0 else float(bucket_us)


@dataclass(slots=True)
class Histogram:
    """Counts of times by bucket, with the exact count, sum, minimum and maximum beside them.

    `buckets` maps a bucket's lower edge in us to its count. `min_us` and `max_us` are 0 while `count` is 0.
    """

    count: int = 0
    sum_us: int = 0
    min_us: int = 0
    max_us: int = 0
    buckets: dict[int, int] = field(default_factory=dict)

    def record(self, time_us: int, times: int = 1) -> None:
        """Count `time_us` (>= 0), so many `times`."""
        if self.count == 0:
            self.min_us = self.max_us = time_us
        elif time_us < self.min_us:
            self.min_us = time_us
        elif time_us > self.max_us:
            self.max_us = time_us
        self.count += times
        self.sum_us += time_us * times
        # bucket_of, written out: this line runs once per request.
        shift = time_us.bit_length() - 7
        bucket = (time_us >> shift) << shift if shift > 0 else time_us
        if time_us >= LONGEST_US:
            bucket = LONGEST_US
        buckets = self.buckets
        buckets[bucket] = buckets.get(bucket, 0) + times

    def add(self, other: Histogram) -> None:
        """Add what `other` counted; exact for everything that a histogram answers."""
        if other.count == 0:
            return
        if self.count == 0:
            self.min_us, self.max_us = other.min_us, other.max_us
            # A tenth of what the loop below takes.
            self.buckets.update(other.buckets)
        else:
            self.min_us = min(self.min_us, other.min_us)
            self.max_us = max(self.max_us, other.max_us)
            buckets = self.buckets
            for bucket, count in other.buckets.items():
                buckets[bucket] = buckets.get(bucket, 0) + count
        self.count += other.count
        self.sum_us += other.sum_us

    def percentiles_ms(self, percents: Iterable[float]) -> list[float | None]:
        """The times in ms below or at which `percents` (0 to 100, ascending) of all recorded times lie.

        Nearest rank: the smallest recorded time with at least that share at or below it (Hyndman and Fan 1996,
        definition 1), to within 0.8 % by the bucket's midpoint and never outside the exact minimum and maximum;
        100 is the maximum exactly. None for an empty histogram.
        """
        wanted = list(percents)
        if self.count == 0:
            return [None] * len(wanted)
        result: list[float | None] = []
        ordered = iter(sorted(self.buckets.items()))
        bucket, seen = 0, 0
        for percent in wanted:
            # The tiny step back keeps 99.9 % of 1,000 at rank 999: 99.9 has no exact binary form.
            rank = max(1, math.ceil(percent / 100 * self.count - 1e-9))
            if rank >= self.count:
                result.append(self.max_us / 1000)
                continue
            while seen < rank:
                bucket, count = next(ordered)
                seen += count
            result.append(min(max(midpoint_of(bucket), self.min_us), self.max_us) / 1000)
        return result

    def percentile_ms(self, percent: float) -> float | None:
        return self.percentiles_ms([percent])[0]

    @property
    def mean_ms(self) -> float | None:
        return self.sum_us / self.count / 1000 if self.count else None

    @property
    def min_ms(self) -> float | None:
        return self.min_us / 1000 if self.count else None

    @property
    def max_ms(self) -> float | None:
        return self.max_us / 1000 if self.count else None


def merge(histograms: Iterable[Histogram]) -> Histogram:
    total = Histogram()
    for histogram in histograms:
        # Most are empty, as those of requests that failed: not even a call for them.
        if histogram.count:
            total.add(histogram)
    return total
