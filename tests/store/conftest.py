"""A plan, an outcome, and a writer that is closed when the test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.model.record import Accounting, Outcome, Verdict
from perftui.model.run_state import RunState
from perftui.store.writer import RunWriter

STARTED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

MakeWriter = Callable[..., RunWriter]
MakeOutcome = Callable[..., Outcome]


@pytest.fixture
def plan() -> RunPlan:
    return RunPlan(
        Profile("light", users=5, run_time_s=20.0),
        Target("shop", "http://127.0.0.1:8000", max_users=50),
        Scenario("default", ("/tests/locustfile.py",), weights={"Buyer": 3}),
        working_directory="/tests",
        locust_args=("--basket", "3"),
        origins={"users": "profile light"},
        provenance={"perftui": "0.1"},
    )


@pytest.fixture
def make_writer(tmp_path: Path, plan: RunPlan) -> Iterator[MakeWriter]:
    writers: list[RunWriter] = []

    def make(runs: Path = tmp_path / "runs", plan: RunPlan = plan, started_at: datetime = STARTED_AT) -> RunWriter:
        writers.append(RunWriter.create(runs, plan, started_at=started_at, environment={"python": "3.11"}))
        return writers[-1]

    yield make
    for writer in writers:
        writer.close()


@pytest.fixture
def make_outcome() -> MakeOutcome:
    def make(run_id: str = "r", started_at: str = STARTED_AT.isoformat()) -> Outcome:
        return Outcome(
            run_id=run_id,
            state=RunState.FINISHED,
            verdict=Verdict.PASSED,
            exit_code=0,
            reason="finished as planned",
            sentences=("Passed: finished as planned.",),
            started_at=started_at,
            ended_at="2026-03-04T05:06:27+00:00",
            duration_s=20.0,
            accounting=Accounting(started=3, succeeded=3),
            warnings=("slow disk",),
        )

    return make
