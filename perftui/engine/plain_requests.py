"""Requests of many load workers added up as they came off the wire.

A master of 100 workers with 200 request names hears 20,000 deltas a second. To make each a dataclass, check its fields
and then add it up would take a quarter of that second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from perftui.engine.merging import Caps
from perftui.engine.report_text import shown
from perftui.model.histogram import bucket_of
from perftui.model.tick import RequestDelta, Tick
from perftui.wire.codec import WireError, from_plain

# Where the requests stand in a tick on the wire.
_REQUESTS = [each.name for each in fields(Tick)].index("requests")
# Fields of a RequestDelta on the wire, and of a Histogram.
_METHOD, _NAME, _OK_TIMES, _FAILED_TIMES, _STATUSES, _RESPONSE_TIMES = 0, 1, 6, 7, 8, 9
_COUNTS = slice(2, 6)
_COUNT, _SUM, _MIN, _MAX, _BUCKETS = range(5)


class PlainRequests:
    """`add` sums up what perftui.engine.report_check has found to be possible; `take` makes deltas of the sums."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        # Bounded by the caps.
        self._sums: dict[tuple[str, str], list[Any]] = {}

    def __bool__(self) -> bool:
        return bool(self._sums)

    def add(self, deltas: list[list[Any]]) -> None:
        for delta in deltas:
            before = self._sums.get((delta[_METHOD], delta[_NAME]))
            if before is not None:
                _add(before, delta)
            else:
                self._begin(delta)

    def take(self) -> Iterator[RequestDelta]:
        for each in self._sums.values():
            each[_COUNTS] = map(int, each[_COUNTS])
            for times in (each[_OK_TIMES], each[_FAILED_TIMES], each[_RESPONSE_TIMES]):
                _fit(times)
            each[_STATUSES] = _whole(each[_STATUSES])
            yield from_plain(RequestDelta, each)

    def _begin(self, delta: list[Any]) -> None:
        key = self._caps.names.of((shown(delta[_METHOD]), shown(delta[_NAME])))
        before = self._sums.get(key)
        if before is not None:
            _add(before, delta)
        else:
            delta[_METHOD], delta[_NAME] = key
            self._sums[key] = delta


def without_requests(plain: Any) -> Any:
    """Take the requests out of a WorkerReport: thousands of them need not become dataclasses."""
    try:
        requests, plain[0][_REQUESTS] = plain[0][_REQUESTS], []
    except (TypeError, IndexError, KeyError):
        raise WireError("a WorkerReport that is none") from None
    return requests


def _add(before: list[Any], delta: list[Any]) -> None:
    # Written out: these lines run once for each name of each worker.
    before[2] += delta[2]
    before[3] += delta[3]
    before[4] += delta[4]
    before[5] += delta[5]
    if delta[_OK_TIMES][_COUNT]:
        _add_times(before[_OK_TIMES], delta[_OK_TIMES])
    if delta[_FAILED_TIMES][_COUNT]:
        _add_times(before[_FAILED_TIMES], delta[_FAILED_TIMES])
    if delta[_RESPONSE_TIMES][_COUNT]:
        _add_times(before[_RESPONSE_TIMES], delta[_RESPONSE_TIMES])
    statuses = before[_STATUSES]
    for status, count in delta[_STATUSES].items():
        statuses[status] = statuses.get(status, 0) + count


def _add_times(before: list[Any], times: list[Any]) -> None:
    """As Histogram.add."""
    count, total_us, min_us, max_us, counts = times
    if before[_COUNT] == 0 or min_us < before[_MIN]:
        before[_MIN] = min_us
    if max_us > before[_MAX]:
        before[_MAX] = max_us
    before[_COUNT] += count
    before[_SUM] += total_us
    buckets = before[_BUCKETS]
    for bucket, in_bucket in counts.items():
        if bucket in buckets:
            buckets[bucket] += in_bucket
        else:
            buckets[bucket] = in_bucket


def _fit(times: list[Any]) -> None:
    """A sum whose minimum and maximum are in its first and last bucket, whatever somebody put into it."""
    times[:_BUCKETS] = map(int, times[:_BUCKETS])
    buckets = times[_BUCKETS] = _whole(times[_BUCKETS])
    if not buckets:
        times[:_BUCKETS] = [0] * _BUCKETS
        return
    first, last = min(buckets), max(buckets)
    if bucket_of(times[_MIN]) != first:
        times[_MIN] = first
    if bucket_of(times[_MAX]) != last:
        times[_MAX] = max(times[_MIN], last)


def _whole(counts: dict[Any, Any]) -> dict[int, int]:
    """True is 1 wherever something is counted."""
    return {int(key): int(count) for key, count in counts.items()}
