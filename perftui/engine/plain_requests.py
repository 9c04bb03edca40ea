"""Requests of many load workers added up as they came off the wire.

A master of 100 workers with 200 request names hears 20,000 deltas a second. To make each a dataclass, check its fields
and then add it up would take a quarter of that second. So what begins a sum is checked, and what is added to one is
not: it is a sum of whole numbers still, or it is mended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from math import isfinite
from typing import Any

from perftui.engine.merging import Caps
from perftui.model.tick import RequestDelta, Tick
from perftui.wire.codec import WireError, from_plain

# Where the requests stand in a tick on the wire.
_REQUESTS = [each.name for each in fields(Tick)].index("requests")
# Fields of a RequestDelta on the wire, and of a Histogram.
_METHOD, _NAME, _OK_TIMES, _FAILED_TIMES, _STATUSES, _RESPONSE_TIMES = 0, 1, 6, 7, 8, 9
_COUNTS = range(2, 6)
_COUNT, _SUM, _MIN, _MAX, _BUCKETS = range(5)


class PlainRequests:
    """`add` sums up; `take` makes deltas of the sums."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        # Bounded by the caps.
        self._sums: dict[tuple[str, str], list[Any]] = {}

    def __bool__(self) -> bool:
        return bool(self._sums)

    def add(self, plain: Any) -> int:
        """How many requests they are. Raises WireError where it is no list of deltas; those before the first that is
        none are counted."""
        requests = 0
        try:
            for each in plain:
                self._add(each)
                requests += each[2] + each[3]
            return int(requests)
        except (TypeError, ValueError, IndexError, KeyError, AttributeError, OverflowError) as error:
            raise WireError(f"a RequestDelta that is none: {type(error).__name__}") from None

    def take(self) -> Iterator[RequestDelta]:
        for each in self._sums.values():
            try:
                yield from_plain(RequestDelta, each)
            except WireError:
                yield from_plain(RequestDelta, _mended(each))

    def _add(self, delta: Any) -> None:
        key = delta[_METHOD], delta[_NAME]
        before = self._sums.get(key)
        if before is None:
            # Raises WireError.
            from_plain(RequestDelta, delta)
            key = self._caps.names.of(key)
            before = self._sums.get(key)
            if before is None:
                delta[_METHOD], delta[_NAME] = key
                self._sums[key] = delta
                return
        _add(before, delta)


def without_requests(plain: Any) -> Any:
    """Take the requests out of a WorkerReport: thousands of them need not become dataclasses."""
    try:
        requests, plain[0][_REQUESTS] = plain[0][_REQUESTS], []
    except (TypeError, IndexError, KeyError):
        raise WireError("a WorkerReport that is none") from None
    return requests


def _add(before: list[Any], delta: list[Any]) -> None:
    # _COUNTS, written out: these lines run once for each name of each worker.
    before[2] += delta[2]
    before[3] += delta[3]
    before[4] += delta[4]
    before[5] += delta[5]
    for index in (_OK_TIMES, _FAILED_TIMES, _RESPONSE_TIMES):
        if delta[index][_COUNT]:
            _add_times(before[index], delta[index])
    statuses = before[_STATUSES]
    for status, count in delta[_STATUSES].items():
        statuses[status] = statuses.get(status, 0) + count


def _add_times(before: list[Any], times: list[Any]) -> None:
    """As Histogram.add."""
    if before[_COUNT] == 0 or times[_MIN] < before[_MIN]:
        before[_MIN] = times[_MIN]
    if times[_MAX] > before[_MAX]:
        before[_MAX] = times[_MAX]
    before[_COUNT] += times[_COUNT]
    before[_SUM] += times[_SUM]
    buckets = before[_BUCKETS]
    for bucket, count in times[_BUCKETS].items():
        buckets[bucket] = buckets.get(bucket, 0) + count


def _mended(delta: list[Any]) -> list[Any]:
    """A sum into which somebody has put what is no whole number."""
    times = [[*map(_int, each[:_BUCKETS]), _int_keys(each[_BUCKETS])] for each in delta[_OK_TIMES:_STATUSES]]
    response = delta[_RESPONSE_TIMES]
    return [
        *delta[:2],
        *(_int(delta[index]) for index in _COUNTS),
        *times,
        _int_keys(delta[_STATUSES]),
        [*map(_int, response[:_BUCKETS]), _int_keys(response[_BUCKETS])],
    ]


def _int(value: Any) -> int:
    return value if type(value) is int else int(value) if isinstance(value, float) and isfinite(value) else 0


def _int_keys(counts: dict[Any, Any]) -> dict[int, int]:
    return {key: _int(count) for key, count in counts.items() if type(key) is int}
