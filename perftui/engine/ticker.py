"""Once a second, what happened since the last time."""

from __future__ import annotations

from time import monotonic

import gevent

from perftui.engine.clock import RunClock
from perftui.engine.flight import Flights
from perftui.engine.health import HealthProbe
from perftui.engine.link import Link
from perftui.engine.logs import LogForwarder
from perftui.engine.runner import EngineRunner
from perftui.engine.sampler import Sampler
from perftui.model.tick import Tick
from perftui.wire.messages import Ticked

INTERVAL_S = 1.0


class Ticker:
    """Sets the run's clock going when it is made. While the run is paused no tick comes."""

    def __init__(
        self,
        link: Link,
        runner: EngineRunner,
        clock: RunClock,
        sampler: Sampler,
        flights: Flights,
        probe: HealthProbe,
        logs: LogForwarder,
    ) -> None:
        self._link = link
        self._runner = runner
        self._clock = clock
        self._sampler = sampler
        self._flights = flights
        self._probe = probe
        self._logs = logs
        self._seq = 0
        clock.begin()
        self._ticked_s = 0.0
        self._sampler.begin()
        self._probe.take()

    def run(self) -> None:
        due_s = monotonic()
        while True:
            # After a pause of the whole process, not all the missed ticks at once.
            due_s = max(due_s + INTERVAL_S, monotonic())
            gevent.sleep(due_s - monotonic())
            if not self._clock.is_paused:
                self.tick()

    def tick(self) -> None:
        """Nothing else runs in here, so all numbers are of one instant, and none is counted twice or not at all."""
        users_by_class = self._users_by_class()
        is_stopped = self._runner.load_is_over.is_set()
        health = self._probe.take()
        now_s = self._clock.elapsed_s
        interval_s, self._ticked_s = now_s - self._ticked_s, now_s
        requests, failures, exceptions, rate_limits = self._sampler.take()
        started, abandoned = self._flights.take()
        self._seq += 1
        tick = Tick(
            seq=self._seq,
            elapsed_s=now_s,
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
        )
        self._link.send(Ticked(tick))
        self._logs.next_tick()

    def tick_last(self) -> None:
        """What listeners of `test_stop` and later still did; nothing where they did nothing."""
        if self._flights.started or self._flights.abandoned or self._sampler.has_news or not self._seq:
            self.tick()

    def _users_by_class(self) -> dict[str, int]:
        counts = {user_class.__name__: 0 for user_class in self._runner.user_classes}
        for greenlet in self._runner.user_greenlets:
            if greenlet.args and not greenlet.dead:
                name = type(greenlet.args[0]).__name__
                counts[name] = counts.get(name, 0) + 1
        return counts
