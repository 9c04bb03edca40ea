"""Generated runs that are made of single requests: against a target that freezes, against rate limits."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from perftui.model.histogram import Histogram
from perftui.model.tick import FailureDelta, Health, RateLimitDelta, RequestDelta, Tick


class Call(NamedTuple):
    """One request; times on the run's clock."""

    sent_s: float
    ended_s: float
    status: int = 200
    retry_after_s: float | None = None
    name: str = "/limited"


def ticks_of_calls(calls: Iterable[Call], seconds: int, users: int = 10) -> list[Tick]:
    """What an engine says of `calls` in `seconds`; a 429 is a failure."""
    calls = list(calls)
    return [
        _tick_of([call for call in calls if call.sent_s < s + 1 and call.ended_s > s], s, users) for s in range(seconds)
    ]


def _tick_of(calls: Sequence[Call], s: int, users: int) -> Tick:
    """`calls` are those that ran at some time in the second after `s`."""
    end_s = s + 1.0
    slots: dict[str, _Slot] = {}
    flying = [call for call in calls if call.ended_s > end_s]
    for call in calls:
        if call.ended_s <= end_s:
            slots.setdefault(call.name, _Slot(call.name)).note(call)
    return Tick(
        seq=s + 1,
        elapsed_s=end_s,
        interval_s=1.0,
        user_count=users,
        target_user_count=users,
        users_by_class={"Caller": users},
        requests=tuple(slot.delta() for slot in slots.values()),
        failures=tuple(each for slot in slots.values() for each in slot.failures()),
        exceptions=(),
        started=sum(s <= call.sent_s for call in calls),
        abandoned=0,
        in_flight=len(flying),
        oldest_in_flight_s=max((end_s - call.sent_s for call in flying), default=0.0),
        health=Health(20.0, 60_000_000, 0.1, 0.5, 0.5, 20, 4096),
        rate_limits=tuple(each for slot in slots.values() for each in slot.rate_limits()),
    )


@dataclass
class _Slot:
    name: str
    ok_times: Histogram = field(default_factory=Histogram)
    failed_times: Histogram = field(default_factory=Histogram)
    statuses: dict[int, int] = field(default_factory=dict)
    limited: list[Call] = field(default_factory=list)

    def note(self, call: Call) -> None:
        times = self.ok_times if call.status < 400 else self.failed_times
        times.record(int((call.ended_s - call.sent_s) * 1e6))
        self.statuses[call.status] = self.statuses.get(call.status, 0) + 1
        if call.status == 429:
            self.limited.append(call)

    def delta(self) -> RequestDelta:
        ok, failed = self.ok_times, self.failed_times
        return RequestDelta("GET", self.name, ok.count, failed.count, 0, 0, ok, failed, self.statuses)

    def failures(self) -> list[FailureDelta]:
        if not self.limited:
            return []
        first_s, last_s = self.limited[0].ended_s, self.limited[-1].ended_s
        return [FailureDelta("GET", self.name, "HTTP 429 Too Many Requests", len(self.limited), first_s, last_s)]

    def rate_limits(self) -> list[RateLimitDelta]:
        if not self.limited:
            return []
        told = next((call for call in reversed(self.limited) if call.retry_after_s is not None), None)
        ends = self.limited[0].ended_s, self.limited[-1].ended_s
        said = (told.retry_after_s, told.ended_s) if told else (None, None)
        return [RateLimitDelta("GET", self.name, len(self.limited), *ends, *said)]


def frozen_run(
    seconds: int, freezes: Sequence[tuple[float, float]], seed: int = 1, *, users: int = 20, median_ms: float = 20.0
) -> list[Tick]:
    """Users who wait about 0.5 s between requests, and a target that answers nothing in each of `freezes`."""
    chance = random.Random(seed)
    calls = []
    for _ in range(users):
        now_s = chance.random() * 0.5
        while now_s < seconds:
            ended_s = now_s + median_ms / 1000 * math.exp(chance.gauss(0, 0.4))
            for from_s, to_s in freezes:
                if now_s < to_s and ended_s > from_s:
                    ended_s = to_s + (ended_s - max(now_s, from_s))
            calls.append(Call(now_s, ended_s, name="/items"))
            now_s = ended_s + chance.uniform(0.25, 0.75)
    return ticks_of_calls(sorted(calls, key=lambda call: call.ended_s), seconds, users)


