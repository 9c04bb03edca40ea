"""Users that keep a schedule: when each of their requests was intended, however late it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from random import random
from typing import Any

import locust
import locust.user.wait_time
from gevent import getcurrent
from locust import TaskSet
from locust.user.markov_taskset import MarkovTaskSet

from perftui.engine.clock import RunClock
from perftui.engine.dispatcher import LONGEST_STEP_S
from perftui.model.histogram import LONGEST_US, Histogram


class Schedule:
    """What is intended when, in seconds of the run's clock.

    `is_kept` is whether any user of the run keeps one: only then is anything noted, and response times are recorded.
    """

    def __init__(self, clock: RunClock) -> None:
        self._clock = clock
        self._lateness = Histogram()
        self.is_kept = False

    def install(self) -> None:
        """Replace Locust's wait times that pace users. Before any locustfile is loaded, which imports them."""
        for module in (locust, locust.user.wait_time):
            module.constant_pacing = self.constant_pacing
            module.constant_throughput = self.constant_throughput

    def constant_pacing(self, wait_time: float) -> Callable[[Any], float]:
        """As Locust's, where tasks are in time. One that is not delays only itself: the next ones keep their slots.

        Locust begins to count anew after a late task, so that users slow down with the target. Here a user that is
        behind does the tasks of its slots back to back, as many as there are slots, until it is in time again. Without
        any time between two slots there is no schedule to keep.
        """
        if not 0 <= wait_time < inf:
            raise ValueError(f"constant_pacing() requires a number of seconds from 0 on, got: {wait_time}")
        if wait_time == 0:
            return lambda owner: 0.0

        def wait_time_func(owner: Any) -> float:
            now_s = self._clock.elapsed_s
            slot_s: float | None = getattr(owner, "_perftui_slot_s", None)
            if slot_s is None:
                # The first slot was that of the task which just ended. Users come in steps, and where those fit the
                # period they would send in step for ever, and wait for each other.
                spread_s = random() * min(wait_time, LONGEST_STEP_S)
                slot_s = float(getattr(owner, "_perftui_began_s", now_s)) - spread_s
            owner._perftui_slot_s = slot_s = slot_s + wait_time
            user = getattr(owner, "user", owner)
            user._perftui_due_s = slot_s
            user._perftui_is_free = slot_s > now_s
            return max(0.0, slot_s - now_s)

        wait_time_func.keeps_schedule = True  # type: ignore[attr-defined]
        return wait_time_func

    def constant_throughput(self, task_runs_per_second: float) -> Callable[[Any], float]:
        if not 0 < task_runs_per_second < inf:
            raise ValueError(f"constant_throughput() requires a positive rate, got: {task_runs_per_second}")
        return self.constant_pacing(1 / task_runs_per_second)

    def begin_task(self, owner: Any, user: Any) -> None:
        """A task of `user`, in the TaskSet `owner`, begins: by the slot that its wait time gave it, if any."""
        now_s = self._clock.elapsed_s
        for each in (owner, user):
            if not hasattr(each, "_perftui_began_s"):
                each._perftui_began_s = now_s
        due_s = getattr(user, "_perftui_due_s", None)
        user._perftui_due_s = None
        self.intend(due_s, is_free=due_s is not None and user._perftui_is_free)

    def intend(self, due_s: float | None, *, is_free: bool) -> None:
        """The next request of this greenlet is meant to be sent at `due_s`; `is_free`: nothing kept its user from it.

        Then it is the generator that is late.
        """
        getcurrent()._perftui_intended_s = due_s
        if is_free and due_s is not None:
            self._lateness.record(_us(self._clock.elapsed_s - due_s))

    def lateness_s(self, before_s: float = 0.0, greenlet: Any = None) -> float | None:
        """By how much a request that was sent `before_s` ago is late; None where none was intended. Only once for each.

        `greenlet` is the user's, where the request may be sent from another one.
        """
        greenlet = greenlet or getcurrent()
        intended_s = getattr(greenlet, "_perftui_intended_s", None)
        if intended_s is None:
            return None
        greenlet._perftui_intended_s = None
        return float(max(0.0, self._clock.elapsed_s - before_s - intended_s))

    def take_lateness_p99_ms(self) -> float:
        """By how much tasks whose user was free began late, since the last call; 0 where there were none."""
        lateness, self._lateness = self._lateness, Histogram()
        return lateness.percentiles_ms((99.0,))[0] or 0.0


def keeps_schedule(holders: Iterable[Any]) -> bool:
    """Whether any of these user classes, or TaskSets in them, has a wait time that keeps a schedule."""
    seen: set[Any] = set()
    to_see = list(holders)
    while to_see:
        holder = to_see.pop()
        if holder in seen:
            continue
        seen.add(holder)
        if getattr(getattr(holder, "wait_time", None), "keeps_schedule", False):
            return True
        inside: Iterable[Any] = getattr(holder, "tasks", None) or ()
        if issubclass(holder, MarkovTaskSet):
            # Its tasks are in no list.
            inside = (getattr(holder, name, None) for name in dir(holder))
        to_see += [each for each in inside if isinstance(each, type) and issubclass(each, TaskSet)]
    return False


def _us(seconds: float) -> int:
    return min(max(0, int(seconds * 1_000_000)), LONGEST_US)
