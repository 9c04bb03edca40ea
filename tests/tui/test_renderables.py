"""What is drawn, without a screen: whatever the numbers are, and at every size."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from perftui.model.duration import format_clock
from perftui.model.plan import Profile
from perftui.tui.renderables.buckets import Sample, bucketed, grouped
from perftui.tui.renderables.frame import framed
from perftui.tui.renderables.line import Line, Piece, fit, line, spread, width_of
from perftui.tui.renderables.load_shape import load_shape_of
from perftui.tui.renderables.plot import Axis, Curve, plot
from perftui.tui.renderables.scale import next_top, round_top, span_s
from perftui.tui.renderables.sparkline import sparkline
from perftui.tui.widgets.chart import Chart, Trace

ANY_NUMBER = st.one_of(st.none(), st.floats(), st.just(1e300), st.integers(-(10**18), 10**18).map(float))
SIZES = st.tuples(st.integers(1, 200), st.integers(1, 50))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ANY_NUMBER, ANY_NUMBER), max_size=120), SIZES, st.floats(allow_nan=True))
def test_a_chart_draws_any_numbers_at_any_size(
    points: list[tuple[float | None, float | None]], size: tuple[int, int], elapsed_s: float
) -> None:
    width, height = size
    samples = [Sample(math.nan if at is None else at, value) for at, value in points]
    chart = Chart("Rate", str, id="chart")
    chart._traces = (Trace("rps", "rps", "1", samples), Trace("users", "users", "1", samples, "last", top=10.0))
    chart._elapsed_s = elapsed_s
    lines = chart.lines(width, height)
    assert len(lines) <= height
    assert all("\x1b" not in piece.text for each in lines for piece in each.pieces)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 2), (46, 4), (200, 50)])
def test_a_plot_has_exactly_the_size_that_was_asked_for(size: tuple[int, int]) -> None:
    width, height = size
    lines = plot(width, height, [Curve("p95", [[(0, 0), (10, 5)], [(20, 9)]])], Axis(30, str), Axis(10, str))
    assert len(lines) == height
    assert all(width_of(each.pieces) <= width for each in lines)


def test_curves_keep_their_roles_through_plotext() -> None:
    curves = [Curve("p50", [[(0, 1), (30, 1)]]), Curve("p99", [[(0, 9), (30, 9)]])]
    lines = plot(40, 8, curves, Axis(30, str), Axis(10, str))
    roles = [{piece.role for piece in each.pieces} for each in lines]
    assert "p99" in roles[0] | roles[1]
    assert "p50" in roles[-1] | roles[-2]


def test_points_stay_where_they_are_while_time_goes_on() -> None:
    samples = [Sample(float(at), float(at % 7)) for at in range(100)]
    (early,) = bucketed(samples[:60], 4, "worst")
    (late,) = bucketed(samples, 4, "worst")
    assert late[: len(early) - 1] == early[:-1]


def test_a_bucket_of_percentiles_is_its_worst_second_and_never_a_mean() -> None:
    assert bucketed([Sample(0.5, 10.0), Sample(1.5, 90.0)], 4, "worst") == [[(2.0, 90.0)]]


def test_seconds_without_a_value_are_a_gap() -> None:
    samples = [Sample(1, 5.0), Sample(2, None), Sample(3, 5.0)]
    assert bucketed(samples, 1, "mean") == [[(1, 5.0)], [(3, 5.0)]]
    assert grouped(samples, 1, "mean") == [5.0, None, 5.0]
    assert sparkline([5.0, None, 5.0], 3)[1] == " "


def test_a_steady_value_has_steady_bars_from_zero() -> None:
    assert len(set(sparkline([500.0] * 8, 8))) == 1
    assert sparkline([0.0, 0.0], 4) == "  ▁▁"


def test_an_axis_changes_rarely() -> None:
    top = next_top(0, 480)
    assert top >= 480
    assert next_top(top, 300) == top
    assert next_top(top, 20) < top
    assert round_top(math.nan) == 1.0
    assert span_s(61, 600) == 120
    assert span_s(70, 90) == 90


def test_wide_letters_and_cuts_keep_the_columns() -> None:
    assert cell_len(fit("支払い処理の確認", 9)) == 9
    assert width_of(spread((Piece("profile" * 9),), (Piece("10u"),), 30)) == 30
    lines = framed([line("支払い" * 20)], 20, 4, title=[Piece("タイトル" * 9)])
    assert [width_of(each.pieces) for each in lines] == [20] * 4


@pytest.mark.parametrize("size", [(width, height) for width in (0, 1, 2, 5, 7, 8, 9) for height in (0, 1, 2, 3)])
def test_a_frame_survives_sizes_that_have_no_inside(size: tuple[int, int]) -> None:
    assert len(framed([Line()], *size, title=[Piece("t")])) <= max(2, size[1])


def test_a_load_shape_says_when_the_run_is_over_before_the_ramp() -> None:
    shape = load_shape_of(Profile("p", users=500, spawn_rate=10, run_time_s=30))
    assert max(users for _, users in shape.points) == 300
    assert "300 of 500" in shape.warning
    assert not load_shape_of(Profile("p", users=500, spawn_rate=10, run_time_s=600)).warning


@pytest.mark.parametrize("span", [1.0, 3.0, 3.4, 60.0])
def test_no_two_labels_of_the_time_axis_are_equal(span: float) -> None:
    lines = plot(60, 12, [Curve("p95", [[(0, 0), (span, 9)]])], Axis(span, format_clock), Axis(10, str))
    labels = "".join(piece.text for piece in lines[-1].pieces).split()
    assert labels
    assert len(set(labels)) == len(labels)
