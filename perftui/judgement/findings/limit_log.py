"""Which requests a rate limit let through and which it turned away, by request name and second."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain

from perftui.model.tick import RateLimitDelta, Tick
from perftui.model.totals import RequestKey

TOO_MANY_REQUESTS = int(HTTPStatus.TOO_MANY_REQUESTS)

# Of the names that met a limit together: 20 names for a day. 3 doubles each, 8 where there was a 429: 41 MB, rarely up
# to 110. Then their 429s are only counted.
MAX_ROWS = 20 * 24 * 3600
# Of all the other names together, whose limit may still come; 3 doubles each, 21 MB. Then the older half is forgotten:
# so of 500 names the last 14 minutes are known at least.
MAX_PASSED_ROWS = 10 * 24 * 3600
_PASSED_CELLS, _LIMITED_CELLS = 3, 8


@dataclass(slots=True)
class LimitRow:
    """One tick, of one request name or of several. Times are on the run's clock; NaN where nothing is known.

    `passed` are answers with a status from 200 to 399, `limited` those with 429, which came from `first_s` to
    `last_s`. At `told_s` a Retry-After said `retry_after_s`.
    """

    from_s: float
    to_s: float
    passed: float
    limited: float = 0.0
    first_s: float = math.nan
    last_s: float = math.nan
    told_s: float = math.nan
    retry_after_s: float = math.nan

    def add(self, other: LimitRow) -> None:
        self.passed += other.passed
        self.limited += other.limited
        # Where the first of both is NaN, min and max give that one.
        self.first_s = other.first_s if math.isnan(self.first_s) else min(self.first_s, other.first_s)
        self.last_s = other.last_s if math.isnan(self.last_s) else max(self.last_s, other.last_s)
        if math.isnan(self.told_s):
            self.told_s, self.retry_after_s = other.told_s, other.retry_after_s


class LimitLog:
    """`limited` are the request names that were answered with 429, with how often.

    `kept_to_s` is where, on the run's clock, the log was full; inf where it was not.
    """

    def __init__(self) -> None:
        self.limited: dict[RequestKey, int] = {}
        self.kept_to_s = math.inf
        self._passed_rows: dict[RequestKey, array[float]] = {}
        self._limited_rows: dict[RequestKey, array[float]] = {}
        self._forgotten_to_s: dict[RequestKey, float] = {}
        self._count = 0
        self._passed_count = 0

    def add(self, tick: Tick) -> None:
        met = {(each.method, each.name): each for each in tick.rate_limits}
        from_s, to_s = tick.elapsed_s - tick.interval_s, tick.elapsed_s
        if self._count >= MAX_ROWS:
            self.kept_to_s = min(self.kept_to_s, from_s)
        for delta in tick.requests:
            key = (delta.method, delta.name)
            passed = sum(count for status, count in delta.statuses.items() if 200 <= status < 400)
            limited = delta.statuses.get(TOO_MANY_REQUESTS, 0)
            if limited:
                self.limited[key] = self.limited.get(key, 0) + limited
            if not (passed or limited) or self.kept_to_s < math.inf:
                continue
            if limited and key not in self._limited_rows:
                self._limited_rows[key] = array("d")
                earlier = len(self._passed_rows.get(key, ())) // _PASSED_CELLS
                self._passed_count -= earlier
                self._count += earlier
            if limited:
                self._limited_rows[key].extend((from_s, to_s, passed, limited, *_times(tick, met.get(key))))
            else:
                self._passed_rows.setdefault(key, array("d")).extend((from_s, to_s, passed))
            if key in self._limited_rows:
                self._count += 1
            else:
                self._passed_count += 1
        if self._passed_count >= MAX_PASSED_ROWS:
            self._forget_older_half()

    def known(self) -> list[RequestKey]:
        """Those of `limited` of which there are rows with a 429: all that met it before the log was full."""
        return list(self._limited_rows)

    def known_from_s(self, keys: Iterable[RequestKey]) -> float:
        """From when on, on the run's clock, all that passed of `keys` is known."""
        return max((self._forgotten_to_s.get(key, 0.0) for key in keys), default=0.0)

    def first_limited_s(self, key: RequestKey) -> float:
        """When `key`, one of `known`, was first answered with 429."""
        return next(_unpacked(self._limited_rows, key, _LIMITED_CELLS)).first_s

    def rows(self, keys: Sequence[RequestKey]) -> list[LimitRow]:
        """What happened to `keys` together, a row for each tick in which something did, in their order."""
        together: dict[float, LimitRow] = {}
        from_s = self.known_from_s(keys)
        for key in keys:
            passed_rows = _unpacked(self._passed_rows, key, _PASSED_CELLS)
            for row in chain(passed_rows, _unpacked(self._limited_rows, key, _LIMITED_CELLS)):
                if row.to_s in together:
                    together[row.to_s].add(row)
                elif row.to_s > from_s:
                    together[row.to_s] = row
        return [together[to_s] for to_s in sorted(together)]

    def _forget_older_half(self) -> None:
        """Of each name that met no limit so far."""
        for key, cells in self._passed_rows.items():
            if key in self._limited_rows or not cells:
                continue
            rows = (len(cells) // _PASSED_CELLS + 1) // 2
            self._forgotten_to_s[key] = cells[rows * _PASSED_CELLS - 2]
            self._passed_count -= rows
            del cells[: rows * _PASSED_CELLS]


def _unpacked(rows: Mapping[RequestKey, array[float]], key: RequestKey, width: int) -> Iterator[LimitRow]:
    cells = iter(rows.get(key, ()))
    return (LimitRow(*row) for row in zip(*[cells] * width, strict=True))


def _times(tick: Tick, met: RateLimitDelta | None) -> tuple[float, float, float, float]:
    """first_s, last_s, told_s, retry_after_s"""
    if met is None:
        # Without more, a 429 may have come at any time of the tick.
        return tick.elapsed_s - tick.interval_s, tick.elapsed_s, math.nan, math.nan
    if met.told_s is None or met.retry_after_s is None:
        return met.first_s, met.last_s, math.nan, math.nan
    return met.first_s, met.last_s, met.told_s, met.retry_after_s
