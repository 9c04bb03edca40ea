"""Locust's master, which leads load workers and makes no load itself."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

import gevent
from gevent.event import Event
from locust.runners import STATE_SPAWNING, STATE_STOPPING, MasterRunner

from perftui.engine.clock import RunClock
from perftui.engine.fleet import Fleet
from perftui.engine.fleet_load import FleetLoad
from perftui.engine.hearing import HearingRunner
from perftui.wire.messages import WorkerOrder

# What a master waits with a tick, for what its workers say of that second.
TICK_DELAY_S = 0.25
# How often it is looked whether the workers are done.
_POLL_S = 0.02


class MasterEngineRunner(HearingRunner):
    """Has the face of EngineRunner. `stop()` and `quit()` only ask for the end: see `finish`."""

    def __init__(self, environment: Any, host: str, port: int, fleet: Fleet, clock: RunClock) -> None:
        self.on_end_asked: Callable[[str], None] = lambda reason: None
        self.on_died: Callable[[BaseException], None] = lambda error: None
        self.load_is_over = Event()
        # What was asked for last; None before the start.
        self._asked: tuple[int, float, Any] | None = None
        self._ramp: gevent.Greenlet | None = None
        self._has_begun = Event()
        super().__init__(environment, host, port, fleet, clock)
        self.load = FleetLoad(fleet, clock, self.order)
        fleet.target_user_count = lambda: 0 if self.load_is_over.is_set() else self.target_user_count
        fleet.rate_per_s = lambda: self.load.rate_per_s

    # --- the face of EngineRunner

    def start(self, user_count: int, spawn_rate: float, wait: bool = False, user_classes: Any = None) -> None:
        """Comes back at once; the ramp goes on by itself, in the place of one that still goes on."""
        if self.is_finishing:
            return
        if self._asked is None:
            self._begin_all()
        self._asked = (user_count, spawn_rate, user_classes)
        self.target_user_count = user_count
        self._ramp = self.greenlet.spawn(self._ramp_to, self._ramp, *self._asked)
        self._ramp.link_exception(self._on_greenlet_died)

    def stop(self, send_stop_to_client: bool = True) -> None:
        if not self.is_parting:
            by_shape = self.shape_greenlet is not None and gevent.getcurrent() is self.shape_greenlet
            self.on_end_asked("shape_ended" if by_shape else "user_code")

    def quit(self) -> None:
        self.stop()

    def finish(self, load_limit_s: float, hooks_limit_s: float) -> None:
        """End the load of all workers, fire `test_stop`, and hear their last reports.

        A worker whose users are not gone within `load_limit_s` counts as lost; last reports and listeners of
        `test_stop` are not waited for longer than `hooks_limit_s`.
        """
        over_s = monotonic() + load_limit_s
        self.is_finishing = self.fleet.is_ending = True
        firing = gevent.spawn(self.environment.events.test_stopping.fire, environment=self.environment)
        self.final_user_classes_count = self.user_classes_count
        self.update_state(STATE_STOPPING)
        for each in (self._ramp, self.shape_greenlet):
            if each is not None:
                each.kill(block=False)
        for member in self.fleet.there:
            self.send_quit(member.client_id)
        self._wait(lambda: not any(each.user_count for each in self.fleet.there), over_s)
        for member in self.fleet.there:
            if member.user_count:
                self.fleet.lose(member.client_id)
        firing.kill(block=False)
        stopping = gevent.spawn(self.environment.events.test_stop.fire, environment=self.environment)
        until_s = monotonic() + hooks_limit_s
        stopping.join(hooks_limit_s)
        stopping.kill(block=False)
        self._wait(lambda: all(each.has_ended for each in self.fleet.there), until_s)
        self.fleet.give_up_missing()
        self.tell_refused(is_last=True)

    @property
    def user_classes_count(self) -> dict[str, int]:
        counts = {user_class.__name__: 0 for user_class in self.user_classes}
        for member in self.fleet.there:
            for name, count in member.users_by_class.items():
                if name in counts:
                    counts[name] += count
        return counts

    @property
    def user_count(self) -> int:
        return sum(self.user_classes_count.values())

    # --- what follows from who is there

    def catch_up(self, client_id: str) -> None:
        if self._asked is not None:
            self._begin(client_id)
            self.load.share()

    def retarget(self) -> None:
        if self._asked is not None and not self.is_finishing and self.fleet.there:
            self.load.share()
            self.start(*self._asked[:2], user_classes=self._asked[2])

    def look_again(self) -> None:
        if self._asked is not None and not self.is_finishing:
            self.load.share_anew()

    # --- what Locust calls

    def check_stopped(self) -> None:
        """Locust calls a test stopped that has lost all its workers: one that comes would begin a second test."""

    def update_state(self, new_state: str) -> None:
        super().update_state(new_state)
        if new_state == STATE_SPAWNING:
            self._has_begun.set()

    # --- inside

    def _begin_all(self) -> None:
        for member in self.fleet.there:
            self._begin(member.client_id)
        self.load.has_begun = True
        self.load.share()

    def _begin(self, client_id: str) -> None:
        member = self.fleet.get(client_id)
        if member is not None and member.role != "stock":
            self.order(client_id, WorkerOrder("begin", self.clock.elapsed_s))
            if self.clock.is_paused:
                self.order(client_id, WorkerOrder("pause", self.clock.elapsed_s))

    def _ramp_to(self, older: Any, user_count: int, spawn_rate: float, user_classes: Any) -> None:
        if older is not None:
            # A change while listeners of test_start run would cut them off, and have them run a second time.
            gevent.wait([self._has_begun, older], count=1)
            older.kill()
        MasterRunner.start(self, user_count, spawn_rate, user_classes=user_classes)

    def _wait(self, is_done: Callable[[], bool], until_s: float) -> None:
        while not is_done() and monotonic() < until_s:
            gevent.sleep(_POLL_S)

    def _on_greenlet_died(self, greenlet: Any) -> None:
        self.on_died(greenlet.exception)


def create(environment: Any, host: str, port: int, fleet: Fleet, clock: RunClock) -> MasterEngineRunner:
    """What `environment.create_master_runner()` does, with this class."""
    # Users of a lost worker go to the others at once.
    environment.parsed_options.enable_rebalancing = True
    runner = MasterEngineRunner(environment, host, port, fleet, clock)
    environment.runner = runner
    if environment.shape_class:
        environment.shape_class.runner = runner
    return runner
