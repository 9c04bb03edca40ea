"""A plan in words: what will be asked of whom, and where each value came from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from perftui.model.duration import format_duration
from perftui.model.load_plan import load_words, planned_s, users_text
from perftui.model.plan import LONGEST_UNASKED_RUN_S, UNTIL_STEADY_S, Profile, RunPlan, Target
from perftui.model.secret_arguments import mask_arguments
from perftui.model.text import clean, mask_secrets
from perftui.profiles.keys import SETTINGS, named
from perftui.profiles.locustfiles import built_in_text
from perftui.profiles.targets import environment_of
from perftui.tui.renderables.line import Line, Piece, spread

_LABEL_WIDTH = 13
_WARM_UP = named(SETTINGS)["warm_up"].kind


def plan_lines(plan: RunPlan, width: int) -> Sequence[Line]:
    profile, target, scenario = plan.profile, plan.target, plan.scenario
    run_time = (
        format_duration(profile.run_time_s)
        if profile.run_time_s is not None
        else f"the locustfile's own, at most {format_duration(LONGEST_UNASKED_RUN_S)}"
    )
    limits = limits_text(target)
    files = ", ".join(_locustfile(path) for path in scenario.locustfiles)
    facts = [
        ("target", f"{environment_of(plan)} · {mask_secrets(target.url)}", "url"),
        ("locustfile", files, "locustfiles"),
        ("user classes", ", ".join(scenario.user_classes) or "all that it holds", "user_classes"),
        *_load_facts(profile, run_time),
        ("stop timeout", format_duration(profile.stop_timeout_s), "stop_timeout"),
        ("connect", f"at most {format_duration(profile.connect_timeout_s)}", "connect_timeout"),
        ("read", f"at most {format_duration(profile.read_timeout_s)}", "read_timeout"),
    ]
    if profile.warm_up_s:
        facts.append(("warm-up", _WARM_UP.write(profile.warm_up_s), "warm_up"))
    if scenario.tags or scenario.exclude_tags:
        tags = [*scenario.tags, *(f"not {tag}" for tag in scenario.exclude_tags)]
        facts.append(("tags", ", ".join(tags), "tags"))
    if scenario.weights:
        facts.append(("weights", ", ".join(f"{name} {weight}" for name, weight in scenario.weights.items()), "weights"))
    if limits:
        facts.append(("limits", f"{limits} (the target's)", ""))
    if plan.locust_args:
        facts.append(("arguments", " ".join(mask_arguments(plan.locust_args)[0]), "locust_args"))
    return [_fact(label, value, plan.origins.get(key, ""), width) for label, value, key in facts]


def _load_facts(profile: Profile, run_time: str) -> list[tuple[str, str, str]]:
    spawning = ("spawn rate", f"{profile.spawn_rate:g} users/s", "spawn_rate")
    if profile.stages:
        cut = [("run time", run_time, "run_time")] if profile.run_time_s is not None else []
        return [("stages", load_words(profile), "stages"), spawning, *cut]
    if profile.rate_per_s is not None:
        run_time = format_duration(planned_s(profile))
        return [
            ("arrival rate", f"{profile.rate_per_s:,g} tasks/s", "rate"),
            ("max users", f"{profile.max_users or 0:,}", "max_users"),
            ("run time", run_time, "run_time"),
        ]
    if profile.load_shape:
        return [("load shape", profile.load_shape, "load_shape")]
    return [("users", f"{profile.users:,}", "users"), spawning, ("run time", run_time, "run_time")]


def limits_text(target: Target) -> str:
    """The most that `target` may get; empty where nothing is said."""
    limits = [
        f"{value:,g} {unit}"
        for value, unit in (
            (target.max_users, "users"),
            (target.max_rps, "requests/s"),
            (target.max_minutes, "minutes"),
        )
        if value is not None
    ]
    return ", ".join(limits)


def plan_sentence(plan: RunPlan) -> str:
    """What will happen, in one line."""
    profile, target = plan.profile, plan.target
    text = f"{_load(profile)} → {mask_secrets(target.url)}"
    limits = limits_text(target)
    text += f" ({environment_of(plan)}{f', at most {limits}' if limits else ''})"
    count = len(plan.thresholds)
    rules = "1 threshold" if count == 1 else f"{count} thresholds" if count else "nothing is judged: no threshold"
    if profile.warm_up_s:
        how_long = "start until it is steady" if profile.warm_up_s == UNTIL_STEADY_S else "first "
        if profile.warm_up_s != UNTIL_STEADY_S:
            how_long += _WARM_UP.write(profile.warm_up_s)
        rules += f", the {how_long} not judged"
    return clean(f"{text} · {rules}", 600)


def trial_sentence(plan: RunPlan) -> str:
    """What a trial of it will do, in one line."""
    return clean(f"one user does one task once → {mask_secrets(plan.target.url)} ({environment_of(plan)})", 600)


def _load(profile: Profile) -> str:
    """How much of it, and for how long."""
    if profile.stages or profile.load_shape:
        return load_words(profile)
    if profile.is_open_model and profile.run_time_s is None:
        return f"{load_words(profile)}, for {format_duration(LONGEST_UNASKED_RUN_S)}"
    if profile.is_open_model:
        return load_words(profile)
    return f"{users_text(profile.users)}, {profile.spawn_rate:g} more each second, {_how_long(profile)}"


def _how_long(profile: Profile) -> str:
    if profile.run_time_s is not None:
        return f"for {format_duration(profile.run_time_s)}"
    return f"to the end of the locustfile's load shape, at most {format_duration(LONGEST_UNASKED_RUN_S)}"


def short_path(path: str) -> str:
    """`path` below the current folder, or with ~ for the home folder: no one needs the rest on a screen."""
    for base, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        if base != Path("/") and Path(path).is_relative_to(base) and Path(path) != base:
            return clean(prefix + os.path.relpath(path, base))
    return clean(path)


def _locustfile(path: str) -> str:
    built_in = built_in_text(path)
    return built_in if built_in else short_path(path)


def _fact(label: str, value: str, origin: str, width: int) -> Line:
    start = (Piece(label.ljust(_LABEL_WIDTH), "muted"), Piece(clean(value)))
    # The origin explains the value: it goes first when there is no room for both.
    has_room = _LABEL_WIDTH + len(value) + len(origin) + 2 <= width
    return Line(spread(start, (Piece(clean(origin), "muted"),) if origin and has_room else (), width))
