"""The requests of a tick, added up by the scopes that rules name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from perftui.model.histogram import Histogram
from perftui.model.tick import MAX_REQUEST_NAMES, RequestDelta, Tick


@dataclass(slots=True)
class Sums:
    """What became of some requests. Times are those of all that had one, succeeded and failed.

    `times` are from the send, `response_times` from the intended start, where there is a schedule.
    """

    requests: int = 0
    failed: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    times: Histogram = field(default_factory=Histogram)
    response_times: Histogram = field(default_factory=Histogram)

    def add(self, other: Sums) -> None:
        self._count(other.requests, other.failed, other.statuses)
        self.times.add(other.times)
        self.response_times.add(other.response_times)

    def add_delta(self, delta: RequestDelta) -> None:
        self._count(delta.requests, delta.failed, delta.statuses)
        self.times.add(delta.ok_times)
        self.times.add(delta.failed_times)
        self.response_times.add(delta.response_times)

    def take_out(self, oldest: Sums, rest: Iterable[Sums]) -> None:
        """From the sum of `oldest` and `rest` to that of `rest`. Exact: these are whole numbers.

        Only the minimum and the maximum cannot be taken back, and are looked for in `rest`.
        """
        self._count(-oldest.requests, -oldest.failed, {status: -count for status, count in oldest.statuses.items()})
        left = list(rest)
        _take_out(self.times, oldest.times, (each.times for each in left))
        _take_out(self.response_times, oldest.response_times, (each.response_times for each in left))

    def _count(self, requests: int, failed: int, statuses: Mapping[int, int]) -> None:
        self.requests += requests
        self.failed += failed
        for status, count in statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + count


def _take_out(times: Histogram, gone: Histogram, rest: Iterable[Histogram]) -> None:
    if not gone.count:
        return
    times.count -= gone.count
    times.sum_us -= gone.sum_us
    for bucket, count in gone.buckets.items():
        times.buckets[bucket] -= count
        if not times.buckets[bucket]:
            del times.buckets[bucket]
    left = [each for each in rest if each.count]
    times.min_us = min((each.min_us for each in left), default=0)
    times.max_us = max((each.max_us for each in left), default=0)


NOTHING = Sums()
"""Of no requests; only to be read."""


class Scopes:
    """Which request belongs to which of `scopes`, decided once for each request name.

    A scope that is the name of a group covers what any of the group's patterns covers. Any other is a pattern itself:
    it covers the request whose "METHOD name" or bare name it is, and those that it fits as a glob (case-sensitive). The
    empty scope covers all. `matched` holds the scopes that covered a request so far.
    """

    def __init__(self, scopes: Iterable[str], groups: Mapping[str, tuple[str, ...]]) -> None:
        self._patterns = {scope: groups.get(scope, (scope,)) for scope in scopes}
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}
        self.matched: set[str] = set()

    def split(self, tick: Tick) -> dict[str, Sums]:
        """The requests of `tick` by scope, without the scopes that have none. Some share sums: only to be read."""
        # Names that the same scopes cover are added up once, however many scopes these are.
        parts: dict[tuple[str, ...], Sums] = {}
        for delta in tick.requests:
            covering = self._covering(delta.method, delta.name)
            if covering:
                parts.setdefault(covering, Sums()).add_delta(delta)
        by_scope: dict[str, list[Sums]] = {}
        for covering, part in parts.items():
            for scope in covering:
                by_scope.setdefault(scope, []).append(part)
        return {scope: own[0] if len(own) == 1 else _sum_of(own) for scope, own in by_scope.items()}

    def _covering(self, method: str, name: str) -> tuple[str, ...]:
        covering = self._known.get((method, name))
        if covering is None:
            covering = tuple(
                scope
                for scope, patterns in self._patterns.items()
                if any(covers(pattern, method, name) for pattern in patterns)
            )
            self.matched.update(covering)
            # The engine sends no more names; a record may come from elsewhere.
            if len(self._known) <= MAX_REQUEST_NAMES:
                self._known[method, name] = covering
        return covering


def covers(pattern: str, method: str, name: str) -> bool:
    """Whether `pattern` names the request or fits it as a glob; the empty one covers all."""
    if not pattern:
        return True
    return any(each == pattern or fnmatchcase(each, pattern) for each in (f"{method} {name}", name))


def _sum_of(parts: Iterable[Sums]) -> Sums:
    total = Sums()
    for part in parts:
        total.add(part)
    return total
