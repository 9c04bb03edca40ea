"""What a Locust worker without perftui's agent says of its requests, as deltas.

Locust has rounded its times to two digits, and does not keep those of failures apart.
"""

from __future__ import annotations

from typing import Any

from perftui.engine.failure_text import failure_text
from perftui.engine.report_check import MOST
from perftui.engine.sampler import shown_name
from perftui.model.histogram import LONGEST_US, Histogram, bucket_of
from perftui.model.tick import FailureDelta, RequestDelta

# By how much Locust's rounding may be off: 10.5 ms becomes 10 or 11.
ROUNDED_WITHIN_PERCENT = 5


def requests_of(data: dict[str, Any]) -> list[RequestDelta]:
    """Of a `stats` message that the listener has let through."""
    return [_request(entry) for entry in data["stats"] if entry["num_requests"]]


def failures_of(data: dict[str, Any], elapsed_s: float) -> list[FailureDelta]:
    """`elapsed_s` is when they are heard of: Locust's worker says it by its own clock."""
    return [
        FailureDelta(
            shown_name(error["method"]),
            shown_name(error["name"]),
            failure_text(error.get("error")),
            error["occurrences"],
            elapsed_s,
            elapsed_s,
        )
        for error in data["errors"].values()
        if error["occurrences"]
    ]


def _request(entry: dict[str, Any]) -> RequestDelta:
    requests = entry["num_requests"]
    failed = min(entry["num_failures"], requests)
    times = _histogram(entry)
    # Mixed ones cannot be told apart; most of them are of requests that succeeded.
    are_failures = failed == requests
    return RequestDelta(
        method=shown_name(entry["method"]),
        name=shown_name(entry["name"]),
        succeeded=requests - failed,
        failed=failed,
        untimed=max(0, requests - times.count),
        response_bytes=min(max(0, int(entry["total_content_length"] or 0)), MOST),
        ok_times=Histogram() if are_failures else times,
        failed_times=times if are_failures else Histogram(),
        statuses={},
    )


def _histogram(entry: dict[str, Any]) -> Histogram:
    """The rounded times; sum, minimum and maximum are exact where Locust tells them."""
    histogram = Histogram()
    for time_ms, count in entry["response_times"].items():
        if count:
            time_us = _us(time_ms)
            bucket = bucket_of(time_us)
            histogram.buckets[bucket] = histogram.buckets.get(bucket, 0) + count
            histogram.count += count
            histogram.sum_us = min(histogram.sum_us + time_us * count, MOST)
    if histogram.count:
        least, most = min(histogram.buckets), max(histogram.buckets)
        told_min, told_max = entry["min_response_time"], entry["max_response_time"]
        histogram.min_us = least if told_min is None else _us(told_min)
        histogram.max_us = max(histogram.min_us, most if told_max is None else _us(told_max))
        if entry["total_response_time"] is not None:
            histogram.sum_us = _us(entry["total_response_time"], histogram.count)
    return histogram


def _us(time_ms: float, count: int = 1) -> int:
    return min(max(int(time_ms * 1000), 0), LONGEST_US * count, MOST)
