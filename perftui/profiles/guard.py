"""What a target allows, asked before any load is sent."""

from __future__ import annotations

from perftui.exit_codes import REFUSED
from perftui.model.errors import PerftuiError
from perftui.model.plan import LONGEST_UNASKED_RUN_S, RunPlan
from perftui.model.text import clean
from perftui.profiles.keys import SETTINGS, named
from perftui.profiles.targets import host_of

__all__ = ["check_limits", "host_of"]

_DURATION = named(SETTINGS)["run_time"].kind


def check_limits(plan: RunPlan, confirmed_host: str | None) -> None:
    """Refuse a plan that asks more of its target than it allows, or a production target nobody confirmed.

    `confirmed_host` is what was given as --confirm-host. A plan names no request rate and a load shape may
    change the users: max_rps, and max_users under a shape, can only be watched while the run lasts.
    Raises PerftuiError with exit code REFUSED.
    """
    target = plan.target
    if target.max_users is not None and plan.profile.users > target.max_users:
        raise _refused(plan, f"{plan.profile.users:,} users asked, max_users is {target.max_users:,}", "--users")
    run_time_s = LONGEST_UNASKED_RUN_S if plan.profile.run_time_s is None else plan.profile.run_time_s
    if target.max_minutes is not None and run_time_s > target.max_minutes * 60:
        most = _DURATION.write(target.max_minutes * 60)
        asked = f"a run of {_DURATION.write(run_time_s)}"
        if plan.profile.run_time_s is None:
            asked = f"a run without run_time, which is one of up to {_DURATION.write(run_time_s)},"
        raise _refused(plan, f"{asked} asked, max_minutes is {target.max_minutes:g} ({most})", "--run-time")
    _check_confirmation(plan, confirmed_host)


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
