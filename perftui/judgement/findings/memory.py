"""The target's memory: does it grow and go on growing?"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from itertools import combinations

from perftui.judgement.findings.drift import MAX_POINTS
from perftui.judgement.findings.evidence import Evidence, Second
from perftui.judgement.findings.trend import confidence_text, trend_of
from perftui.judgement.findings.wording import clock_text, grouped
from perftui.judgement.meter import end_samples
from perftui.judgement.quantities import format_quantity
from perftui.model.judged import Finding

# Less than either is not worth a sentence: a process takes and returns some memory all the time.
_MIN_GROWTH_BYTES = 2_000_000
_MIN_GROWTH = 0.02
# What fills up and stays there (caches, pools) grows less in the second half: this much of the mean slope, or less.
_MIN_SHARE_OF_SLOPE = 0.4
# A part of the stretch is told to grow alone where that leaves less than this of what a line through all of it leaves.
_MAX_SHARE_LEFT = 0.5
# With fewer, growth per request says nothing.
_MIN_REQUESTS = 100


def find_memory_growth(evidence: Evidence) -> Iterator[Finding]:
    """Growth over the longest stretch at constant users, that did not end by its second half."""
    stretch = evidence.stretch()
    seconds = [
        each
        for each in evidence.measured_seconds()
        if stretch.from_s <= each.from_s and each.elapsed_s <= stretch.to_s and not math.isnan(each.memory_bytes)
    ]
    groups = grouped(seconds, max(1, math.ceil(len(seconds) / MAX_POINTS)))
    levels = [statistics.median(each.memory_bytes for each in group) for group in groups]
    trend = trend_of(levels)
    if trend is None or not trend.is_sure:
        return
    growing = _growing_part(seconds, levels, len(groups[0]))
    count = min(end_samples(len(growing)), len(growing) // 2)
    first_bytes, last_bytes = _median_bytes(growing[:count]), _median_bytes(growing[-count:])
    growth = last_bytes - first_bytes
    if growth < max(_MIN_GROWTH_BYTES, _MIN_GROWTH * first_bytes):
        return
    # Both slopes per group; medians of thirds, as half of the groups may be too few for the test.
    late = levels[len(levels) // 2 :]
    third = max(1, len(late) // 3)
    late_slope = (statistics.median(late[-third:]) - statistics.median(late[:third])) / (len(late) - third)
    if late_slope < _MIN_SHARE_OF_SLOPE * (trend.to_value - trend.from_value) / len(levels):
        return
    from_s, to_s = growing[count // 2].elapsed_s, growing[-1 - count // 2].elapsed_s
    requests = sum(each.requests for each in growing if from_s < each.elapsed_s <= to_s)
    per_minute = format_quantity(growth / (to_s - from_s) * 60, "bytes")
    per_requests = format_quantity(growth / max(requests, 1) * 1000, "bytes", 2)
    beside = f", {per_requests} per 1,000 requests" if requests >= _MIN_REQUESTS else ""
    yield Finding(
        "memory growing",
        f"The target's memory grew from {format_quantity(first_bytes, 'bytes')} at {clock_text(from_s)} to "
        f"{format_quantity(last_bytes, 'bytes')} at {clock_text(to_s)}: "
        f"{per_minute} per minute{beside} ({confidence_text(trend.confidence)}).",
        from_s,
        to_s,
    )


def _median_bytes(seconds: Sequence[Second]) -> float:
    return statistics.median(each.memory_bytes for each in seconds)


def _growing_part(seconds: Sequence[Second], levels: Sequence[float], size: int) -> Sequence[Second]:
    """All of `seconds`, or of them those between two levels; `levels` are the medians of groups of `size`.

    It is the part whose line, flat before it and after it, fits best by least squares. Only where that fits far better
    is it not all. A sample more at either end belongs to it, so that the medians there are still of the flat parts.
    """
    n = len(levels)
    if min(levels) == max(levels):
        return seconds
    left = {ends: _left_by_ramp(levels, *ends) for ends in combinations(range(n), 2) if ends[1] - ends[0] >= n // 3}
    best = min(left, key=left.__getitem__)
    if left[best] > _MAX_SHARE_LEFT * left[0, n - 1]:
        return seconds
    start, end = best
    skipped = len(seconds) % size
    from_index = max(0, skipped + start * size - 1) if start else 0
    to_index = skipped + (end + 1) * size + 1 if end < n - 1 else len(seconds)
    return seconds[from_index:to_index]


def _left_by_ramp(levels: Sequence[float], start: int, end: int) -> float:
    """The share of the variance of `levels` that a line from `start` to `end` with flat ends leaves."""
    ramp = [min(max((index - start) / (end - start), 0.0), 1.0) for index in range(len(levels))]
    return 1 - statistics.correlation(ramp, levels) ** 2
