"""What comes of a choice and of what is typed over it: a plan that may start, or what has to be put right first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.profiles.guard import limit_faults
from perftui.tui.services import Services
from perftui.tui.setup.draft import Draft, fault_text, key_of


class Planned(NamedTuple):
    """`plan` may be started; where it is None, `shown` is the plan with as much of what was typed as is right.

    `faults` stand under their fields, by key; `error` is about no field. `lacks_target`: nobody chose one yet.
    """

    plan: RunPlan | None = None
    shown: RunPlan | None = None
    faults: Mapping[str, str] = {}
    error: str = ""
    lacks_target: bool = False

    @property
    def why_not(self) -> str:
        """Why there is nothing to start, in a line; empty where there is."""
        if self.plan is not None:
            return ""
        first = next(iter(self.faults.items()), None)
        if first is not None:
            return f"{first[0].replace('_', ' ')}: {first[1]}"
        return self.error or "there is nothing to start"


def plan_of(services: Services, profile: str, target: str, scenario: str | None, draft: Draft) -> Planned:
    faults = draft.faults()
    overrides = {key: text for key, text in draft.overrides.items() if key not in faults}
    shown, error = None, ""
    # Each refusal takes out what it is about, so that one wrong text does not hide what the others make.
    for _ in range(len(overrides) + 1):
        try:
            shown = services.plan(profile, target, scenario, overrides)
            break
        except PerftuiError as refusal:
            key = key_of(refusal)
            if key == "warm_up" and key not in overrides:
                key = next((each for each in ("run_time", "stages") if each in overrides), key)
            if key not in overrides:
                error = str(refusal)
                break
            faults[key] = fault_text(refusal)
            del overrides[key]
    if shown is None:
        return Planned(None, _unchanged(services, profile, target, scenario), faults, error)
    faults = {**limit_faults(shown), **faults}
    return Planned(None if faults else shown, shown, faults)


def _unchanged(services: Services, profile: str, target: str, scenario: str | None) -> RunPlan | None:
    try:
        return services.plan(profile, target, scenario, {})
    except PerftuiError:
        return None
