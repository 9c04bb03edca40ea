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
    """See perftui.engine.load.Load. The arrival rate is shared by the users that each worker has.

    It is shared anew whenever a worker comes or goes, and when users move.
    """

    def __init__(self, fleet: Fleet, clock: RunClock, order: Callable[[str, WorkerOrder], None]) -> None:
        self._fleet = fleet
        self._clock = clock
        self._order = order
        # From which rate to which, and when on the run's clock.
        self._ramp: tuple[float, float, float, float] | None = None
        # What the workers were told last: their parts of it, and the rate.
        self._parts_told: dict[str, float] = {}
        self._rate_told = 0.0
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
        rate_per_s, parts = self.rate_per_s, self._parts()
        if rate_per_s is None or self._ramp is None or not parts or not self.has_begun:
            return
        _, after, from_s, to_s = self._ramp
        now_s = self._clock.elapsed_s
        before, before_rate = self._parts_told, self._rate_told
        # At no rate there is no time between two arrivals to be divided.
        self._parts_told, self._rate_told = parts, after if after > 0 else 0.0
        have_turns = before_rate > 0 and _sharers_of(before) == _sharers_of(parts)
        begun = 0.0
        for client_id, part in parts.items():
            phase = SAME_PHASE if have_turns or not (after > 0 and part) else begun
            begun += part
            if from_s < to_s:
                if before != parts or not before_rate:
                    at_once = phase if rate_per_s > 0 else SAME_PHASE
                    self._order(client_id, WorkerOrder("rate", now_s, rate_per_s * part, phase=at_once))
                phase = SAME_PHASE
            left_s = max(0.0, to_s - now_s)
            self._order(client_id, WorkerOrder("rate", now_s, after * part, left_s, phase))

    def share_anew(self) -> None:
        """Where users have moved from one worker to another, or a worker has come to have its first."""
        if self._ramp is not None and self._parts() != self._parts_told:
            self.share()

    def _parts(self) -> dict[str, float]:
        """The part of each worker, by its users: who has none could only drop what is due.

        Where nobody has any, tasks are due all the same: then it is even.
        """
        able = self._able()
        users = sum(each.user_count for each in able)
        return {each.client_id: each.user_count / users if users else 1 / len(able) for each in able}

    def _able(self) -> list[Member]:
        return [each for each in self._fleet.there if each.role != "stock"]


def _sharers_of(parts: dict[str, float]) -> list[str]:
    return [client_id for client_id, part in parts.items() if part > 0]
