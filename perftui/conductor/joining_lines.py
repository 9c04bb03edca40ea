"""What a person has to know to let load workers join, and what that means."""

from __future__ import annotations

import psutil

from perftui.conductor.load_workers import LOOPBACK, LoadWorkers, local_workers_of
from perftui.model.plan import AUTO_LOAD_WORKERS, Profile


def lines_on_joining(workers: LoadWorkers, profile: Profile) -> list[tuple[str, str]]:
    """Level and text of each line."""
    local, lines = local_workers_of(profile), []
    if local:
        how = f" (auto: {psutil.cpu_count() or 1} cores)" if profile.load_workers == AUTO_LOAD_WORKERS else ""
        lines.append(("INFO", f"load workers of this machine: {local}{how}; others may join at {workers.address}"))
    awaited = profile.awaited_workers
    if awaited:
        more = "" if awaited == 1 else "s"
        lines.append(
            (
                "INFO",
                f"waiting up to {profile.max_wait_s:g} s for {awaited} load worker{more}: "
                f"`perftui worker --master {workers.address}`",
            )
        )
    tunnel = f"`ssh -R {workers.port}:{LOOPBACK}:{workers.port} MACHINE`, and there --master {LOOPBACK}:{workers.port}"
    if workers.is_exposed:
        lines.append(
            (
                "WARNING",
                f"whoever reaches {workers.address} can read the locustfiles and forge numbers: Locust has no "
                f"authentication. Without --bind, load workers come by a tunnel: {tunnel} (with the port of that run)",
            )
        )
    elif awaited:
        lines.append(("INFO", f"from another machine: {tunnel}"))
    return lines
