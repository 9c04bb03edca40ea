"""Thresholds held against a run, tick by tick."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from perftui.judgement.measured_scope import NOTHING, Scopes, Sums
from perftui.judgement.meter import GAUGES, MIN_SAMPLES_FOR_GROWTH, RATES, TIMES, Meter
from perftui.judgement.quantities import format_beside, format_bound, format_span
from perftui.judgement.rules import Operator, Threshold
from perftui.model.duration import format_clock
from perftui.model.judged import ThresholdResult, ThresholdState
from perftui.model.text import clean
from perftui.model.tick import Tick

HOLDS: dict[Operator, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_KNOWN_AS = {
    "target_memory": "memory",
    "target_memory_growth": "memory",
    "target_cpu": "CPU",
    "target_connections": "number of open connections",
    "target_value": "value",
}
_OF_ARRIVALS = ("dropped", "dropped_ratio")
_NO_SCHEDULE = (
    "no user kept a schedule, so nothing is known of an intended start: that takes an arrival rate, constant_pacing or "
    "constant_throughput"
)
# A threshold may hold a long glob twice: as its measure, and in what is said of it.
_MAX_TEXT_LENGTH = 500


class ThresholdWatch:
    """`groups` are the scenario's: globs over request names. The results are in the order of `thresholds`."""

    def __init__(self, thresholds: Sequence[Threshold], groups: Mapping[str, tuple[str, ...]]) -> None:
        self._scopes = Scopes((each.measure.scope for each in thresholds), groups)
        self._held = [_Held(each) for each in thresholds]

    def add(self, tick: Tick, is_measured: bool) -> None:
        """A tick that is not measured, such as one of the warm-up, counts only for measures of the whole run."""
        if not self._held:
            return
        sums = self._scopes.split(tick)
        for held in self._held:
            measure = held.threshold.measure
            if is_measured or measure.is_whole_run:
                held.add(tick, sums.get(measure.scope, NOTHING))

    def results(self) -> tuple[ThresholdResult, ...]:
        """As of now; at the end of the run these are final."""
        return tuple(held.result(held.threshold.measure.scope in self._scopes.matched) for held in self._held)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A value, how many requests it comes from, and when on the run's clock."""

    value: float
    n: int
    at_s: float


@dataclass(slots=True)
class _Breach:
    """Time beyond what is acceptable: from the begin of the first tick at which it was to the end of the last."""

    since_s: float
    until_s: float


