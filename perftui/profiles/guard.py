"""What a target allows, asked before any load is sent."""

from __future__ import annotations

from perftui.exit_codes import REFUSED
from perftui.model.errors import PerftuiError
from perftui.model.load_plan import at_most, peak_rate_per_s, peak_users, planned_s
from perftui.model.plan import RunPlan
from perftui.model.target_limits import rate_beyond, users_beyond
from perftui.model.text import clean
from perftui.profiles.keys import SETTINGS, named
from perftui.profiles.profile_set import ProfileSet
from perftui.profiles.targets import host_of, is_loopback

__all__ = ["check_limits", "host_of", "host_to_confirm", "limit_faults"]

_SETTINGS = named(SETTINGS)
_DURATION = _SETTINGS["run_time"].kind
# What says so much of a search for capacity.
_OF_SEARCH = {"users": "--to", "rate": "--to", "run_time": "--max-time"}


def limit_faults(plan: RunPlan) -> dict[str, str]:
    """What `plan` asks beyond its target's limits: the sentence by the key of the setting."""
    target, profile, faults = plan.target, at_most(plan), {}
    level_key = "stages" if profile.stages else "rate" if profile.is_open_model else "users"
    rate = peak_rate_per_s(profile)
    faults["max_users" if profile.is_open_model else level_key] = users_beyond(target, peak_users(profile))
    if rate is not None:
        faults[level_key] = rate_beyond(target, rate)
    run_time_s = planned_s(profile)
    if target.max_minutes is not None and run_time_s > target.max_minutes * 60:
        most = _DURATION.write(target.max_minutes * 60)
        asked = f"{'stages' if profile.stages else 'a run'} of {_DURATION.write(round(run_time_s, 1))}"
        if profile.run_time_s is None and not profile.stages:
            asked = f"a run without run_time, which is one of up to {_DURATION.write(run_time_s)},"
        key = "stages" if profile.stages and profile.run_time_s is None else "run_time"
        too_long = f"{asked} asked, max_minutes is {target.max_minutes:g} ({most})"
        faults[key] = faults.get(key) or too_long
    return {key: why for key, why in faults.items() if why}


def check_limits(plan: RunPlan, confirmed_host: str | None) -> None:
    """Refuse a plan that asks more of its target than it allows, or a production target nobody confirmed.

    `confirmed_host` is what was given as --confirm-host. How many requests a task sends and what a LoadTestShape
    does is not known: max_rps, and max_users under a shape, are watched while the run lasts.
    Raises PerftuiError with exit code REFUSED.
    """
    for key, why in limit_faults(plan).items():
        is_of_search = plan.search is not None and key in _OF_SEARCH
        raise _refused(plan, why, _OF_SEARCH[key] if is_of_search else str(_SETTINGS[key].option))
    _check_confirmation(plan, confirmed_host)


def host_to_confirm(plan: RunPlan, profile_set: ProfileSet) -> str:
    """The host name that a person at the screen has to type before load goes there; empty where none.

    That is a production target's, and one that stands in no file: a slip in an address may be somebody else's host.
    This machine, and so the built-in target, needs no such question. Whoever writes a whole command has named the host
    in it; without a screen only production is confirmed (`check_limits`).
    """
    host = host_of(plan.target.url)
    if plan.target.environment == "production":
        return host
    is_known = any(host_of(target.url) == host for target in profile_set.targets.values())
    return "" if is_known or is_loopback(host) else host


def _check_confirmation(plan: RunPlan, confirmed_host: str | None) -> None:
    host = host_of(plan.target.url)
    if plan.target.environment != "production" or (host and host == (confirmed_host or "").strip().lower()):
        return
    shown = clean(host)
    why = f"it is production, and nobody confirmed {shown}"
    if confirmed_host is not None:
        why = f"it is production on {shown}, and --confirm-host says {clean(confirmed_host)}"
    raise PerftuiError(f"target {plan.target.name}", why, f"Add --confirm-host {shown}", exit_code=REFUSED)


def _refused(plan: RunPlan, why: str, option: str) -> PerftuiError:
    return PerftuiError(
        f"target {plan.target.name} does not allow this",
        why,
        f"Ask for less with {option}, or change [targets.{plan.target.name}]",
        exit_code=REFUSED,
    )
