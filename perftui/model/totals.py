"""Deltas added up: the state of a run, live and when a record is read again, by the same arithmetic."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from perftui.model.histogram import Histogram, merge
from perftui.model.lag import LEAST_LAG_MS, is_excess, is_measured, is_tail_excess, watched_and_less_own
from perftui.model.tick import (
    MAX_EXCEPTION_GROUPS,
    MAX_FAILURE_GROUPS,
    MAX_REQUEST_NAMES,
    OTHER,
    Arrivals,
    ExceptionDelta,
    FailureDelta,
    Health,
    RequestDelta,
    Tick,
)

# Rates and "recent" percentiles of a request cover this many ticks; a single second of one request is mostly noise.
RECENT_TICKS = 10

AGGREGATED = ("", "Aggregated")

RequestKey = tuple[str, str]
FailureKey = tuple[str, str, str]
"""(method, name)"""


@dataclass(slots=True)
class RequestTotals:
    """One request name over many ticks. See RequestDelta for the fields."""

    method: str
    name: str
    succeeded: int = 0
    failed: int = 0
    untimed: int = 0
    response_bytes: int = 0
    ok_times: Histogram = field(default_factory=Histogram)
    failed_times: Histogram = field(default_factory=Histogram)
    statuses: dict[int, int] = field(default_factory=dict)
    response_times: Histogram = field(default_factory=Histogram)

    def add(self, delta: RequestDelta | RequestTotals) -> None:
        self.succeeded += delta.succeeded
        self.failed += delta.failed
        self.untimed += delta.untimed
        self.response_bytes += delta.response_bytes
        self.ok_times.add(delta.ok_times)
        self.failed_times.add(delta.failed_times)
        for status, count in delta.statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + count
        self.response_times.add(delta.response_times)

    @property
    def requests(self) -> int:
        return self.succeeded + self.failed

    @property
    def fail_ratio(self) -> float | None:
        """Share of failed requests, 0 to 1; None without requests."""
        return self.failed / self.requests if self.requests else None

    def times(self) -> Histogram:
        """Service times of all requests, succeeded and failed."""
        return merge((self.ok_times, self.failed_times))


@dataclass(slots=True)
class ArrivalTotals:
    """Arrivals over many ticks; `waiting` is of the last. See Arrivals for the fields."""

    scheduled: int = 0
    started: int = 0
    dropped: int = 0
    waiting: int = 0

    def add(self, arrivals: Arrivals) -> None:
        self.scheduled += arrivals.scheduled
        self.started += arrivals.started
        self.dropped += arrivals.dropped
        self.waiting = arrivals.waiting


@dataclass(slots=True)
class FailureGroup:
    """Failed requests that are alike; `first_s` and `last_s` since the test start."""

    method: str
    name: str
    message: str
    count: int
    first_s: float
    last_s: float


@dataclass(slots=True)
class ExceptionGroup:
    """Exceptions in user code that share a traceback; `message` is the first one's."""

    message: str
    traceback: str
    count: int