class _Held:
    """One threshold and what was seen of its measure.

    Of a sliding window the worst value counts, and only windows that had filled; where none ever did, all that was
    measured.
    """

    def __init__(self, threshold: Threshold) -> None:
        self.threshold = threshold
        self._is_sliding = threshold.measure.window_s is not None
        self._meter = Meter(threshold.measure)
        self._most_counted = 0
        self._seen: _Seen | None = None
        self._seen_in: _Breach | None = None
        self._open: _Breach | None = None
        self._breaches = 0

    def add(self, tick: Tick, sums: Sums) -> None:
        was_full = self._meter.is_full
        self._meter.add(tick, sums)
        if self._meter.is_full and not was_full:
            self._seen = None
        self._most_counted = max(self._most_counted, self._counted)
        seen = self._look(tick)
        if seen is None:
            return
        if self._meter.is_full:
            self._note_failing(tick, self._state_of(seen.value) is ThresholdState.FAILED)
        if self._seen is None or not (self._is_sliding and self._meter.is_full) or self._is_worse(seen, self._seen):
            self._seen, self._seen_in = seen, self._open

    def _look(self, tick: Tick) -> _Seen | None:
        metric = self.threshold.measure.metric
        if metric in RATES:
            # While the last requests come in nobody makes new ones: a low rate is then no news. Where there is no
            # other tick, as in a run of less than a second, the first of these has to do.
            is_after_load = not tick.target_user_count
            if is_after_load and (self._is_sliding or (metric == "rps" and self._seen is not None)):
                return None
        elif metric not in GAUGES and self._counted < self.threshold.min_requests:
            return None
        value = self._meter.value()
        return None if value is None else _Seen(value, self._meter.n, tick.elapsed_s)

    @property
    def _counted(self) -> int:
        """What `min_requests` is held against: for a rate all requests, because a second without any is one of 0."""
        metric = self.threshold.measure.metric
        if metric in RATES:
            return self._meter.seen
        return self._meter.n if metric in TIMES else self._meter.sums.requests

    def _is_worse(self, seen: _Seen, than: _Seen) -> bool:
        if self.threshold.operator in ("<", "<="):
            return seen.value > than.value
        return seen.value < than.value

    def _note_failing(self, tick: Tick, is_failing: bool) -> None:
        if not is_failing:
            self._open = None
        elif self._open is None:
            self._open = _Breach(tick.elapsed_s - tick.interval_s, tick.elapsed_s)
            self._breaches += 1
        else:
            self._open.until_s = tick.elapsed_s

    def _holds(self, value: float, bound: float) -> bool:
        return HOLDS[self.threshold.operator](value, bound)

    def _state_of(self, value: float) -> ThresholdState:
        threshold = self.threshold
        if self._holds(value, threshold.target):
            return ThresholdState.PASSED
        if threshold.acceptable is not None and self._holds(value, threshold.acceptable):
            return ThresholdState.ACCEPTABLE
        return ThresholdState.FAILED

    def result(self, is_matched: bool) -> ThresholdResult:
        threshold, seen = self.threshold, self._seen
        if threshold.measure.metric in RATES and self._meter.seen < threshold.min_requests:
            seen = None
        # What is cumulative is always seen as of now: what recovered did not fail for good.
        breach = self._seen_in if seen else None
        said = self._said(seen) if seen else f" no data: {self._why_no_data(is_matched)}"
        return ThresholdResult(
            rule=threshold.text,
            measure=threshold.measure.text,
            state=self._state_of(seen.value) if seen else ThresholdState.NO_DATA,
            observed=seen.value if seen else None,
            unit=threshold.measure.unit,
            n=seen.n if seen else self._most_counted,
            target=threshold.target,
            acceptable=threshold.acceptable,
            margin=self._margin(seen.value) if seen else None,
            failed_since_s=breach.since_s if breach else None,
            failed_until_s=breach.until_s if breach and breach is not self._open else None,
            text=clean(threshold.measure.text + said, _MAX_TEXT_LENGTH),
        )

    def _margin(self, value: float) -> float | None:
        target = self.threshold.target
        inside = target - value if self.threshold.operator in ("<", "<=") else value - target
        return inside / abs(target) if target else None

    def _said(self, seen: _Seen) -> str:
        threshold, measure = self.threshold, self.threshold.measure
        parts = [f" {format_beside(seen.value, threshold.target, measure.unit)}"]
        if measure.window_s is not None and self._meter.is_full:
            parts[0] += (
                f" at the worst of {self._breaches:,} times that it failed" if self._breaches > 1 else " at worst"
            )
            parts.append(f"in the {format_span(measure.window_s)} up to {format_clock(seen.at_s)}")
        elif measure.window_s is not None:
            parts.append(f"over only {format_span(self._meter.covered_s)}, less than its window")
        wanted = f"wanted {threshold.operator} {format_bound(threshold.target, measure.unit)}"
        if threshold.acceptable is not None:
            wanted += f" (acceptable {threshold.operator} {format_bound(threshold.acceptable, measure.unit)})"
        parts.append(wanted)
        is_of_ticks = measure.metric in GAUGES or measure.metric == "rps"
        parts.append(f"n = {seen.n:,}{' ticks' if is_of_ticks else ''}")
        return ", ".join(parts)

    def _why_no_data(self, is_matched: bool) -> str:
        threshold, measure, meter = self.threshold, self.threshold.measure, self._meter
        if measure.metric in ("users", "local_errors"):
            return "no tick was measured"
        if measure.metric in _OF_ARRIVALS:
            return "no task was due: the load is no arrival rate" if not meter.n else "no task was due"
        if measure.metric in GAUGES:
            known = _KNOWN_AS[measure.metric]
            if meter.n:
                return f"{meter.n:,} samples of the target's {known}, {MIN_SAMPLES_FOR_GROWTH} are needed"
            return f"the target's {known} is not known"
        if measure.scope and not is_matched:
            return f"no request matches {measure.scope!r}"
        if not meter.seen:
            return "no request was measured"
        if measure.is_response and not self._most_counted:
            return _NO_SCHEDULE
        if self._most_counted < threshold.min_requests and self._most_counted:
            where = f" in any {format_span(measure.window_s)}" if measure.window_s is not None else ""
            noun = "request" if self._most_counted == 1 else "requests"
            return f"{self._most_counted:,} {noun}{where}, {threshold.min_requests:,} are needed"
        if measure.metric in RATES:
            return "the load ended before its window had filled"
        return "no request had a " + ("time" if measure.metric in TIMES else "response")
