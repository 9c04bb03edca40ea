"""What can be known before a request is sent: does the load fit this machine, what can be read of the target."""

from __future__ import annotations

import asyncio
import math
import resource
from collections.abc import Sequence

import psutil

from perftui import exit_codes
from perftui.conductor.load_workers import local_workers_of
from perftui.conductor.target_monitor import TargetMonitor
from perftui.judgement.quantities import format_quantity
from perftui.model.inspection import CheckItem
from perftui.model.load_plan import at_most, deciding_shape, peak_users, users_text
from perftui.model.plan import RunPlan, Target
from perftui.model.text import clean

# Longer than any one source may take.
TARGET_SIDE_TIMEOUT_S = 6.0
_LOOK_EVERY_S = 0.05
# A user holds up to two connections (a redirect to another port, a retry), the engine some for itself.
OPEN_FILES_PER_USER = 2
OPEN_FILES_OF_ENGINE = 100


async def check_target_side(target: Target) -> CheckItem:
    """One reading of the target's own side, as a run would take it each second."""
    monitor = TargetMonitor.for_target(target)
    name = "target side"
    if monitor is None:
        return CheckItem(name, "ok", "not read: the target is elsewhere, and has no metrics_url and no monitor_command")
    await monitor.start()
    try:
        for _ in range(round(TARGET_SIDE_TIMEOUT_S / _LOOK_EVERY_S)):
            if monitor.latest() is not None or monitor.problem:
                break
            await asyncio.sleep(_LOOK_EVERY_S)
        sample = monitor.latest()
    finally:
        await monitor.close()
    if monitor.problem or sample is None:
        return CheckItem(name, "warning", monitor.problem or "nothing could be read of it in time")
    parts = [
        "" if sample.memory_bytes is None else f"memory {format_quantity(sample.memory_bytes, 'bytes')}",
        "" if sample.open_connections is None else f"{sample.open_connections:,} open connections",
        "" if sample.value is None else f"its own number {sample.value:g}",
    ]
    return CheckItem(name, "ok", f"read: {', '.join(filter(None, parts)) or 'no number yet'}")


def check_open_files(plan: RunPlan, shapes: Sequence[str] = ()) -> CheckItem:
    """Whether the most users of `plan` fit into the files that each of its processes may open here.

    `shapes` are those that its locustfiles are known to have.
    """
    shape = deciding_shape(plan.profile, shapes)
    if shape:
        return CheckItem("open files", "ok", f"not known: load shape {clean(shape, 100)} decides the users")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    users = math.ceil(peak_users(at_most(plan)) / max(1, local_workers_of(plan.profile)))
    needed = users * OPEN_FILES_PER_USER + OPEN_FILES_OF_ENGINE
    need = f"{users_text(users)} need{'s'[: users == 1]} about {needed:,}"
    if hard != resource.RLIM_INFINITY and hard < needed:
        return CheckItem(
            "open files",
            "failed",
            f"this machine allows {hard:,} open files, and {need}; "
            f"raise the limit (`ulimit -Hn {needed}` as root) or lower the users",
            exit_codes.ENVIRONMENT,
        )
    limit = "no limit" if hard == resource.RLIM_INFINITY else f"limit {hard:,}"
    return CheckItem("open files", "ok", f"{need} open files; {limit}")


def check_machine(plan: RunPlan) -> CheckItem:
    """Whether somebody else already uses the processors."""
    cores, load = psutil.cpu_count() or 1, psutil.getloadavg()[0]
    if load > cores:
        return CheckItem(
            "machine",
            "warning",
            f"the load average is {load:.1f} on {cores} cores: measured times will be too high",
        )
    processes = max(1, local_workers_of(plan.profile))
    makers = "one process makes the load, on one of them" if processes == 1 else f"{processes} processes make the load"
    if plan.profile.has_master and not plan.profile.load_workers:
        makers = "load workers from elsewhere make the load"
    return CheckItem("machine", "ok", f"{cores} cores, load average {load:.1f}; {makers}")
