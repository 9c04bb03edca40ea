"""Pause and resume: what begins, what ends, and what the run's clock says."""

from __future__ import annotations

import time
from typing import Any

import pytest

from perftui.model.control import Order
from perftui.wire.messages import Control, LoadChanged, Loaded, Obeyed, Start, Stop, Ticked

MANY_KINDS = """
import time
class Web(HttpUser):
    wait_time = constant(0.05)
    @task
    def t(self):
        self.client.get("/first")
        self.client.get("/second")
class Fast(FastHttpUser):
    fixed_count = 2
    wait_time = constant_pacing(0.1)
    @task
    class Inner(TaskSet):
        @task
        def t(self):
            self.client.get("/slow/150")
            self.client.get("/after")
class Own(User):
    fixed_count = 2
    @task
    def t(self):
        time.sleep(0.02)
        self.environment.events.request.fire(request_type="X", name="own", response_time=20, response_length=0)
"""


def ask(engine: Any, number: int, order: Order) -> str:
    engine.send(Control(number, order))
    obeyed: Obeyed = engine.wait_for(lambda: next((each for each in engine.all(Obeyed) if each.number == number), None))
    return obeyed.refused


def start(engine: Any, asked: Any) -> None:
    engine.send(asked)
    engine.wait_message(Loaded)
    engine.send(Start())


def watch(engine: Any, target: Any, for_s: float) -> int:
    """How many requests reach the target in this time."""
    before, until = target.requests.total(), time.monotonic() + for_s
    while time.monotonic() < until:
        engine.pump(0.05)
    return int(target.requests.total() - before)


def test_a_pause_stops_users_of_all_kinds_and_the_clock_and_nothing_comes_in_a_burst(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    start(engine, configure(locustfile(MANY_KINDS), host=target.url, users=8, run_time_s=3.0))
    engine.wait_message(Ticked)
    begun = time.monotonic()
    per_s = watch(engine, target, 0.6) / 0.6
    assert ask(engine, 1, Order("pause")) == ""
    watch(engine, target, 0.4)
    ticks = len(engine.all(Ticked))
    assert watch(engine, target, 1.2) == 0
    assert len(engine.all(Ticked)) == ticks
    assert ask(engine, 2, Order("pause")) == "it is paused already"
    assert ask(engine, 3, Order("resume")) == ""
    paused_s = 1.6
    assert watch(engine, target, 0.2) / 0.2 < 2 * per_s + 20
    assert watch(engine, target, 0.4) / 0.4 > per_s / 2
    engine.wait_end()
    # The pause is in no interval, and the run lasts longer by it.
    ends_s = [ticked.tick.elapsed_s for ticked in engine.all(Ticked)]
    assert ends_s[-1] < 3.5
    assert sum(ticked.tick.interval_s for ticked in engine.all(Ticked)) == pytest.approx(ends_s[-1], abs=0.01)
    assert time.monotonic() - begun > 3.0 - 1.3 + paused_s - 0.3
    assert [change.control.is_paused for change in engine.all(LoadChanged)] == [False, True, False]
    assert engine.counts["own"][0] > 20
    engine.check_accounting()


def test_a_stop_ends_a_pause_at_once(engine: Any, target: Any, locustfile: Any, configure: Any) -> None:
    asked = configure(locustfile(MANY_KINDS), host=target.url, users=8, stop_timeout_s=20.0)
    start(engine, asked)
    engine.wait_message(Ticked)
    assert ask(engine, 1, Order("pause")) == ""
    watch(engine, target, 0.4)
    sent = target.requests.total()
    asked_s = time.monotonic()
    engine.send(Stop())
    assert engine.wait_end() == 0
    assert time.monotonic() - asked_s < 3.0
    assert target.requests.total() == sent
    engine.check_accounting()
