"""A trial with a real engine: one user, one task, every request; and every end has a name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psutil
import pytest

from perftui import exit_codes
from perftui.conductor.trial import run_trial
from perftui.model.errors import PerftuiError
from perftui.model.exchange import MAX_TRIAL_EXCHANGES, Exchange
from perftui.model.plan import RunPlan
from tests.conductor.conftest import OWN
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_until

SHOP = """
import logging, time
from locust import FastHttpUser, HttpUser, SequentialTaskSet, constant, task

class ShopUser(FastHttpUser):
    wait_time = constant(1000)

    def on_start(self):
        print("opens the shop")
        self.client.post("/login", json={{"user": "ann"}})

    def on_stop(self):
        self.client.get("/logout")

    @task
    def read(self):
        self.client.get("/items?page=1", name="/items")
        {then}

    @task
    class Buy(SequentialTaskSet):
        @task
        def choose(self):
            self.client.get("/choose")

        @task
        def pay(self):
            self.client.get("/pay")
            self.interrupt()

        @task
        def never(self):
            self.client.get("/never")
"""


def named(exchanges: tuple[Exchange, ...]) -> list[str]:
    return [each.name for each in exchanges]


async def test_one_user_does_its_first_task_once_from_on_start_to_on_stop(make_plan: Callable[..., RunPlan]) -> None:
    seen: list[Exchange] = []
    with RunningFaultServer("ok") as server:
        plan = make_plan(server.url, SHOP.format(then='logging.warning("all read")'))
        trial = await run_trial(plan, OWN, on_exchange=seen.append)
        assert server.requests() == 3
    assert (trial.user_class, trial.task, trial.exception) == ("ShopUser", "read", "")
    assert tuple(seen) == trial.exchanges
    assert [(each.method, each.name, each.status, each.message) for each in trial.exchanges] == [
        ("POST", "/login", 200, ""),
        ("GET", "/items", 200, ""),
        ("GET", "/logout", 200, ""),
    ]
    login, items, _ = trial.exchanges
    assert (login.request_body, login.response_body) == ('{"user": "ann"}', "ok")
    assert items.url == f"{server.url}/items?page=1"
    assert login.elapsed_s < items.elapsed_s
    assert trial.log == ("opens the shop", "WARNING: root: all read")


async def test_a_named_task_of_a_sequence_is_done_after_those_before_it(make_plan: Callable[..., RunPlan]) -> None:
    with RunningFaultServer("status=404") as server:
        plan = make_plan(server.url, SHOP.format(then="pass"))
        trial = await run_trial(plan, OWN, task="pay")
    assert trial.task == "Buy.pay"
    assert named(trial.exchanges) == ["/login", "/choose", "/pay", "/logout"]
    assert all("404" in each.message for each in trial.exchanges)
    assert trial.exception == ""


@pytest.mark.parametrize(
    ("then", "exception"),
    [
        ("raise ValueError('no')", "read failed: locustfile.py:18: ValueError: no"),
        ("raise SystemExit(3)", "locustfile.py:18: called sys.exit(3)"),
        ("__import__('os')._exit(9)", "the engine died: it left with exit code 9 and no word"),
        ("self.client.get('/', name='hang') or self.environment.runner.quit()", ""),
    ],
)
async def test_what_was_sent_before_user_code_ended_it_is_shown(
    then: str, exception: str, make_plan: Callable[..., RunPlan]
) -> None:
    with RunningFaultServer("ok") as server:
        trial = await run_trial(make_plan(server.url, SHOP.format(then=then)), OWN)
    assert trial.exception == exception
    assert named(trial.exchanges)[:2] == ["/login", "/items"]


async def test_why_no_user_could_be_made_is_said(make_plan: Callable[..., RunPlan]) -> None:
    stop = "\n    def __init__(self, environment):\n        raise StopTest('no host')\n"
    text = "from locust.exception import StopTest\n" + SHOP.format(then="pass").replace(":\n", f":{stop}", 1)
    with RunningFaultServer("ok") as server:
        trial = await run_trial(make_plan(server.url, text), OWN)
    assert trial.exception == "on_start of ShopUser ended the test: locustfile.py:8: StopTest: no host"
    assert trial.exchanges == ()


async def test_a_task_without_end_is_ended(make_plan: Callable[..., RunPlan]) -> None:
    with RunningFaultServer("ok") as server:
        plan = make_plan(server.url, SHOP.format(then="time.sleep(1000)"))
        trial = await run_trial(plan, OWN, limit_s=0.5)
        assert "locustfile.py:18 in read" in trial.exception
        assert named(trial.exchanges) == ["/login", "/items", "/logout"]
        plan = make_plan(server.url, SHOP.format(then="while True: self.client.get('/')"))
        trial = await run_trial(plan, OWN)
    assert (len(trial.exchanges), trial.exception) == (MAX_TRIAL_EXCHANGES, "")
    assert trial.log[-1] == f"WARNING: perftui: ended after {MAX_TRIAL_EXCHANGES} requests"


async def test_a_task_that_is_not_there_sends_nothing(make_plan: Callable[..., RunPlan]) -> None:
    with RunningFaultServer("ok") as server:
        with pytest.raises(PerftuiError, match="ShopUser has no task reed") as raised:
            await run_trial(make_plan(server.url, SHOP.format(then="pass")), OWN, task="reed")
        assert server.requests() == 0
    assert raised.value.exit_code == exit_codes.USAGE


async def test_cancelled_it_leaves_no_engine(make_plan: Callable[..., RunPlan]) -> None:
    before = set(psutil.Process().children())
    with RunningFaultServer("hang") as server:
        trying = asyncio.create_task(run_trial(make_plan(server.url, SHOP.format(then="pass")), OWN))
        await wait_until(lambda: server.requests() == 1, "the first request")
        trying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await trying
    assert set(psutil.Process().children()) <= before