class RunTotals:
    """The sum of the ticks that were added: a whole run, or the part of it that is judged.

    `covered_s` is how many seconds they cover together; `elapsed_s` where on the run's clock the last one ended.
    """

    def __init__(self) -> None:
        self.total = RequestTotals(*AGGREGATED)
        # Bounded by the engine's own cap, and here once more: a record may come from elsewhere.
        self.by_request: dict[RequestKey, RequestTotals] = {}
        self.failures: dict[FailureKey, FailureGroup] = {}
        self.exceptions: dict[str, ExceptionGroup] = {}
        self.started = 0
        self.abandoned = 0
        self.in_flight = 0
        self.oldest_in_flight_s = 0.0
        self.max_user_count = 0
        self.ticks = 0
        self.covered_s = 0.0
        self.strained_ticks = 0
        self.is_strained = False
        """Whether the last tick is."""
        # What stands for all times, and the same without what the generator added, measured or estimated.
        self.watched, self.less_own = Histogram(), Histogram()
        self.lost_workers: tuple[str, ...] = ()
        """The load workers not heard of when there was last a load; one that left in order has told all that it did."""
        self.arrivals = ArrivalTotals()
        # By message; bounded by the few reasons that there are.
        self.local_errors: dict[str, int] = {}
        self.recent: deque[Tick] = deque(maxlen=RECENT_TICKS)
        self._recent_sums: deque[RequestTotals] = deque(maxlen=RECENT_TICKS)

    @property
    def last(self) -> Tick | None:
        return self.recent[-1] if self.recent else None

    @property
    def elapsed_s(self) -> float:
        return self.recent[-1].elapsed_s if self.recent else 0.0

    @property
    def health(self) -> Health | None:
        return self.recent[-1].health if self.recent else None

    def add(self, tick: Tick) -> None:
        sums = sums_of(tick)
        for delta in tick.requests:
            self._request(delta.method, delta.name).add(delta)
        self.total.add(sums)
        for failure in tick.failures:
            self._add_failure(failure)
        for exception in tick.exceptions:
            self._add_exception(exception)
        for error in tick.local_errors:
            self.local_errors[error.message] = self.local_errors.get(error.message, 0) + error.count
        if tick.arrivals is not None:
            self.arrivals.add(tick.arrivals)
        self.started += tick.started
        self.abandoned += tick.abandoned
        self.in_flight = tick.in_flight
        self.oldest_in_flight_s = tick.oldest_in_flight_s
        self.max_user_count = max(self.max_user_count, tick.user_count)
        self.ticks += 1
        self.covered_s += tick.interval_s
        times = sums.times()
        self.is_strained = is_strained(tick, times)
        self.strained_ticks += self.is_strained
        watched, less_own = watched_and_less_own(tick, times)
        self.watched.add(watched)
        self.less_own.add(less_own)
        if tick.target_user_count > 0:
            # When the load is over they all go.
            self.lost_workers = tuple(
                each.name for each in tick.load_workers if each.role != "master" and each.state == "missing"
            )
        self.recent.append(tick)
        self._recent_sums.append(sums)

    def look_back_on(self, recent: Iterable[Tick]) -> None:
        """`recent` are the last ticks, whole, of which less was known when they were added."""
        self.recent = deque(recent, RECENT_TICKS)
        self._recent_sums = deque(map(sums_of, self.recent), RECENT_TICKS)

    def recent_times(self) -> Histogram:
        """Service times of all requests over the last RECENT_TICKS ticks."""
        return merge(times for sums in self._recent_sums for times in (sums.ok_times, sums.failed_times))

    def recent_response_times(self) -> Histogram:
        """As `recent_times`, from the intended start."""
        return merge(sums.response_times for sums in self._recent_sums)

    def recent_counts(self) -> dict[RequestKey, tuple[int, int]]:
        """Requests and failures by request name over the last RECENT_TICKS ticks."""
        counts: dict[RequestKey, tuple[int, int]] = {}
        for tick in self.recent:
            for delta in tick.requests:
                requests, failures = counts.get((delta.method, delta.name), (0, 0))
                counts[delta.method, delta.name] = (requests + delta.requests, failures + delta.failed)
        return counts

    def recent_failures(self) -> dict[tuple[str, str, str], int]:
        """Failures by group over the last RECENT_TICKS ticks."""
        counts: dict[tuple[str, str, str], int] = {}
        for tick in self.recent:
            for delta in tick.failures:
                key = (delta.method, delta.name, delta.message)
                counts[key] = counts.get(key, 0) + delta.count
        return counts

    @property
    def recent_s(self) -> float:
        """Seconds that the recent ticks cover."""
        return sum(tick.interval_s for tick in self.recent)

    def _request(self, method: str, name: str) -> RequestTotals:
        key = (method, name)
        totals = self.by_request.get(key)
        if totals is None:
            if len(self.by_request) >= MAX_REQUEST_NAMES and key != ("", OTHER):
                return self._request("", OTHER)
            totals = self.by_request[key] = RequestTotals(method, name)
        return totals

    def _add_failure(self, delta: FailureDelta) -> None:
        key = (delta.method, delta.name, delta.message)
        if key not in self.failures and len(self.failures) >= MAX_FAILURE_GROUPS:
            key = ("", OTHER, OTHER)
        group = self.failures.get(key)
        if group is None:
            self.failures[key] = FailureGroup(*key, delta.count, delta.first_s, delta.last_s)
        else:
            group.count += delta.count
            group.first_s = min(group.first_s, delta.first_s)
            group.last_s = max(group.last_s, delta.last_s)

    def _add_exception(self, delta: ExceptionDelta) -> None:
        traceback = delta.traceback
        if traceback not in self.exceptions and len(self.exceptions) >= MAX_EXCEPTION_GROUPS:
            traceback = OTHER
        group = self.exceptions.get(traceback)
        if group is None:
            self.exceptions[traceback] = ExceptionGroup(delta.message, traceback, delta.count)
        else:
            group.count += delta.count


def sums_of(tick: Tick) -> RequestTotals:
    """All its requests, added up."""
    sums = RequestTotals(*AGGREGATED)
    for delta in tick.requests:
        sums.add(delta)
    return sums


def is_strained(tick: Tick, times: Histogram | None = None) -> bool:
    """Whether the generator's own lag, or how late it began what was due, shows in the times of this tick.

    `times` are all service times of the tick, for who has added them up: that takes longer than all else here.
    """
    late_ms = tick.health.lateness_p99_ms
    if max(_most_own_ms(tick), late_ms) < LEAST_LAG_MS:
        return False
    if times is None:
        times = times_of(tick)
    if is_measured(tick):
        if is_tail_excess(tick.watched, tick.less_own):
            return True
    elif _is_visible(tick.health.hub_lag_p99_ms, times):
        return True
    return late_ms >= LEAST_LAG_MS and _is_visible(late_ms, merge(delta.response_times for delta in tick.requests))


def _most_own_ms(tick: Tick) -> float:
    """No request of the tick has more of the generator in it, as far as is known."""
    if not is_measured(tick):
        return tick.health.hub_lag_p99_ms
    return (tick.watched.sum_us - tick.less_own.sum_us) / 1000


def _is_visible(lag_ms: float, times: Histogram) -> bool:
    if lag_ms < LEAST_LAG_MS:
        return False
    p99_ms = times.percentile_ms(99)
    return p99_ms is not None and is_excess(p99_ms, max(0.0, p99_ms - lag_ms))


def times_of(tick: Tick) -> Histogram:
    """Service times of all its requests."""
    return merge(times for delta in tick.requests for times in (delta.ok_times, delta.failed_times))
