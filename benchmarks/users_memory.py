"""Memory per user: perftui's engine against `locust --headless`, for four kinds of user, and 10,000 in one process.

    python -m benchmarks.users_memory

A user is measured by the difference between two runs of the same process, with few and with many users who have all
made a request and wait: what the interpreter and Locust take is the same in both. Both sides in turn, a few times; the
median counts, as how many first requests meet at once is never the same twice.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks._engine import asked, run_engine
from benchmarks._target import target

ROUNDS = 3
FEW = 10
MANY = {"User": 10_000, "LeanHttpUser": 2_000, "FastHttpUser": 2_000, "HttpUser": 1_000}
MODULES = {"LeanHttpUser": "perftui.users"}
SPAWN_RATE = 1_000.0
# After the last user came: their first request is made.
SETTLED_S = 4.0

_HTTP = """
from locust import constant, task
from {module} import {base}
class BenchUser({base}):
    wait_time = constant(3600)
    @task
    def get(self):
        self.client.get("/")
"""
_PLAIN = """
from locust import User, constant, task
class BenchUser(User):
    wait_time = constant(3600)
    @task
    def work(self):
        self.environment.events.request.fire(
            request_type="CALL", name="work", response_time=1.0, response_length=0, exception=None, context={}
        )
"""


def of_engine(locustfile: Path, url: str, users: int) -> int:
    """Resident bytes with `users`."""
    run = run_engine(asked(locustfile, url, users, SPAWN_RATE, users / SPAWN_RATE + SETTLED_S))
    full = [tick.health.rss_bytes for tick in run.ticks if tick.user_count == users]
    assert full, f"only {max(tick.user_count for tick in run.ticks)} of {users} users came"
    return full[-1]


def of_locust(locustfile: Path, url: str, users: int) -> int:
    """Resident bytes with `users`: the most that it had, as it only grows."""
    run_time_s = users / SPAWN_RATE + SETTLED_S
    load = ("--headless", "--only-summary", "-u", str(users), "-r", str(SPAWN_RATE), "-t", f"{round(run_time_s)}s")
    process = subprocess.Popen(
        [sys.executable, "-m", "locust", "-f", str(locustfile), "-H", url, *load],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    most, watched = 0, psutil.Process(process.pid)
    while process.poll() is None:
        try:
            most = max(most, watched.memory_info().rss)
        except psutil.Error:
            break
        time.sleep(0.1)
    process.wait()
    return most


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print("kB for each user more; aim: no more than Locust's own")
    print(f"{'user class':<14} {'users':>8} {'Locust':>10} {'engine':>10} {'ratio':>8} {'engine in all':>14}")
    with tempfile.TemporaryDirectory() as folder, target() as server:
        for base, many in MANY.items():
            locustfile = Path(folder) / f"{base.lower()}.py"
            locustfile.write_text(
                _PLAIN if base == "User" else _HTTP.format(base=base, module=MODULES.get(base, "locust"))
            )
            few = of_locust(locustfile, server.url, FEW), of_engine(locustfile, server.url, FEW)
            rounds = [
                (of_locust(locustfile, server.url, many), of_engine(locustfile, server.url, many))
                for _ in range(ROUNDS)
            ]
            stock, ours = (
                statistics.median((each[side] - few[side]) / (many - FEW) for each in rounds) for side in (0, 1)
            )
            most = max(each[1] for each in rounds)
            print(
                f"{base:<14} {many:>8,} {stock / 1e3:>10.1f} {ours / 1e3:>10.1f} {ours / stock:>8.2f} "
                f"{most / 1e6:>11.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
