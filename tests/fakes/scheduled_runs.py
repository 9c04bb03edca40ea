"""Ticks of an arrival rate that found too few users, with load workers of which one was lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from perftui.model.load_workers import LoadWorkerRow
from perftui.model.record import Record, RunEvent
from perftui.model.tick import Arrivals, Health, LoadWorkerSample, LocalErrorDelta, Tick
from tests.fakes.records import PLAN, record_of
from tests.fakes.ticks import delta, histogram_of, tick

NO_PORT = "no local port left"
HEALTH = Health(35.0, 70_000_000, 0.2, 2.0, 4.0, 30, 4096, 3.5, 120, 28_000)
LATE = replace(HEALTH, hub_lag_p50_ms=100.0, hub_lag_p99_ms=400.0, hub_lag_max_ms=500.0)


State = Literal["ready", "running", "missing", "left"]


def worker(name: str, state: State = "running", users: int = 40, requests: int = 205) -> LoadWorkerSample:
    return LoadWorkerSample(name, "box", "local", state, users, requests, 0.2, HEALTH)


MASTER = LoadWorkerSample("master", "box", "master", "running", 0, 0, 0.0, None)


def scheduled_ticks(seconds: int = 6) -> list[Tick]:
    """500 tasks are due in each second, and 80 users begin 410 of them; the generator is late in the third and fourth.

    Requests take 100 ms, and 700 ms from the intended start. The second load worker is missing in the fourth second.
    """
    ticks = []
    for seq in range(seconds):
        fast = replace(delta("/cart", (100.0,) * 410), response_times=histogram_of(*[700.0] * 410))
        plain = tick(seq, fast, users=80)
        ticks.append(
            replace(
                plain,
                health=LATE if seq in (2, 3) else HEALTH,
                started=410 + 2,
                local_errors=(LocalErrorDelta(NO_PORT, 2),),
                arrivals=Arrivals(500.0, 500, 410, 90, 0, 80),
                load_workers=(MASTER, worker("one"), worker("two", "missing" if seq == 3 else "running")),
            )
        )
    return ticks


def scheduled_record() -> Record:
    record = record_of(
        scheduled_ticks(),
        plan=replace(PLAN, profile=replace(PLAN.profile, rate_per_s=500.0, max_users=80, load_workers=2)),
        events=(
            RunEvent(0.0, "state", "running"),
            RunEvent(2.0, "load", "rate 400/s -> 500/s", "ann"),
            RunEvent(3.4, "worker", "load worker two is lost"),
        ),
    )
    workers = (
        LoadWorkerRow("master", "box", "master", "running", 0, 0),
        LoadWorkerRow("one", "box", "local", "running", 40, 1230, 0, 0, 35.0, 2.0),
        LoadWorkerRow("two", "box", "local", "running", 40, 1230, 1, 1, 35.0, 2.0),
    )
    return replace(record, load_workers=workers)
