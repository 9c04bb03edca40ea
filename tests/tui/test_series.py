"""What the cockpit keeps of a long run."""

from __future__ import annotations

import pytest

from perftui.model.coarse import merged_points
from perftui.model.snapshot import TimelinePoint
from perftui.tui.charts.series import Series
from tests.fakes.chart_points import point_of_second

HOUR = 3_600


def _series(seconds: int) -> Series[TimelinePoint]:
    series: Series[TimelinePoint] = Series(merged_points)
    series.extend(point_of_second(second) for second in range(seconds))
    return series


def test_the_newest_hour_is_whole_and_nothing_older_is_lost() -> None:
    series = _series(8 * HOUR)
    newest = [point for point in series if point.elapsed_s > 7 * HOUR]
    assert [point.elapsed_s for point in newest] == [second + 1.0 for second in range(7 * HOUR, 8 * HOUR)]
    all_points = [point_of_second(second) for second in range(8 * HOUR)]
    assert sum(point.requests for point in series) == sum(point.requests for point in all_points)
    assert max(point.times.p99_ms or 0 for point in series) == max(point.times.p99_ms or 0 for point in all_points)
    assert series[0].elapsed_s == series[0].interval_s


def test_a_week_takes_little_more_than_an_hour() -> None:
    seconds: Series[int] = Series(max)
    seconds.extend(range(HOUR))
    assert len(seconds) == HOUR
    seconds.extend(range(HOUR, 24 * 7 * HOUR))
    assert len(seconds) < 2 * HOUR


def test_it_reads_as_a_sequence() -> None:
    series = _series(3 * HOUR)
    points = list(series)
    assert list(reversed(series)) == points[::-1]
    assert [series[at] for at in (0, 1, 500, -1, -4000)] == [points[at] for at in (0, 1, 500, -1, -4000)]
    assert series[-5:] == points[-5:]
    with pytest.raises(IndexError):
        series[len(points)]
    assert not _series(0)
