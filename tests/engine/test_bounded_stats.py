"""What Locust keeps for ever, and user code may read, stays bounded. In a process of its own: Locust patches it."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import time
from locust.env import Environment
from perftui.engine import runner
from perftui.engine.bounded_stats import BoundedStats

environment = Environment()
environment.stats = stats = BoundedStats()
now = int(time.time())
stats.log_request("GET", "/", 5, 1)
stats.log_error("GET", "/", "no")
for entry in (stats.total, stats.entries["/", "GET"]):
    for second in range(now - 4000, now - 1):
        entry.num_reqs_per_sec[second] = entry.num_fail_per_sec[second] = 10
rps = stats.total.current_rps
stats.prune()
assert stats.total.current_rps == rps
assert all(len(entry.num_reqs_per_sec) <= 32 for entry in (stats.total, stats.entries["/", "GET"]))
assert all(len(entry.num_fail_per_sec) <= 32 for entry in (stats.total, stats.entries["/", "GET"]))

engine_runner = runner.create(environment)
for number in range(200):
    engine_runner.log_exception("local", "message", f"traceback {number}")
assert len(engine_runner.exceptions) == 51
assert sum(row["count"] for row in engine_runner.exceptions.values()) == 200
print("bounded")
"""


def test_seconds_long_past_and_exceptions_are_bounded() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "bounded\n", done.stderr
