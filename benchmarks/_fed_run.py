"""A run without an engine, in a process of its own: everything a viewer sees of one is real, its ticks are made up.

    python benchmarks/_fed_run.py RUNS_FOLDER NAMES

Twice a second a tick is committed and shown, as a conductor would: 400 requests a second over NAMES request names, of
which the first get most (Zipf), log-normal times, one request in a hundred failed. Ends with its parent.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from datetime import UTC, datetime
from pathlib import Path

from perftui.conductor.viewers import Viewers
from perftui.judgement.assessment import Assessment
from perftui.model.histogram import Histogram
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.model.run_state import RunState
from perftui.model.snapshot import Snapshot, snapshot_of
from perftui.model.tick import FailureDelta, Health, RequestDelta, TargetSample, Tick
from perftui.store.writer import RunWriter

INTERVAL_S = 0.5
RPS = 400
RUN_TIME_S = 8 * 3600.0
USERS = 200
FAILURE = "HTTPError('503 Server Error: Service Unavailable')"


def plan_of() -> RunPlan:
    return RunPlan(
        Profile(
            "peak", users=USERS, spawn_rate=20.0, run_time_s=RUN_TIME_S, thresholds=("p95 < 500ms", "fail_ratio < 5%")
        ),
        Target("shop", "http://127.0.0.1:8000"),
        Scenario("shop", ("locustfile.py",)),
        "/",
    )


class Ticks:
    """Made up, always the same for the same number of names."""

    def __init__(self, names: int) -> None:
        self._random = random.Random(7)
        self._names = [f"/api/v1/shop/{number:03}/items" for number in range(names)]
        self._weights = [1 / (rank + 1) for rank in range(names)]

    def next(self, seq: int) -> Tick:
        per_name: dict[str, list[float]] = {}
        for name in self._random.choices(self._names, self._weights, k=round(RPS * INTERVAL_S)):
            per_name.setdefault(name, []).append(self._random.lognormvariate(3.5, 0.6))
        elapsed_s = (seq + 1) * INTERVAL_S
        failures: list[FailureDelta] = []
        deltas = [self._delta(name, times_ms, elapsed_s, failures) for name, times_ms in per_name.items()]
        return Tick(
            seq=seq,
            elapsed_s=elapsed_s,
            interval_s=INTERVAL_S,
            user_count=USERS,
            target_user_count=USERS,
            users_by_class={"Buyer": USERS - 50, "Browser": 50},
            requests=tuple(deltas),
            failures=tuple(failures),
            exceptions=(),
            started=round(RPS * INTERVAL_S),
            abandoned=0,
            in_flight=self._random.randint(5, 30),
            oldest_in_flight_s=0.2,
            health=Health(self._random.uniform(30, 40), 90_000_000, 0.3, self._random.uniform(1, 4), 5.0, 220, 65_536),
            target=TargetSample(self._random.uniform(50, 70), 300_000_000 + 20_000 * seq),
        )

    def _delta(self, name: str, times_ms: list[float], elapsed_s: float, failures: list[FailureDelta]) -> RequestDelta:
        ok, failed = Histogram(), Histogram()
        for time_ms in times_ms:
            (failed if self._random.random() < 0.01 else ok).record(int(time_ms * 1000))
        if failed.count:
            failures.append(FailureDelta("GET", name, FAILURE, failed.count, elapsed_s - INTERVAL_S, elapsed_s))
        statuses = {status: count for status, count in ((200, ok.count), (503, failed.count)) if count}
        return RequestDelta("GET", name, ok.count, failed.count, 0, 900 * ok.count, ok, failed, statuses)


class FedRun:
    """`assessment` has every tick that was added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.assessment = Assessment(plan_of())

    def snapshot(self) -> Snapshot:
        assessment = self.assessment
        return snapshot_of(
            assessment.whole,
            assessment.measured,
            run_id=self.folder.name,
            folder=str(self.folder),
            title="peak → shop",
            target_url="http://127.0.0.1:8000",
            state=RunState.RUNNING,
            cause="",
            warning="",
            elapsed_s=assessment.whole.elapsed_s,
            run_time_s=RUN_TIME_S,
            thresholds=assessment.thresholds(),
        )


async def main(runs_folder: Path, names: int) -> None:
    writer = RunWriter.create(runs_folder, plan_of(), started_at=datetime.now(UTC), environment={})
    run = FedRun(writer.folder)
    viewers = Viewers(writer.folder, writer.run_id, lambda _: None)
    await viewers.open()
    print(writer.folder, flush=True)
    parent, ticks, loop = os.getppid(), Ticks(names), asyncio.get_running_loop()
    begin_s, seq = loop.time(), 0
    while os.getppid() == parent:
        tick = ticks.next(seq)
        run.assessment.add(tick)
        writer.commit(tick)
        viewers.show(run.snapshot())
        seq += 1
        await asyncio.sleep(max(0.0, begin_s + seq * INTERVAL_S - loop.time()))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
