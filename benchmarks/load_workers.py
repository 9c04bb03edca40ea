"""Two load workers against one: requests per second, and what limits them.

    python -m benchmarks.load_workers

Whole runs as anybody starts them, with one load worker and with two in turn, a few times each, users without a wait;
the median of the pairs counts. The target has the same cores: where those are all busy, a second load worker takes from
the target and from the first one what it needs itself. So the CPU of all parts stands beside the rates, in percent of a
core, and of whatever else ran on the machine meanwhile; and what two give for the same CPU time.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, fields
from pathlib import Path

import psutil

from benchmarks._target import Target, target
from perftui.model.tick import Tick
from perftui.store.reader import RunReader

RUN_S, ROUNDS, USERS = 8, 3, 20
# In these users come, and go.
_NOT_COUNTED = 2
# From here on something is as busy as it can be.
_BUSY = 0.9
_POLL_S = 0.05

LOCUSTFILE = """
from locust import {base}, constant, task
class BenchUser({base}):
    wait_time = constant(0)
    @task
    def get(self):
        self.client.get("/")
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU in percent of a core; `worker` is that of the busiest load worker, `others` of what is no part of the run."""

    rps: float
    workers: float
    worker: float
    master: float
    conductor: float
    target: float
    others: float

    @property
    def own(self) -> float:
        return self.workers + self.master + self.conductor + self.target


def measure(locustfile: Path, server: Target, runs: Path, workers: int) -> Measured:
    before = set(runs.glob("2*"))
    load = ("--users", str(USERS), "--spawn-rate", "100", "--run-time", f"{RUN_S}s", "--load-workers", str(workers))
    run = subprocess.Popen(
        (sys.executable, "-m", "perftui", "run", "light", "-f", str(locustfile), "--target", server.url, *load),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    served, conductor = server.served, psutil.Process(run.pid)
    while run.poll() is None and server.served < served + 1000:
        time.sleep(_POLL_S)
    begin_s, busy_s, target_s, own_s = time.monotonic(), _busy_s(), server.cpu_s, _cpu_s(conductor)
    time.sleep(RUN_S - _NOT_COUNTED)
    took_s = time.monotonic() - begin_s
    busy, of_target, of_conductor = (
        (now - then) / took_s * 100
        for now, then in ((_busy_s(), busy_s), (server.cpu_s, target_s), (_cpu_s(conductor), own_s))
    )
    if run.wait() != 0:
        raise SystemExit(f"the run ended with {run.returncode}")
    (folder,) = set(runs.glob("2*")) - before
    with_load = [tick for tick in RunReader(folder).ticks() if tick.user_count == USERS][1:-1]
    by_worker = [_cpu_of(with_load, f"local-{number + 1}") for number in range(workers)]
    of_master, in_all = _cpu_of(with_load, "master"), sum(by_worker)
    return Measured(
        rps=sum(delta.requests for tick in with_load for delta in tick.requests)
        / sum(tick.interval_s for tick in with_load),
        workers=in_all,
        worker=max(by_worker),
        master=of_master,
        conductor=of_conductor,
        target=of_target,
        others=max(0.0, busy - in_all - of_master - of_conductor - of_target),
    )


def _cpu_of(ticks: list[Tick], name: str) -> float:
    seen = [
        each.health.cpu_percent for tick in ticks for each in tick.load_workers if each.name == name and each.health
    ]
    return sum(seen) / len(seen)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def limit_of(measured: Measured, cores: int) -> str:
    """What keeps the rate from being higher."""
    taken = f"the run and its target take {measured.own / 100:.1f} of {cores} cores, others {measured.others / 100:.1f}"
    if measured.own + measured.others >= _BUSY * 100 * cores:
        return f"the cores: {taken}"
    if measured.target >= _BUSY * 100:
        return "the target: its one process is busy"
    if measured.worker >= _BUSY * 100:
        return f"the load worker{'s: each has' if measured.workers > 150 else ': it has'} a core and fills it; {taken}"
    return f"none of the parts by itself: {taken}"


def main() -> None:
    cores = len(os.sched_getaffinity(0))
    print(f"{USERS} users without a wait, {RUN_S} s, {ROUNDS} rounds in turn, {cores} cores; CPU in percent of a core")
    parts = ("all workers", "master", "conductor", "target", "others")
    print(f"{'':<14} {'workers':>8} {'rps':>8}" + "".join(f"{part:>13}" for part in parts))
    with tempfile.TemporaryDirectory() as home, target() as server:
        os.environ["XDG_RUNTIME_DIR"] = home
        runs = Path(home) / "runs"
        os.environ["PERFTUI_RUNS_DIR"] = str(runs)
        for base in ("HttpUser", "FastHttpUser"):
            locustfile = Path(home) / f"{base.lower()}.py"
            locustfile.write_text(LOCUSTFILE.format(base=base))
            rounds = [[measure(locustfile, server, runs, workers) for workers in (1, 2)] for _ in range(ROUNDS)]
            one, two = (_median([each[side] for each in rounds]) for side in (0, 1))
            for workers, measured in ((1, one), (2, two)):
                shares = (measured.workers, measured.master, measured.conductor, measured.target, measured.others)
                print(
                    f"{base:<14} {workers:>8} {measured.rps:>8,.0f}" + "".join(f"{share:>11.0f} %" for share in shares)
                )
            ratios = sorted(pair[1].rps / pair[0].rps for pair in rounds)
            print(f"  two give {statistics.median(ratios):.2f} times one ({ratios[0]:.2f} to {ratios[-1]:.2f})")
            print(f"  one is limited by {limit_of(one, cores)}")
            print(f"  two are limited by {limit_of(two, cores)}")
            with_cores = (two.rps / two.workers) / (one.rps / one.workers)
            print(f"  a CPU second of two gives {with_cores:.2f} times the requests of one's", flush=True)


def _median(rounds: list[Measured]) -> Measured:
    return Measured(*(statistics.median(getattr(each, field.name) for each in rounds) for field in fields(Measured)))


if __name__ == "__main__":
    main()
