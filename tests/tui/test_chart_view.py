"""How one looks at a run: its parts, the cursor and windows of it."""

from __future__ import annotations

from perftui.model.judged import Window
from perftui.tui.charts.chart_columns import PointColumns
from perftui.tui.charts.chart_data import ChartData
from perftui.tui.charts.chart_view import ChartView, Frame
from tests.fakes.chart_points import point_of_second

POINTS = [point_of_second(second) for second in range(400)]


def _data(seconds: int, run_time_s: float | None = 600.0) -> ChartData:
    return ChartData(seconds, POINTS[:seconds], float(seconds), run_time_s)


def test_the_time_scale_goes_from_a_minute_to_all_of_the_run() -> None:
    view, data = ChartView(), _data(400)
    assert view.frame(data) == Frame(0.0, 600.0)
    spans = []
    for _ in range(3):
        view.shorten(data)
        spans.append(view.span_s)
    assert spans == [300.0, 60.0, 60.0]
    view.lengthen(data)
    assert view.span_s == 300.0
    view.lengthen(data)
    assert view.span_s is None


def test_the_last_minute_stays_where_it_is_for_a_quarter_of_it() -> None:
    view = ChartView(span_s=60.0)
    frames = {view.frame(_data(seconds)) for seconds in range(301, 316)}
    assert frames == {Frame(255.0, 315.0)}
    assert view.frame(_data(20)) == Frame(0.0, 60.0)


def test_a_cursor_that_leaves_takes_the_frame_along() -> None:
    view = ChartView(span_s=60.0, cursor_s=100.0)
    frame = view.frame(_data(400))
    assert frame.from_s <= 100.0 <= frame.to_s
    assert frame.to_s - frame.from_s == 60.0


def test_the_cursor_goes_tick_by_tick_and_stays_on_the_run() -> None:
    view = ChartView()
    view.move(-1, POINTS, 1.0)
    assert view.cursor_s == 400.0
    view.move(-1, POINTS, 1.0)
    assert view.cursor_s == 399.0
    view.move(-1000, POINTS, 1.0)
    assert view.cursor_s == 1.0
    view.move(1, POINTS, 8.0)
    assert view.cursor_s == 12.0
    view.move(1000, POINTS, 8.0)
    assert view.cursor_s == 400.0
    view.move(-1, [], 8.0)
    assert view.cursor_s == 400.0


def test_a_window_holds_the_ticks_from_where_it_began_to_where_it_ended() -> None:
    columns = PointColumns(1.0, 0.0)
    columns.take(POINTS)
    view = ChartView()
    view.move(-1, POINTS, 1.0)
    view.move(-100, POINTS, 1.0)
    begun = columns.at(view.cursor_s or 0.0)
    assert begun is not None
    assert view.brush(begun) is None
    view.move(-9, POINTS, 1.0)
    ended = columns.at(view.cursor_s or 0.0)
    assert ended is not None
    window = view.brush(ended)
    assert window == Window(290.0, 300.0, "as brushed") == view.window
    assert [point.seq for point in POINTS if window.holds(point)] == list(range(291, 301))


def test_escape_closes_what_was_opened_last() -> None:
    view = ChartView(is_choosing=True, cursor_s=5.0, anchor=Window(0, 1), window=Window(1, 2))
    seen = []
    while view.back():
        seen.append((view.is_choosing, view.anchor is None, view.cursor_s is None, view.window is None))
    assert seen == [
        (False, False, False, False),
        (False, True, False, False),
        (False, True, True, False),
        (False, True, True, True),
    ]
    assert not view.has_open


def test_the_last_percentile_stays() -> None:
    view = ChartView(shown=frozenset({"p95"}))
    view.toggle(3)
    assert view.shown == {"p95"}
    view.toggle(5)
    assert [each.name for each in view.percentiles] == ["p95", "p99.9"]


def test_the_cursor_jumps_from_note_to_note() -> None:
    view = ChartView()
    assert not view.jump([10.0, 50.0], forward=True)
    assert view.jump([10.0, 50.0], forward=False)
    assert view.cursor_s == 50.0
    assert view.jump([10.0, 50.0], forward=False)
    assert view.jump([10.0, 50.0], forward=True)
    assert view.cursor_s == 50.0
