"""What changes slowly while users hold: response times that rise, a rate of requests that falls."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from perftui.judgement.findings.evidence import Evidence, Slice, Stretch
from perftui.judgement.findings.trend import MIN_POINTS, Trend, trend_of
from perftui.judgement.findings.wording import grouped
from perftui.judgement.quantities import format_quantity, format_span
from perftui.judgement.sentences import counted
from perftui.model.histogram import merge
from perftui.model.judged import Finding
from perftui.model.totals import RunTotals

# The trend is told from 10 to 20 groups of slices.
MAX_POINTS = 20
# Of each group; with fewer requests its percentiles say little.
_MIN_REQUESTS = 20
# Less is not worth a sentence, however sure.
MIN_CHANGE = 0.1
_MIN_RISE_MS = 1.0


def find_drift(evidence: Evidence, measured: RunTotals) -> Iterator[Finding]:
    """Rising p50 and p95 of the requests that succeeded, falling rps; over the longest stretch at constant users."""
    stretch = evidence.stretch()
    groups = _groups(evidence.slices(stretch))
    if len(groups) < MIN_POINTS or min(sum(each.requests for each in group) for group in groups) < _MIN_REQUESTS:
        return
    over = Stretch(groups[0][0].from_s, groups[-1][-1].to_s, stretch.user_count)
    yield from _rising_times(groups, over)
    rate = trend_of([sum(e.requests for e in group) / math.fsum(e.covered_s for e in group) for group in groups])
    if rate and rate.is_sure and rate.change <= -MIN_CHANGE:
        yield Finding(
            "rps falling",
            f"The rate of requests fell from {format_quantity(rate.from_value, '')} to "
            f"{format_quantity(max(0.0, rate.to_value), '')} rps over {format_span(over.lasted_s)} ({rate.text}) "
            f"while {counted(over.user_count, 'user')} held.",
            over.from_s,
            over.to_s,
        )


def _groups(slices: list[Slice]) -> list[Sequence[Slice]]:
    return grouped(slices, max(1, math.ceil(len(slices) / MAX_POINTS)))


def _rising_times(groups: list[Sequence[Slice]], over: Stretch) -> Iterator[Finding]:
    percentiles = [merge(each.ok_times for each in group).percentiles_ms((50, 95)) for group in groups]
    if any(None in each for each in percentiles):
        return
    rising = {}
    for name, values in zip(("p50", "p95"), zip(*percentiles, strict=True), strict=True):
        trend = trend_of([value for value in values if value is not None])
        if trend and trend.is_sure and trend.change >= MIN_CHANGE and _rise(trend) >= _MIN_RISE_MS:
            rising[name] = trend
    if not rising:
        return
    (name, trend), *others = rising.items()
    also = "".join(f"; {other} {_from_to(each)}" for other, each in others)
    yield Finding(
        "response times rising",
        f"Response times rose over {format_span(over.lasted_s)} at {counted(over.user_count, 'user')}: "
        f"{name} {_from_to(trend)} ({trend.text}){also}.",
        over.from_s,
        over.to_s,
    )


def _rise(trend: Trend) -> float:
    return trend.to_value - trend.from_value


def _from_to(trend: Trend) -> str:
    return f"from {format_quantity(trend.from_value, 'ms')} to {format_quantity(trend.to_value, 'ms')}"
