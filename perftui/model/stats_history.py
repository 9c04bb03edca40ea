"""A run second by second beside its totals so far: what Locust's stats_history.csv says."""

from __future__ import annotations

from dataclasses import dataclass

from perftui.model.histogram import Histogram
from perftui.model.snapshot import TimelinePoint

# The percentiles that Locust reports in its files.
REPORTED_PERCENTS = (50.0, 66.0, 75.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.9, 99.99, 100.0)


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One tick: rates and `percentiles_ms` (of REPORTED_PERCENTS) of that tick alone, `total_*` of the run up to it.

    Times are service times, None where nothing was timed.
    """

    elapsed_s: float
    user_count: int
    rps: float
    fails_per_s: float
    percentiles_ms: tuple[float | None, ...]
    total_requests: int
    total_failures: int
    total_median_ms: float | None
    total_mean_ms: float | None
    total_min_ms: float | None
    total_max_ms: float | None
    total_mean_bytes: float


class StatsHistory:
    """Adds up ticks, given in order, and says where the run stood at each."""

    def __init__(self) -> None:
        self._times = Histogram()
        self._requests = 0
        self._failures = 0
        self._response_bytes = 0

    def add(self, point: TimelinePoint, times: Histogram, response_bytes: int) -> HistoryRow:
        """The row of the tick that `point` describes; `times` and `response_bytes` are of all its requests."""
        self._times.add(times)
        self._requests += point.requests
        self._failures += point.failures
        self._response_bytes += response_bytes
        return HistoryRow(
            elapsed_s=point.elapsed_s,
            user_count=point.user_count,
            rps=point.rps,
            fails_per_s=point.fails_per_s,
            percentiles_ms=tuple(times.percentiles_ms(REPORTED_PERCENTS)),
            total_requests=self._requests,
            total_failures=self._failures,
            total_median_ms=self._times.percentile_ms(50),
            total_mean_ms=self._times.mean_ms,
            total_min_ms=self._times.min_ms,
            total_max_ms=self._times.max_ms,
            total_mean_bytes=self._response_bytes / self._requests if self._requests else 0.0,
        )
