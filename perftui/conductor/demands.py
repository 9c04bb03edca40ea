"""What a run has to do to pass, and what ends it early."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from perftui.judgement.abort_watch import AbortWatch
from perftui.judgement.rules import parse_abort_rule
from perftui.model.plan import DEFAULT_ABORT_RULES, RunPlan

# Of this machine's memory, so much is for the engine; what takes more is about to be killed with all that it measured.
_MEMORY_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Demands:
    """`trust`: a run fails whose generator was late for most of it. `targets`: acceptable is not enough."""

    trust: bool = False
    targets: bool = False


NO_DEMANDS = Demands()


def abort_watch_of(plan: RunPlan) -> AbortWatch:
    """Raises RuleError where a rule of the plan cannot be read."""
    rules = [text for text in plan.profile.abort_on if text != DEFAULT_ABORT_RULES]
    return AbortWatch(
        [parse_abort_rule(text) for text in rules],
        plan.scenario.groups,
        use_defaults=DEFAULT_ABORT_RULES in plan.profile.abort_on,
        memory_limit_bytes=int(psutil.virtual_memory().total * _MEMORY_SHARE),
    )
