"""Charts are honest: gaps stay gaps, peaks stay peaks."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from perftui.model.snapshot import TimelinePoint, point_of, rated
from perftui.model.tick import TargetSample
from perftui.reports.charts import MAX_POINTS, charts_of
from tests.fakes.ticks import delta, tick


def point(second: float, *times_ms: float) -> TimelinePoint:
    return point_of(replace(tick(int(second), delta("/", times_ms)), elapsed_s=second))


def with_targets(*samples: TargetSample | None) -> list[TimelinePoint]:
    return [replace(point(second), target=sample) for second, sample in enumerate(samples, 1)]


def heights_of(svg: str) -> list[float]:
    (line,) = lines(svg, "users")
    return [float(each.split(",")[1]) for each in line.split()]


def labels_of(svg: str) -> list[str]:
    """Of the y axis, from below."""
    return re.findall(r'<text class="tick end"[^>]*>([^<]+)<', svg)


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


def test_of_the_targets_side_that_is_drawn_which_was_read() -> None:
    charts = charts_of(with_targets(TargetSample(5.0, 10**6), TargetSample(6.0, 10**6), None))
    assert "CPU" in charts.target_cpu
    assert (charts.target_connections, charts.target_value) == ("", "")
    charts = charts_of(with_targets(TargetSample(open_connections=20, value=0.5), None, TargetSample(value=1.5)))
    assert (charts.target_cpu, charts.target_memory) == ("", "")
    assert labels_of(charts.target_connections) == ["0", "5", "10", "15", "20"]
    assert [len(each.split()) for each in lines(charts.target_value, "users")] == [2, 2]


def test_a_number_of_the_users_own_may_be_below_0() -> None:
    charts = charts_of(with_targets(*[TargetSample(value=value) for value in (-30, 0, 10)]))
    assert labels_of(charts.target_value) == ["-30", "-20", "-10", "0", "10"]
    lowest, zero, highest = heights_of(charts.target_value)
    assert lowest - zero == pytest.approx(3 * (zero - highest), abs=0.2)
    # 0 stays on the axis of what is below it all the time.
    charts = charts_of(with_targets(TargetSample(value=-25_000.0), TargetSample(value=-20_000.0)))
    assert labels_of(charts.target_value) == ["-30k", "-20k", "-10k", "0"]


@pytest.mark.parametrize("value", [5e-324, 1e-300, 1e300, 1.7e308, -1.7e308])
def test_no_number_of_the_users_own_spoils_a_report(value: float) -> None:
    svg = charts_of(with_targets(TargetSample(value=value), TargetSample(value=-1.0))).target_value
    assert svg.startswith("<svg")
    assert max(len(each) for each in labels_of(svg)) < 20
