"""What the rules need of a run, kept while it goes on, in bounded space."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from perftui.judgement.findings.arrivals import DropLog
from perftui.judgement.findings.limit_log import LimitLog
from perftui.model.histogram import Histogram, merge
from perftui.model.tick import Tick

# A week; what comes later is in the numbers of the run, but no rule sees it. 14 doubles a second: 68 MB at most.
MAX_SECONDS = 7 * 24 * 3600
# Slices are of one tick each until there are so many; then two become one, again and again.
MAX_SLICES = 128
# The slow requests of a tick are so many at least.
MIN_SLOW = 5
# User counts this close together are the same: a user that raised is replaced a moment later.
_SAME_USERS = 1.02


class Second(NamedTuple):
    """One tick. NaN where nothing is known; `is_measured` is 0 or 1.

    `slow_ms` is a time that 5 % of its requests, and MIN_SLOW at least, took or exceeded. Times are of all requests.
    """

    elapsed_s: float
    interval_s: float
    is_measured: float
    user_count: float
    target_user_count: float
    requests: float
    failed: float
    in_flight: float
    oldest_in_flight_s: float
    p95_ms: float
    slow_ms: float
    max_ms: float
    cpu_percent: float
    memory_bytes: float

    @property
    def from_s(self) -> float:
        return self.elapsed_s - self.interval_s

    @property
    def is_loaded(self) -> bool:
        """Whether there are users, and they are not being stopped."""
        return self.user_count > 0 and self.target_user_count > 0 and self.interval_s > 0


@dataclass(slots=True)
class Slice:
    """Some ticks in a row. `ok_times` are service times of requests that succeeded."""

    from_s: float
    to_s: float
    covered_s: float
    requests: int
    ok_times: Histogram

    def add(self, other: Slice) -> None:
        self.to_s = other.to_s
        self.covered_s += other.covered_s
        self.requests += other.requests
        self.ok_times.add(other.ok_times)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The longest part of the run that was measured while the user count held, in seconds of the run's clock."""

    from_s: float = 0.0
    to_s: float = 0.0
    user_count: int = 0

    @property
    def lasted_s(self) -> float:
        return self.to_s - self.from_s


class Evidence:
    """A run so far.

    `limits` are the answers to each request name that a rate limit may have met, `drops` the seconds in which tasks of
    an arrival rate had no user.
    """

    def __init__(self) -> None:
        self.limits = LimitLog()
        self.drops = DropLog()
        self._columns = tuple(array("d") for _ in Second._fields)
        self._slices: list[Slice] = []
        self._slice_ticks = 1
        self._newest_ticks = 0

    def add(self, tick: Tick, is_measured: bool) -> None:
        """Ticks come in their order. Of one that lasted no time nothing can be said."""
        if len(self._columns[0]) >= MAX_SECONDS or tick.interval_s <= 0:
            return
        for column, value in zip(self._columns, _second_of(tick, is_measured), strict=True):
            column.append(value)
        self.limits.add(tick)
        if is_measured:
            self.drops.add(tick)
            self._add_to_slices(tick)

    def seconds(self) -> Iterator[Second]:
        return map(Second._make, zip(*self._columns, strict=True))

    def measured_seconds(self) -> Iterator[Second]:
        return (second for second in self.seconds() if second.is_measured)

    def stretch(self) -> Stretch:
        """Where users held the longest; of no length where there was no load."""
        longest = Stretch()
        from_s = to_s = fewest = most = 0.0
        for each in self.measured_seconds():
            if not each.is_loaded:
                fewest = 0.0
                continue
            holds = fewest and max(most, each.user_count) <= _SAME_USERS * min(fewest, each.user_count)
            if holds:
                fewest, most = min(fewest, each.user_count), max(most, each.user_count)
            else:
                from_s, fewest, most = each.from_s, each.user_count, each.user_count
            to_s = each.elapsed_s
            if to_s - from_s > longest.lasted_s:
                longest = Stretch(from_s, to_s, round(most))
        return longest

    def slices(self, stretch: Stretch) -> list[Slice]:
        """At most MAX_SLICES, of equal length, that lie within `stretch`."""
        # Floats that were added up differently may differ in their last digits.
        from_s, to_s = stretch.from_s - 1e-6, stretch.to_s + 1e-6
        return [each for each in self._slices if from_s <= each.from_s and each.to_s <= to_s]

    def _add_to_slices(self, tick: Tick) -> None:
        newest = Slice(
            from_s=tick.elapsed_s - tick.interval_s,
            to_s=tick.elapsed_s,
            covered_s=tick.interval_s,
            requests=sum(delta.requests for delta in tick.requests),
            ok_times=merge(delta.ok_times for delta in tick.requests),
        )
        slices = self._slices
        if slices and self._newest_ticks < self._slice_ticks:
            slices[-1].add(newest)
            self._newest_ticks += 1
            return
        if len(slices) == MAX_SLICES:
            for first, second in zip(slices[::2], slices[1::2], strict=True):
                first.add(second)
            self._slices = slices = slices[::2]
            self._slice_ticks *= 2
        slices.append(newest)
        self._newest_ticks = 1


def _second_of(tick: Tick, is_measured: bool) -> Second:
    times = merge(each for delta in tick.requests for each in (delta.ok_times, delta.failed_times))
    p95_ms = slow_ms = math.nan
    if times.count:
        slow_percent = min(95.0, 100 * (1 - MIN_SLOW / times.count))
        slow, p95 = times.percentiles_ms((max(0.0, slow_percent), 95))
        p95_ms = math.nan if p95 is None else p95
        slow_ms = math.nan if slow is None or times.count < 2 * MIN_SLOW else slow
    memory_bytes = tick.target.memory_bytes if tick.target else None
    return Second(
        elapsed_s=tick.elapsed_s,
        interval_s=tick.interval_s,
        is_measured=is_measured,
        user_count=tick.user_count,
        target_user_count=tick.target_user_count,
        requests=sum(delta.requests for delta in tick.requests),
        failed=sum(delta.failed for delta in tick.requests),
        in_flight=tick.in_flight,
        oldest_in_flight_s=tick.oldest_in_flight_s,
        p95_ms=p95_ms,
        slow_ms=slow_ms,
        max_ms=times.max_us / 1000 if times.count else math.nan,
        cpu_percent=tick.health.cpu_percent,
        memory_bytes=math.nan if memory_bytes is None else memory_bytes,
    )
