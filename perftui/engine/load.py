"""What the load does as it is told: by this process itself, or by load workers."""

from __future__ import annotations

from typing import Any, Literal, Protocol

import locust

from perftui.engine import turns
from perftui.engine.arrivals import ArrivalRate
from perftui.engine.clock import RunClock
from perftui.engine.gate import Gate
from perftui.engine.schedule import Schedule, keeps_schedule
from perftui.model.tick import Arrivals


class Load(Protocol):
    """Users go up and down by the runner; the rest is here."""

    def can(self, what: Literal["pause", "rate"]) -> str:
        """Empty, or one line that says why not."""
        ...

    def pause(self) -> None:
        """No task and no HTTP request begins from now on. The run's clock stands already, or is stopped here."""
        ...

    def resume(self) -> None: ...

    def set_rate(self, rate_per_s: float, over_s: float = 0.0) -> None:
        """Tasks arrive at `rate_per_s`, to which the rate goes evenly over `over_s` of the run's clock.

        From the first call on, also one with 0, users wait for arrivals, and wait times are not used. It comes before
        the first user is spawned.
        """
        ...

    def end(self) -> None:
        """The run stops: no more arrivals, and who is held by a pause leaves."""
        ...


class OwnLoad:
    """The load of the users in this process. `install` is for before any locustfile is loaded."""

    def __init__(self, clock: RunClock) -> None:
        self.gate = Gate(clock)
        self.schedule = Schedule(clock)
        self._arrivals = ArrivalRate(clock, self.schedule)

    def install(self) -> None:
        self.schedule.install()
        turns.install(self.gate, self.schedule, self._arrivals)
        locust.events.test_start.add_listener(self._on_test_start)

    def _on_test_start(self, environment: Any, **_: Any) -> None:
        """Before the first user is spawned, here and on a load worker."""
        self.schedule.is_kept |= keeps_schedule(environment.user_classes)

    def can(self, what: Literal["pause", "rate"]) -> str:
        return ""

    def pause(self) -> None:
        self.gate.shut()

    def resume(self) -> None:
        self.gate.open()
        self._arrivals.wake()

    def set_rate(self, rate_per_s: float, over_s: float = 0.0, phase: float | None = None) -> None:
        """`phase` is where in the time between two arrivals the next one is; None: where it was."""
        self._arrivals.set_rate(rate_per_s, over_s, phase)

    def end(self) -> None:
        self._arrivals.end()
        self.gate.end()

    def take_arrivals(self) -> Arrivals | None:
        """What arrived since the last call; None where no rate was ever set. For Tick.arrivals."""
        return self._arrivals.take() if self._arrivals.is_on else None

    def take_lateness_p99_ms(self) -> float:
        """For Health.lateness_p99_ms."""
        return self.schedule.take_lateness_p99_ms()
