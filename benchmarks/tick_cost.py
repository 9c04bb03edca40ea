"""What one tick a second costs, in percent of a core, at 50 and 500 request names: in each process that has a part.

    python -m benchmarks.tick_cost

1,000 requests a second over all names, made up. CPU time of what happens once a second: take what was counted and pack
it (engine, load worker), unpack, add up and pack again (master), unpack, judge, commit to SQLite and make the snapshot
(conductor), pack that for a viewer (cockpit). What each request costs is in `engine_cost`, and what the kernel takes to
carry the bytes is left out. The median of the ticks, and the least of them in brackets: on a machine that does
something else too the same work takes more CPU time. The conductor's are of a run of two minutes, as its sums grow at
first.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from locust.env import Environment
from locust.event import Events
from locust.rpc.protocol import Message

from benchmarks._led import BENCH_USER, LedFleet, said
from benchmarks._made_up import MadeUpTicks, fire_second
from perftui.conductor.judging import Judging
from perftui.engine import runner
from perftui.engine.instruments import Instruments
from perftui.engine.listener import FRAME
from perftui.engine.ticker import Counts, OwnCounts
from perftui.judgement.trust import live_trust
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.model.record import Demands
from perftui.model.run_state import RunState
from perftui.model.snapshot import snapshot_of
from perftui.store.writer import RunWriter
from perftui.wire.framing import HEADER, FrameReader, encode
from perftui.wire.messages import Shown, Ticked, WorkerReport

NAMES = (50, 500)
RPS = 1000
TICKS, FIRST_TICKS = 30, 5
CONDUCTOR_FIRST_TICKS = 90
AIM_AT, MOST_PERCENT = 500, 2.0
PLAN = RunPlan(
    Profile("peak", users=50, spawn_rate=10.0, run_time_s=600.0, thresholds=("p95 < 500ms", "fail_ratio < 5%")),
    Target("shop", "http://127.0.0.1:8000"),
    Scenario("shop", ("locustfile.py",)),
    "/",
)


def of_engine(names: int, *, is_worker: bool) -> Iterator[float]:
    """Seconds of each tick of a process that makes the load."""
    instruments = Instruments(lambda: None)
    environment = Environment(user_classes=[BENCH_USER], events=Events())
    counts: Counts = OwnCounts(runner.create(environment), instruments)
    environment.events.request.add_listener(instruments.sampler.on_request)
    instruments.clock.begin(0.0)
    chance = random.Random(7)
    for seq in range(1, FIRST_TICKS + TICKS + 1):
        fire_second(environment.events.request.fire, names, RPS, chance)
        begin_s = time.process_time()
        tick = counts.take(seq, float(seq), 1.0)
        if is_worker:
            Message(FRAME, encode(WorkerReport(tick, is_last=False))[HEADER.size :], "box").serialize()
        else:
            encode(Ticked(tick))
        if seq > FIRST_TICKS:
            yield time.process_time() - begin_s
        assert sum(delta.requests for delta in tick.requests) == RPS


def of_master(names: int, workers: int) -> Iterator[float]:
    """Seconds of each tick; the workers share the requests."""
    fleet = LedFleet(workers)
    made_up = [MadeUpTicks(names, RPS // workers, seed=seed) for seed in range(workers)]
    for seq in range(1, FIRST_TICKS + TICKS + 1):
        reports = [
            said(who, WorkerReport(ticks.next(seq), is_last=False))
            for who, ticks in zip(fleet.client_ids, made_up, strict=True)
        ]
        begin_s = time.process_time()
        for each in reports:
            fleet.hear(each)
        fleet.take(seq)
        if seq > FIRST_TICKS:
            yield time.process_time() - begin_s
    fleet.close()


def of_conductor(names: int) -> Iterator[tuple[float, float]]:
    """Seconds of each tick until the snapshot is there, and those that packing it for viewers takes."""
    judging, ticks, frames = Judging(PLAN, Demands()), MadeUpTicks(names, RPS), FrameReader()
    with tempfile.TemporaryDirectory() as folder:
        writer = RunWriter.create(Path(folder), PLAN, started_at=datetime.now(UTC), environment={})
        for seq in range(1, CONDUCTOR_FIRST_TICKS + TICKS + 1):
            packed = encode(Ticked(ticks.next(seq)))
            begin_s = time.process_time()
            (message,) = frames.feed(packed)
            assert isinstance(message, Ticked)
            judging.add(message.tick)
            writer.commit(message.tick)
            assessment = judging.assessment
            trust, reason = live_trust(assessment.whole)
            snapshot = snapshot_of(
                assessment.whole,
                assessment.measured,
                run_id=writer.run_id,
                folder=str(writer.folder),
                title=PLAN.title,
                target_url=PLAN.target.url,
                state=RunState.RUNNING,
                cause="",
                warning="",
                elapsed_s=float(seq),
                run_time_s=PLAN.profile.run_time_s,
                thresholds=assessment.thresholds(),
                trust=trust,
                trust_reason=reason,
            )
            made_s = time.process_time()
            encode(Shown(snapshot))
            if seq > CONDUCTOR_FIRST_TICKS:
                yield made_s - begin_s, time.process_time() - made_s
        assert not writer.problem
        writer.close()


def main() -> None:
    print(f"percent of a core at a tick a second, {RPS:,} requests/s; aim: at most {MOST_PERCENT:g} at {AIM_AT} names,")
    print("for what makes or leads the load; median (least)")
    print(f"{'':<28}" + "".join(f"{f'{names} names':>18}" for names in NAMES))
    _print("engine alone", [list(of_engine(names, is_worker=False)) for names in NAMES])
    _print("load worker", [list(of_engine(names, is_worker=True)) for names in NAMES])
    for workers in (1, 2):
        title = f"master of {workers} load worker{'s' if workers > 1 else ''}"
        _print(title, [list(of_master(names, workers)) for names in NAMES])
    conductors = [list(of_conductor(names)) for names in NAMES]
    _print("conductor", [[made for made, _ in each] for each in conductors])
    _print("conductor, for its viewers", [[packed for _, packed in each] for each in conductors])


def _print(title: str, seconds: list[list[float]]) -> None:
    shares = [f"{statistics.median(each) * 100:.2f} % ({min(each) * 100:.2f})" for each in seconds]
    print(f"{title:<28}" + "".join(f"{share:>18}" for share in shares), flush=True)


if __name__ == "__main__":
    main()
