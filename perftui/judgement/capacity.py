"""The search for the highest load under which every threshold holds, tick by tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from perftui.exit_codes import USAGE
from perftui.judgement.measured_scope import Sums
from perftui.judgement.rules import Threshold, parse_threshold
from perftui.judgement.threshold_watch import ThresholdWatch
from perftui.judgement.warm_up import Second, are_alike
from perftui.model.capacity import MAX_LEVELS, CapacityLevel, CapacityResult, LevelVerdict, level_text
from perftui.model.errors import PerftuiError
from perftui.model.judged import ThresholdResult, ThresholdState
from perftui.model.plan import RunPlan
from perftui.model.text import mask_secrets
from perftui.model.tick import Tick
from perftui.model.totals import RunTotals

# Each level is this much higher than the one before, until one breaks.
GROWTH = 2.0
# The search ends when the lowest level that broke is this little above the highest that held, or one user.
CLOSE_ENOUGH = 0.05
# Tasks per second are tried in steps of this.
LEAST_RATE = 0.1
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

# These grow or shrink with the load itself: they say nothing of how much of it the target bears.
_OF_THE_LOAD = frozenset({"rps", "requests", "users", "min"})


def says_capacity(threshold: Threshold) -> bool:
    """Whether a level can break it: what has to be less, and is not simply the amount of load."""
    return threshold.operator in ("<", "<=") and threshold.measure.metric not in _OF_THE_LOAD


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


def search_of(plan: RunPlan) -> CapacitySearch | None:
    """The search that `plan` asks for. Raises RuleError, and PerftuiError where no threshold says capacity."""
    if plan.search is None:
        return None
    profile, thresholds = plan.profile, [parse_threshold(text) for text in plan.thresholds]
    if not any(map(says_capacity, thresholds)):
        raise PerftuiError(
            "a search for capacity needs a threshold such as p95 < 500ms",
            "what has to be less where the load is too much, and is not the load itself"
            + ("; none of those here is" if thresholds else ""),
            "Give one with --threshold, or write it into the profile",
            exit_code=USAGE,
        )
    first = float(profile.users) if profile.rate_per_s is None else profile.rate_per_s
    bounds = SearchBounds(
        first, plan.search.most, profile.is_open_model, plan.search.hold_s, spawn_rate=profile.spawn_rate
    )
    return CapacitySearch(thresholds, plan.scenario.groups, bounds)


class CapacitySearch:
    """Grows the load by GROWTH until a threshold breaks, then halves the range between.

    A level has held when, over `hold_s`, no threshold failed and its two halves are alike (as a run that is steady,
    see perftui.judgement.warm_up). `level` is what the load has to be now; `result` is there when the search is over.
    """

    def __init__(
        self, thresholds: Sequence[Threshold], groups: Mapping[str, tuple[str, ...]], bounds: SearchBounds
    ) -> None:
        self._thresholds = [each for each in thresholds if says_capacity(each)]
        self._groups = groups
        self._bounds = bounds
        self._held = 0.0
        self._broken: float | None = None
        # At most MAX_LEVELS.
        self._levels: list[CapacityLevel] = []
        self.level = self._rounded(min(bounds.first, bounds.most))
        self._trial = self._trial_of(0.0, 0.0)
        self.result: CapacityResult | None = None

    @property
    def levels(self) -> tuple[CapacityLevel, ...]:
        """Those that are decided."""
        return tuple(self._levels)

    @property
    def is_rate(self) -> bool:
        return self._bounds.is_rate

    def thresholds(self) -> tuple[ThresholdResult, ...]:
        """As they stand at the level that is tried now."""
        return self._trial.thresholds()

    def add(self, tick: Tick) -> None:
        """A tick of the run; afterwards `level` may be another one, or `result` be there."""
        if self.result is not None:
            return
        tried = self._trial.add(tick)
        if tried is not None:
            self._levels.append(tried)
            self._decide(tried, tick)

    def end(self, why: str) -> CapacityResult:
        """The run ends now, for `why`; the result so far, where there is no other yet."""
        if self.result is None:
            self._conclude(is_reached=False, why=why)
        assert self.result is not None
        return self.result

    def _decide(self, tried: CapacityLevel, tick: Tick) -> None:
        if tried.verdict is LevelVerdict.HELD:
            self._held = tried.level
        elif tried.verdict in (LevelVerdict.BROKEN, LevelVerdict.UNSETTLED):
            self._broken = tried.level
        else:
            self._conclude(is_reached=False, why=f"at {self._said(tried.level)} {tried.text}")
            return
        if self._broken is None and self._held >= self._bounds.most:
            why = f"it held at {self._said(self._held)}, which is all that it may get"
            self._conclude(is_reached=False, why=why, is_all=True)
        elif self._broken is not None and self._is_close(self._broken):
            self._conclude(is_reached=True, why=self._levels_text())
        elif len(self._levels) >= MAX_LEVELS:
            self._conclude(is_reached=False, why=f"{MAX_LEVELS} levels were tried")
        else:
            before = tried.level
            wanted = self._held * GROWTH if self._broken is None else (self._held + self._broken) / 2
            self.level = self._rounded(min(wanted, self._bounds.most))
            self._trial = self._trial_of(before, tick.elapsed_s)

    def _is_close(self, broken: float) -> bool:
        least = LEAST_RATE if self._bounds.is_rate else 1.0
        return broken - self._held <= max(CLOSE_ENOUGH * broken, least * 1.001)

    def _rounded(self, level: float) -> float:
        """Users are whole; between two levels that are not close there is one."""
        return max(LEAST_RATE, round(level, 1)) if self._bounds.is_rate else float(max(1, int(level)))

    def _trial_of(self, before: float, from_s: float) -> _Trial:
        watch = ThresholdWatch(self._thresholds, self._groups)
        return _Trial(self.level, self._bounds, watch, abs(self.level - before), from_s)

    def _conclude(self, *, is_reached: bool, why: str, is_all: bool = False) -> None:
        highest = self._held or None
        held = f"{self._said(self._held)} held" if highest else "no level held"
        text = f"Capacity: {held}; {why}." if is_reached else f"Capacity not reached: {held}; {why}."
        self.result = CapacityResult(self._bounds.is_rate, highest, is_reached, text, self.levels, is_all)

    def _levels_text(self) -> str:
        broken = next(each for each in reversed(self._levels) if each.level == self._broken)
        return f"at {self._said(broken.level)} {broken.text}"

    def _said(self, level: float) -> str:
        return level_text(level, is_rate=self._bounds.is_rate)


class _Trial:
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
        self._looks += 1
        without = [each for each in results if each.state is ThresholdState.NO_DATA]
        if not without and are_alike(span[: len(span) // 2], span[len(span) // 2 :]):
            return self._verdict(LevelVerdict.HELD, tick, _nearest(results))
        if self._looks <= PATIENCE:
            return None
        if without:
            return self._verdict(LevelVerdict.NO_DATA, tick, without[0].text)
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
