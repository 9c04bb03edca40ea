"""Requests of one name that are answered in two different ways: from a cache and not, say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from perftui.judgement.findings.drift import Jump
from perftui.judgement.findings.wording import name_text, percent_text
from perftui.judgement.quantities import format_quantity
from perftui.model.histogram import Histogram, midpoint_of
from perftui.model.judged import Finding
from perftui.model.totals import RunTotals

_MIN_REQUESTS = 200
# Only the names with the most requests are looked at: each costs some milliseconds.
_MAX_NAMES = 20
# Each group holds so much, and between them lies a valley of less than this share of the lower peak.
_MIN_SHARE = 0.1
_MAX_VALLEY = 0.5
_MIN_RATIO = 1.5
# Some clients report whole milliseconds: two that are neighbours are no groups.
_RESOLUTION_MS = 1.0
# Both centres this close to the plateaus of a jump (a factor) are these plateaus.
_MAX_FROM_PLATEAU = 1.3
# Steps of the natural logarithm: 4 % each.
_STEP = 0.04
# What the density has on either side of the points.
_MARGIN = 1.0
# Width of the kernel in units of the resolution: neighbours one unit apart then run into each other.
_SMEAR = 0.6


@dataclass(frozen=True, slots=True)
class Groups:
    """Where the peaks of both groups are, and which share (0 to 1) of the requests lies in the quick one."""

    quick_ms: float
    slow_ms: float
    quick_share: float


def find_two_groups(measured: RunTotals, jump: Jump | None) -> Iterator[Finding]:
    """In the success times of a request name over the measured part; not those that are before and after `jump`."""
    busiest = sorted(measured.by_request.items(), key=lambda item: item[1].succeeded, reverse=True)[:_MAX_NAMES]
    found = [
        (key, groups)
        for key, each in busiest
        if (groups := groups_of(each.ok_times)) and not (jump and _are_plateaus(groups, jump))
    ]
    if not found:
        return
    key, groups = found[0]
    also = (
        f"; {len(found) - 1} more names do too" if len(found) > 2 else "; one more name does too" if found[1:] else ""
    )
    yield Finding(
        "two groups",
        f"{name_text(key)} answers in two groups: {percent_text(groups.quick_share)} around "
        f"{format_quantity(groups.quick_ms, 'ms')} and {percent_text(1 - groups.quick_share)} around "
        f"{format_quantity(groups.slow_ms, 'ms')}{also}.",
    )


def _are_plateaus(groups: Groups, jump: Jump) -> bool:
    plateaus = (jump.before.percentile_ms(50) or 0.0, jump.after.percentile_ms(50) or 0.0)
    return all(
        centre / _MAX_FROM_PLATEAU <= plateau <= centre * _MAX_FROM_PLATEAU
        for centre, plateau in zip((groups.quick_ms, groups.slow_ms), plateaus, strict=True)
    )


def groups_of(times: Histogram) -> Groups | None:
    """The two groups that `times` fall into, None where they are one or too few to say.

    A density over the logarithm of the time, smoothed with Gaussian kernels whose width is Silverman's rule of thumb
    (Density Estimation for Statistics and Data Analysis, 1986, 3.31), and never below the resolution of a client that
    reports whole milliseconds. Two groups are two peaks with a deep valley between them and enough on either side.
    """
    if times.count < _MIN_REQUESTS:
        return None
    # Half the resolution on top: a time of 0 has a logarithm, and whole milliseconds are not far apart near it.
    points = [
        (math.log(midpoint_of(bucket) / 1000 + _RESOLUTION_MS / 2), count)
        for bucket, count in sorted(times.buckets.items())
    ]
    density = _density(points, times.count)
    peaks = [i for i in range(1, len(density) - 1) if density[i - 1] < density[i] >= density[i + 1]]
    splits = []
    for left, right in pairwise(peaks):
        valley = min(range(left, right + 1), key=density.__getitem__)
        # Of several peaks on one side the highest is its centre.
        quick, slow = (max(side, key=density.__getitem__) for side in (range(valley), range(valley, len(density))))
        splits.append((density[valley] / min(density[quick], density[slow]), quick, valley, slow))
    depth, quick, valley, slow = min(splits, default=(math.inf, 0, 0, 0))
    start = points[0][0] - _MARGIN
    quick_ms, slow_ms = (math.exp(start + index * _STEP) - _RESOLUTION_MS / 2 for index in (quick, slow))
    share = sum(count for x, count in points if x < start + valley * _STEP) / times.count
    is_apart = slow_ms >= _MIN_RATIO * quick_ms and slow_ms - quick_ms > 2 * _RESOLUTION_MS
    is_told = depth <= _MAX_VALLEY and is_apart and _MIN_SHARE <= share <= 1 - _MIN_SHARE
    return Groups(quick_ms, slow_ms, share) if is_told else None


def _density(points: list[tuple[float, int]], n: int) -> list[float]:
    """At every _STEP from _MARGIN before the first point to _MARGIN after the last one; not normalised."""
    start = points[0][0] - _MARGIN
    density = [0.0] * (math.ceil((points[-1][0] - start + _MARGIN) / _STEP) + 1)
    narrowest = max(_bandwidth(points, n), _STEP)
    for x, count in points:
        width = max(narrowest, _SMEAR * _RESOLUTION_MS / math.exp(x))
        first, last = ((x - start + side * 4 * width) / _STEP for side in (-1, 1))
        for index in range(max(0, math.ceil(first)), min(len(density) - 1, math.floor(last)) + 1):
            density[index] += count / width * math.exp(-(((start + index * _STEP - x) / width) ** 2) / 2)
    return density


def _bandwidth(points: list[tuple[float, int]], n: int) -> float:
    mean = math.fsum(x * count for x, count in points) / n
    deviation = math.sqrt(math.fsum(count * (x - mean) ** 2 for x, count in points) / n)
    seen, quartiles = 0, []
    for x, count in points:
        quartiles += [x for rank in (n / 4, 3 * n / 4) if seen < rank <= seen + count]
        seen += count
    # Where half of the times are the same, their range says nothing.
    spread = (quartiles[1] - quartiles[0]) / 1.34 or deviation
    return 0.9 * min(deviation, spread) / math.pow(n, 0.2)
