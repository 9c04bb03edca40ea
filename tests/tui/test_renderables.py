"""What is drawn, without a screen: whatever the numbers are, and at every size."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from perftui.model.duration import format_clock
from perftui.model.plan import Profile, Stage
from perftui.tui.renderables.buckets import Sample, bucketed, grouped
from perftui.tui.renderables.frame import framed
from perftui.tui.renderables.heat_map import groups_of, heat_map, used_bins
from perftui.tui.renderables.line import Line, Piece, fit, line, spread, width_of
from perftui.tui.renderables.load_shape import load_shape_of
from perftui.tui.renderables.overlay import Level, Overlay, Post, overlaid
from perftui.tui.renderables.plot import Axis, Curve, area_of, plot
from perftui.tui.renderables.scale import log_bounds, log_ticks, next_top, round_top, span_s
from perftui.tui.renderables.sparkline import sparkline
from perftui.tui.settings import CHART_MARKERS, Marker


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


def test_stages_and_rates_are_drawn_with_what_they_are_of() -> None:
    stages = (Stage(users=10, for_s=10), Stage(users=30, spawn_rate=10, hold_s=5))
    shape = load_shape_of(Profile("p", stages=stages))
    assert shape.points == ((0, 0), (10, 10), (12, 30), (17, 30), (17, 0))
    assert (shape.end_s, shape.unit, shape.text) == (17, "users", "2 stages → 17s → end")
    assert "cuts the stages, which take 17s" in load_shape_of(Profile("p", stages=stages, run_time_s=5)).warning
    shape = load_shape_of(Profile("p", rate_per_s=50, max_users=8, run_time_s=60))
    assert shape.points == ((0, 0), (1, 0), (1, 50), (61, 50), (61, 0))
    assert (shape.unit, shape.text) == ("tasks/s", "50/s by up to 8 users → end")
    unknown = load_shape_of(Profile("p", users=30), "Waves")
    assert (unknown.points, unknown.text, unknown.warning) == ((), "not known beforehand", "load shape Waves decides")


@pytest.mark.parametrize("span", [1.0, 3.0, 3.4, 60.0])
def test_no_two_labels_of_the_time_axis_are_equal(span: float) -> None:
    lines = plot(60, 12, [Curve("p95", [[(0, 0), (span, 9)]])], Axis(span, format_clock), Axis(10, str))
    labels = "".join(piece.text for piece in lines[-1].pieces).split()
    assert labels
    assert len(set(labels)) == len(labels)


def _cells(lines: list[Line]) -> list[list[tuple[str, str]]]:
    return [[(character, piece.role) for piece in each.pieces for character in piece.text] for each in lines]


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(st.integers(12, 120), st.integers(2, 40)),
    st.tuples(st.floats(0, 90), st.floats(0, 1)),
    st.sampled_from([(0.0, 100.0), (60.0, 120.0), (-2.0, 3.5)]),
    st.sampled_from(CHART_MARKERS),
)
def test_what_lies_over_a_curve_lies_where_plotext_drew_it(
    size: tuple[int, int], part: tuple[float, float], x_ends: tuple[float, float], marker: Marker
) -> None:
    width, height = size
    x, y = Axis(x_ends[1], lambda at: f"{at:.0f}", x_ends[0]), Axis(50.0, str)
    at, value = x.bottom + part[1] * (x.top - x.bottom), part[0] / 90 * 50
    area = area_of(width, height, x, y, marker)
    assert area is not None
    cells = _cells(plot(width, height, [Curve("p95", [[(at, value)]])], x, y, marker))
    drawn = [(row, column) for row, line in enumerate(cells) for column, cell in enumerate(line) if cell[1] == "p95"]
    assert drawn == [(area.row_of(value), area.left + area.column_of(at))]


def test_a_curve_is_never_hidden_by_what_lies_over_it() -> None:
    x, y = Axis(60, format_clock), Axis(100, str)
    curve = Curve("p95", [[(0, 50), (60, 50)]])
    area = area_of(60, 10, x, y)
    assert area is not None
    overlay = Overlay(
        (Level(50, "p95<50ms", "level"), Level(90, "p99<90ms", "level")), (Post(30, "1", "note"),), (10.0, 20.0), 40.0
    )
    before, after = plot(60, 10, [curve], x, y), overlaid(plot(60, 10, [curve], x, y), area, overlay)
    row = area.row_of(50)
    assert [cell[0] for cell in _cells(after)[row]] == [cell[0] for cell in _cells(before)[row]]
    text = ["".join(piece.text for piece in each.pieces) for each in after]
    assert any("╌ p99<90ms" in each for each in text)
    assert any("p95<50ms" in each for each in text)
    assert any("├" in each and "┤" in each.partition("├")[2] for each in text)
    assert all(width_of(each.pieces) <= 60 for each in after)


def test_two_thresholds_that_are_near_are_both_named() -> None:
    x, y = Axis(60, format_clock), Axis(1000, str)
    area = area_of(60, 8, x, y)
    assert area is not None
    levels = [Level(500.0 + number, f"p{number}<500ms", "level") for number in range(4)]
    shown = overlaid(plot(60, 8, [], x, y), area, Overlay(levels))
    text = "".join(piece.text for each in shown for piece in each.pieces)
    assert all(level.text in text for level in levels)


def test_a_heatmap_reads_without_colour() -> None:
    counts = {bucket: [0, 0, 1000, 300, 100, 20, 1, 0] for bucket in range(3)} | {4: [0, 0, 0, 0, 0, 0, 500, 0]}
    bins = used_bins(list(counts.values()))
    assert bins == range(1, 8)
    area = area_of(20, 7, Axis(50, str), Axis(8, lambda value: f"{value:.0f}"))
    assert area is not None
    groups = groups_of(bins, area.rows)
    sums = {bucket: [sum(each[index] for index in group) for group in groups] for bucket, each in counts.items()}
    rows = ["".join(piece.text for piece in each.pieces) for each in heat_map(area, groups, 10, sums, 1000, str)]
    first = [row[area.left] for row in rows]
    assert first == [" ", "·", "░", "▒", "▓", "█", " "]
    # The fourth bucket holds nothing, the fifth only slow ones.
    fourth, fifth = area.left + area.column_of(35), area.left + area.column_of(45)
    assert {row[fourth] for row in rows} == {" "}
    assert [row[fifth] for row in rows] == [" ", "█", " ", " ", " ", " ", " "]


@pytest.mark.parametrize(("bins", "rows"), [(1, 9), (7, 7), (3, 7), (36, 5), (20, 19), (0, 4)])
def test_every_bin_of_a_heatmap_has_a_row(bins: int, rows: int) -> None:
    groups = groups_of(range(4, 4 + bins), rows)
    assert len(groups) == rows
    assert {index for group in groups for index in group} == set(range(4, 4 + bins))


@given(st.floats(allow_nan=True), st.floats(allow_nan=True), st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)))
def test_a_logarithmic_axis_always_goes_up(smallest: float, largest: float, before: tuple[float, float]) -> None:
    bounds = log_bounds((min(before), max(before)), smallest, largest)
    ticks = log_ticks(*bounds)
    assert 0 < bounds[0] < bounds[1]
    assert list(ticks) == sorted(set(ticks))


def test_a_logarithmic_axis_changes_rarely() -> None:
    bounds = log_bounds((0.0, 0.0), 12.0, 800.0)
    assert bounds == (10.0, 800.0)
    assert log_bounds(bounds, 30.0, 500.0) == bounds
    assert log_bounds(bounds, 0.4, 900.0) == (0.2, 1000.0)
