"""Seconds in buckets: gathered as they come, and where they were drawn before."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from perftui.model.judged import Window
from perftui.tui.charts.chart_columns import PointColumns, SpectrumColumns
from tests.fakes.chart_points import point_of_second, spectrum_of_second

POINTS = [point_of_second(second) for second in range(300)]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=6), st.sampled_from([1.0, 2.0, 5.0, 37.0]))
def test_what_comes_bit_by_bit_is_what_comes_at_once(steps: list[int], bucket_s: float) -> None:
    growing, whole = PointColumns(bucket_s, 0.0), PointColumns(bucket_s, 0.0)
    for known in sorted(steps):
        growing.take(POINTS[:known])
    whole.take(POINTS[: max(steps)])
    assert [column[:3] for column in growing.columns] == [column[:3] for column in whole.columns]
    assert [column.point.times.p99_ms for column in growing.columns] == [
        column.point.times.p99_ms for column in whole.columns
    ]


def test_another_run_leaves_nothing_behind() -> None:
    columns = PointColumns(5.0, 0.0)
    columns.take(POINTS)
    other = [replace(point, rps=7.0) for point in POINTS[:20]]
    columns.take(other)
    assert len(columns.columns) == 4
    columns.take([])
    assert columns.columns == []


def test_a_column_covers_exactly_the_ticks_that_its_window_holds() -> None:
    columns = PointColumns(7.0, 0.0)
    columns.take(POINTS)
    for column in columns.columns:
        window = Window(column.from_s, column.to_s)
        assert column.point.requests == sum(point.requests for point in POINTS if window.holds(point))


def test_seconds_without_a_tick_are_a_gap() -> None:
    for bucket_s in (1.0, 4.0):
        columns = PointColumns(bucket_s, 0.0)
        columns.take(POINTS[:40] + POINTS[80:])
        assert [column.from_s for column in columns.columns if column.is_after_gap] == [0.0, 80.0]


def test_old_seconds_that_were_merged_are_no_gap() -> None:
    old = replace(POINTS[99], interval_s=100.0)
    for bucket_s in (1.0, 4.0, 30.0):
        columns = PointColumns(bucket_s, 0.0)
        columns.take([old, *POINTS[100:]])
        assert sum(column.is_after_gap for column in columns.columns) == 1
        assert columns.columns[0].from_s == 0.0


def test_a_spectrum_is_counted_once() -> None:
    held = [spectrum_of_second(second) for second in range(100)]
    columns = SpectrumColumns(10.0, 0.0)
    columns.take(held[:55])
    columns.take(held)
    assert sum(map(sum, columns.counts.values())) == sum(sum(each.counts) for each in held)
    assert sorted(columns.counts) == list(range(10))
