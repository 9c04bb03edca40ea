"""The arrival rate: what is due when, who does it, and what becomes of the rest."""

from __future__ import annotations

import itertools
import math
import random
from pathlib import Path
from typing import Any

import gevent
import pytest

from perftui.engine.arrivals import ArrivalRate
from perftui.engine.clock import RunClock
from perftui.engine.pace import Pace
from perftui.model.histogram import Histogram
from perftui.model.tick import PATIENCE_S, Arrivals
from perftui.wire.messages import Ticked
from tests.engine.conftest import check_engines


def due_times(pace: Pace, until_s: float) -> list[float]:
    times = []
    while (due_s := pace.next_due_s()) < until_s:
        times.append(due_s)
        pace.count_off()
    return times


def test_a_constant_rate_is_due_at_k_over_rate_without_drift() -> None:
    pace = Pace()
    pace.change(5.0, 200.0, phase=0.0)
    times = due_times(pace, 35.0 - 1e-9)
    assert len(times) == 6000
    assert times[5999] == pytest.approx(5.0 + 5999 / 200, abs=1e-9)


@pytest.mark.parametrize(("before", "after"), [(0.0, 100.0), (100.0, 0.0), (20.0, 300.0), (50.0, 50.0)])
def test_a_ramp_counts_what_its_area_is_and_changes_evenly(before: float, after: float) -> None:
    pace = Pace()
    pace.change(0.0, before)
    pace.change(0.0, after, over_s=10.0, phase=0.0)
    times = due_times(pace, 10.0)
    assert len(times) == pytest.approx((before + after) / 2 * 10, abs=1)
    first_half = sum(at_s < 5 for at_s in times)
    assert first_half == pytest.approx((before + (before + after) / 2) / 2 * 5, abs=1)
    assert pace.rate_at(5.0) == (before + after) / 2
    assert all(late >= early for early, late in itertools.pairwise(times))


def test_a_change_of_rate_keeps_the_phase() -> None:
    pace = Pace()
    pace.change(0.0, 10.0, phase=0.0)
    assert due_times(pace, 1.05)[-1] == pytest.approx(1.0)
    # Half of the time to the next arrival is over: at 2/s the other half takes 0.25 s.
    pace.change(1.05, 2.0)
    assert pace.next_due_s() == pytest.approx(1.30)
    pace.change(1.05, 0.0)
    assert pace.next_due_s() == math.inf


def test_a_clock_that_goes_back_before_a_change_finds_the_new_rate() -> None:
    pace = Pace()
    pace.change(5.0, 10.0)
    assert pace.rate_at(4.9) == 10.0
    pace.change(5.0, 20.0, over_s=2.0)
    assert pace.rate_at(4.9) == 10.0


def test_workers_that_share_a_rate_take_turns() -> None:
    paces = [Pace() for _ in range(3)]
    for number, pace in enumerate(paces):
        pace.change(0.0, 10.0, phase=number / 3)
    times = sorted(itertools.chain.from_iterable(due_times(pace, 2.0) for pace in paces))
    assert [late - early for early, late in itertools.pairwise(times)] == pytest.approx([1 / 30] * (len(times) - 1))


class HandClock(RunClock):
    """Time goes on when the test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__()

    @property
    def elapsed_s(self) -> float:
        return self.now_s


class Intents:
    is_kept = False

    def __init__(self) -> None:
        self.free: list[float] = []

    def intend(self, due_s: float, *, is_free: bool) -> None:
        if is_free:
            self.free.append(due_s)


@pytest.mark.parametrize("seed", range(5))
def test_every_arrival_is_started_dropped_or_waiting_whatever_happens(seed: int) -> None:
    chance = random.Random(seed)
    clock, intents = HandClock(), Intents()
    arrivals = ArrivalRate(clock, intents)  # type: ignore[arg-type]
    arrivals.set_rate(0.0)
    users: dict[Any, bool] = {}
    ever: list[Any] = []
    started = 0

    def user(until_done: Any) -> None:
        nonlocal started
        while True:
            arrivals.await_turn()
            started += 1
            try:
                until_done.wait()
            finally:
                arrivals.done()

    ticks: list[Arrivals] = []
    waiting = 0
    for _ in range(300):
        what = chance.random()
        if what < 0.3:
            clock.now_s += 0.0 if clock.is_paused else chance.choice([0.01, 0.1, 0.5, 2.5])
            arrivals.wake()
        elif what < 0.5:
            done = gevent.event.Event()
            ever.append(gevent.spawn(user, done))
            users[ever[-1]] = True
        elif what < 0.6 and users:
            victim = chance.choice(list(users))
            users.pop(victim)
            victim.kill(block=False)
        elif what < 0.75 and users:
            worker = chance.choice(list(users))
            if worker.args:
                worker.args[0].set()
                gevent.sleep(0)
                if worker.args:
                    worker.args[0].clear()
        elif what < 0.85:
            arrivals.set_rate(chance.choice([0.0, 5.0, 40.0]), chance.choice([0.0, 1.0]))
        elif what < 0.9:
            (clock.resume if clock.is_paused else clock.pause)()
            arrivals.wake()
        if chance.random() < 0.5:
            gevent.sleep(0)
        if chance.random() < 0.3:
            tick = arrivals.take()
            assert tick.scheduled == tick.started + tick.dropped + tick.waiting - waiting
            assert tick.waiting <= 40 * PATIENCE_S + len(ever), "those that a user was stopped before come back once"
            waiting = tick.waiting
            ticks.append(tick)
    gevent.killall(list(users))
    last = arrivals.take()
    assert sum(tick.started for tick in [*ticks, last]) == started
    assert last.busy_users == 0
    assert started > 20
    arrivals.end()


KINDS = """
import time
from locust.user.markov_taskset import MarkovTaskSet, transition, transitions
order = []
def ask(user, name):
    if name == "slow": time.sleep(0.02)
    user.environment.events.request.fire(request_type="X", name=name, response_time=0.0, response_length=0)
