"""From an engine that is loaded to a run: its folder, its socket, its owner."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from perftui import exit_codes
from perftui.conductor.conductor import Conductor
from perftui.conductor.judging import Judging
from perftui.conductor.loading import LoadedEngine
from perftui.conductor.log import LogLine
from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.model.record import NO_DEMANDS, Demands
from perftui.model.secret_arguments import secret_flags_of
from perftui.model.snapshot import Snapshot
from perftui.model.text import clean
from perftui.store.writer import RunWriter
from perftui.wire.rendezvous import socket_path


async def open_run(
    plan: RunPlan,
    engine: LoadedEngine,
    runs_folder: Path,
    *,
    on_snapshot: Callable[[Snapshot], None] = lambda _: None,
    on_log: Callable[[LogLine], None] = lambda _: None,
    demands: Demands = NO_DEMANDS,
) -> Conductor:
    """Make the folder and the socket of a run that `engine` is ready for.

    `on_snapshot` and `on_log` are called in the event loop, for a run that is watched from the same process.
    `demands` is what more a run has to do to pass.

    Raises PerftuiError, with no load sent and the engine ended, where one of the two cannot be made, or where a rule of
    `plan` cannot be read.
    """
    started_at = datetime.now(UTC)
    writer: RunWriter | None = None
    try:
        # Everything that can be refused is refused before a folder is made.
        judging = Judging(plan, demands)
        if plan.search is not None and engine.loaded.shape:
            raise PerftuiError(
                f"load shape {clean(engine.loaded.shape)} of the locustfile decides the load",
                "a search for capacity has to do that itself",
                "Leave the shape out of the locustfile, or give one without",
                exit_code=exit_codes.USAGE,
            )
        socket_path(runs_folder / "a run")
        writer = RunWriter.create(
            runs_folder,
            plan,
            started_at=started_at,
            environment=engine.environment,
            secret_flags=secret_flags_of(engine.loaded.inspection.arguments),
        )
        conductor = Conductor(plan, engine, writer, started_at, on_snapshot, on_log, judging)
        await conductor.viewers.open()
    except BaseException:
        await engine.close()
        if writer is not None:
            # A run that never began leaves no record.
            writer.close()
            shutil.rmtree(writer.folder, ignore_errors=True)
        raise
    return conductor
