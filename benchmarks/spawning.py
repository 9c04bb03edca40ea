"""Service times at 2,000 paced requests per second: users spawned evenly, against Locust's burst each second.

    python -m benchmarks.spawning

200 users, each 10 requests per second, spawned at 100 per second. The engine spawns them every 50 ms; Locust starts 100
at once, and they stay in step. Locust's percentiles are its own, rounded to two digits.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks._engine import asked, run_engine
from benchmarks._target import target
from perftui.model.histogram import merge

RUN_S = 15
USERS, SPAWN_RATE, ROUNDS = 200, 100.0, 2

LOCUSTFILE = """
from locust import FastHttpUser, constant_throughput, task
class BenchUser(FastHttpUser):
    wait_time = constant_throughput(10)
    @task
    def get(self):
        self.client.get("/")
"""


def of_engine(locustfile: Path, url: str) -> tuple[float, float, float]:
    """rps, p50 and p99 in ms."""
    run = run_engine(asked(locustfile, url, USERS, SPAWN_RATE, float(RUN_S)))
    times = merge(delta.ok_times for tick in run.ticks for delta in tick.requests)
    p50, p99 = times.percentiles_ms((50, 99))
    return run.requests / run.ticks[-1].elapsed_s, p50 or 0.0, p99 or 0.0


def of_locust(locustfile: Path, url: str) -> tuple[float, float, float]:
    """rps, p50 and p99 in ms."""
    prefix = str(locustfile.with_suffix(""))
    load = ("--headless", "--only-summary", "-u", str(USERS), "-r", f"{SPAWN_RATE:g}", "-t", f"{RUN_S}s")
    subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(locustfile), "-H", url, "--csv", prefix, *load],
        capture_output=True,
        check=True,
    )
    with open(f"{prefix}_stats.csv", newline="") as file:
        last = list(csv.DictReader(file))[-1]
    return float(last["Requests/s"]), float(last["50%"]), float(last["99%"])


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    print(f"{USERS} users x 10 requests/s, spawned at {SPAWN_RATE:g}/s, {RUN_S} s")
    print(f"{'':<8} {'rps':>8} {'p50 ms':>8} {'p99 ms':>8}")
    with tempfile.TemporaryDirectory() as folder, target(core=cores[0]) as server:
        os.sched_setaffinity(0, set(cores[1:]) or set(cores))
        try:
            locustfile = Path(folder) / "paced.py"
            locustfile.write_text(LOCUSTFILE)
            for _ in range(ROUNDS):
                for name, measure in (("burst", of_locust), ("smooth", of_engine)):
                    rps, p50, p99 = measure(locustfile, server.url)
                    print(f"{name:<8} {rps:>8,.0f} {p50:>8.2f} {p99:>8.2f}", flush=True)
        finally:
            os.sched_setaffinity(0, set(cores))


if __name__ == "__main__":
    main()
