"""Once a second, what happened since the last time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import gevent

from perftui.engine.clock import RunClock
from perftui.engine.instruments import Instruments
from perftui.model.tick import Tick

INTERVAL_S = 1.0
# How soon a tick comes after the clock goes on, where it was due at that moment.
PAUSED_POLL_S = 0.05


class Counts(Protocol):
    """What a tick is made of. `has_news` is whether anything was counted since the last one."""

    @property
    def has_news(self) -> bool: ...

    def begin(self) -> None:
        """The test starts: what was counted before is no part of it."""

    def take(self, seq: int, elapsed_s: float, interval_s: float) -> Tick: ...


class OwnCounts:
    """What this process did itself."""

    def __init__(self, runner: Any, instruments: Instruments) -> None:
        self._runner = runner
        self._sampler = instruments.sampler
        self._flights = instruments.flights
        self._probe = instruments.probe
        self._load = instruments.load

    @property
    def has_news(self) -> bool:
        return bool(self._flights.started or self._flights.abandoned or self._sampler.has_news)

    def begin(self) -> None:
        self._sampler.begin()
        self._probe.take()

    def take(self, seq: int, elapsed_s: float, interval_s: float) -> Tick:
        users_by_class = self._users_by_class()
        is_stopped = self._runner.load_is_over.is_set()
        health = self._probe.take()
        requests, failures, exceptions, rate_limits = self._sampler.take()
        started, abandoned = self._flights.take()
        watched, less_own = self._sampler.take_watched()
        return Tick(
            seq=seq,
            elapsed_s=elapsed_s,
            interval_s=interval_s,
            user_count=sum(users_by_class.values()),
            target_user_count=0 if is_stopped else self._runner.target_user_count,
            users_by_class=users_by_class,
            requests=requests,
            failures=failures,
            exceptions=exceptions,
            started=started,
            abandoned=abandoned,
            in_flight=self._flights.in_flight,
            oldest_in_flight_s=self._flights.oldest_s,
            health=health,
            rate_limits=rate_limits,
            exchanges=self._sampler.take_exchanges(),
            arrivals=self._load.take_arrivals(),
            local_errors=self._sampler.local_errors.take(),
            watched=watched,
            less_own=less_own,
        )

    def _users_by_class(self) -> dict[str, int]:
        counts = {user_class.__name__: 0 for user_class in self._runner.user_classes}
        for greenlet in self._runner.user_greenlets:
            if greenlet.args and not greenlet.dead:
                name = type(greenlet.args[0]).__name__
                counts[name] = counts.get(name, 0) + 1
        return counts


class Ticker:
    """Sets the run's clock going, at `elapsed_s`, when it is made. While the run is paused no tick comes.

    Ticks are due at whole seconds of the clock, on all machines of a run. One of a master comes `delay_s` later, when
    what its load workers say of that second is there.
    """

    def __init__(
        self,
        send: Callable[[Tick], None],
        counts: Counts,
        clock: RunClock,
        elapsed_s: float = 0.0,
        delay_s: float = 0.0,
    ) -> None:
        self._send = send
        self._counts = counts
        self._clock = clock
        self._delay_s = delay_s
        self._seq = 0
        self._is_over = False
        clock.begin(elapsed_s)
        self._ticked_s = elapsed_s
        counts.begin()

    def run(self) -> None:
        while not self._is_over:
            # After a pause of the whole process, not all the missed ticks at once.
            due_s = math.floor(self._ticked_s / INTERVAL_S + 1e-6) * INTERVAL_S + INTERVAL_S
            while (left_s := due_s + self._delay_s - self._clock.elapsed_s) > 0 or self._clock.is_paused:
                gevent.sleep(max(left_s, PAUSED_POLL_S) if self._clock.is_paused else left_s)
            if not self._is_over:
                self._tick_at(max(due_s, math.floor((self._clock.elapsed_s - self._delay_s) / INTERVAL_S) * INTERVAL_S))

    def tick(self) -> None:
        self._tick_at(self._clock.elapsed_s)

    def tick_last(self) -> None:
        """What listeners of `test_stop` and later still did; nothing where they did nothing."""
        if self._counts.has_news or not self._seq:
            self.tick()
        self._is_over = True

    def _tick_at(self, now_s: float) -> None:
        """Nothing else runs in here, so all numbers are of one instant, and none is counted twice or not at all."""
        if not self._delay_s:
            now_s = self._clock.elapsed_s
        interval_s, self._ticked_s = now_s - self._ticked_s, now_s
        self._seq += 1
        self._send(self._counts.take(self._seq, now_s, interval_s))
