"""What a master takes for the ticks of 100 load workers with 200 request names each: decode, merge, encode.

    python -m benchmarks.merging

A real master; of the workers there is only what they say, 1,000 requests a second each. CPU time, from a message that
has been received to the tick that is packed for the conductor: what ZeroMQ takes to receive it is left out. Where users
keep a schedule there are response times beside the service times. The median of the ticks counts; the least of them
says what it takes where nothing else wants the machine's caches. Locust's own statistics come every third second: they
are for listeners and a locustfile that look at them, and nothing of perftui's is made of them.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from typing import NamedTuple

from benchmarks._led import LedFleet, said, said_of_stats
from benchmarks._made_up import MadeUpTicks
from perftui.model.tick import Tick
from perftui.wire.messages import WorkerReport

WORKERS = (2, 10, 100)
NAMES, RPS = 200, 1000
TICKS = 12
# Not counted: in these everything is there for the first time.
FIRST_TICKS = 2
AIM_AT, MOST_MS = 100, 50.0
# As locust.stats.WORKER_REPORT_INTERVAL.
STATS_EVERY_S = 3


class Cost(NamedTuple):
    """Medians of what a tick takes in ms, the least in all, and the bytes of one report and of the tick of all."""

    hear_ms: float
    take_ms: float
    least_ms: float
    report_bytes: int
    tick_bytes: int


def measure(workers: int, *, keeps_schedule: bool) -> Cost:
    fleet = LedFleet(workers)
    # Ten that differ: to make up one for each worker and second would take longer than to measure.
    made_up = [MadeUpTicks(NAMES, RPS, keeps_schedule=keeps_schedule, seed=seed).next(1) for seed in range(10)]
    hearing: list[float] = []
    taking: list[float] = []
    for seq in range(1, FIRST_TICKS + TICKS + 1):
        now = [replace(made_up[(number + seq) % len(made_up)], seq=seq) for number in range(workers)]
        reports = [said(who, WorkerReport(tick, False)) for who, tick in zip(fleet.client_ids, now, strict=True)]
        begin_s = time.process_time()
        for each in reports:
            fleet.hear(each)
        heard_s = time.process_time()
        whole, packed = fleet.take(seq)
        taken_s = time.process_time()
        assert _requests(whole) == sum(map(_requests, now)), "requests are lost"
        if seq > FIRST_TICKS:
            hearing.append((heard_s - begin_s) * 1000)
            taking.append((taken_s - heard_s) * 1000)
    fleet.close()
    least_ms = min(map(sum, zip(hearing, taking, strict=True)))
    return Cost(statistics.median(hearing), statistics.median(taking), least_ms, len(reports[0]), len(packed))


def measure_stats() -> tuple[float, int]:
    """Locust's own statistics of one worker: what the master takes for them in ms, and their bytes."""
    fleet = LedFleet(1)
    messages = [said_of_stats(fleet.client_ids[0], NAMES, RPS * STATS_EVERY_S, seed) for seed in range(TICKS)]
    begin_s = time.process_time()
    for each in messages:
        fleet.hear(each)
    taken_ms = (time.process_time() - begin_s) * 1000 / len(messages)
    fleet.close()
    return taken_ms, len(messages[0])


def _requests(tick: Tick) -> int:
    return sum(delta.requests for delta in tick.requests)


def main() -> None:
    print(f"{NAMES} names, {RPS:,} requests/s each; aim: under {MOST_MS:g} ms a tick for {AIM_AT} workers")
    print(
        f"{'workers':>8} {'times':<20} {'hear ms':>8} {'take ms':>8} {'in all ms':>10} {'report kB':>10} {'tick kB':>8}"
    )
    for keeps_schedule in (False, True):
        for workers in WORKERS:
            cost = measure(workers, keeps_schedule=keeps_schedule)
            times = "service, response" if keeps_schedule else "service"
            in_all_ms = cost.hear_ms + cost.take_ms
            print(
                f"{workers:>8} {times:<18} {cost.hear_ms:>8.1f} {cost.take_ms:>8.1f} {in_all_ms:>10.1f} "
                f"{cost.least_ms:>7.1f} {cost.report_bytes / 1000:>10.1f} {cost.tick_bytes / 1000:>8.1f}",
                flush=True,
            )
    stats_ms, stats_bytes = measure_stats()
    print(
        f"Locust's own statistics of one worker: {stats_ms:.2f} ms and {stats_bytes / 1000:.1f} kB every "
        f"{STATS_EVERY_S} s, so for {AIM_AT} workers {stats_ms * AIM_AT / STATS_EVERY_S:.0f} ms of each second"
    )


if __name__ == "__main__":
    main()
