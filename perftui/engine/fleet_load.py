"""The load of all load workers as one, for whoever drives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from perftui.engine.clock import RunClock
from perftui.engine.fleet import Fleet
from perftui.engine.member import Member
from perftui.wire.messages import WorkerOrder

# For an order "rate": the next arrival stays where it is.
SAME_PHASE = -1.0


class FleetLoad:
    """See perftui.engine.load.Load. The arrival rate is shared evenly, and anew whenever a worker comes or goes."""

    def __init__(self, fleet: Fleet, clock: RunClock, order: Callable[[str, WorkerOrder], None]) -> None:
        self._fleet = fleet
        self._clock = clock
        self._order = order
        # From which rate to which, and when on the run's clock.
        self._ramp: tuple[float, float, float, float] | None = None
        self._sharers: tuple[str, ...] = ()
        self.has_begun = False
        """The clocks of the workers go; what is said of time before that means nothing to them."""

    @property
    def rate_per_s(self) -> float | None:
        """What is asked for now; None where no rate ever was."""
        if self._ramp is None:
            return None
        before, after, from_s, to_s = self._ramp
        now_s = max(from_s, self._clock.elapsed_s)
        return after if now_s >= to_s else before + (after - before) * (now_s - from_s) / (to_s - from_s)

    def can(self, what: Literal["pause", "rate"]) -> str:
        stock = [each for each in self._fleet.there if each.role == "stock"]
        if not stock:
            return ""
        who = "1 load worker is plain Locust" if len(stock) == 1 else f"{len(stock)} load workers are plain Locust"
        return f"{who} and cannot {'pause' if what == 'pause' else 'keep an arrival rate'}"

    def pause(self) -> None:
        self._clock.pause()
        for member in self._able():
            self._order(member.client_id, WorkerOrder("pause", self._clock.elapsed_s))

    def resume(self) -> None:
        self._clock.resume()
        for member in self._able():
            self._order(member.client_id, WorkerOrder("resume", self._clock.elapsed_s))

    def set_rate(self, rate_per_s: float, over_s: float = 0.0) -> None:
        now_s = self._clock.elapsed_s
        self._ramp = (self.rate_per_s or 0.0, rate_per_s, now_s, now_s + over_s)
        self.share()

    def end(self) -> None:
        """Each load worker ends its own part when it is told to quit."""

    def share(self) -> None:
        """Tell each worker its part of the rate, where there is one."""
        rate_per_s, able = self.rate_per_s, self._able()
        if rate_per_s is None or self._ramp is None or not able or not self.has_begun:
            return
        _, after, from_s, to_s = self._ramp
        now_s = self._clock.elapsed_s
        sharers = tuple(each.client_id for each in able)
        is_same = sharers == self._sharers
        # At no rate there is no time between two arrivals to be divided.
        self._sharers = sharers if after > 0 else ()
        for index, client_id in enumerate(sharers):
            phase = SAME_PHASE if is_same or not after > 0 else index / len(sharers)
            if from_s < to_s:
                if not is_same:
                    at_once = phase if rate_per_s > 0 else SAME_PHASE
                    self._order(client_id, WorkerOrder("rate", now_s, rate_per_s / len(sharers), phase=at_once))
                phase = SAME_PHASE
            left_s = max(0.0, to_s - now_s)
            self._order(client_id, WorkerOrder("rate", now_s, after / len(sharers), left_s, phase))

    def _able(self) -> list[Member]:
        return [each for each in self._fleet.there if each.role != "stock"]
