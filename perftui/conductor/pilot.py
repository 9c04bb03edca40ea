"""Leads the load of a search for capacity, by the same orders as anybody's."""

from __future__ import annotations

from perftui.conductor.announcer import Announcer
from perftui.conductor.control import Orders
from perftui.judgement.capacity import CapacitySearch
from perftui.model.capacity import SEARCH_TITLE, CapacityLevel, LevelVerdict, level_text
from perftui.model.control import Order
from perftui.model.judged import ThresholdResult
from perftui.model.run_state import RunState
from perftui.model.tick import Tick
from perftui.wire.messages import ControlRun

# Who gives the orders, for the record.
BY = "the search"


class Pilot:
    """Each level of `search` is on the timeline: when it begins, and what became of it."""

    def __init__(self, search: CapacitySearch, orders: Orders, say: Announcer) -> None:
        self._search = search
        self._orders = orders
        self._say = say
        self._told = 0

    @property
    def title(self) -> str:
        return f"{SEARCH_TITLE}level {self._told + 1}"

    def thresholds(self) -> tuple[ThresholdResult, ...]:
        """As they stand at the present level."""
        return self._search.thresholds()

    def begin(self) -> None:
        """The load is at the first level of itself."""
        self._say_level()

    def add(self, tick: Tick, state: RunState) -> str:
        """A tick that is committed. Why the run is to end now, as it was planned; empty where the search goes on."""
        self._search.add(tick)
        decided = self._search.levels[self._told :]
        for each in decided:
            self._say.level(verdict_text(each, is_rate=self._search.is_rate))
        if self._search.result is not None:
            return self._search.result.text.removesuffix(".")
        if decided:
            self._told += len(decided)
            self._say_level()
            self._orders.ask(ControlRun(0, self._order(), BY), self._on_answer, state)
        return ""

    def refusal_of(self, order: Order) -> str:
        """Why somebody else may not give `order`; empty where they may."""
        if order.kind in ("pause", "resume"):
            return ""
        return "the load of this run is led by a search for capacity: stop it, and run what you want"

    def _order(self) -> Order:
        if self._search.is_rate:
            return Order("set", rate_per_s=self._search.level)
        return Order("set", users=round(self._search.level))

    def _on_answer(self, refused: str) -> None:
        if refused:
            self._search.end(f"the load cannot be changed: {refused}")

    def _say_level(self) -> None:
        self._say.level(f"level {self._told + 1}: {level_text(self._search.level, is_rate=self._search.is_rate)}")


def verdict_text(tried: CapacityLevel, *, is_rate: bool) -> str:
    """Such as "40 users held: p95 120 ms, wanted < 200 ms"."""
    level = level_text(tried.level, is_rate=is_rate)
    said = {
        LevelVerdict.HELD: f"{level} held",
        LevelVerdict.BROKEN: f"{level} did not hold",
        LevelVerdict.NOT_REACHED: f"{level} were not reached",
    }
    return f"{said.get(tried.verdict, f'{level} are not decided')}: {tried.text}"
