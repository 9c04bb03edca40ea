"""What leads a search for capacity: its orders, its words on the timeline, and an engine that does not obey."""

from __future__ import annotations

from typing import Any, cast

import pytest

from perftui.conductor.announcer import Announcer
from perftui.conductor.control import Answer, Orders
from perftui.conductor.pilot import Pilot
from perftui.judgement.capacity import CapacitySearch
from perftui.judgement.capacity_level import SearchBounds
from perftui.judgement.rules import parse_threshold
from perftui.model.control import Order
from perftui.model.run_state import RunState
from perftui.wire.messages import ControlRun
from tests.fakes.ticks import delta, tick


class Cockpit:
    """An engine that obeys at once, or refuses; and what was put on the timeline."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses
        self.users = 10
        self.orders: list[Order] = []
        self.said: list[str] = []

    def ask(self, asked: ControlRun, answer: Answer, state: RunState) -> None:
        assert (asked.by, state) == ("the search", RunState.RUNNING)
        self.orders.append(asked.order)
        self.users = asked.order.users or 0
        answer(self.refuses)

    def level(self, text: str) -> None:
        self.said.append(text)


def search(most: float) -> CapacitySearch:
    return CapacitySearch([parse_threshold("p95 < 200ms")], {}, SearchBounds(10, most, False, 5, 100))


def flown(cockpit: Cockpit, most: float = 40) -> str:
    """Why the search ended, of a target that bears 20 users."""
    pilot = Pilot(search(most), cast(Orders, cockpit), cast(Announcer, cockpit))
    pilot.begin()
    for seq in range(300):
        slow_ms = 50.0 if cockpit.users <= 20 else 400.0
        ended = pilot.add(tick(seq, delta(ok_ms=(slow_ms,) * 40), users=cockpit.users), RunState.RUNNING)
        if ended:
            return ended
    raise AssertionError("the search does not end")


def test_each_level_is_an_order_and_two_lines_on_the_timeline() -> None:
    cockpit = Cockpit()
    assert flown(cockpit).startswith("Capacity: 20 users held; at 21 users p95 400 ms")
    assert [order.users for order in cockpit.orders] == [20, 40, 30, 25, 22, 21]
    assert cockpit.said[:4] == [
        "level 1: 10 users",
        "10 users held: p95 50 ms, wanted < 200 ms, n = 200",
        "level 2: 20 users",
        "20 users held: p95 50 ms, wanted < 200 ms, n = 200",
    ]
    assert cockpit.said[-1].startswith("21 users did not hold: p95 400 ms")


def test_a_level_that_cannot_be_ordered_ends_the_search_with_the_reason() -> None:
    ended = flown(Cockpit("the engine did not answer within 5 s"))
    why = "the load cannot be changed: the engine did not answer within 5 s"
    assert ended == f"Capacity not reached: 10 users held; {why}"


@pytest.mark.parametrize(
    ("order", "is_refused"),
    [(Order("set", users=3), True), (Order("hand_back"), True), (Order("pause"), False), (Order("resume"), False)],
)
def test_somebody_else_may_pause_a_search_and_not_lead_it(order: Order, is_refused: bool) -> None:
    nobody: Any = Cockpit()
    assert bool(Pilot(search(40), nobody, nobody).refusal_of(order)) is is_refused
