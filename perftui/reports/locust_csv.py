"""Locust's four CSV files, column for column, so that what reads Locust's files reads these.

The numbers are perftui's: service times in ms to the microsecond, percentiles to within 1 %, and N/A where nothing was
measured.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from perftui.model.record import Record
from perftui.model.stats_history import REPORTED_PERCENTS
from perftui.model.totals import RequestTotals
from perftui.reports.cells import Cell, cell_text, csv_of, guarded
from perftui.reports.figures import (
    duration_s,
    exceptions_in_order,
    failures_in_order,
    lines_of,
    per_s,
    percentiles_ms,
    requests_in_order,
    round_ms,
)

# perftui runs one Locust process; Locust names the node that it runs on so.
_NODE = "local"

_PERCENT_COLUMNS = [f"{percent:g}%" for percent in REPORTED_PERCENTS]

STATS_COLUMNS = [
    "Type",
    "Name",
    "Request Count",
    "Failure Count",
    "Median Response Time",
    "Average Response Time",
    "Min Response Time",
    "Max Response Time",
    "Average Content Size",
    "Requests/s",
    "Failures/s",
    *_PERCENT_COLUMNS,
]
STATS_HISTORY_COLUMNS = [
    "Timestamp",
    "User Count",
    "Type",
    "Name",
    "Requests/s",
    "Failures/s",
    *_PERCENT_COLUMNS,
    "Total Request Count",
    "Total Failure Count",
    "Total Median Response Time",
    "Total Average Response Time",
    "Total Min Response Time",
    "Total Max Response Time",
    "Total Average Content Size",
]
FAILURES_COLUMNS = ["Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"]
EXCEPTIONS_COLUMNS = ["Count", "Message", "Traceback", "Nodes"]


def stats_csv(record: Record) -> bytes:
    """One row per request name, and the row Aggregated."""
    seconds = duration_s(record)
    rows = [
        _stats_row(each, seconds, cell_text(each.method), cell_text(each.name)) for each in requests_in_order(record)
    ]
    total = record.totals.total
    return csv_of(STATS_COLUMNS, [*rows, _stats_row(total, seconds, total.method, total.name)])


def stats_history_csv(record: Record) -> bytes:
    """One row per tick: rates and percentiles of that tick alone, totals of the run up to it."""
    started_at_s = datetime.fromisoformat(record.started_at).timestamp()
    return csv_of(
        STATS_HISTORY_COLUMNS,
        (
            [
                int(started_at_s + row.elapsed_s),
                row.user_count,
                "",
                record.totals.total.name,
                f"{row.rps:.6f}",
                f"{row.fails_per_s:.6f}",
                *map(round_ms, row.percentiles_ms),
                row.total_requests,
                row.total_failures,
                round_ms(row.total_median_ms),
                round_ms(row.total_mean_ms),
                round_ms(row.total_min_ms),
                round_ms(row.total_max_ms),
                round(row.total_mean_bytes, 3),
            ]
            for row in record.history
        ),
    )


def failures_csv(record: Record) -> bytes:
    started_at = datetime.fromisoformat(record.started_at)

    def seen(elapsed_s: float) -> str:
        return f"{(started_at + timedelta(seconds=elapsed_s)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    return csv_of(
        FAILURES_COLUMNS,
        (
            [
                cell_text(group.method),
                cell_text(group.name),
                cell_text(group.message),
                group.count,
                seen(group.first_s),
                seen(group.last_s),
            ]
            for group in failures_in_order(record)
        ),
    )


def exceptions_csv(record: Record) -> bytes:
    return csv_of(
        EXCEPTIONS_COLUMNS,
        (
            [group.count, cell_text(group.message), guarded(lines_of(group.traceback), group.traceback), _NODE]
            for group in exceptions_in_order(record)
        ),
    )


def _stats_row(totals: RequestTotals, seconds: float, method: str, name: str) -> list[Cell]:
    times = totals.times()
    percentiles = percentiles_ms(times, REPORTED_PERCENTS)
    return [
        method,
        name,
        totals.requests,
        totals.failed,
        percentiles[0],
        round_ms(times.mean_ms),
        round_ms(times.min_ms),
        round_ms(times.max_ms),
        round(totals.response_bytes / totals.requests, 3) if totals.requests else None,
        round(per_s(totals.requests, seconds), 6),
        round(per_s(totals.failed, seconds), 6),
        *percentiles,
    ]
