"""What changes while users hold, slowly or at once: response times that rise, a rate of requests that falls."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from perftui.judgement.findings.evidence import Evidence, Slice, Stretch
from perftui.judgement.findings.step import Step, step_of
from perftui.judgement.findings.trend import MIN_POINTS, Trend, change_text, confidence_text, trend_of
from perftui.judgement.findings.wording import clock_text, grouped
from perftui.judgement.quantities import format_quantity, format_span
from perftui.judgement.sentences import counted
from perftui.model.histogram import Histogram, merge
from perftui.model.judged import Finding

# The trend is told from 10 to 20 groups of slices.
MAX_POINTS = 20
# Of each group, and of either side of a step; with fewer requests percentiles say little.
_MIN_REQUESTS = 20
# Less is not worth a sentence, however sure.
MIN_CHANGE = 0.1
_MIN_RISE_MS = 1.0
# Below this share of the rate before, next to nothing is answered: that is a stall, and said as one.
_STILL = 0.05
_PERCENTS = (50, 95)


@dataclass(frozen=True, slots=True)
class Jump:
    """A rise at once that lasted, of the percentile `percent`; `before` and `after` are times of successes."""

    at_s: float
    percent: int
    confidence: float
    before: Histogram
    after: Histogram


@dataclass(frozen=True, slots=True)
class Drift:
    """What rules say of the longest stretch at constant users, and the jump of response times that they saw in it."""

    findings: tuple[Finding, ...] = ()
    jump: Jump | None = None


def drift_of(evidence: Evidence) -> Drift:
    """Rising p50 and p95 of the requests that succeeded, falling rps. What is a step is not said to be a slope.

    A slope is told from groups of slices, a step from the slices, where there are enough requests on either side.
    """
    stretch = evidence.stretch()
    slices = evidence.slices(stretch)
    if len(slices) < MIN_POINTS:
        return Drift()
    groups = grouped(slices, max(1, math.ceil(len(slices) / MAX_POINTS)))
    over = Stretch(groups[0][0].from_s, slices[-1].to_s, stretch.user_count)
    if min(sum(each.requests for each in group) for group in groups) < _MIN_REQUESTS:
        groups = []
    times, jump = _rising_times(slices, groups, over)
    return Drift((*times, *_falling_rate(slices, groups, over)), jump)


def _rising_times(
    slices: list[Slice], groups: list[Sequence[Slice]], over: Stretch
) -> tuple[tuple[Finding, ...], Jump | None]:
    """p50, where it rises at all, decides whether it is a step or a slope; p95 is told beside it where it is alike."""
    rising: dict[str, Trend] = {}
    for percent in _PERCENTS:
        if not rising and (jump := _jump_of(slices, percent)):
            return (_jump_finding(jump, over),), jump
        trend = _trend_of_times(groups, percent)
        if trend and not (rising and _jump_of(slices, percent)):
            rising[f"p{percent}"] = trend
    if not rising:
        return (), None
    (name, trend), *others = rising.items()
    also = "".join(f"; {other} {_from_to(each.from_value, each.to_value)}" for other, each in others)
    finding = Finding(
        "response times rising",
        f"Response times rose over {format_span(over.lasted_s)} at {counted(over.user_count, 'user')}: "
        f"{name} {_from_to(trend.from_value, trend.to_value)} ({trend.text}){also}.",
        over.from_s,
        over.to_s,
    )
    return (finding,), None


def _trend_of_times(groups: list[Sequence[Slice]], percent: float) -> Trend | None:
    values = [merge(each.ok_times for each in group).percentile_ms(percent) for group in groups]
    trend = trend_of([value for value in values if value is not None]) if None not in values else None
    return trend if trend and trend.is_sure and _is_rise(trend.from_value, trend.to_value) else None


def _jump_of(slices: Sequence[Slice], percent: int) -> Jump | None:
    known = [(each, value) for each in slices if (value := each.ok_times.percentile_ms(percent)) is not None]
    step = step_of([value for _, value in known])
    if step is None:
        return None
    before, after = (merge(each.ok_times for each, _ in part) for part in (known[: step.index], known[step.index :]))
    if min(before.count, after.count) < _MIN_REQUESTS:
        return None
    jump = Jump(known[step.index][0].from_s, percent, step.confidence, before, after)
    return jump if _is_rise(*_ends(jump, percent)) else None


def _jump_finding(jump: Jump, over: Stretch) -> Finding:
    parts = []
    for percent in _PERCENTS:
        from_ms, to_ms = _ends(jump, percent)
        if not _is_rise(from_ms, to_ms):
            continue
        sure = f" ({change_text(to_ms / from_ms - 1)}, {confidence_text(jump.confidence)})"
        parts.append(f"p{percent} {_from_to(from_ms, to_ms)}{sure if percent == jump.percent else ''}")
    return Finding(
        "response times jumped",
        f"Response times jumped at {clock_text(jump.at_s)} and stayed there, at {counted(over.user_count, 'user')}: "
        f"{'; '.join(parts)}.",
        jump.at_s,
        over.to_s,
    )


def _falling_rate(slices: list[Slice], groups: list[Sequence[Slice]], over: Stretch) -> Iterator[Finding]:
    while_held = f"while {counted(over.user_count, 'user')} held"
    step = step_of([_rate([each]) for each in slices])
    if (
        step
        and min(sum(e.requests for e in part) for part in (slices[: step.index], slices[step.index :])) >= _MIN_REQUESTS
    ):
        yield from _rate_step(slices, step, over, while_held)
        return
    trend = trend_of([_rate(group) for group in groups])
    if trend and trend.is_sure and trend.change <= -MIN_CHANGE:
        yield Finding(
            "rps falling",
            f"The rate of requests {_rates(trend.from_value, max(0.0, trend.to_value))} over "
            f"{format_span(over.lasted_s)} ({trend.text}) {while_held}.",
            over.from_s,
            over.to_s,
        )


def _rate_step(slices: list[Slice], step: Step, over: Stretch, while_held: str) -> Iterator[Finding]:
    before, after = _rate(slices[: step.index]), _rate(slices[step.index :])
    if _STILL * before <= after <= (1 - MIN_CHANGE) * before:
        at_s = slices[step.index].from_s
        yield Finding(
            "rps falling",
            f"The rate of requests {_rates(before, after)} at {clock_text(at_s)} and stayed there "
            f"({change_text(after / before - 1)}, {confidence_text(step.confidence)}) {while_held}.",
            at_s,
            over.to_s,
        )


def _rate(slices: Sequence[Slice]) -> float:
    return sum(each.requests for each in slices) / math.fsum(each.covered_s for each in slices)


def _rates(before: float, after: float) -> str:
    return f"fell from {format_quantity(before, '')} to {format_quantity(after, '')} rps"


def _ends(jump: Jump, percent: float) -> tuple[float, float]:
    """Before and after, in ms; both have times."""
    return jump.before.percentile_ms(percent) or 0.0, jump.after.percentile_ms(percent) or 0.0


def _is_rise(from_ms: float, to_ms: float) -> bool:
    return from_ms > 0 and to_ms - from_ms >= max(_MIN_RISE_MS, MIN_CHANGE * from_ms)


def _from_to(from_ms: float, to_ms: float) -> str:
    return f"from {format_quantity(from_ms, 'ms')} to {format_quantity(to_ms, 'ms')}"
