"""What a target allows, asked before any load is sent."""

from __future__ import annotations

from perftui.exit_codes import REFUSED
from perftui.model.errors import PerftuiError
from perftui.model.plan import LONGEST_UNASKED_RUN_S, RunPlan
from perftui.model.text import clean
from perftui.profiles.keys import SETTINGS, named
from perftui.profiles.profile_set import ProfileSet
from perftui.profiles.targets import host_of, is_loopback

__all__ = ["check_limits", "host_of", "host_to_confirm", "limit_faults"]

_SETTINGS = named(SETTINGS)
_DURATION = _SETTINGS["run_time"].kind


def limit_faults(plan: RunPlan) -> dict[str, str]:
    """What `plan` asks beyond its target's limits: the sentence by the key of the setting."""
    target, faults = plan.target, {}
    if target.max_users is not None and plan.profile.users > target.max_users:
        faults["users"] = f"{plan.profile.users:,} users asked, max_users is {target.max_users:,}"
    run_time_s = LONGEST_UNASKED_RUN_S if plan.profile.run_time_s is None else plan.profile.run_time_s
    if target.max_minutes is not None and run_time_s > target.max_minutes * 60:
        most = _DURATION.write(target.max_minutes * 60)
        asked = f"a run of {_DURATION.write(run_time_s)}"
        if plan.profile.run_time_s is None:
            asked = f"a run without run_time, which is one of up to {_DURATION.write(run_time_s)},"
        faults["run_time"] = f"{asked} asked, max_minutes is {target.max_minutes:g} ({most})"
    return faults


def check_limits(plan: RunPlan, confirmed_host: str | None) -> None:
    """Refuse a plan that asks more of its target than it allows, or a production target nobody confirmed.

    `confirmed_host` is what was given as --confirm-host. A plan names no request rate and a load shape may
    change the users: max_rps, and max_users under a shape, can only be watched while the run lasts.
    Raises PerftuiError with exit code REFUSED.
    """
    for key, why in limit_faults(plan).items():
        raise _refused(plan, why, str(_SETTINGS[key].option))
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
