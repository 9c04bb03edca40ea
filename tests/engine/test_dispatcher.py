"""When users start, by their own clock: evenly, at the rate that was asked for."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from perftui.wire.messages import SpawningComplete

STARTS = """
import time
class U(User):
    wait_time = constant(10)
    def on_start(self): print(f"START {time.monotonic():.4f}", flush=True)
    @task
    def t(self): pass
"""


def starts_of(output: str) -> list[float]:
    return [float(found) for found in re.findall(r"START ([\d.]+)", output)]


def bursts_of(starts: list[float]) -> int:
    """How many groups of users started with at least 15 ms between them."""
    return 1 + sum(after - before > 0.015 for before, after in pairwise(starts))


def test_users_start_evenly_where_locust_starts_them_in_bursts(engine: Any, locustfile: Any, configure: Any) -> None:
    path = locustfile(STARTS)
    stock = subprocess.run(
        [Path(sys.executable).with_name("locust"), "-f", path, "--headless", "-u", "60", "-r", "50", "-t", "2s"],
        cwd=path.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert bursts_of(starts_of(stock.stdout)) <= 4, "Locust itself spawns evenly: the dispatcher can go"
    engine.run(configure(path, users=60, spawn_rate=50.0), until=lambda engine: engine.all(SpawningComplete))
    starts = starts_of(engine.output)
    assert len(starts) == 60
    assert bursts_of(starts) > 20
    assert starts[-1] - starts[0] == pytest.approx(59 / 50, abs=0.25)


@pytest.mark.parametrize(("users", "spawn_rate", "takes_s"), [(2, 0.8, 1.25), (5, 2.5, 1.6), (300, 250.0, 1.2)])
def test_ramp_takes_as_long_as_asked(
    users: int, spawn_rate: float, takes_s: float, engine: Any, locustfile: Any, configure: Any
) -> None:
    engine.run(
        configure(locustfile(STARTS), users=users, spawn_rate=spawn_rate),
        until=lambda engine: engine.all(SpawningComplete),
    )
    assert engine.wait_message(SpawningComplete).user_count == users
    starts = starts_of(engine.output)
    assert len(starts) == users
    assert starts[-1] - starts[0] == pytest.approx(takes_s, abs=0.25)
