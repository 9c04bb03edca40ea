"""The load that a profile asks for over time, as straight lines, if every level is reached as planned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from perftui.model.duration import format_duration
from perftui.model.plan import LONGEST_UNASKED_RUN_S, Profile, RunPlan, Stage


class Asked(Protocol):
    """What says which load is asked for: a Profile, and what an engine hears of one."""

    @property
    def stages(self) -> tuple[Stage, ...]: ...

    @property
    def rate_per_s(self) -> float | None: ...

    @property
    def load_shape(self) -> str: ...


def deciding_shape(asked: Asked, shapes: Iterable[str]) -> str:
    """Which LoadTestShape decides the load, of the `shapes` that the locustfile is known to have; empty for none.

    Stages and a rate go before any; then it is the one that is named, or the locustfile's first, as in Locust.
    """
    if asked.stages or asked.rate_per_s is not None:
        return ""
    return asked.load_shape or next(iter(shapes), "")


@dataclass(frozen=True, slots=True)
class Leg:
    """A straight part: users, or arrivals per second where `is_rate`. `stage` counts from 1; 0 where there are none."""

    from_s: float
    to_s: float
    from_level: float
    to_level: float
    is_rate: bool = False
    stage: int = 0

    def level_at(self, elapsed_s: float) -> float:
        if self.to_s <= self.from_s:
            return self.to_level
        done = min(1.0, max(0.0, (elapsed_s - self.from_s) / (self.to_s - self.from_s)))
        return self.from_level + (self.to_level - self.from_level) * done


def planned_legs(profile: Profile) -> tuple[Leg, ...]:
    """From the start to the end of the run, one behind the other; none of them takes no time.

    A LoadTestShape of the locustfile is not in them. Where tasks arrive, the first leg is the time that their users
    take to come.
    """
    if profile.stages:
        legs = _stage_legs(profile)
    elif profile.rate_per_s is not None:
        legs = [Leg(0.0, planned_s(profile), profile.rate_per_s, profile.rate_per_s, is_rate=True)]
    else:
        ramp_s = profile.users / profile.spawn_rate if profile.spawn_rate > 0 else 0.0
        end_s = max(planned_s(profile), ramp_s)
        users = float(profile.users)
        legs = [Leg(0.0, ramp_s, 0.0, users), Leg(ramp_s, end_s, users, users)]
    lead_s = _lead_s(profile)
    led = (replace(leg, from_s=leg.from_s + lead_s, to_s=leg.to_s + lead_s) for leg in legs)
    end_s = planned_s(profile) + lead_s
    kept = (_cut(leg, end_s) for leg in (Leg(0.0, lead_s, 0.0, 0.0, is_rate=True), *led) if leg.from_s < end_s)
    return tuple(leg for leg in kept if leg.to_s > leg.from_s)


def planned_level(legs: Sequence[Leg], elapsed_s: float) -> float:
    """Users, or arrivals per second, at a time of the run's clock; 0 behind the last leg."""
    leg = leg_at(legs, elapsed_s)
    return leg.level_at(elapsed_s) if leg is not None else 0.0


def leg_at(legs: Sequence[Leg], elapsed_s: float) -> Leg | None:
    """The leg that the run is in; None before the first and behind the last one."""
    return next((leg for leg in legs if leg.from_s <= elapsed_s < leg.to_s), None)


def stages_s(profile: Profile) -> float:
    """How long all stages take, whatever the run time says; 0 where there are none."""
    return _stage_legs(profile)[-1].to_s if profile.stages else 0.0


def planned_s(profile: Profile) -> float:
    """How long the load lasts: to the end of its stages, or its run time where that is sooner."""
    if not profile.stages:
        return profile.run_time_s if profile.run_time_s is not None else LONGEST_UNASKED_RUN_S
    return min(stages_s(profile), profile.run_time_s if profile.run_time_s is not None else float("inf"))


def peak_users(profile: Profile) -> int:
    """The most users that may run at once."""
    if profile.is_open_model:
        return profile.max_users or 0
    if profile.stages:
        return max(stage.users or 0 for stage in profile.stages)
    return profile.users


def peak_rate_per_s(profile: Profile) -> float | None:
    """The most tasks that start in a second; None where the load is no arrival rate."""
    rates = [stage.rate_per_s for stage in profile.stages if stage.rate_per_s is not None]
    return max(rates, default=profile.rate_per_s)


