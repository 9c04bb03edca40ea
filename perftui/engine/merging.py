"""Several ticks as one: those that waited to be sent, and those of several load workers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Generic, TypeVar

from perftui.model.exchange import MAX_EXCHANGES_PER_GROUP, Exchange
from perftui.model.histogram import Histogram
from perftui.model.tick import (
    MAX_EXCEPTION_GROUPS,
    MAX_FAILURE_GROUPS,
    MAX_REQUEST_NAMES,
    OTHER,
    Arrivals,
    ExceptionDelta,
    FailureDelta,
    Health,
    LocalErrorDelta,
    RateLimitDelta,
    RequestDelta,
    Tick,
)

# Words of local errors are the engine's own; another machine may put its limits into them.
MAX_LOCAL_ERRORS = 50

K = TypeVar("K")


class KnownKeys(Generic[K]):
    """Which keys are counted by themselves; one past the `limit` counts as `other`. Those known stay known."""

    def __init__(self, limit: int, other: K) -> None:
        self._limit = limit
        self._other = other
        self._known: set[K] = set()

    def of(self, key: K) -> K:
        if key in self._known:
            return key
        if len(self._known) >= self._limit:
            return self._other
        self._known.add(key)
        return key


class Caps:
    """The bounds of a run, which hold for all its load workers together."""

    def __init__(self) -> None:
        self.names: KnownKeys[tuple[str, str]] = KnownKeys(MAX_REQUEST_NAMES, ("", OTHER))
        self.failures: KnownKeys[tuple[str, str, str]] = KnownKeys(MAX_FAILURE_GROUPS, ("", OTHER, OTHER))
        self.exceptions: KnownKeys[str] = KnownKeys(MAX_EXCEPTION_GROUPS, OTHER)
        self.local_errors: KnownKeys[str] = KnownKeys(MAX_LOCAL_ERRORS, OTHER)
        # Bounded by the failure groups.
        self._exchanges: dict[tuple[str, str, str], int] = {}

    def keeps(self, exchange: Exchange) -> bool:
        group = self.failures.of((exchange.method, exchange.name, exchange.message))
        count = self._exchanges.get(group, 0)
        self._exchanges[group] = count + 1
        return count < MAX_EXCHANGES_PER_GROUP


class Sums:
    """What ticks counted, added up: no count is lost, and past the `caps` only names are."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self.started = 0
        self.abandoned = 0
        self.exchanges: list[Exchange] = []
        self._requests: dict[tuple[str, str], RequestDelta] = {}
        self._failures: dict[tuple[str, str, str], FailureDelta] = {}
        self._exceptions: dict[str, ExceptionDelta] = {}
        self._rate_limits: dict[tuple[str, str], RateLimitDelta] = {}
        self._local_errors: dict[str, int] = {}
        self._watched, self._less_own = Histogram(), Histogram()

    def __bool__(self) -> bool:
        return bool(self._requests or self._exceptions or self._local_errors or self.started or self.abandoned)

    def add(self, tick: Tick) -> None:
        self.started += tick.started
        self.abandoned += tick.abandoned
        self.exchanges += [each for each in tick.exchanges if self._caps.keeps(each)]
        self.add_requests(tick.requests)
        self.add_failures(tick.failures)
        for exception in tick.exceptions:
            self._add_exception(exception)
        for limit in tick.rate_limits:
            self._add_rate_limit(limit)
        for error in tick.local_errors:
            message = self._caps.local_errors.of(error.message)
            self._local_errors[message] = self._local_errors.get(message, 0) + error.count
        self._watched.add(tick.watched)
        self._less_own.add(tick.less_own)

    def add_requests(self, deltas: Iterable[RequestDelta]) -> None:
        """The histograms become part of the sum: they belong to it from now on."""
        for delta in deltas:
            key = self._caps.names.of((delta.method, delta.name))
            before = self._requests.get(key)
            if before is not None:
                delta = _add_requests(before, delta)
            elif key != (delta.method, delta.name):
                delta = replace(delta, method=key[0], name=key[1])
            self._requests[key] = delta

    def add_failures(self, deltas: Iterable[FailureDelta]) -> None:
        for delta in deltas:
            key = self._caps.failures.of((delta.method, delta.name, delta.message))
            before = self._failures.get(key)
            count, first_s, last_s = delta.count, delta.first_s, delta.last_s
            if before is not None:
                count += before.count
                first_s, last_s = min(before.first_s, first_s), max(before.last_s, last_s)
            self._failures[key] = FailureDelta(*key, count, first_s, last_s)

    def of(self, tick: Tick) -> Tick:
        """`tick` with what was added up in the place of its own counts."""
        return replace(
            tick,
            requests=tuple(self._requests.values()),
            failures=tuple(self._failures.values()),
            exceptions=tuple(self._exceptions.values()),
            started=self.started,
            abandoned=self.abandoned,
            rate_limits=tuple(self._rate_limits.values()),
            exchanges=tuple(self.exchanges),
            local_errors=tuple(LocalErrorDelta(*each) for each in self._local_errors.items()),
            watched=self._watched,
            less_own=self._less_own,
        )

    @property
    def exceptions(self) -> tuple[ExceptionDelta, ...]:
        return tuple(self._exceptions.values())

    def _add_exception(self, delta: ExceptionDelta) -> None:
        key = self._caps.exceptions.of(delta.traceback)
        before = self._exceptions.get(key)
        message = before.message if before else delta.message if key == delta.traceback else OTHER
        self._exceptions[key] = ExceptionDelta(message, key, delta.count + (before.count if before else 0))

    def _add_rate_limit(self, delta: RateLimitDelta) -> None:
        key = self._caps.names.of((delta.method, delta.name))
        before = self._rate_limits.get(key, replace(delta, method=key[0], name=key[1], count=0))
        told = delta if delta.told_s is not None else before
        self._rate_limits[key] = RateLimitDelta(
            *key,
            before.count + delta.count,
            min(before.first_s, delta.first_s),
            max(before.last_s, delta.last_s),
            told.retry_after_s,
            told.told_s,
        )


