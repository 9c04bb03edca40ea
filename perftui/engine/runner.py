"""Locust's runners of users, with an end that always comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event
from locust.runners import STATE_INIT, STATE_STOPPED, LocalRunner, Runner

from perftui.model.tick import MAX_EXCEPTION_GROUPS, OTHER

# How long users that were killed may take to let go, before they are left behind.
LET_GO_S = 0.2


class OrderlyEnd(Runner):
    """Goes before one of Locust's runners that have users.

    `quit()` and `stop()`, which user code and load shapes may call, only ask for the end: see `finish`. Locust's own
    wait for all users; called by one of them, they kill their caller half-way and leave the rest alive.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.on_end_asked: Callable[[str], None] = lambda reason: None
        self.on_died: Callable[[BaseException], None] = lambda error: None
        self.load_is_over = Event()
        self.hurry_asked = Event()
        super().__init__(*args, **kwargs)

    def stop(self) -> None:
        by_shape = self.shape_greenlet is not None and gevent.getcurrent() is self.shape_greenlet
        self.on_end_asked("shape_ended" if by_shape else "user_code")

    def quit(self) -> None:
        self.stop()

    def finish(self, load_limit_s: float, hooks_limit_s: float) -> None:
        """Stop all users and fire `test_stop`, once.

        Users that do not let go within `load_limit_s`, or when `hurry_asked` is set, are left behind, as are listeners
        of `test_stop` that take longer than `hooks_limit_s`.
        """
        stopping = gevent.spawn(Runner.stop, self)
        gevent.wait([stopping, self.load_is_over, self.hurry_asked], timeout=load_limit_s, count=1)
        if not self.load_is_over.is_set():
            stopping.kill(block=False)
            self._force()
            stopping = gevent.spawn(self.environment.events.test_stop.fire, environment=self.environment)
        stopping.join(hooks_limit_s)
        stopping.kill(block=False)

    def _force(self) -> None:
        """Locust's stop was interrupted by user code, or does not come to its end: end what makes load."""
        for each in (self.spawning_greenlet, self.shape_greenlet):
            if each is not None:
                each.kill(block=False)
        self.final_user_classes_count = {**self.user_classes_count}
        self.user_greenlets.kill(block=True, timeout=LET_GO_S)
        self.update_state(STATE_STOPPED)

    def log_exception(self, node_id: str, msg: str, formatted_tb: str) -> None:
        if hash(formatted_tb) not in self.exceptions and len(self.exceptions) >= MAX_EXCEPTION_GROUPS:
            msg = formatted_tb = OTHER
        super().log_exception(node_id, msg, formatted_tb)

    def _on_greenlet_died(self, greenlet: Any) -> None:
        self.on_died(greenlet.exception)


class EngineRunner(OrderlyEnd, LocalRunner):
    """That of an engine which makes the load itself."""

    def __init__(self, environment: Any) -> None:
        self._has_begun = Event()
        super().__init__(environment)

    def start(self, user_count: int, spawn_rate: float, wait: bool = False, user_classes: Any = None) -> None:
        if self.spawning_greenlet and gevent.getcurrent() is not self.spawning_greenlet:
            # A change while listeners of test_start run would cut them off, and have them run a second time.
            gevent.wait([self._has_begun, self.spawning_greenlet], count=1)
        super().start(user_count, spawn_rate, wait, user_classes)
        self.spawning_greenlet.link_exception(self._on_greenlet_died)

    def update_state(self, new_state: str) -> None:
        super().update_state(new_state)
        if new_state not in (STATE_INIT, STATE_STOPPED):
            self._has_begun.set()


def create(environment: Any) -> EngineRunner:
    """What `environment.create_local_runner()` does, with this class."""
    runner = EngineRunner(environment)
    environment.runner = runner
    if environment.shape_class:
        environment.shape_class.runner = runner
    return runner
