"""One level of a search for capacity: whether the thresholds hold there, or what else is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from perftui.judgement.measured_scope import Sums
from perftui.judgement.threshold_watch import ThresholdWatch
from perftui.judgement.warm_up import STEADY_MIN_REQUESTS, Second, are_alike
from perftui.model.capacity import CapacityLevel, LevelVerdict
from perftui.model.judged import ThresholdResult, ThresholdState
from perftui.model.text import mask_secrets
from perftui.model.tick import Tick
from perftui.model.totals import RunTotals

# After a level is reached, what the change itself did is left out.
SETTLE_S = 2.0
# A level that neither settles nor breaks is given up after so many times the time that it has to hold.
PATIENCE = 3
# A threshold that still fails after this part of that time is broken: the target is not to be kept there.
BROKEN_AFTER = 0.5
# From this share of late seconds on the generator is what was measured; a search may not blame the target for it.
GENERATOR_SHARE = 0.2
DROPPED_SHARE = 0.01
# A threshold that fails while this share of the requests does, for so long, needs no more: it only does harm.
MOSTLY_FAILED, MOSTLY_FAILED_S = 0.5, 3.0
# Users come at the plan's spawn rate; so much longer than that takes, and they do not.
REACH_ALLOWANCE_S = 30.0
# With fewer, nothing can be said of two halves. Less load would not help: there would be even fewer.
_LEAST_REQUESTS = 2.5 * STEADY_MIN_REQUESTS


@dataclass(frozen=True, slots=True)
class SearchBounds:
    """`first` is where the search begins and `most` what it may not exceed, in users or tasks per second.

    A level holds when it did so for `hold_s`. `spawn_rate` is how fast users come, in users per second.
    """

    first: float
    most: float
    is_rate: bool
    hold_s: float
    spawn_rate: float


class LevelTrial:
    """One level, from the order to go there to its verdict."""

    def __init__(
        self, level: float, bounds: SearchBounds, watch: ThresholdWatch, distance: float, ordered_s: float
    ) -> None:
        self._level = level
        self._bounds = bounds
        self._watch = watch
        self._until_s = ordered_s + REACH_ALLOWANCE_S
        if not bounds.is_rate:
            self._until_s += distance / bounds.spawn_rate
        self._reached_s: float | None = None
        self._totals = RunTotals()
        self._from_s = 0.0
        # A tick a second, for at most PATIENCE times hold_s.
        self._seconds: list[Second] = []
        self._looks = 1

    def add(self, tick: Tick) -> CapacityLevel | None:
        """The verdict, once there is one."""
        if self._reached_s is None:
            if self._is_reached(tick):
                self._reached_s = tick.elapsed_s
            elif tick.elapsed_s > self._until_s:
                return self._verdict(LevelVerdict.NOT_REACHED, tick, f"only {tick.user_count:,} users came")
            return None
        if tick.elapsed_s - tick.interval_s < self._reached_s + SETTLE_S - tick.interval_s / 2:
            return None
        if not self._seconds:
            self._from_s = tick.elapsed_s - tick.interval_s
        self._measure(tick)
        return self._look(tick)

    def thresholds(self) -> tuple[ThresholdResult, ...]:
        return tuple(
            replace(
                each, rule=mask_secrets(each.rule), measure=mask_secrets(each.measure), text=mask_secrets(each.text)
            )
            for each in self._watch.results()
        )

    def _is_reached(self, tick: Tick) -> bool:
        if self._bounds.is_rate:
            return tick.arrivals is not None and abs(tick.arrivals.rate_per_s - self._level) < 0.05
        return tick.user_count == round(self._level)

    def _measure(self, tick: Tick) -> None:
        self._totals.add(tick)
        self._watch.add(tick, True)
        sums = Sums()
        for delta in tick.requests:
            sums.add_delta(delta)
        self._seconds.append(Second(tick.elapsed_s, tick.interval_s, sums))

    def _look(self, tick: Tick) -> CapacityLevel | None:
        covered_s, hold_s = self._totals.covered_s, self._bounds.hold_s
        is_hurt = covered_s >= MOSTLY_FAILED_S and (self._totals.total.fail_ratio or 0.0) >= MOSTLY_FAILED
        if covered_s < BROKEN_AFTER * hold_s and not is_hurt:
            return None
        results = self.thresholds()
        if unsent := sum(self._totals.local_errors.values()):
            why = f"{unsent:,} requests could not be sent for want of files, ports or memory here"
            return self._verdict(LevelVerdict.GENERATOR, tick, why)
        if self._is_late():
            late = f"the generator was late in {self._totals.strained_ticks:,} of {self._totals.ticks:,} seconds"
            return self._verdict(LevelVerdict.GENERATOR, tick, f"{late}: give it more load workers")
        if dropped := self._dropped():
            return self._verdict(LevelVerdict.GENERATOR, tick, dropped)
        failed = [each for each in results if each.state is ThresholdState.FAILED]
        if failed:
            return self._verdict(LevelVerdict.BROKEN, tick, _nearest(failed))
        if covered_s < self._looks * hold_s:
            return None
        # Once each `hold_s`, at the last one: who looks each second finds two halves alike by chance.
        span = self._seconds[-(len(self._seconds) // self._looks) :]
        is_little = sum(each.sums.requests for each in span) < _LEAST_REQUESTS
        span = self._seconds if is_little else span
        self._looks += 1
        without = [each for each in results if each.state is ThresholdState.NO_DATA]
        if not without and are_alike(span[: len(span) // 2], span[len(span) // 2 :]):
            return self._verdict(LevelVerdict.HELD, tick, _nearest(results))
        if self._looks <= PATIENCE:
            return None
        if without:
            return self._verdict(LevelVerdict.NO_DATA, tick, without[0].text)
        if self._totals.total.requests < _LEAST_REQUESTS:
            why = (
                f"{self._totals.total.requests:,} requests in {covered_s:.0f} s say too little: let levels hold longer"
            )
            return self._verdict(LevelVerdict.NO_DATA, tick, why)
        return self._verdict(LevelVerdict.UNSETTLED, tick, f"the numbers did not settle in {covered_s:.0f} s")

    def _is_late(self) -> bool:
        return self._totals.strained_ticks > max(1.0, GENERATOR_SHARE * self._totals.ticks)

    def _dropped(self) -> str:
        arrivals = self._totals.arrivals
        if arrivals.dropped <= DROPPED_SHARE * arrivals.scheduled:
            return ""
        return f"{arrivals.dropped:,} of {arrivals.scheduled:,} tasks found every user busy: raise max_users"

    def _verdict(self, verdict: LevelVerdict, tick: Tick, text: str) -> CapacityLevel:
        total, covered_s = self._totals.total, self._totals.covered_s
        return CapacityLevel(
            level=self._level,
            verdict=verdict,
            from_s=self._from_s if self._seconds else tick.elapsed_s,
            to_s=tick.elapsed_s,
            requests=total.requests,
            rps=total.requests / covered_s if covered_s else 0.0,
            p95_ms=total.times().percentile_ms(95),
            fail_ratio=total.fail_ratio,
            text=text,
        )


def _nearest(results: Sequence[ThresholdResult]) -> str:
    """The threshold with the least to spare, in words; the furthest beyond where some failed."""
    known = [each for each in results if each.margin is not None]
    return min(known, key=lambda each: each.margin or 0.0).text if known else "no threshold was near"
