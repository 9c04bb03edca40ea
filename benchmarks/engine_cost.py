"""CPU per request and requests per second: perftui's engine against `locust --headless --csv`.

    python -m benchmarks.engine_cost

The same locustfile, user class and target; both run in turn, several times each, with the target in a process and on a
core of its own. The best round of each counts, because what else the machine does only takes away. Trust the ratio
inside one run. CPU is the process's own over the middle of the run, requests are counted by the target. What is
measured is the engine: the conductor beside it costs what `tick_cost` says.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks._engine import asked, run_engine
from benchmarks._target import Target, target
from perftui.model.tick import Tick

RUN_S = 10
# What is measured: not the start, which imports, nor the end.
FROM_S, TO_S = 1, 9
ROUNDS = 3
USERS = 10
MOST_CPU = 1.05
LEAST_RPS = 0.98

LOCUSTFILE = """
from locust import {base}, constant, task
class BenchUser({base}):
    wait_time = constant(0)
    @task
    def get(self):
        self.client.get("/")
    @task
    def named(self):
        self.client.get("/?page=1", name="/page")
"""


class Cost(NamedTuple):
    us_per_request: float
    rps: float


class Moment(NamedTuple):
    at_s: float
    cpu_s: float
    served: int


def moment(pid: int, server: Target) -> Moment:
    times = psutil.Process(pid).cpu_times()
    return Moment(time.monotonic(), times.user + times.system, server.served)


def between(first: Moment, last: Moment) -> Cost:
    requests = last.served - first.served
    return Cost((last.cpu_s - first.cpu_s) / requests * 1e6, requests / (last.at_s - first.at_s))


def of_locust(locustfile: Path, server: Target) -> Cost:
    """One run of Locust's own command."""
    load = ("--headless", "--only-summary", "-u", str(USERS), "-r", "100", "-t", f"{RUN_S}s")
    command = [sys.executable, "-m", "locust", "-f", str(locustfile), "-H", server.url]
    before = server.served
    process = subprocess.Popen(
        [*command, "--csv", str(locustfile.with_suffix("")), *load],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while server.served < before + USERS:
        time.sleep(0.02)
    time.sleep(FROM_S)
    first = moment(process.pid, server)
    time.sleep(TO_S - FROM_S)
    last = moment(process.pid, server)
    process.wait()
    return between(first, last)


def of_engine(locustfile: Path, server: Target) -> Cost:
    moments: list[Moment] = []

    def on_tick(tick: Tick, pid: int) -> None:
        if round(tick.elapsed_s) in (FROM_S, TO_S):
            moments.append(moment(pid, server))

    run_engine(asked(locustfile, server.url, USERS, 100.0, float(RUN_S)), on_tick)
    return between(moments[0], moments[-1])


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    print(f"{USERS} users, {RUN_S} s, {ROUNDS} rounds each in turn; aims: CPU <= {MOST_CPU}, rps >= {LEAST_RPS}")
    print(f"{'':<14} {'Locust':>18} {'engine':>18} {'CPU ratio':>10} {'Locust':>10} {'engine':>10} {'rps ratio':>10}")
    with tempfile.TemporaryDirectory() as folder, target(core=cores[0]) as server:
        os.sched_setaffinity(0, set(cores[1:]) or set(cores))
        try:
            for base in ("FastHttpUser", "HttpUser"):
                locustfile = Path(folder) / f"{base.lower()}.py"
                locustfile.write_text(LOCUSTFILE.format(base=base))
                stock: list[Cost] = []
                ours: list[Cost] = []
                for _ in range(ROUNDS):
                    stock.append(of_locust(locustfile, server))
                    ours.append(of_engine(locustfile, server))
                _print(base, stock, ours)
        finally:
            os.sched_setaffinity(0, set(cores))


def _print(base: str, stock: list[Cost], ours: list[Cost]) -> None:
    cpu = [min(each.us_per_request for each in side) for side in (stock, ours)]
    rps = [max(each.rps for each in side) for side in (stock, ours)]
    print(
        f"{base:<14} {cpu[0]:>11.1f} us/req {cpu[1]:>11.1f} us/req {cpu[1] / cpu[0]:>10.3f} "
        f"{rps[0]:>6,.0f} rps {rps[1]:>6,.0f} rps {rps[1] / rps[0]:>10.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
