"""What is known of a run's load beside what was measured: its plan, and who changed it when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perftui.model.load_plan import Leg, planned_legs
from perftui.model.plan import Profile
from perftui.model.record import RunEvent

# More lines than this would hide the curves: the newest are drawn, and all stand in the log.
MAX_MARKS = 40
_KINDS = frozenset({"load", "worker"})


def drawn_legs(profile: Profile) -> Sequence[Leg]:
    """A ramp and a hold need no picture of themselves beside what was measured."""
    return planned_legs(profile) if profile.stages or profile.is_open_model else ()


def marks_of(events: Iterable[RunEvent]) -> Sequence[RunEvent]:
    """Orders, stages, and load workers that came or were lost, in order."""
    return [each for each in events if each.kind in _KINDS][-MAX_MARKS:]


def mark_role(event: RunEvent) -> str:
    return "warn" if event.kind == "worker" and "lost" in event.text.casefold() else "accent"


def mark_sign(event: RunEvent) -> str:
    """What stands at the head of its line."""
    if event.kind == "load":
        return "±"
    return "!" if mark_role(event) == "warn" else "+"


def until_s(legs: Sequence[Leg], stage: int, elapsed_s: float) -> float | None:
    """When stage `stage` ends as planned; None where that is not known, or over already."""
    end_s = max((leg.to_s for leg in legs if leg.stage == stage), default=0.0) if stage else 0.0
    return end_s if end_s > elapsed_s else None
