"""How far a number measured in a run may be from what another run of the same would have shown.

Every interval here has two sides, and each bound is crossed by chance in a share of `alpha`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist, fmean, stdev

from perftui.model.histogram import LONGEST_US, PRECISION_BITS, Histogram

Interval = tuple[float, float]


def quantile_interval_ms(times: Histogram, percent: float, alpha: float) -> Interval:
    """Where the true percentile lies, in ms; 0 or infinity where too few times were recorded to bound it.

    Between two recorded times, whose ranks follow from the binomial distribution of how many of n times lie below the
    true percentile, whatever the distribution of the times (David and Nagaraja, Order Statistics, 2003, section 7.1).
    The outer edges of these two times' buckets are taken, so that the histogram's own error lies inside. Holds for
    times that are independent of each other.
    """
    share = percent / 100
    low_rank = _binomial_quantile(times.count, share, alpha)
    high_rank = times.count + 1 - _binomial_quantile(times.count, 1 - share, alpha)
    low_us, high_us = 0.0, math.inf
    seen = 0
    for bucket, count in sorted(times.buckets.items()):
        if seen < low_rank <= seen + count:
            low_us = max(bucket, times.min_us)
        seen += count
        if seen >= high_rank:
            high_us = min(_end_of(bucket), times.max_us) if bucket < LONGEST_US else times.max_us
            break
    return low_us / 1000, high_us / 1000


def share_interval(count: int, n: int, alpha: float) -> Interval:
    """Where the true share lies of which `count` in `n` is a sample (Wilson 1927); 0 to 1 for n = 0."""
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(1 - alpha)
    share, weight = count / n, z * z / n
    centre = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(share * (1 - share) / n + weight / n / 4)
    # Exactly 0 or 1 where nothing else was seen: rounding must not put the share outside its own interval.
    return min(share, centre - half), max(share, centre + half)


def log_rate_half_width(old: int, new: int, alpha: float) -> float:
    """Half the width of the interval of the logarithm of the ratio of two rates, from their counts, both above 0.

    The variance of the logarithm of a Poisson count is about 1 / count (Rothman, Greenland and Lash, Modern
    Epidemiology, 2008, chapter 14). Holds for events that are independent of each other.
    """
    return NormalDist().inv_cdf(1 - alpha) * math.sqrt(1 / old + 1 / new)


def difference_interval(old: float, old_interval: Interval, new: float, new_interval: Interval) -> Interval:
    """The interval of `new` - `old` from an interval of each.

    The squares of the distances to the bounds add up, as variances do: method 10 of Newcombe 1998 (Statistics in
    Medicine 17, 873) for shares, and in general Zou and Donner 2008 (Statistics in Medicine 27, 1693).
    """
    change = new - old
    down = math.hypot(new - new_interval[0], old_interval[1] - old)
    up = math.hypot(new_interval[1] - new, old - old_interval[0])
    return change - down, change + up


def mean_half_width(values: Sequence[float], alpha: float) -> float:
    """Half the width of the interval of the mean of `values`, one per slice of a run, in their order.

    Neighbouring slices are alike where a run drifts, and n of them then say as much as n (1 - r) / (1 + r) that are
    independent, r being their autocorrelation: Student's t with that number (Zwiers and von Storch 1995, Journal of
    Climate 8, 336). An r of so few values is known badly and comes out too low by (1 + 4 r) / n (Marriott and Pope
    1954, Biometrika 41, 390): that and a quarter of its standard error of 1 / sqrt(n) are added to it.

    Noise within the slices hides how alike they are. Means of several have less of it (the method of batch means; Law,
    Simulation Modeling and Analysis, 2015, section 9.5): the wider of both counts. Infinity below 3 values.
    """
    if len(values) < _FEWEST:
        return math.inf
    half = _alike_half_width(values, alpha)
    batches = [fmean(values[begin : begin + _BATCH]) for begin in range(0, len(values) - _BATCH + 1, _BATCH)]
    if len(batches) < _FEWEST:
        return half
    return max(half, student_t(alpha, len(batches) - 1) * stdev(batches) / math.sqrt(len(batches)))


def _alike_half_width(values: Sequence[float], alpha: float) -> float:
    n, deviation = len(values), stdev(values)
    if deviation == 0:
        return 0.0
    r = _autocorrelation(values)
    r = min(max(0.0, r + (1 + 4 * max(r, 0.0)) / n + 0.25 / math.sqrt(n)), _MOST_ALIKE)
    independent = n * (1 - r) / (1 + r)
    return student_t(alpha, max(_LEAST_FREEDOM, int(independent * (n - 1) / n))) * deviation / math.sqrt(independent)


_FEWEST = 3
_BATCH = 4
# Slices that are more alike than this are as good as one.
_MOST_ALIKE = 0.95
_LEAST_FREEDOM = 2


def _autocorrelation(values: Sequence[float]) -> float:
    mean = fmean(values)
    around = [value - mean for value in values]
    return sum(one * other for one, other in pairwise(around)) / sum(one * one for one in around)


@lru_cache(maxsize=256)
def student_t(alpha: float, freedom: int) -> float:
    """What Student's t with `freedom` degrees of freedom exceeds with probability `alpha` (0 to 0.5)."""
    low, high = 0.0, 1.0
    while _t_beyond(high, freedom) > alpha:
        high *= 2
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _t_beyond(middle, freedom) > alpha else (low, middle)
    return high


def _t_beyond(t: float, freedom: int) -> float:
    """The probability of more than `t` (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4)."""
    angle = math.atan2(t, math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    term = cosine if freedom % 2 else 1.0
    total = 0.0 if freedom == 1 else term
    for step in range(2 + freedom % 2, freedom - 1, 2):
        term *= cosine * cosine * (step - 1) / step
        total += term
    within = 2 / math.pi * (angle + sine * total) if freedom % 2 else sine * total
    return (1 - within) / 2


def _binomial_quantile(n: int, share: float, alpha: float) -> int:
    """The largest k for which fewer than k of n have a probability of at most `alpha`; 0 where there is none."""
    if n == 0:
        return 0
    # Below this the probability is too small to matter for any alpha that is asked for.
    mean, deviation = n * share, math.sqrt(n * share * (1 - share))
    k = max(0, int(mean - 9 * deviation) - 20)
    log_probability = (
        math.lgamma(n + 1)
        - math.lgamma(k + 1)
        - math.lgamma(n - k + 1)
        + k * math.log(share)
        + (n - k) * math.log1p(-share)
    )
    probability = math.exp(log_probability)
    odds = share / (1 - share)
    below = 0.0
    while k < n and below + probability <= alpha:
        below += probability
        probability *= (n - k) / (k + 1) * odds
        k += 1
    return k


def _end_of(bucket_us: int) -> int:
    """The first time in us that is in no bucket up to this one."""
    return bucket_us + (1 << max(0, bucket_us.bit_length() - PRECISION_BITS))