class Limit(Protocol):
    def admit(self, now_s: float) -> float | None:
        """None where a request may pass, else what Retry-After says."""


class FixedLimit:
    """A window begins with the first request after the one before."""

    def __init__(self, limit: int = 100, window_s: float = 60.0) -> None:
        self._limit, self._window_s = limit, window_s
        self._ends_s, self._admitted = -math.inf, 0

    def admit(self, now_s: float) -> float | None:
        if now_s >= self._ends_s:
            self._ends_s, self._admitted = now_s + self._window_s, 0
        self._admitted += 1
        return None if self._admitted <= self._limit else math.ceil(self._ends_s - now_s)


class ClockLimit:
    """Windows begin at whole multiples of their length of a clock that was at `clock_s` when the run began."""

    def __init__(self, limit: int = 100, window_s: float = 60.0, clock_s: float = 40.0) -> None:
        self._limit, self._window_s, self._clock_s = limit, window_s, clock_s
        self._window, self._admitted = -1, 0

    def admit(self, now_s: float) -> float | None:
        window, into_s = divmod(now_s + self._clock_s, self._window_s)
        if window != self._window:
            self._window, self._admitted = int(window), 0
        self._admitted += 1
        return None if self._admitted <= self._limit else math.ceil(self._window_s - into_s)


class SlidingLimit:
    """At most `limit` in any `window_s` seconds."""

    def __init__(self, limit: int = 100, window_s: float = 60.0) -> None:
        self._limit, self._window_s = limit, window_s
        self._passed: deque[float] = deque()

    def admit(self, now_s: float) -> float | None:
        while self._passed and self._passed[0] <= now_s - self._window_s:
            self._passed.popleft()
        if len(self._passed) >= self._limit:
            return math.ceil(self._passed[0] + self._window_s - now_s)
        self._passed.append(now_s)
        return None


class BucketLimit:
    """A bucket of `size` tokens that fills by `per_s`."""

    def __init__(self, size: int = 100, per_s: float = 100 / 60) -> None:
        self._size, self._per_s = size, per_s
        self._tokens, self._at_s = float(size), 0.0

    def admit(self, now_s: float) -> float | None:
        self._tokens = min(self._size, self._tokens + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._tokens < 1:
            return math.ceil((1 - self._tokens) / self._per_s)
        self._tokens -= 1
        return None


def limited_run(
    seconds: int,
    limit: Limit,
    rps: float,
    seed: int = 1,
    *,
    says: Callable[[float], float | None] = lambda retry_after_s: retry_after_s,
    names: Sequence[str] = ("/limited",),
) -> list[Tick]:
    """Requests at random times against `limit`, which `names` share; `says` is what becomes of its Retry-After."""
    return limits_run(seconds, dict.fromkeys(names, limit), rps, seed, says=says)


def limits_run(
    seconds: int,
    limits: Mapping[str, Limit],
    rps: float,
    seed: int = 1,
    *,
    says: Callable[[float], float | None] = lambda retry_after_s: retry_after_s,
) -> list[Tick]:
    """Requests at random times and to each name alike, against the limit of each name."""
    chance = random.Random(seed)
    names = list(limits)
    calls = []
    now_s = chance.expovariate(rps)
    while now_s < seconds:
        name = chance.choice(names)
        retry_after_s = limits[name].admit(now_s)
        ended_s = now_s + 0.002
        if retry_after_s is None:
            calls.append(Call(now_s, ended_s, name=name))
        else:
            calls.append(Call(now_s, ended_s, 429, says(retry_after_s), name))
        now_s += chance.expovariate(rps)
    return ticks_of_calls(calls, seconds)
