"""Users spawned evenly instead of in one burst each second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import gevent
from locust.dispatch import UsersDispatcher

from perftui.engine.clock import RunClock

STEP_S = 0.05
# A master sends each load worker a message in each step.
MASTER_STEP_S = 0.1
# Each step costs Locust a walk over all users, so steps grow with them.
USERS_PER_STEP_S = 1000
LONGEST_STEP_S = 0.5
# A spawner that fell behind (slow __init__ of users) catches up by at most so many steps at once.
MAX_STEPS_BEHIND = 5


class SmoothDispatcher(UsersDispatcher):
    """Locust starts `floor(spawn_rate)` users in one instant of each second, and users that pace themselves stay in
    step for the rest of the run: their requests queue behind each other, and the response times show it."""

    clock: ClassVar[RunClock | None] = None
    """While it stands, so do ramps."""

    _due_s = 0.0

    def new_dispatch(self, target_user_count: int, spawn_rate: float, user_classes: list[type] | None = None) -> None:
        super().new_dispatch(target_user_count, spawn_rate, user_classes)
        # Not on the way down: each step waits until its users have finished what they do.
        if target_user_count > self._current_user_count:
            shortest_s = STEP_S if all(node.id == "local" for node in self._worker_nodes) else MASTER_STEP_S
            step_s = min(shortest_s * max(1.0, target_user_count / USERS_PER_STEP_S), LONGEST_STEP_S)
            users = max(1, round(spawn_rate * step_s))
            self._user_count_per_dispatch_iteration = users
            self._wait_between_dispatch = users / spawn_rate
        self._due_s = time.perf_counter()

    @contextmanager
    def _wait_between_dispatch_iteration_context(self) -> Iterator[None]:
        """Sleep until the next step is due on a schedule from the start, so that late wake-ups do not add up."""
        yield
        if self._current_user_count == self._target_user_count:
            return
        step_s = self._wait_between_dispatch
        now_s = time.perf_counter()
        self._due_s = max(self._due_s + step_s, now_s - MAX_STEPS_BEHIND * step_s)
        gevent.sleep(max(0.0, self._due_s - now_s))
        if self.clock is not None and self.clock.is_paused:
            while self.clock.is_paused:
                gevent.sleep(STEP_S)
            self._due_s = time.perf_counter()


def dispatcher_by(clock: RunClock) -> type[SmoothDispatcher]:
    """For Locust, which makes the dispatcher itself."""
    return type("RunDispatcher", (SmoothDispatcher,), {"clock": clock})
