"""Locust's local runner, with an end that always comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
from locust.runners import STATE_STOPPED, LocalRunner

from perftui.model.tick import MAX_EXCEPTION_GROUPS, OTHER


class EngineRunner(LocalRunner):
    """`quit()` and `stop()`, which user code and load shapes may call, only ask for the end: see `finish`.

    Locust's own wait for all users; called by one of them, it kills its caller half-way and leaves the rest alive.
    """

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.on_end_asked: Callable[[str], None] = lambda reason: None

    def stop(self) -> None:
        by_shape = self.shape_greenlet is not None and gevent.getcurrent() is self.shape_greenlet
        self.on_end_asked("shape_ended" if by_shape else "user_code")

    def quit(self) -> None:
        self.stop()

    def finish(self, limit_s: float) -> None:
        """Stop all users, within `limit_s` as far as they let us, and fire `test_stop`, once. The load is over."""
        stopping = gevent.spawn(LocalRunner.stop, self)
        stopping.join(limit_s)
        if not stopping.ready():
            stopping.kill(block=False)
            self.user_greenlets.kill(block=False)
            stopping.join(0.2)
        if self.state != STATE_STOPPED:
            # Interrupted on the way: the rest of it, without firing `test_stopping` again.
            self.update_state(STATE_STOPPED)
            self.environment.events.test_stop.fire(environment=self.environment)
        self.greenlet.kill(block=False)

    def log_exception(self, node_id: str, msg: str, formatted_tb: str) -> None:
        if hash(formatted_tb) not in self.exceptions and len(self.exceptions) >= MAX_EXCEPTION_GROUPS:
            msg = formatted_tb = OTHER
        super().log_exception(node_id, msg, formatted_tb)


def create(environment: Any) -> EngineRunner:
    """What `environment.create_local_runner()` does, with this class."""
    runner = EngineRunner(environment)
    environment.runner = runner
    if environment.shape_class:
        environment.shape_class.runner = runner
    return runner
