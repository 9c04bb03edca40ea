"""The search for the highest load under which every threshold holds, tick by tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perftui.exit_codes import USAGE
from perftui.judgement.capacity_level import LevelTrial, SearchBounds
from perftui.judgement.rules import Threshold, parse_threshold
from perftui.judgement.threshold_watch import ThresholdWatch
from perftui.model.capacity import MAX_LEVELS, CapacityLevel, CapacityResult, LevelVerdict, level_text
from perftui.model.errors import PerftuiError
from perftui.model.judged import ThresholdResult
from perftui.model.plan import RunPlan
from perftui.model.tick import Tick

# Each level is this much higher than the one before, until one breaks.
GROWTH = 2.0
# The search ends when the lowest level that broke is this little above the highest that held, or one user.
CLOSE_ENOUGH = 0.05
# Tasks per second are tried in steps of this.
LEAST_RATE = 0.1
# These grow or shrink with the load itself: they say nothing of how much of it the target bears.
_OF_THE_LOAD = frozenset({"rps", "requests", "users", "min"})


def says_capacity(threshold: Threshold) -> bool:
    """Whether a level can break it: what has to be less, and is not simply the amount of load."""
    return threshold.operator in ("<", "<=") and threshold.measure.metric not in _OF_THE_LOAD


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

    def _trial_of(self, before: float, from_s: float) -> LevelTrial:
        watch = ThresholdWatch(self._thresholds, self._groups)
        return LevelTrial(self.level, self._bounds, watch, abs(self.level - before), from_s)

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
