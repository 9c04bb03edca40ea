"""The two charts of a run, live and over: service times, and rates with the users that made them."""

from __future__ import annotations

from collections.abc import Sequence

from perftui.model.snapshot import TimelinePoint
from perftui.tui.figures import axis_ms_text, axis_text, ms_text, rate_text
from perftui.tui.renderables.buckets import Sample
from perftui.tui.renderables.line import Piece
from perftui.tui.widgets.chart import Chart, Trace


def times_chart() -> Chart:
    return Chart("Service time", axis_ms_text, id="times-chart")


def rates_chart() -> Chart:
    return Chart("Rate", axis_text, id="rates-chart")


def show_times(
    chart: Chart,
    points: Sequence[TimelinePoint],
    now: tuple[float | None, float | None, float | None],
    elapsed_s: float,
    run_time_s: float | None,
    note: Sequence[Piece] = (),
) -> None:
    """p50, p95 and p99 of each second; `now` holds the values in the title. The highest is drawn first."""
    p50, p95, p99 = now
    traces = (
        Trace("p50", "p50", ms_text(p50), [Sample(point.elapsed_s, point.times.p50_ms) for point in points]),
        Trace("p95", "p95", ms_text(p95), [Sample(point.elapsed_s, point.times.p95_ms) for point in points]),
        Trace("p99", "p99", ms_text(p99), [Sample(point.elapsed_s, point.times.p99_ms) for point in points]),
    )
    chart.show(traces, elapsed_s, run_time_s, note)


def show_rates(
    chart: Chart,
    points: Sequence[TimelinePoint],
    rps: float,
    users: int,
    most_users: int,
    elapsed_s: float,
    run_time_s: float | None,
    note: Sequence[Piece] = (),
) -> None:
    """Requests in a second, and users on a scale of their own from 0 to `most_users`."""
    # The scale of the users leaves room above them, so that full load is not the frame's edge.
    traces = [
        Trace("rps", "rps", rate_text(rps), [Sample(point.elapsed_s, point.rps) for point in points], "mean", depth=1),
        Trace(
            "users",
            "users",
            f"{users:,}",
            [Sample(point.elapsed_s, point.user_count) for point in points],
            "last",
            top=max(1.0, most_users * 1.25),
        ),
    ]
    if any(point.failures for point in points):
        # Only where there are failures: a line along zero says nothing.
        failing = [Sample(point.elapsed_s, point.fails_per_s if point.failures else None) for point in points]
        traces.append(Trace("bad", "fails/s", rate_text(points[-1].fails_per_s), failing, "mean", depth=2))
    chart.show(traces, elapsed_s, run_time_s, note)
