"""Whether what a load worker says of its work can be true: whoever reaches the master's port may say anything.

Requests are looked at as they came off the wire, one field of all of them after the other: to check them one by one
would take half of each second where 100 workers have 200 names each.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from itertools import chain
from operator import add, gt, le, mul
from typing import Any

from perftui.engine.merging import MAX_LOCAL_ERRORS
from perftui.model.exchange import MAX_EXCHANGES_PER_GROUP
from perftui.model.histogram import LONGEST_US, PRECISION_BITS, Histogram, bucket_of
from perftui.model.plan import MAX_USERS
from perftui.model.tick import (
    MAX_EXCEPTION_GROUPS,
    MAX_FAILURE_GROUPS,
    MAX_REQUEST_NAMES,
    Health,
    RequestDelta,
    Tick,
)
from perftui.wire.codec import WireError

# Nothing that one worker counts in a second is as much, be it bytes or microseconds. What is kept of a second are whole
# numbers of 63 bits, for all workers together.
MOST = 1 << 53
# Longer than any run, in seconds; and more than any lag in ms, or percent.
LONGEST_S = MOST_MS = 1e9
# Of one worker; a locustfile has as many classes as somebody wrote.
MAX_USER_CLASSES = 1000

_REQUEST_FIELDS = len(fields(RequestDelta))
_TIMES_FIELDS = len(fields(Histogram))
_EMPTY = [0, 0, 0, 0, {}]
_STATUSES = frozenset(range(1000))
_values: Callable[[dict[int, int]], Iterable[int]] = dict.values
# Every value that perftui.model.histogram.bucket_of has.
_FINEST = 1 << PRECISION_BITS
_BUCKETS = frozenset(
    bucket
    for shift in range(LONGEST_US.bit_length())
    for bucket in (mantissa << shift for mantissa in range(_FINEST))
    if bucket <= LONGEST_US and bucket == bucket_of(bucket)
)


class ReportError(WireError):
    """Its text says what cannot be true, in words of our own."""


def check_requests(deltas: Any) -> int:
    """RequestDeltas as they came off the wire; how many requests they are. Raises ReportError."""
    try:
        return _check_requests(deltas)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError("it has something else than numbers") from None


def _check_requests(deltas: Any) -> int:
    if type(deltas) is not list or len(deltas) > MAX_REQUEST_NAMES + 1:
        raise ReportError("it has too many request names, or no list of them")
    if not deltas:
        return 0
    columns = _columns(deltas, _REQUEST_FIELDS)
    methods, names, succeeded, failed, untimed, sizes, ok_times, failed_times, statuses, response_times = columns
    if set(map(type, (*methods, *names))) != {str}:
        raise ReportError("it has a request name that is no text")
    _check_counts("requests", (*succeeded, *failed, *untimed, *sizes))
    requests = list(map(add, succeeded, failed))
    timed_ok, timed_failed, timed = map(_check_times, (ok_times, failed_times, response_times))
    if list(map(add, map(add, timed_ok, timed_failed), untimed)) != requests or any(map(gt, timed_ok, succeeded)):
        raise ReportError("it has other times than requests")
    if any(map(gt, timed, map(add, timed_ok, timed_failed))):
        raise ReportError("it has more response times than requests")
    if any(map(gt, _counted(statuses), requests)) or not _STATUSES.issuperset(
        _whole("statuses", chain.from_iterable(statuses))
    ):
        raise ReportError("it has statuses that cannot be")
    return sum(requests)


def check_tick(tick: Tick, requests: int) -> None:
    """All but its requests, of which there are so many. Raises ReportError."""
    _check_counts("counts", (tick.seq, tick.started, tick.abandoned, tick.in_flight))
    _check_seconds((tick.elapsed_s, tick.interval_s, tick.oldest_in_flight_s))
    _check_health(tick.health)
    users = tick.users_by_class
    if len(users) > MAX_USER_CLASSES or not all(0 <= count <= MAX_USERS for count in users.values()):
        raise ReportError("it has users that cannot be")
    if not (sum(users.values()) == tick.user_count <= MAX_USERS and 0 <= tick.target_user_count <= MAX_USERS):
        raise ReportError("it has users that cannot be")
    lengths = (
        (tick.failures, MAX_FAILURE_GROUPS + 1),
        (tick.exceptions, MAX_EXCEPTION_GROUPS + 1),
        (tick.rate_limits, MAX_REQUEST_NAMES + 1),
        (tick.local_errors, MAX_LOCAL_ERRORS + 1),
        (tick.exchanges, MAX_EXCHANGES_PER_GROUP * (MAX_FAILURE_GROUPS + 1)),
    )
    if any(len(there) > most for there, most in lengths) or tick.load_workers or tick.target is not None:
        raise ReportError("it has more than one load worker can have to say")
    _check_counts("counts", [each.count for each in tick.exceptions])
    _check_counts("counts", [each.count for each in tick.failures])
    _check_counts("counts", [each.count for each in tick.rate_limits])
    _check_counts("counts", [each.count for each in tick.local_errors])
    spans = [(each.first_s, each.last_s) for each in tick.failures]
    spans += [(each.first_s, each.last_s) for each in tick.rate_limits]
    for span in spans:
        _check_seconds(span)
        if span[0] > span[1]:
            raise ReportError("it has a last time before the first")
    for limit in tick.rate_limits:
        _check_seconds(each for each in (limit.retry_after_s, limit.told_s) if each is not None)
    if sum(each.count for each in tick.failures) > requests or sum(each.count for each in tick.rate_limits) > requests:
        raise ReportError("it has more failures than requests")
    watched, less_own = (
        [each.count, each.sum_us, each.min_us, each.max_us, each.buckets] for each in (tick.watched, tick.less_own)
    )
    # A part of the requests stands for all of them, by chance for a few more.
    counts = _check_times([watched, less_own])
    if counts[0] != counts[1] or counts[0] > 2 * requests + MAX_REQUEST_NAMES:
        raise ReportError("it has more times than requests")
    for exchange in tick.exchanges:
        _check_counts("counts", (min(exchange.response_bytes, MOST), exchange.status))
        _check_seconds((exchange.elapsed_s,))
        if exchange.time_ms is not None and not 0 <= exchange.time_ms < 1e12:
            raise ReportError("it has a time that cannot be")
    if tick.arrivals is not None:
        due = tick.arrivals
        _check_counts("arrivals", (due.scheduled, due.started, due.dropped, due.waiting, due.busy_users))
        _check_seconds((due.rate_per_s,))


def _columns(rows: Sequence[Any], width: int) -> list[tuple[Any, ...]]:
    if set(map(type, rows)) != {list} or set(map(len, rows)) != {width}:
        raise ReportError("it has a row of other fields")
    return list(zip(*rows, strict=True))


def _check_counts(what: str, counts: Sequence[Any]) -> None:
    if max(_whole(what, counts), default=0) > MOST:
        raise ReportError(f"it has {what} that cannot be")


def _whole(what: str, numbers: Iterable[Any]) -> array[int]:
    """The fastest look at many: an array takes nothing but whole numbers from 0 on, and True as 1."""
    try:
        return array("Q", numbers)
    except (TypeError, OverflowError):
        raise ReportError(f"it has {what} that cannot be") from None


def _check_seconds(times_s: Iterable[float]) -> None:
    # Not a number (nan) is on neither side.
    if not all(0.0 <= each <= LONGEST_S for each in times_s):
        raise ReportError("it has a time that cannot be")


def _check_health(health: Health) -> None:
    measured = (health.cpu_percent, health.hub_lag_p50_ms, health.hub_lag_p99_ms, health.hub_lag_max_ms)
    if not all(0.0 <= each <= MOST_MS for each in (*measured, health.lateness_p99_ms)):
        raise ReportError("it has a health that cannot be")
    limits = health.open_files_limit, health.local_ports_limit
    _check_counts("a health", (health.rss_bytes, health.open_files, health.local_ports, *limits))


def _check_times(rows: Sequence[Any]) -> tuple[int, ...]:
    """Histograms as they came off the wire; the count of each. Most are empty, as those of requests that failed."""
    if set(map(type, rows)) != {list} or set(map(len, rows)) != {_TIMES_FIELDS}:
        raise ReportError("it has a row of other fields")
    there = [row for row in rows if row != _EMPTY]
    if there:
        _timed(there)
    return tuple([row[0] for row in rows])


def _counted(maps: Sequence[Any]) -> list[int]:
    """What each of these maps of counts holds in all: no whole number where one of them is none."""
    if set(map(type, maps)) != {dict}:
        raise ReportError("it has counts that cannot be")
    counts = list(map(sum, map(_values, maps)))
    if set(map(type, counts)) != {int} or min(chain.from_iterable(map(_values, maps)), default=0) < 0:
        raise ReportError("it has counts that cannot be")
    return counts


def _timed(rows: Sequence[Any]) -> None:
    """Histograms as they came off the wire."""
    counts, sums, lows, highs, maps = zip(*rows, strict=True)
    _check_counts("times", (*counts, *sums, *lows, *highs))
    if _counted(maps) != [*counts]:
        raise ReportError("its buckets do not add up to the count")
    buckets = set(chain.from_iterable(maps))
    if min(counts) < 1 or not buckets <= _BUCKETS:
        raise ReportError("it has a bucket that is none")
    # To look for the first and last bucket of each would take as long as all the rest together: see `PlainRequests`.
    if min(lows) < min(buckets) or bucket_of(max(highs)) > max(buckets) or max(highs) > LONGEST_US:
        raise ReportError("it has times outside of their buckets")
    if not (all(map(le, map(mul, lows, counts), sums)) and all(map(le, sums, map(mul, highs, counts)))):
        raise ReportError("it has times outside of their buckets")