class Plain(User):
    wait_time = constant(50)
    @task
    def plain(self): ask(self, "plain")
class Steps(User):
    fixed_count = 1
    wait_time = constant_pacing(50)
    @task
    class Walk(SequentialTaskSet):
        @task
        def one(self): ask(self.user, "one")
        @task
        def two(self): ask(self.user, "two")
        @task
        class Inner(TaskSet):
            @task
            def three(self):
                ask(self.user, "three")
                self.interrupt()
class Chain(User):
    fixed_count = 1
    @task
    class Markov(MarkovTaskSet):
        @transition("b")
        def a(self): ask(self.user, "a")
        @transition("a")
        def b(self): ask(self.user, "b")
"""


def each_arrival_is_one_task_of_any_kind_and_the_rate_is_kept(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    asked = configure(locustfile(KINDS), rate_per_s=200.0, max_users=8, run_time_s=4.0)
    engine.run(asked)
    ticks = [ticked.tick for ticked in engine.all(Ticked)]
    arrivals = [tick.arrivals for tick in ticks]
    started = sum(each.started for each in arrivals)
    assert started == sum(each.scheduled for each in arrivals)
    assert started == sum(ok for ok, _ in engine.counts.values())
    # The schedule begins when the users are there.
    for tick in ticks[1:3]:
        assert tick.arrivals.started == pytest.approx(200 * tick.interval_s, rel=0.05)
        assert tick.arrivals.rate_per_s == 200.0
    counts = {name: ok for name, (ok, _) in engine.counts.items()}
    assert counts["one"] >= counts["two"] >= counts["three"] >= counts["one"] - 1
    assert abs(counts["a"] - counts["b"]) <= 1
    assert all(count > 20 for count in counts.values())
    assert max(tick.health.lateness_p99_ms for tick in ticks) > 0


BUSY = """
class Slow(FastHttpUser):
    @task
    def t(self): self.client.get("/slow/250")
"""


def what_finds_no_free_user_waits_and_then_counts_as_dropped(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    engine.run(configure(locustfile(BUSY), host=target.url, rate_per_s=40.0, max_users=4, run_time_s=3.5))
    ticks = [ticked.tick for ticked in engine.all(Ticked)]
    waiting = 0
    for tick in ticks:
        assert tick.arrivals.scheduled == tick.arrivals.started + tick.arrivals.dropped + (
            tick.arrivals.waiting - waiting
        )
        waiting = tick.arrivals.waiting
    last = ticks[2].arrivals
    assert last.busy_users == 4
    # Four users that need 0.25 s each do 16/s of the 40/s.
    assert last.started == pytest.approx(16, abs=4)
    assert last.dropped == pytest.approx(24, abs=6)
    response, service = Histogram(), Histogram()
    for delta in (delta for tick in ticks for delta in tick.requests):
        response.add(delta.response_times)
        service.add(delta.ok_times)
    cut_off = sum(tick.abandoned for tick in ticks)
    assert response.count == service.count == target.requests["/slow/250"] - cut_off
    # Each waited for almost as long as anything waits, and says so.
    assert response.percentiles_ms((95.0,))[0] == pytest.approx(1250, abs=120)
    assert (service.percentiles_ms((95.0,))[0] or 0.0) < 400
    engine.check_accounting()


def test_arrivals_of_real_runs(tmp_path: Path) -> None:
    check_engines(
        tmp_path,
        each_arrival_is_one_task_of_any_kind_and_the_rate_is_kept,
        what_finds_no_free_user_waits_and_then_counts_as_dropped,
    )
