"""What is thought of a run while it goes on, and what of that ends it."""

from __future__ import annotations

import psutil

from perftui import exit_codes
from perftui.conductor.limits import exceeded_limit
from perftui.judgement.abort_watch import AbortWatch
from perftui.judgement.assessment import Assessment
from perftui.judgement.capacity import search_of
from perftui.judgement.rules import RuleError, parse_abort_rule
from perftui.judgement.verdict import Ending, Judgement, judge
from perftui.model.errors import PerftuiError
from perftui.model.plan import DEFAULT_ABORT_RULES, RunPlan
from perftui.model.record import Demands
from perftui.model.tick import Tick

# Of this machine's memory, so much is for the engine; what takes more is about to be killed with all that it measured.
_MEMORY_SHARE = 0.8


class Judging:
    """Raises PerftuiError where a rule of `plan` cannot be read."""

    def __init__(self, plan: RunPlan, demands: Demands) -> None:
        self._target = plan.target
        self.demands = demands
        try:
            self.assessment = Assessment(plan)
            self.search = search_of(plan)
            self._abort_watch = _abort_watch_of(plan)
        except RuleError as error:
            raise PerftuiError(f"a rule of {plan.title}", str(error), exit_code=exit_codes.USAGE) from None

    def add(self, tick: Tick, paused_s: float = 0.0) -> tuple[str, bool]:
        """Why the run is to be stopped, empty where it goes on, and whether at once; as in `exceeded_limit`.

        What makes a run worthless, or hurts the target, is not to go on until users have finished.
        """
        self.assessment.add(tick)
        limit = exceeded_limit(self._target, tick, paused_s)
        if limit:
            return f"stopped by the target's limit: {limit}", False
        said = self._abort_watch.add(tick)
        return (f"aborted: {said}", True) if said else ("", False)

    def judgement(self, ending: Ending) -> Judgement:
        why = ending.stopped or ending.engine_died or ending.locustfile_fault or "the run ended before"
        return judge(
            self.assessment.whole,
            self.assessment.measured,
            ending,
            thresholds=self.assessment.thresholds(),
            findings=self.assessment.findings(),
            must_be_trusted=self.demands.trust,
            is_strict=self.demands.targets,
            capacity=None if self.search is None else self.search.end(why),
        )


def _abort_watch_of(plan: RunPlan) -> AbortWatch:
    rules = [text for text in plan.profile.abort_on if text != DEFAULT_ABORT_RULES]
    return AbortWatch(
        [parse_abort_rule(text) for text in rules],
        plan.scenario.groups,
        use_defaults=DEFAULT_ABORT_RULES in plan.profile.abort_on,
        memory_limit_bytes=int(psutil.virtual_memory().total * _MEMORY_SHARE),
    )