def at_most(plan: RunPlan) -> Profile:
    """The profile with the most load that the run may get; a search for capacity begins with less."""
    if plan.search is None:
        return plan.profile
    if plan.profile.is_open_model:
        return replace(plan.profile, rate_per_s=plan.search.most)
    return replace(plan.profile, users=int(plan.search.most))


def load_words(profile: Profile) -> str:
    """The load and its length, as a person would say it: "4 stages, 8m, peak 200 users".

    No shape is in it that nobody named.
    """
    if profile.stages:
        count = "1 stage" if len(profile.stages) == 1 else f"{len(profile.stages)} stages"
        return f"{count}, {format_duration(round(planned_s(profile), 1))}, peak {peak_words(profile)}"
    if profile.is_open_model:
        return f"{peak_words(profile)}{_length_words(profile)}"
    if profile.load_shape:
        return f"load shape {profile.load_shape} of the locustfile decides users and end"
    return f"{users_text(profile.users)}, {profile.spawn_rate:g} more each second{_length_words(profile)}"


def peak_words(profile: Profile) -> str:
    """The most of the load: "200 users", "50 tasks/s by up to 80 users"; a shape that is named has none beforehand."""
    if deciding_shape(profile, ()):
        return f"load shape {profile.load_shape}"
    rate = peak_rate_per_s(profile)
    users = users_text(peak_users(profile))
    return users if rate is None else f"{rate:,g} tasks/s by up to {users}"


def users_text(users: int) -> str:
    return "1 user" if users == 1 else f"{users:,} users"


def stage_words(stage: Stage) -> str:
    """One stage in words: "200 users, 10 more each second, then hold for 2m"."""
    if stage.rate_per_s is not None:
        level = f"{stage.rate_per_s:,g} tasks/s"
        return (
            f"{level} at once, for {_seconds(stage.hold_s)}"
            if stage.for_s is None
            else f"to {level} over {_seconds(stage.for_s)}"
        )
    level = users_text(stage.users or 0)
    speed = "" if stage.spawn_rate is None else f", {stage.spawn_rate:g}/s"
    if stage.hold_s is not None:
        return f"{level}{speed}, held for {_seconds(stage.hold_s)} once they are there"
    return f"{level}{speed}, for {_seconds(stage.for_s)}" if speed else f"to {level} over {_seconds(stage.for_s)}"


def _lead_s(profile: Profile) -> float:
    """How long the users of an arrival rate take to come, before the first task is due."""
    users = profile.max_users or 1
    return users / max(profile.spawn_rate, users) if profile.is_open_model else 0.0


def _stage_legs(profile: Profile) -> list[Leg]:
    legs: list[Leg] = []
    at_s = level = 0.0
    for number, stage in enumerate(profile.stages, 1):
        is_rate = stage.rate_per_s is not None
        goal = float(stage.users or 0) if stage.rate_per_s is None else stage.rate_per_s
        ramp_s = _ramp_s(stage, profile.spawn_rate, abs(goal - level))
        end_s = at_s + (ramp_s + (stage.hold_s or 0.0) if stage.for_s is None else stage.for_s)
        ramp = _cut(Leg(at_s, at_s + ramp_s, level, goal, is_rate, number), end_s)
        # Who has too little time for the way there stays on it, and the next stage begins from where it got.
        level = ramp.to_level
        legs += [ramp, Leg(ramp.to_s, end_s, level, level, is_rate, number)]
        at_s = end_s
    return legs


def _ramp_s(stage: Stage, spawn_rate: float, change: float) -> float:
    if stage.spawn_rate is not None:
        return change / stage.spawn_rate
    if stage.for_s is not None:
        return stage.for_s
    return 0.0 if stage.rate_per_s is not None else change / spawn_rate


def _cut(leg: Leg, end_s: float) -> Leg:
    return leg if leg.to_s <= end_s else replace(leg, to_s=end_s, to_level=leg.level_at(end_s))


def _length_words(profile: Profile) -> str:
    return "" if profile.run_time_s is None else f", {format_duration(profile.run_time_s)}"


def _seconds(seconds: float | None) -> str:
    return format_duration(seconds or 0.0)
