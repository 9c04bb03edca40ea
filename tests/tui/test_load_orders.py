"""Orders to the load, without a screen: what adds up, what never goes to another run."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from perftui.model.control import LoadControl, Order
from perftui.model.run_state import RunState
from perftui.model.snapshot import snapshot_of
from perftui.tui.following import load_orders
from perftui.tui.following.load_orders import LoadOrders
from perftui.tui.model import CockpitModel
from perftui.tui.services import RunAddress
from tests.fakes.ticks import delta, tick, total_of

HERE, THERE = RunAddress(Path("a"), Path("a.sock")), RunAddress(Path("b"), Path("b.sock"))


class App:
    """Takes orders as a link would; `gate` holds the answer back."""

    def __init__(self) -> None:
        self.model = CockpitModel()
        self.model.begin(HERE)
        self.taken: list[Order] = []
        self.gate = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        totals = total_of([tick(0, delta(), users=100)])
        self.model.take(
            snapshot_of(
                totals,
                totals,
                run_id="a",
                folder="a",
                title="",
                target_url="",
                state=RunState.RUNNING,
                cause="",
                warning="",
                elapsed_s=1.0,
                run_time_s=None,
                control=LoadControl("profile", 100, 10.0),
            )
        )

    async def order(self, order: Order) -> str:
        self.taken.append(order)
        await self.gate.wait()
        return ""

    def say(self, text: str, *, is_error: bool = False) -> None:
        raise AssertionError(text)

    def run_changed(self, *, at_once: bool) -> None:
        pass

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.create_task(work))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_orders, "QUIET_S", 0.0)
    monkeypatch.setattr(load_orders, "_FOLLOWS_WITHIN_S", 0.0)


async def test_while_one_order_is_under_way_all_others_are_one_more() -> None:
    app = App()
    orders = LoadOrders(app, app.begin)
    orders.step("users", 1)
    await asyncio.sleep(0)
    for _ in range(50):
        orders.step("users", 1)
    orders.step("spawn_rate", -1)
    await asyncio.sleep(0)
    app.gate.set()
    await asyncio.gather(*app.tasks)
    assert len(app.taken) == 2
    assert app.taken[0] == Order("set", users=110)
    assert app.taken[1].users is not None
    assert app.taken[1].users > 1000
    assert app.taken[1].spawn_rate == 9.0
    assert app.model.wanted is None


async def test_an_order_never_goes_to_another_run() -> None:
    app = App()
    app.gate.set()
    orders = LoadOrders(app, app.begin)
    orders.step("users", 1)
    app.model.begin(THERE)
    await asyncio.gather(*app.tasks)
    assert app.taken == []


async def test_a_step_down_ends_at_one_user_and_a_step_of_a_rate_has_three_digits() -> None:
    app = App()
    app.gate.set()
    orders = LoadOrders(app, app.begin)
    for _ in range(60):
        orders.step("users", -1)
    for _ in range(3):
        orders.step("spawn_rate", 1)
    await asyncio.gather(*app.tasks)
    assert app.taken == [Order("set", users=1, spawn_rate=13.3)]
