"""Simulated runs in a runs folder, as a conductor leaves them: for commands that read runs."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from perftui.model.record import Accounting, Outcome, Verdict
from perftui.model.run_state import RunState
from perftui.model.tick import Tick
from perftui.store.writer import RunWriter
from tests.fakes.records import PLAN
from tests.fakes.simulated_runs import run_of
from tests.fakes.ticks import total_of

STARTED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
RUN_S = 20


class KeptRuns:
    """A folder of runs that took 20 s each unless told otherwise, one started every minute."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._chance = random.Random(11)
        self._kept = 0

    def keep(
        self,
        factor: float = 1.0,
        branch: str = "main",
        users: int = 20,
        seconds: int = RUN_S,
        *,
        ticks: list[Tick] | None = None,
        warm_up_s: float = 0.0,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Keeps a run of `ticks`, else one without failures that is `factor` as slow as others; its id."""
        if ticks is None:
            ticks = run_of(self._chance, factor, fail_ratio=0.0)[:seconds]
        profile = replace(PLAN.profile, users=users, warm_up_s=warm_up_s)
        started_at = STARTED_AT + timedelta(minutes=self._kept)
        self._kept += 1
        writer = RunWriter.create(
            self.folder,
            replace(PLAN, profile=profile, provenance={"git_branch": branch}),
            started_at=started_at,
            environment=environment or {},
        )
        for tick in ticks:
            writer.commit(tick)
        totals = total_of(ticks)
        writer.seal(
            Outcome(
                run_id=writer.run_id,
                state=RunState.FINISHED,
                verdict=Verdict.PASSED,
                exit_code=0,
                reason="finished as planned",
                sentences=("Passed: finished as planned.",),
                started_at=started_at.isoformat(),
                ended_at=started_at.isoformat(),
                duration_s=totals.elapsed_s,
                accounting=Accounting(totals.started, totals.total.succeeded),
                warm_up_s=warm_up_s,
            ),
            totals,
        )
        writer.close()
        return writer.run_id
