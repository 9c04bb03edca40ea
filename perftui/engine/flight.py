"""Requests from the moment they are sent: started == finished + abandoned + in flight, at every instant."""

from __future__ import annotations

import math
from collections import deque
from random import random
from time import monotonic
from typing import Any

from gevent import getcurrent

# Cut-off requests that are listed at the end, the last ones; more are only counted.
MAX_LISTED = 1000
# To find out how long a request waited for the network costs microseconds: of more than so many in a tick, a part
# chosen by chance stands for all of them.
WATCHED_PER_TICK = 500


class Flight:
    """One request on its way. `period` is the tick in which it started; `lateness_s` how late it was sent.

    `weight` is how many requests it stands for where it is watched, 0 where it is not. Of one that is, `network_s` is
    how long it waited for the network so far, as perftui.engine.network finds it: until `mark_s`.
    `is_sent` is whether something was sent since the last bytes came. `returned_s` is when its client was done with it.
    """

    __slots__ = (
        "is_open",
        "is_sent",
        "lateness_s",
        "mark_s",
        "method",
        "network_s",
        "period",
        "returned_s",
        "started_s",
        "url",
        "weight",
    )

    def __init__(self, method: Any, url: Any, period: int, lateness_s: float, weight: int) -> None:
        self.method = method
        self.url = url
        self.period = period
        self.lateness_s = lateness_s
        self.weight = weight
        self.started_s = monotonic()
        self.returned_s = 0.0
        self.mark_s = 0.0
        self.network_s = 0.0
        self.is_sent = False
        self.is_open = True

    def add_inner(self, inner: Flight) -> None:
        """A request that was sent inside of this one, as some do to authenticate: its waits are this one's too."""
        self.network_s += inner.network_s
        self.mark_s = monotonic()
        self.is_sent = False

    @property
    def own_s(self) -> float:
        """What of its time, until now or until it returned, was no wait for the network."""
        return max(0.0, (self.returned_s or monotonic()) - self.started_s - self.network_s)


class Flights:
    """All requests of the process. `current` holds for each greenlet the innermost request that it is sending."""

    def __init__(self) -> None:
        self.started = 0
        self.abandoned = 0
        # Bounded by the greenlets that send, and by the responses that user code holds on to.
        self.current: dict[Any, Flight] = {}
        self._open: set[Flight] = set()
        # Part of the open ones.
        self._dropped: list[Flight] = []
        self._cut_off: deque[tuple[str, str, float]] = deque(maxlen=MAX_LISTED)
        self._period = 0
        self._one_in = 1

    def weight(self) -> int:
        """How many requests the next one stands for in what is watched; 0 for one that is not watched."""
        one_in = self._one_in
        return one_in if one_in == 1 or random() * one_in < 1 else 0

    def take_off(self, method: Any, url: Any, lateness_s: float = 0.0) -> Flight:
        flight = Flight(method, url, self._period, lateness_s, self.weight())
        self.started += 1
        self._open.add(flight)
        return flight

    def land(self) -> Flight | None:
        """A request event is reported: of the request that this greenlet sends, else of a client that is not ours."""
        flight = self.current.get(getcurrent())
        if flight is not None and flight.is_open:
            flight.is_open = False
            self._open.discard(flight)
            return flight
        self.started += 1
        return None

    def abandon(self, flight: Flight) -> None:
        """Sent, and never reported: the user was stopped, or user code dropped the response."""
        if flight.is_open:
            flight.is_open = False
            self._open.discard(flight)
            self.abandoned += 1
            self._cut_off.append((str(flight.method), str(flight.url), monotonic() - flight.started_s))

    def drop(self, flight: Flight) -> None:
        """As `abandon`, from a finalizer: that may run at any instant, so it is counted with the next tick."""
        if flight.is_open:
            self._dropped.append(flight)

    def never_sent(self, flight: Flight) -> None:
        """An exception left the client before anything was reported, such as for a URL that is none."""
        if flight.is_open and flight.period == self._period:
            flight.is_open = False
            self._open.discard(flight)
            self.started -= 1
        else:
            # A tick has already said that it started.
            self.abandon(flight)

    def abandon_all(self) -> None:
        for flight in tuple(self._open):
            self.abandon(flight)

    def take(self) -> tuple[int, int]:
        """Started and abandoned since the last call."""
        dropped, self._dropped = self._dropped, []
        for flight in dropped:
            self.abandon(flight)
        counts = self.started, self.abandoned
        self._one_in = max(1, math.ceil(self.started / WATCHED_PER_TICK))
        self.started = self.abandoned = 0
        self._period += 1
        return counts

    def forget(self) -> None:
        """Begin to count: what is still on its way counts as started now."""
        self.take()
        self.started = len(self._open)
        self._cut_off.clear()

    @property
    def in_flight(self) -> int:
        return len(self._open)

    @property
    def oldest_s(self) -> float:
        return monotonic() - min(flight.started_s for flight in self._open) if self._open else 0.0

    @property
    def cut_off(self) -> tuple[tuple[str, str, float], ...]:
        """Method, URL and age in s of the requests that were abandoned."""
        return tuple(self._cut_off)
