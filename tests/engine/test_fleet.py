"""What a master knows of its load workers. In a process of its own, because the engine's rooms import Locust."""

from __future__ import annotations

import subprocess
import sys


def test_a_worker_that_said_all_is_not_running_again_by_an_older_word() -> None:
    code = """
from perftui.engine.clock import RunClock
from perftui.engine.fleet import Fleet
from perftui.engine.health import HealthProbe

fleet = Fleet(RunClock(), HealthProbe(lambda: None), lambda message: None, "2.47.0")
member = fleet.join("one", "2.47.0")
fleet.see("one", is_running=True)
assert member.state == "running"
member.has_ended, member.state = True, "ready"
fleet.see("one", is_running=True)
print(member.state)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("ready\n", "")
