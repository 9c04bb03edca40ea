"""Each reach into Locust and its client, by what it changes: Locust's own behaviour, and ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from perftui.wire.messages import Ticked

MANY_FILES = """
import os
held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
class U(FastHttpUser):
    wait_time = constant(0.02)
    @task
    def t(self): self.client.get("/")
"""


def stock_locust(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("locust")), "-f", str(path), "--headless", *arguments]
    return subprocess.run(command, cwd=path.parent, capture_output=True, text=True, timeout=60, check=False)


def test_connections_are_kept_above_file_descriptor_1023(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    path = locustfile(MANY_FILES)
    stock_locust(path, "-H", target.url, "-u", "2", "-r", "10", "-t", "1s")
    assert target.connections > target.requests["/"] * 0.9, "Locust itself is mended: the patch can go"
    before, requests = target.connections, target.requests["/"]
    engine.run(configure(path, host=target.url, users=2, run_time_s=1.0))
    assert target.requests["/"] - requests > 20
    assert target.connections - before == 2


@pytest.mark.parametrize("base", ["HttpUser", "FastHttpUser"])
def test_requests_without_a_timeout_get_the_profiles(
    base: str, engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    path = locustfile(
        f"""
from requests.adapters import HTTPAdapter
class Plain({base}):
    fixed_count = 1
    @task
    def t(self): self.client.get("/hang", name="default")
class Own({base}):
    fixed_count = 1
    network_timeout = 60.0
    def on_start(self):
        if isinstance(self, HttpUser):
            adapter = HTTPAdapter()
            adapter.timeout = 60
            self.client.mount("http://", adapter)
    @task
    def t(self): self.client.get("/slow/900", name="own")
"""
    )
    engine.run(configure(path, host=target.url, users=2, run_time_s=1.6, read_timeout_s=0.3))
    ok, failed = engine.counts["default"]
    assert ok == 0
    assert failed >= 2
    assert engine.counts["own"] == (1, 0)
    failures = {delta.message for ticked in engine.all(Ticked) for delta in ticked.tick.failures}
    assert any("timed out" in message.lower() or "timeout" in message.lower() for message in failures)
