"""The load that a plan asks for, as a line: users, or arrivals, over time."""

from __future__ import annotations

from typing import NamedTuple

from perftui.model.duration import format_duration
from perftui.model.load_plan import Leg, planned_legs, planned_s, stages_s
from perftui.model.plan import Profile


class LoadShape(NamedTuple):
    """`points` are (s, level) from the start to the end of the run, the drop at its end included; none: not known."""

    points: tuple[tuple[float, float], ...]
    end_s: float
    text: str
    warning: str
    unit: str = "users"


def load_shape_of(profile: Profile, locustfile_shape: str = "") -> LoadShape:
    """`locustfile_shape` is the LoadTestShape that decides in place of users, which nobody can draw."""
    if locustfile_shape:
        return LoadShape((), 1.0, "not known beforehand", f"load shape {locustfile_shape} decides")
    legs = planned_legs(profile)
    end_s = max(planned_s(profile), 1.0)
    unit = "tasks/s" if profile.is_open_model else "users"
    text, warning = _stages_text(profile) if profile.stages else _text(profile, end_s)
    drawn_s = max(legs[-1].to_s if legs else 0.0, 1.0)
    return LoadShape(_points(legs, drawn_s), drawn_s, text, warning, unit)


def _points(legs: tuple[Leg, ...], end_s: float) -> tuple[tuple[float, float], ...]:
    points = [(0.0, 0.0)]
    for leg in legs:
        points += [(leg.from_s, leg.from_level), (leg.to_s, leg.to_level)]
    return tuple(dict.fromkeys([*points, (end_s, 0.0)]))


def _stages_text(profile: Profile) -> tuple[str, str]:
    count = "1 stage" if len(profile.stages) == 1 else f"{len(profile.stages)} stages"
    whole_s, end_s = stages_s(profile), planned_s(profile)
    text = f"{count}{_by_users(profile)} → {format_duration(round(end_s, 1))} → end"
    if end_s >= whole_s:
        return text, ""
    return text, f"the run time cuts the stages, which take {format_duration(round(whole_s, 1))}"


def _by_users(profile: Profile) -> str:
    return f" by up to {profile.max_users or 0:,} users" if profile.is_open_model else ""


def _text(profile: Profile, end_s: float) -> tuple[str, str]:
    ends = "end" if profile.run_time_s is not None else f"end after {format_duration(end_s)}, or the locustfile's own"
    if profile.rate_per_s is not None:
        ends = "end" if profile.run_time_s is not None else f"end after {format_duration(end_s)}"
        return f"{profile.rate_per_s:,g}/s{_by_users(profile)} → {ends}", ""
    ramp_s = profile.users / profile.spawn_rate if profile.spawn_rate > 0 else 0.0
    if ramp_s > end_s:
        reached, asked = int(end_s * profile.spawn_rate), f"{profile.users:,} users"
        ramping = f"ramping takes {format_duration(round(ramp_s))}"
        return f"ramp {format_duration(end_s)} → {ends}", f"the run ends at {reached:,} of {asked}: {ramping}"
    ramp, hold = format_duration(round(ramp_s, 1)), format_duration(round(end_s - ramp_s, 1))
    return f"ramp {ramp} → hold {hold} → {ends}", ""