def merge_ticks(older: Tick, newer: Tick, caps: Caps) -> Tick:
    """One tick that says what the two said: counts and histograms add up, states are the newer one's."""
    sums = Sums(caps)
    sums.add(older)
    sums.add(newer)
    requests_of = {each.name: each.requests for each in older.load_workers}
    return replace(
        sums.of(newer),
        interval_s=older.interval_s + newer.interval_s,
        health=worse(older.health, newer.health),
        arrivals=_later_arrivals(older.arrivals, newer.arrivals),
        load_workers=tuple(
            replace(each, requests=each.requests + requests_of.get(each.name, 0)) for each in newer.load_workers
        ),
        # Bounded by what the engine keeps in a run.
        exchanges=older.exchanges + newer.exchanges,
    )


def worse(older: Health, newer: Health) -> Health:
    """The newer with the larger lags: percentiles of two seconds, or of two processes, cannot be averaged."""
    return replace(
        newer,
        cpu_percent=max(older.cpu_percent, newer.cpu_percent),
        hub_lag_p50_ms=max(older.hub_lag_p50_ms, newer.hub_lag_p50_ms),
        hub_lag_p99_ms=max(older.hub_lag_p99_ms, newer.hub_lag_p99_ms),
        hub_lag_max_ms=max(older.hub_lag_max_ms, newer.hub_lag_max_ms),
        lateness_p99_ms=max(older.lateness_p99_ms, newer.lateness_p99_ms),
    )


def worst(healths: Iterable[Health]) -> Health | None:
    """The worst of several processes, each figure by itself; None of none. Memory adds up.

    Open files and local ports are those of the process that is nearest to its limit.
    """
    found: Health | None = None
    for each in healths:
        if found is None:
            found = each
            continue
        files = max((found.open_files, found.open_files_limit), (each.open_files, each.open_files_limit), key=_share)
        ports = max(
            (found.local_ports, found.local_ports_limit), (each.local_ports, each.local_ports_limit), key=_share
        )
        found = replace(
            worse(found, each),
            rss_bytes=found.rss_bytes + each.rss_bytes,
            open_files=files[0],
            open_files_limit=files[1],
            local_ports=ports[0],
            local_ports_limit=ports[1],
        )
    return found


def _share(used_of_limit: tuple[int, int]) -> float:
    used, limit = used_of_limit
    return used / limit if limit else 0.0


def _later_arrivals(older: Arrivals | None, newer: Arrivals | None) -> Arrivals | None:
    if older is None or newer is None:
        return newer or older
    return replace(
        newer,
        scheduled=older.scheduled + newer.scheduled,
        started=older.started + newer.started,
        dropped=older.dropped + newer.dropped,
    )


def _add_requests(before: RequestDelta, delta: RequestDelta) -> RequestDelta:
    before.ok_times.add(delta.ok_times)
    before.failed_times.add(delta.failed_times)
    before.response_times.add(delta.response_times)
    for status, count in delta.statuses.items():
        before.statuses[status] = before.statuses.get(status, 0) + count
    return RequestDelta(
        method=before.method,
        name=before.name,
        succeeded=before.succeeded + delta.succeeded,
        failed=before.failed + delta.failed,
        untimed=before.untimed + delta.untimed,
        response_bytes=before.response_bytes + delta.response_bytes,
        ok_times=before.ok_times,
        failed_times=before.failed_times,
        statuses=before.statuses,
        response_times=before.response_times,
    )
