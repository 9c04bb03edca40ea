"""Abort rules held against a run, tick by tick: when its load does more harm than its numbers are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perftui.judgement.measured_scope import NOTHING, Scopes, Sums
from perftui.judgement.meter import GAUGES, RATES, Meter
from perftui.judgement.quantities import format_beside, format_bound, format_quantity, format_span
from perftui.judgement.rules import AbortRule, Measure
from perftui.judgement.threshold_watch import HOLDS
from perftui.model.text import clean
from perftui.model.tick import RequestDelta, Tick

TOO_MANY_REQUESTS = 429

# A target that fails this much is not measured any more, only hit. 429s are left out: they are an answer.
MOSTLY_FAILED = AbortRule(
    text="fail_ratio[10s] >= 90%, min_requests 20",
    measure=Measure(text="fail_ratio[10s]", metric="fail_ratio", unit="%", window_s=10.0),
    operator=">=",
    bound=90.0,
    min_requests=20,
)
NOTHING_SUCCEEDED_S = 30.0
# In a longer tick it was the engine that stood still, and nothing is known of the target.
_LONGEST_TICK_S = 2.0


class AbortWatch:
    """`rules` are those of the plan, `groups` the scenario's.

    With `use_defaults` also: MOSTLY_FAILED, nothing succeeded for NOTHING_SUCCEEDED_S, and the engine above
    `memory_limit_bytes` (None: no limit).
    """

    def __init__(
        self,
        rules: Sequence[AbortRule],
        groups: Mapping[str, tuple[str, ...]],
        *,
        use_defaults: bool,
        memory_limit_bytes: int | None,
    ) -> None:
        self._scopes = Scopes((each.measure.scope for each in rules), groups)
        self._held = [_Held(each) for each in rules]
        self._mostly_failed = _Held(MOSTLY_FAILED)
        self._silence = _Silence()
        self._use_defaults = use_defaults
        self._memory_limit_bytes = memory_limit_bytes

    def add(self, tick: Tick) -> str:
        """Why to abort, in one clause with its numbers; empty where there is no reason."""
        sums = self._scopes.split(tick) if self._held else {}
        reasons = [held.add(tick, sums.get(held.rule.measure.scope, NOTHING)) for held in self._held]
        if self._use_defaults:
            judged = _without_rate_limits(tick)
            mostly_failed = self._mostly_failed.add(tick, judged)
            reasons.append(mostly_failed and f"{mostly_failed}, not counting 429s")
            reasons.append(self._silence.add(tick, judged))
            reasons.append(self._memory(tick))
        return clean(next(filter(None, reasons), ""))

    def _memory(self, tick: Tick) -> str:
        limit_bytes, rss_bytes = self._memory_limit_bytes, tick.health.rss_bytes
        if limit_bytes is None or rss_bytes <= limit_bytes:
            return ""
        used, limit = format_beside(rss_bytes, limit_bytes, "bytes"), format_bound(limit_bytes, "bytes")
        return f"the generator used {used} of memory, and its limit is {limit}"


class _Held:
    """One rule, and since when its condition holds. A window counts once it has filled."""

    def __init__(self, rule: AbortRule) -> None:
        self.rule = rule
        self._meter = Meter(rule.measure)
        self._since_s: float | None = None

    def add(self, tick: Tick, sums: Sums) -> str:
        rule, meter = self.rule, self._meter
        meter.add(tick, sums)
        value = meter.value() if meter.is_full and self._is_enough else None
        if value is None or not HOLDS[rule.operator](value, rule.bound):
            self._since_s = None
            return ""
        if self._since_s is None:
            self._since_s = tick.elapsed_s
        if tick.elapsed_s - self._since_s < rule.for_s or tick.elapsed_s < rule.after_s:
            return ""
        held_for = f" for {format_span(tick.elapsed_s - self._since_s)}" if rule.for_s else ""
        return f"{rule.measure.text} was {format_quantity(value, rule.measure.unit)}{self._basis}{held_for}"

    @property
    def _is_enough(self) -> bool:
        metric, min_requests = self.rule.measure.metric, self.rule.min_requests
        if metric in GAUGES:
            return True
        if metric in RATES:
            # No request at all is a rate of 0, and may be just what a rule waits for that asks for no number of them.
            return min_requests == 1 or self._meter.seen >= min_requests
        return self._meter.n >= min_requests

    @property
    def _basis(self) -> str:
        meter = self._meter
        if meter.measure.metric == "fail_ratio":
            return f" ({meter.sums.failed:,} of {meter.sums.requests:,})"
        return "" if meter.measure.metric in GAUGES or meter.measure.metric in RATES else f" (n = {meter.n:,})"


class _Silence:
    """How long nothing succeeded although users tried.

    Only time in which a request failed or was in flight counts: a pause of all users neither adds to it nor ends it.
    A success, a 429 or a moment without users ends it.
    """

    def __init__(self) -> None:
        self._tried_s = 0.0
        self._failed = 0

    def add(self, tick: Tick, judged: Sums) -> str:
        """`judged` are the tick's requests without those that got a 429."""
        answered = sum(delta.requests for delta in tick.requests) - judged.failed
        if answered or not tick.user_count:
            self._tried_s, self._failed = 0.0, 0
            return ""
        if judged.failed or tick.in_flight:
            self._tried_s += min(tick.interval_s, _LONGEST_TICK_S)
        self._failed += judged.failed
        is_stuck = tick.in_flight > 0 and tick.oldest_in_flight_s >= NOTHING_SUCCEEDED_S
        if self._tried_s < NOTHING_SUCCEEDED_S or not (self._failed or is_stuck):
            return ""
        facts = [f"{self._failed:,} failed"] if self._failed else []
        if tick.in_flight:
            facts.append(f"{tick.in_flight:,} in flight, the oldest for {format_span(tick.oldest_in_flight_s)}")
        return f"nothing succeeded for {format_span(self._tried_s)}: {' and '.join(facts)}"


def _without_rate_limits(tick: Tick) -> Sums:
    judged = Sums()
    for delta in tick.requests:
        limited = min(delta.statuses.get(TOO_MANY_REQUESTS, 0), delta.requests)
        judged.requests += delta.requests - limited
        judged.failed += _failed_otherwise(delta, limited)
    return judged


def _failed_otherwise(delta: RequestDelta, limited: int) -> int:
    """How many failed without a 429.

    A delta does not say which of the 429s failed; a locustfile may call them a success. So this is at least what is
    left when all of them failed, at most all failures, and between the two what got no response or an error's status.
    """
    if not limited:
        return delta.failed
    errors = sum(
        count for status, count in delta.statuses.items() if status != TOO_MANY_REQUESTS and not 0 < status < 400
    )
    return min(max(errors, delta.failed - limited), delta.failed, delta.requests - limited)
