"""Everything that is thought of a run, tick by tick: by its owner while it goes on, and again when it is read."""

from __future__ import annotations

from dataclasses import replace

from perftui.judgement.findings import Evidence, find
from perftui.judgement.rules import parse_threshold
from perftui.judgement.threshold_watch import ThresholdWatch
from perftui.judgement.warm_up import WarmUp
from perftui.model.duration import format_duration
from perftui.model.judged import WHOLE_RUN, Finding, ThresholdResult, Window
from perftui.model.plan import UNTIL_STEADY_S, Profile, RunPlan
from perftui.model.text import mask_secrets
from perftui.model.tick import Tick
from perftui.model.totals import RunTotals


class Assessment:
    """`whole` adds up every tick, `measured` those that are judged: what comes after the warm-up, or lies in `window`.

    Raises RuleError where a threshold of `plan` cannot be read.
    """

    def __init__(self, plan: RunPlan, window: Window | None = None) -> None:
        self.whole = RunTotals()
        # A run that is judged whole is added up once.
        is_whole = window is None and plan.profile.warm_up_s == 0
        self.measured = self.whole if is_whole else RunTotals()
        self._profile = plan.profile
        self._asked_window = window
        self._warm_up = WarmUp(plan.profile.warm_up_s if window is None else 0.0)
        # A search for capacity holds them against each of its levels, and goes beyond them on purpose.
        texts = plan.thresholds if plan.search is None else ()
        self._watch = ThresholdWatch([parse_threshold(text) for text in texts], plan.scenario.groups)
        self._evidence = Evidence()
        self._has_secrets = any(mask_secrets(text) != text for text in plan.thresholds)

    def add(self, tick: Tick) -> None:
        is_measured = self._warm_up.is_over_at(tick) and (self._asked_window or WHOLE_RUN).holds(tick)
        self.whole.add(tick)
        if is_measured and self.measured is not self.whole:
            self.measured.add(tick)
        self._watch.add(tick, is_measured)
        self._evidence.add(tick, is_measured)

    @property
    def is_warming_up(self) -> bool:
        return not self._warm_up.is_over

    @property
    def warm_up_s(self) -> float:
        """Seconds at the start that are not judged, as far as is known yet."""
        return self._warm_up.lasted_s

    @property
    def window(self) -> Window:
        """What the measured part covers."""
        return self._asked_window or window_after(self._profile, self.warm_up_s, is_over=not self.is_warming_up)

    def thresholds(self) -> tuple[ThresholdResult, ...]:
        results = self._watch.results()
        return tuple(map(_masked, results)) if self._has_secrets else results

    def findings(self) -> tuple[Finding, ...]:
        return find(self._evidence, self.measured)


def _masked(result: ThresholdResult) -> ThresholdResult:
    """Request names may hold secrets, and so may the rules about them."""
    return replace(
        result,
        rule=mask_secrets(result.rule),
        measure=mask_secrets(result.measure),
        text=mask_secrets(result.text),
    )


def window_after(profile: Profile, warm_up_s: float, *, is_over: bool = True) -> Window:
    """What is judged of a run whose first `warm_up_s` were warm-up; not `is_over`: all of it was."""
    if warm_up_s <= 0:
        return WHOLE_RUN
    why = f"the first {format_duration(round(warm_up_s, 1))} are warm-up"
    if profile.warm_up_s == UNTIL_STEADY_S:
        why = f"{why}, until the run was steady" if is_over else "the run never became steady"
    return Window(warm_up_s, why=why)


def window_cut_at(warm_up_s: float) -> Window:
    """What is judged of a run for which somebody said afterwards where its warm-up ends."""
    said = f"the first {format_duration(round(warm_up_s, 1))} are" if warm_up_s else "nothing is"
    return Window(warm_up_s, why=f"{said} warm-up, as was said after the run")
