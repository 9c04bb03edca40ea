"""seconds.csv: what is known of each row of stats_history.csv for which Locust's columns have no place."""

from __future__ import annotations

from datetime import datetime

from perftui.model.record import Record
from perftui.model.snapshot import TimelinePoint
from perftui.reports.cells import Cell, csv_of
from perftui.reports.figures import round_ms

SECONDS_COLUMNS = [
    "Timestamp",
    "Elapsed Seconds",
    "Generator Late",
    "Generator CPU %",
    "Generator Lag p99",
    "Response Time 50%",
    "Response Time 95%",
    "Response Time 99%",
    "Response Time Max",
    "Tasks Asked/s",
    "Tasks Scheduled",
    "Tasks Started",
    "Tasks Dropped",
    "Tasks Waiting",
]


def seconds_csv(record: Record) -> bytes:
    """A row per tick that is judged, with the Timestamp of stats_history.csv.

    Response times are in ms from the intended start; N/A where no user kept a schedule, or the load is no arrival rate.
    """
    started_at_s = datetime.fromisoformat(record.started_at).timestamp()
    return csv_of(
        SECONDS_COLUMNS, (_row(point, started_at_s) for point in record.timeline if record.window.holds(point))
    )


def _row(point: TimelinePoint, started_at_s: float) -> list[Cell]:
    times, arrivals = point.response, point.arrivals
    return [
        int(started_at_s + point.elapsed_s),
        round(point.elapsed_s, 3),
        "yes" if point.is_strained else "no",
        round(point.cpu_percent, 1),
        round_ms(point.hub_lag_p99_ms),
        *([None] * 4 if times is None else map(round_ms, (times.p50_ms, times.p95_ms, times.p99_ms, times.max_ms))),
        *(
            [None] * 5
            if arrivals is None
            else [
                round(arrivals.rate_per_s, 3),
                arrivals.scheduled,
                arrivals.started,
                arrivals.dropped,
                arrivals.waiting,
            ]
        ),
    ]
