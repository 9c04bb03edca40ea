"""Users that keep a schedule: what a target that stands still for a while does to them, and what is said of it."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from perftui.model.histogram import Histogram
from perftui.wire.messages import Start, Ticked
from tests.fakes import frozen_truth
from tests.fakes.fault_server import RunningFaultServer

PACED = """
class Paced(FastHttpUser):
    wait_time = constant_throughput(10)
    @task
    def t(self): self.client.get("/")
"""


def times_of(engine: Any) -> tuple[Histogram, Histogram]:
    """Response times and service times of all requests."""
    response, service = Histogram(), Histogram()
    for ticked in engine.all(Ticked):
        for delta in ticked.tick.requests:
            response.add(delta.response_times)
            service.add(delta.ok_times)
            service.add(delta.failed_times)
    return response, service


def test_a_freeze_shows_in_response_times_and_each_slot_is_used_once(
    engine: Any, locustfile: Any, configure: Any
) -> None:
    """Two thirds of a second of four; `python -m benchmarks.freeze` is the long form."""
    users, run_s, freeze_s = 6, 4.0, 0.6
    with RunningFaultServer("ok") as server:
        engine.send(configure(locustfile(PACED), host=server.url, users=users, run_time_s=run_s, spawn_rate=60.0))
        engine.wait_for(lambda: any(type(each).__name__ == "Loaded" for each in engine.messages))
        engine.send(Start())
        engine.wait_message(Ticked)
        server.change(f"frozen={freeze_s}")
        engine.wait_end()
        cut_off = sum(ticked.tick.abandoned for ticked in engine.all(Ticked))
        assert server.requests() == sum(ok for ok, _ in engine.counts.values()) + cut_off
    response, service = times_of(engine)
    # Where the slots are, and where the freeze falls between them, is chance: the range of many throws.
    random = Random(2)
    truths = [
        frozen_truth.of_users(users, 10.0, 60.0, run_s, 1.0 + random.random() / 10, freeze_s, 0.002, random)
        for _ in range(500)
    ]
    # Never back-filled, and none is left out: those of the freeze were sent after it.
    assert response.count == service.count == pytest.approx(len(truths[0]), abs=2 * users)
    for percent in (90.0, 95.0, 99.0, 99.9):
        truths_ms = [frozen_truth.percentile(truth, percent) * 1000 for truth in truths]
        measured_ms = response.percentiles_ms((percent,))[0]
        assert min(truths_ms) * 0.95 < (measured_ms or 0.0) < max(truths_ms) * 1.05 + 10
    # Service times show one request of each user.
    assert (service.percentiles_ms((95.0,))[0] or 0.0) < 60
    engine.check_accounting()


OWN_CLIENT = """
import time
class Own(User):
    wait_time = constant_pacing(0.1)
    calls = 0
    @task
    def t(self):
        begun = time.perf_counter()
        Own.calls += 1
        time.sleep(0.55 if Own.calls == 3 else 0.001)
        for name in ("first", "second"):
            self.environment.events.request.fire(
                request_type="X", name=name, response_time=(time.perf_counter() - begun) * 1000, response_length=0)
            begun = time.perf_counter()
"""


def test_clients_of_the_users_own_count_from_the_slot_and_only_the_first_request_of_a_task_does(
    engine: Any, locustfile: Any, configure: Any
) -> None:
    engine.run(configure(locustfile(OWN_CLIENT), run_time_s=1.6))
    response = {"first": Histogram(), "second": Histogram()}
    for ticked in engine.all(Ticked):
        for delta in ticked.tick.requests:
            response[delta.name].add(delta.response_times)
    # 16 slots, and the call of 0.55 s costs none of them.
    assert response["first"].count == pytest.approx(16, abs=1)
    late = sum(count for bucket, count in response["first"].buckets.items() if bucket > 60_000)
    # The third takes 0.55 s; those of the slots 0.1 s to 0.5 s later wait for 0.45, 0.35, 0.25, 0.15 and 0.05 s.
    assert late == pytest.approx(5, abs=1)
    assert response["second"].max_us < 60_000


@pytest.mark.parametrize("call", ["constant_pacing(-1)", "constant_throughput(float('nan'))"])
def test_a_schedule_that_cannot_be_is_the_locustfiles_fault(
    call: str, engine: Any, locustfile: Any, configure: Any
) -> None:
    engine.run(configure(locustfile(f"class ShopUser(User):\n    wait_time = {call}\n")))
    assert engine.fault.startswith(f"locustfile.py:3: ValueError: {call.partition('(')[0]}() requires")


def test_without_a_schedule_nothing_is_recorded(engine: Any, target: Any, locustfile: Any, configure: Any) -> None:
    path = locustfile(PACED.replace("constant_throughput(10)", "constant(0.05)"))
    engine.run(configure(path, host=target.url, users=2, run_time_s=1.2))
    response, service = times_of(engine)
    assert service.count > 20
    assert response.count == 0
    assert all(ticked.tick.arrivals is None for ticked in engine.all(Ticked))


IN_A_CHAIN = """
from locust.user.markov_taskset import MarkovTaskSet, transition
class Chained(FastHttpUser):
    @task
    class Chain(MarkovTaskSet):
        @transition("paced")
        def plain(self): self.client.get("/")
        @transition("plain")
        class paced(TaskSet):
            wait_time = constant_pacing(0.1)
            calls = 0
            @task
            def t(self):
                self.client.get("/")
                self.calls += 1
                if self.calls == 4: self.interrupt()
"""


def test_a_schedule_deep_in_a_chain_of_tasks_is_kept_too(
    engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    engine.run(configure(locustfile(IN_A_CHAIN), host=target.url, users=1, run_time_s=1.2))
    response, service = times_of(engine)
    assert service.count > 5
    assert response.count == service.count
