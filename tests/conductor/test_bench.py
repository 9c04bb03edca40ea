"""A bench with a real engine: every end has a name, and what was measured until then is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from perftui import exit_codes
from perftui.conductor.bench import BenchConductor
from perftui.conductor.loading import load_engine
from perftui.model.plan import RunPlan
from perftui.wire.messages import BenchSettings
from tests.conductor.conftest import OWN
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_until

TWO_TASKS = """
import os, time
from locust import FastHttpUser, task

class ShopUser(FastHttpUser):
    @task
    def read(self):
        self.client.get("/")

    @task
    def after(self):
        {after}
"""


async def ready(
    plan: RunPlan, rounds: int | None = 5, max_time_s: float | None = None, hung_after_s: float = 10.0, **more: Any
) -> BenchConductor:
    settings = BenchSettings(rounds, max_time_s, hung_after_s, plan.target.max_rps)
    engine = await load_engine(plan, OWN, "bench", bench=settings)
    return BenchConductor(plan, engine, settings, **more)


async def test_the_tasks_are_known_before_a_request_is_sent_and_measured_in_their_order(
    make_plan: Callable[..., RunPlan],
) -> None:
    shown: list[tuple[str, int, int]] = []
    with RunningFaultServer("ok") as server:
        plan = make_plan(server.url, TWO_TASKS.format(after='self.client.get("/after")'))
        conductor = await ready(plan, on_task=lambda *said: shown.append(said))
        assert await conductor.planned() == (("ShopUser", "read"), ("ShopUser", "after"))
        assert server.requests() == 0
        outcome = await conductor.run()
    assert (outcome.exit_code, outcome.reason) == (exit_codes.OK, "")
    assert [(task.name, len(task.times_s)) for task in outcome.tasks] == [("ShopUser.read", 5), ("ShopUser.after", 5)]
    assert shown == [("ShopUser.read", 0, 2), ("ShopUser.after", 1, 2)]


@pytest.mark.parametrize(
    ("after", "code", "reason"),
    [
        ("while True: pass", exit_codes.LOCUSTFILE, "user code is stuck at locustfile.py:12 in after"),
        ("os._exit(9)", exit_codes.ENGINE_DIED, "the engine died: it left with exit code 9 and no word"),
        ("self.environment.runner.quit()", exit_codes.STOPPED_EARLY, "the locustfile ended the bench"),
    ],
)
async def test_what_was_measured_stays_when_the_next_task_ends_the_bench(
    make_plan: Callable[..., RunPlan], after: str, code: int, reason: str
) -> None:
    with RunningFaultServer("ok") as server:
        conductor = await ready(make_plan(server.url, TWO_TASKS.format(after=after)), hung_after_s=1.0)
        outcome = await conductor.run()
    assert (outcome.exit_code, outcome.reason) == (code, reason)
    read, last = outcome.tasks
    assert len(read.times_s) == 5
    if code != exit_codes.STOPPED_EARLY:
        assert (last.times_s, last.given_up) == ((), reason)


async def test_a_stop_keeps_what_the_task_that_goes_on_has_measured(make_plan: Callable[..., RunPlan]) -> None:
    with RunningFaultServer("hold=5") as server:
        plan = make_plan(server.url, TWO_TASKS.format(after="pass"))
        conductor = await ready(plan, None, 60.0)
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: server.requests() > 20, "some rounds")
        conductor.stop("interrupted", exit_codes.INTERRUPTED)
        outcome = await running
    assert (outcome.exit_code, outcome.reason) == (exit_codes.INTERRUPTED, "interrupted")
    assert len(outcome.tasks[0].times_s) >= 10
    assert outcome.tasks[1].given_up == "interrupted"


async def test_a_stop_does_not_wait_for_a_round_that_hangs(make_plan: Callable[..., RunPlan]) -> None:
    with RunningFaultServer("hang") as server:
        plan = make_plan(server.url, TWO_TASKS.format(after="pass"), stop_timeout_s=0.2)
        conductor = await ready(plan, None, 60.0, hung_after_s=60.0)
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: server.requests() == 1, "the first round")
        conductor.stop("interrupted", exit_codes.INTERRUPTED)
        async with asyncio.timeout(10):
            outcome = await running
    assert outcome.exit_code == exit_codes.INTERRUPTED
    assert outcome.tasks[0].times_s == ()


async def test_the_minutes_that_a_target_allows_end_the_bench(make_plan: Callable[..., RunPlan]) -> None:
    with RunningFaultServer("ok") as server:
        plan = make_plan(server.url, TWO_TASKS.format(after="pass"), target={"max_minutes": 0.005})
        conductor = await ready(plan, None, 60.0)
        async with asyncio.timeout(20):
            outcome = await conductor.run()
    assert outcome.exit_code == exit_codes.STOPPED_EARLY
    assert outcome.reason == "stopped by the target's limit: target stage allows 0.005 minutes"
    assert outcome.tasks[0].times_s
