"""What somebody here asks of the running load: keys that are pressed quickly add up to one order."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Literal, Protocol

from perftui.model.control import Order
from perftui.model.snapshot import Snapshot
from perftui.tui.model import CockpitModel
from perftui.tui.services import RunAddress

# No further key for so long: then it is what was meant.
QUIET_S = 0.35
# Who keeps on pressing sees something come of it.
LONGEST_HELD_S = 1.5
# The snapshot that says that the engine follows comes sooner than this after the answer.
_FOLLOWS_WITHIN_S = 3.0
_LOOKED_EVERY_S = 0.1
# A key changes a number by this part of it, and by no less than the least step of its kind.
_STEP = 0.1
_LEAST_RATE = 0.1

Level = Literal["users", "spawn_rate", "rate_per_s"]


class Ordering(Protocol):
    """The app, as far as orders need it."""

    model: CockpitModel

    async def order(self, order: Order) -> str: ...

    def say(self, text: str, *, is_error: bool = False) -> None: ...

    def run_changed(self, *, at_once: bool) -> None: ...


class LoadOrders:
    """At most one order is under way and one more waits, however many keys are pressed. `begin` runs what takes a while
    beside all else.
    """

    def __init__(self, app: Ordering, begin: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        self._app, self._begin = app, begin
        self._waiting: Order | None = None
        self._pressed_s = 0.0
        self._is_sending = False
        # An order is for the run that was looked at when it was given.
        self._address: RunAddress | None = None

    def step(self, level: Level, direction: int) -> None:
        """A tenth more or less of what is wanted now."""
        order = stepped(self._app.model, level, direction)
        if order is not None:
            self._pressed_s = time.monotonic()
            self.give(order)

    def give(self, order: Order) -> None:
        """What is set is added to what waits; anything else goes instead of it."""
        model, waiting = self._app.model, self._waiting
        if model.address is not self._address:
            waiting = None
        if order.kind == "set":
            model.want(joined(model.wanted, order))
            if waiting is not None and waiting.kind == "set":
                order = joined(waiting, order)
        self._waiting, self._address = order, model.address
        self._app.run_changed(at_once=True)
        if not self._is_sending:
            self._is_sending = True
            self._begin(self._carry_out())

    async def _carry_out(self) -> None:
        try:
            while self._waiting is not None:
                await self._quiet()
                order, self._waiting = self._waiting, None
                if self._app.model.address is self._address:
                    await self._carry_out_one(order)
        finally:
            self._is_sending = False

    async def _quiet(self) -> None:
        longest_until_s = time.monotonic() + LONGEST_HELD_S
        while True:
            wait_s = min(self._pressed_s + QUIET_S, longest_until_s) - time.monotonic()
            if wait_s <= 0:
                return
            await asyncio.sleep(wait_s)

    async def _carry_out_one(self, order: Order) -> None:
        model = self._app.model
        refused = await self._app.order(order)
        if refused:
            self._app.say(refused, is_error=True)
        else:
            await self._followed()
        if self._waiting is None and model.address is self._address:
            # Where the engine says something else, as it may, that is what is shown.
            model.want(None)
        self._app.run_changed(at_once=True)

    async def _followed(self) -> None:
        """Until a snapshot says that the engine follows, or somebody here wants more."""
        model, until_s = self._app.model, time.monotonic() + _FOLLOWS_WITHIN_S
        while model.wanted is not None and self._waiting is None:
            if time.monotonic() > until_s:
                return
            await asyncio.sleep(_LOOKED_EVERY_S)


def joined(one: Order | None, other: Order) -> Order:
    """`other`, and of `one` what it does not say."""
    if one is None:
        return other
    return replace(
        other,
        users=one.users if other.users is None else other.users,
        spawn_rate=one.spawn_rate if other.spawn_rate is None else other.spawn_rate,
        rate_per_s=one.rate_per_s if other.rate_per_s is None else other.rate_per_s,
    )


def stepped(model: CockpitModel, level: Level, direction: int) -> Order | None:
    """The order to change `level` by a step; None where it is not known, or as low as it goes."""
    snapshot = model.snapshot
    if snapshot is None:
        return None
    now = getattr(model.wanted, level, None)
    if now is None:
        now = _level_of(snapshot, level)
    if now is None:
        return None
    if level == "users":
        users = max(1, int(now) + direction * max(1, round(now * _STEP)))
        return Order("set", users=users) if users != now else None
    rate = max(_LEAST_RATE, _rounded(now + direction * max(_LEAST_RATE, now * _STEP)))
    if rate == now:
        return None
    return Order("set", spawn_rate=rate) if level == "spawn_rate" else Order("set", rate_per_s=rate)


def _level_of(snapshot: Snapshot, level: Level) -> float | None:
    control = snapshot.control
    if control is not None:
        value: float | None = getattr(control, level)
        return value
    return snapshot.target_user_count if level == "users" else None


def _rounded(rate: float) -> float:
    """Three digits of it: a step more and a step less do not end in a tail of decimals."""
    return round(rate, 2 - math.floor(math.log10(rate))) if rate > 0 else 0.0
