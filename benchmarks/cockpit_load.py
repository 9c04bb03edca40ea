"""What a watching cockpit costs the load: rps at full speed, and p99 at a fixed 400 rps, with and without one.

    python -m benchmarks.cockpit_load

Real runs on loopback, in turn, several each; the median of the differences of the pairs counts. The target shares the
machine's cores with the run and the cockpit, so that on few cores the cockpit's CPU is the load's loss.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._line import Line
from benchmarks._target import target
from perftui.wire.rendezvous import socket_path

ROUNDS = 5
# The cockpit starts in the warm-up, which is not measured: to start is paid for once, however long a run is.
WARM_UP_S, RUN_S = 6, 21
SIZE = (120, 36)
LOCUSTFILE = """
from locust import FastHttpUser, constant, constant_throughput, task
class FullSpeed(FastHttpUser):
    wait_time = constant(0)
    @task
    def get(self):
        self.client.get("/")
class FixedRate(FastHttpUser):
    wait_time = constant_throughput(10)
    @task
    def get(self):
        self.client.get("/")
"""
USERS = {"FullSpeed": 10, "FixedRate": 40}


def measure(locustfile: Path, user_class: str, url: str, runs: Path, *, is_watched: bool) -> tuple[float, float]:
    """rps and p99 in ms of one run. A cockpit watches it from when it can be watched."""
    perftui = (sys.executable, "-m", "perftui")
    users = str(USERS[user_class])
    command = (*perftui, "run", "light", "-f", str(locustfile), "--user-class", user_class, "--target", url)
    load = ("--users", users, "--spawn-rate", "100", "--run-time", f"{RUN_S}s", "--warm-up", f"{WARM_UP_S}s")
    with tempfile.TemporaryFile() as output:
        before = set(runs.glob("*"))
        run = subprocess.Popen((*command, *load), stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        line: Line | None = None
        if is_watched:
            folder = _new_run(runs, before)
            line = Line((*perftui, "attach", folder.name), SIZE)
            while run.poll() is None:
                line.drain(0.5)
            line.close()
        run.wait()
    (folder,) = set(runs.glob("2*")) - before
    summary = json.loads((folder / "outcome.json").read_text())["summary"]
    return float(summary["rps"]), float(summary["p99_ms"])


def _new_run(runs: Path, before: set[Path]) -> Path:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for folder in set(runs.glob("2*")) - before:
            if socket_path(folder).exists():
                return folder
        time.sleep(0.05)
    raise TimeoutError("no run began")


def main() -> None:
    with tempfile.TemporaryDirectory() as home, target() as server:
        os.environ["XDG_RUNTIME_DIR"] = home
        runs = Path(home) / "runs"
        os.environ["PERFTUI_RUNS_DIR"] = str(runs)
        locustfile = Path(home) / "locustfile.py"
        locustfile.write_text(LOCUSTFILE)
        for user_class in USERS:
            measured: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
            for turn in range(ROUNDS):
                for is_watched in (False, True) if turn % 2 else (True, False):
                    seen = measure(locustfile, user_class, server.url, runs, is_watched=is_watched)
                    measured[is_watched].append(seen)
            _print(user_class, measured)


def _print(user_class: str, measured: dict[bool, list[tuple[float, float]]]) -> None:
    pairs = list(zip(measured[False], measured[True], strict=True))
    (alone_rps, alone_p99), (watched_rps, watched_p99) = (
        tuple(statistics.median(pair[side][at] for pair in pairs) for at in (0, 1)) for side in (0, 1)
    )
    rps = statistics.median(watched[0] / alone[0] - 1 for alone, watched in pairs)
    p99_ms = statistics.median(watched[1] - alone[1] for alone, watched in pairs)
    print(
        f"{user_class:<10} alone {alone_rps:>7.0f} rps, p99 {alone_p99:>6.2f} ms; watched {watched_rps:>7.0f} rps, "
        f"p99 {watched_p99:>6.2f} ms: {rps:+.1%} rps, {p99_ms:+.2f} ms p99",
        flush=True,
    )


if __name__ == "__main__":
    main()
