"""Charts are honest: gaps stay gaps, peaks stay peaks."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from perftui.model.snapshot import TimelinePoint, point_of, rated
from perftui.reports.charts import MAX_POINTS, charts_of
from tests.fakes.ticks import delta, tick


def point(second: float, *times_ms: float) -> TimelinePoint:
    return point_of(replace(tick(int(second), delta("/", times_ms)), elapsed_s=second))


def lines(svg: str, style: str) -> list[str]:
    return re.findall(rf'<polyline class="line {style}" points="([^"]+)"', svg)


def test_a_pause_and_a_second_without_requests_interrupt_the_line() -> None:
    seconds = [point(1, 5), point(2, 5), point(3), point(4, 5), point(40, 5), point(41, 5)]
    charts = charts_of(seconds)
    assert [len(each.split()) for each in lines(charts.times, "p50")] == [2, 2, 2]
    # No request in a second is a rate of 0; that nobody was there for half a minute is a gap.
    assert [len(each.split()) for each in lines(charts.rate, "rps")] == [4, 2]


def test_a_long_run_keeps_its_highest_second() -> None:
    seconds = [point(second, 900.0 if second == 3001 else 10.0) for second in range(1, 7201)]
    charts = charts_of(seconds)
    (p99,) = lines(charts.times, "p99")
    heights = [float(each.split(",")[1]) for each in p99.split()]
    assert len(heights) <= MAX_POINTS
    assert min(heights) < 60
    assert "covers 12 s" in charts.note


def test_a_last_tick_of_a_moment_is_no_peak() -> None:
    seconds = [point(1, *[5] * 10), point(2, *[5] * 10)]
    last = rated(replace(point(2.1, *[5] * 3), interval_s=0.1), seconds[-1])
    (rps,) = lines(charts_of([*seconds, last]).rate, "rps")
    heights = [float(each.split(",")[1]) for each in rps.split()]
    assert heights[-1] == pytest.approx(heights[-2], abs=15)


@pytest.mark.parametrize("seconds", [[], [point(1)], [point(1, 0.0004)], [point(1, 7), point(2, 3e6)]])
def test_any_timeline_has_a_chart(seconds: list[TimelinePoint]) -> None:
    charts = charts_of(seconds)
    for svg in (charts.times, charts.rate, charts.failures):
        assert "nan" not in svg
        assert "inf" not in svg
