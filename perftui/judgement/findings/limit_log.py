"""Which requests a rate limit let through and which it turned away, by request name and second."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus

from perftui.model.tick import RateLimitDelta, Tick
from perftui.model.totals import RequestKey

TOO_MANY_REQUESTS = int(HTTPStatus.TOO_MANY_REQUESTS)

# Rows over all request names: 20 names for a day. 8 doubles each: 110 MB at most, and none where nothing is answered.
MAX_ROWS = 20 * 24 * 3600


@dataclass(slots=True)
class LimitRow:
    """One tick, of one request name or of several. Times are on the run's clock; NaN where nothing is known.

    `passed` are answers with a status from 200 to 399, `limited` those with 429, which came from `first_s` to
    `last_s`. At `told_s` a Retry-After said `retry_after_s`.
    """

    from_s: float
    to_s: float
    passed: float
    limited: float
    first_s: float = math.nan
    last_s: float = math.nan
    told_s: float = math.nan
    retry_after_s: float = math.nan

    def add(self, other: LimitRow) -> None:
        self.passed += other.passed
        self.limited += other.limited
        # fmin and fmax would ignore NaN; Python has neither.
        self.first_s = min(self.first_s, other.first_s) if self.first_s == self.first_s else other.first_s
        self.last_s = max(self.last_s, other.last_s) if self.last_s == self.last_s else other.last_s
        if math.isnan(self.told_s):
            self.told_s, self.retry_after_s = other.told_s, other.retry_after_s


@dataclass(slots=True)
class LimitLog:
    """`limited` are the request names that were answered with 429, with how often."""

    limited: dict[RequestKey, int] = field(default_factory=dict)
    _rows: dict[RequestKey, array[float]] = field(default_factory=dict)
    _count: int = 0

    def add(self, tick: Tick) -> None:
        met = {(each.method, each.name): each for each in tick.rate_limits}
        for delta in tick.requests:
            passed = sum(count for status, count in delta.statuses.items() if 200 <= status < 400)
            limited = delta.statuses.get(TOO_MANY_REQUESTS, 0)
            if self._count < MAX_ROWS and (passed or limited):
                key = (delta.method, delta.name)
                if limited:
                    self.limited[key] = self.limited.get(key, 0) + limited
                self._rows.setdefault(key, array("d")).extend(_cells(tick, passed, limited, met.get(key)))
                self._count += 1

    def first_limited_s(self, key: RequestKey) -> float:
        """When `key` was first answered with 429."""
        return next(row.first_s for row in self._rows_of(key) if row.limited)

    def rows(self, keys: Iterable[RequestKey]) -> list[LimitRow]:
        """What happened to `keys` together, a row for each tick in which something did, in their order."""
        together: dict[float, LimitRow] = {}
        for key in keys:
            for row in self._rows_of(key):
                if row.to_s in together:
                    together[row.to_s].add(row)
                else:
                    together[row.to_s] = row
        return [together[to_s] for to_s in sorted(together)]

    def _rows_of(self, key: RequestKey) -> Iterable[LimitRow]:
        cells = iter(self._rows[key])
        return (LimitRow(*row) for row in zip(*[cells] * 8, strict=True))


def _cells(tick: Tick, passed: int, limited: int, met: RateLimitDelta | None) -> tuple[float, ...]:
    from_s = tick.elapsed_s - tick.interval_s
    if not limited:
        return (from_s, tick.elapsed_s, passed, 0, math.nan, math.nan, math.nan, math.nan)
    told_s = retry_after_s = math.nan
    if met and met.told_s is not None and met.retry_after_s is not None:
        told_s, retry_after_s = met.told_s, met.retry_after_s
    # Without more, a 429 may have come at any time of the tick.
    first_s, last_s = (met.first_s, met.last_s) if met else (from_s, tick.elapsed_s)
    return (from_s, tick.elapsed_s, passed, limited, first_s, last_s, told_s, retry_after_s)
