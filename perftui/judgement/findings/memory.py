"""The target's memory: does it grow and go on growing?"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator

from perftui.judgement.findings.drift import MAX_POINTS
from perftui.judgement.findings.evidence import Evidence
from perftui.judgement.findings.trend import trend_of
from perftui.judgement.findings.wording import grouped
from perftui.judgement.quantities import format_quantity, format_span
from perftui.model.judged import Finding

# Less than either is not worth a sentence: a process takes and returns some memory all the time.
_MIN_GROWTH_BYTES = 2_000_000
_MIN_GROWTH = 0.02
# What fills up and stays there (caches, pools) grows less in the second half: this much of the mean slope, or less.
_MIN_SHARE_OF_SLOPE = 0.4
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
    growth = trend.to_value - trend.from_value
    if growth < max(_MIN_GROWTH_BYTES, _MIN_GROWTH * trend.from_value):
        return
    # Both slopes per group; medians of thirds, as half of the groups may be too few for the test.
    late = levels[len(levels) // 2 :]
    third = max(1, len(late) // 3)
    late_slope = (statistics.median(late[-third:]) - statistics.median(late[:third])) / (len(late) - third)
    if late_slope < _MIN_SHARE_OF_SLOPE * growth / len(levels):
        return
    from_s, to_s = groups[0][0].from_s, groups[-1][-1].elapsed_s
    requests = sum(each.requests for group in groups for each in group)
    per_minute = format_quantity(growth / (to_s - from_s) * 60, "bytes")
    per_requests = format_quantity(growth / max(requests, 1) * 1000, "bytes", 2)
    beside = f", {per_requests} per 1,000 requests" if requests >= _MIN_REQUESTS else ""
    sure = trend.text.split(", ")[1]
    yield Finding(
        "memory growing",
        f"The target's memory grew from {format_quantity(max(0.0, trend.from_value), 'bytes')} to "
        f"{format_quantity(trend.to_value, 'bytes')} over {format_span(to_s - from_s)}: "
        f"{per_minute} per minute{beside} ({sure}).",
        from_s,
        to_s,
    )
