"""The open model: tasks are due at a rate, whatever the target does, and users are only there to do them."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event
from gevent.hub import Waiter, get_hub

from perftui.engine.clock import RunClock
from perftui.engine.pace import Pace
from perftui.model.tick import PATIENCE_S, Arrivals

if TYPE_CHECKING:
    # It imports Locust, which patches the interpreter: the arithmetic here can do without.
    from perftui.engine.schedule import Schedule

# The scheduler looks again after so long whatever happens.
_LONGEST_SLEEP_S = 1.0


class _Idle:
    """A user that waits for a task; `due_s` is when the one that it was handed was due."""

    __slots__ = ("due_s", "waiter")

    def __init__(self) -> None:
        self.waiter = Waiter()
        self.due_s: float | None = None


class ArrivalRate:
    """One greenlet makes all arrivals and hands them to users that are idle; without one, they wait in a queue.

    `is_on` is whether a rate was ever set.
    """

    def __init__(self, clock: RunClock, schedule: Schedule) -> None:
        self._clock = clock
        self._schedule = schedule
        self._pace = Pace()
        # When those that wait for a user were due. Bounded: each leaves PATIENCE_S after it was due.
        self._queue: deque[float] = deque()
        # Bounded by the users; the one that waits longest is the first to work.
        self._idle: deque[_Idle] = deque()
        self._changed = Event()
        self._greenlet: Any = None
        self._is_over = False
        self._handed = 0
        self._busy_users = 0
        self._scheduled = self._started = self._dropped = 0
        self.is_on = False

    def set_rate(self, rate_per_s: float, over_s: float = 0.0, phase: float | None = None) -> None:
        self._schedule.is_kept = True
        self.is_on = True
        now_s = self._clock.elapsed_s
        self._make_due(now_s)
        self._pace.change(now_s, rate_per_s, over_s, phase)
        if self._greenlet is None:
            self._greenlet = gevent.spawn(self._run)
        self.wake()

    def wake(self) -> None:
        self._changed.set()

    def end(self) -> None:
        """No more arrivals. What waits for a user then is never done, and stays counted as waiting."""
        self._is_over = True
        self.wake()

    def await_turn(self) -> None:
        """Come back when this user has a task to begin; `done` is for when that has ended."""
        self._drop_late(self._clock.elapsed_s)
        is_free = not self._queue or self._clock.is_paused or self._is_over
        due_s = self._await_arrival() if is_free else self._queue.popleft()
        self._started += 1
        self._busy_users += 1
        self._schedule.intend(due_s, is_free=is_free)

    def done(self) -> None:
        self._busy_users -= 1

    def take(self) -> Arrivals:
        """What happened since the last call."""
        now_s = self._clock.elapsed_s
        if not self._clock.is_paused and not self._is_over:
            self._make_due(now_s)
            self._drop_late(now_s)
        counts = self._scheduled, self._started, self._dropped
        self._scheduled = self._started = self._dropped = 0
        rate_per_s = 0.0 if self._is_over else self._pace.rate_at(now_s)
        return Arrivals(rate_per_s, *counts, len(self._queue) + self._handed, self._busy_users)

    def _await_arrival(self) -> float:
        me = _Idle()
        self._idle.append(me)
        self.wake()
        try:
            me.waiter.get()
        except BaseException:
            # The user is stopped; what it was handed in the same instant goes to another.
            if me.due_s is None:
                self._idle.remove(me)
            else:
                self._handed -= 1
                self._queue.appendleft(me.due_s)
                self.wake()
            raise
        assert me.due_s is not None
        self._handed -= 1
        return me.due_s

    def _run(self) -> None:
        while not self._is_over:
            self._changed.clear()
            if self._clock.is_paused:
                self._changed.wait()
                continue
            now_s = self._clock.elapsed_s
            self._make_due(now_s)
            self._drop_late(now_s)
            while self._queue and self._idle:
                self._hand(self._queue.popleft())
            next_s = min(self._pace.next_due_s(), self._queue[0] + PATIENCE_S if self._queue else math.inf)
            sleep_s = min(next_s - self._clock.elapsed_s, _LONGEST_SLEEP_S)
            if sleep_s > 0:
                self._changed.wait(sleep_s)
            else:
                gevent.sleep(0)

    def _make_due(self, now_s: float) -> None:
        """Count off what is due by now. What was due too long ago, while this process stood still, has no user."""
        missed = self._pace.count_off_before(now_s - PATIENCE_S)
        self._scheduled += missed
        self._dropped += missed
        while (due_s := self._pace.next_due_s()) <= now_s:
            self._pace.count_off()
            self._scheduled += 1
            if self._idle and not self._queue:
                self._hand(due_s)
            else:
                self._queue.append(due_s)

    def _hand(self, due_s: float) -> None:
        user = self._idle.popleft()
        user.due_s = due_s
        self._handed += 1
        get_hub().loop.run_callback(user.waiter.switch, None)

    def _drop_late(self, now_s: float) -> None:
        while self._queue and self._queue[0] < now_s - PATIENCE_S:
            self._queue.popleft()
            self._dropped += 1
