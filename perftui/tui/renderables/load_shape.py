"""The load that a plan asks for, as a line: users over time."""

from __future__ import annotations

from typing import NamedTuple

from perftui.model.duration import format_duration
from perftui.model.plan import LONGEST_UNASKED_RUN_S, Profile


class LoadShape(NamedTuple):
    """`points` are (s, users) from the start to the end of the run, the drop at its end included."""

    points: tuple[tuple[float, float], ...]
    end_s: float
    text: str
    warning: str


def load_shape_of(profile: Profile) -> LoadShape:
    end_s = profile.run_time_s if profile.run_time_s is not None else LONGEST_UNASKED_RUN_S
    end_s = max(end_s, 1.0)
    ramp_s = profile.users / profile.spawn_rate if profile.spawn_rate > 0 else 0.0
    ends = "end" if profile.run_time_s is not None else f"end after {format_duration(end_s)}, or the locustfile's own"
    if ramp_s > end_s:
        reached = int(end_s * profile.spawn_rate)
        return LoadShape(
            ((0.0, 0.0), (end_s, float(reached)), (end_s, 0.0)),
            end_s,
            f"ramp {format_duration(end_s)} → {ends}",
            f"the run ends at {reached:,} of {profile.users:,} users: ramping takes {format_duration(round(ramp_s))}",
        )
    text = f"ramp {format_duration(round(ramp_s, 1))} → hold {format_duration(round(end_s - ramp_s, 1))} → {ends}"
    points = ((0.0, 0.0), (ramp_s, float(profile.users)), (end_s, float(profile.users)), (end_s, 0.0))
    return LoadShape(points, end_s, text, "")
