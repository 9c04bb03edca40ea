"""The charts of a run on a screen: what they show, and what their keys do while something else has the focus."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from perftui.model.judged import ThresholdResult, ThresholdState, Window
from perftui.model.marks import Note
from perftui.tui.charts.chart_data import Baseline, ChartData
from perftui.tui.charts.chart_gathering import ChartGathering
from perftui.tui.charts.chart_scene import Scene
from perftui.tui.charts.chart_view import ChartView
from perftui.tui.settings import Settings
from perftui.tui.terminal.terminal_app import TerminalApp
from perftui.tui.widgets.chart_keys import RUN_CHART_BINDINGS, ChartKeys
from perftui.tui.widgets.rates_chart import RatesChart
from perftui.tui.widgets.run_chart import RunChart
from perftui.tui.widgets.run_chart_kinds import FailuresChart, SpreadChart, TargetChart, TimesChart
from perftui.tui.widgets.run_charts import RunCharts
from tests.fakes.chart_points import point_of_second, spectrum_of_second, times_of_second

POINTS = tuple(point_of_second(second) for second in range(420))
SPECTRA = tuple(spectrum_of_second(second) for second in range(420))


def _result(rule: str, unit: str, state: ThresholdState = ThresholdState.PASSED) -> ThresholdResult:
    return ThresholdResult(rule, rule.partition("<")[0], state, 1.0, unit, 10, 1.0)


THRESHOLDS = (
    _result("p95 < 150ms", "ms", ThresholdState.FAILED),
    _result("p99 < 5s", "ms"),
    _result("p95(GET /login) < 70ms", "ms"),
    _result("fail_ratio < 1%", "%"),
    _result("rps > 200/s", "/s"),
    _result("target_cpu < 80%", "%"),
)
DATA = ChartData(
    1,
    POINTS[:300] + POINTS[320:],
    420.0,
    600.0,
    SPECTRA,
    (Note(120.0, "deploy 8f3c"), Note(215.0, "cache [/] \x1b[31mcleared")),
    THRESHOLDS,
    Baseline("nightly", tuple(replace(point, rps=point.rps * 0.8) for point in POINTS)),
    warm_up_s=30.0,
)


class ChartScreen(ChartKeys, Screen[None]):
    AUTO_FOCUS = ""
    CSS = "RunCharts { height: 1fr; } Input { dock: bottom; display: none; }"
    BINDINGS: ClassVar[list[BindingType]] = [*RUN_CHART_BINDINGS, Binding("escape", "app.said('escape')", "Out")]

    def compose(self) -> ComposeResult:
        yield RunCharts(id="charts")
        yield Input()


class ChartApp(TerminalApp):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("1", "said('mode 1')", "Setup")]

    def __init__(self) -> None:
        super().__init__(Settings())
        self.heard: list[object] = []

    def on_mount(self) -> None:
        self.push_screen(ChartScreen())

    def action_said(self, what: str) -> None:
        self.heard.append(what)

    def on_run_charts_brushed(self, event: RunCharts.Brushed) -> None:
        self.heard.append(event.window)

    def on_run_charts_note_wished(self, event: RunCharts.NoteWished) -> None:
        self.heard.append(event.elapsed_s)


class Seen:
    """A run's charts on a screen of their own."""

    def __init__(self, app: ChartApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def charts(self) -> RunCharts:
        return self.app.screen.query_one(RunCharts)

    @property
    def text(self) -> str:
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    async def press(self, *keys: str) -> str:
        await self.pilot.press(*keys)
        await self.pilot.pause()
        return self.text


@asynccontextmanager
async def seen(size: tuple[int, int], data: ChartData = DATA) -> AsyncIterator[Seen]:
    app = ChartApp()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        shown = Seen(app, pilot)
        shown.charts.show(data)
        await pilot.pause()
        yield shown


@pytest.mark.parametrize("size", [(80, 8), (100, 12), (200, 20)])
async def test_what_the_charts_look_like(
    size: tuple[int, int], matches_snapshot: Callable[[App[Any], str], None]
) -> None:
    width, height = size
    async with seen(size) as shown:
        matches_snapshot(shown.app, f"charts_{width}x{height}")
        await shown.press(*(("v", "v", "v") if width < 100 else ("v",)))
        matches_snapshot(shown.app, f"charts_{width}x{height}_spread")


async def test_a_run_without_a_second_yet_says_so_within_its_axes() -> None:
    async with seen((80, 12), ChartData(0, (), 0.0, 60.0)) as shown:
        assert "waiting for the first second…" in shown.text
        assert "00:45" in shown.text
        shown.charts.show(ChartData(1, (), 3.0, 60.0, is_over=True))
        await shown.pilot.pause()
        assert "no second of it was measured" in shown.text


async def test_v_goes_through_all_charts_and_leaves_out_a_target_that_is_not_measured() -> None:
    def heading(text: str) -> str:
        return text.splitlines()[0][3:].partition("  ")[0]

    async with seen((80, 9)) as shown:
        headings = [heading(shown.text), *[heading(await shown.press("v")) for _ in range(5)]]
        assert headings == ["Service time", "Rate", "Failures", "Spread of times", "Target", "Service time"]
        assert heading(await shown.press("V")) == "Target"
        blind = tuple(replace(point, target=None) for point in DATA.points)
        shown.charts.show(replace(DATA, version=2, points=blind))
        await shown.pilot.pause()
        assert "v 4/4" in shown.text


async def test_digits_choose_percentiles_while_the_menu_is_open_and_modes_otherwise() -> None:
    async with seen((120, 12)) as shown:
        await shown.press("1")
        assert shown.app.heard == ["mode 1"]
        assert "1●p50 2○p75 3○p90 4●p95 5●p99 6○p99.9" in await shown.press("v", "p")
        text = await shown.press("2", "1", "6")
        assert "p75 " in text.splitlines()[0]
        assert "p50" not in text.splitlines()[0]
        assert "p99.9" in text.splitlines()[0]
        assert "1○p50" not in await shown.press("escape")
        await shown.press("1")
        assert shown.app.heard == ["mode 1", "mode 1"]


async def test_the_cursor_reads_exact_values_of_its_second() -> None:
    data = replace(
        DATA, run_time_s=60.0, elapsed_s=50.0, points=POINTS[:50], baseline=None, notes=(Note(48.0, "deploy"),)
    )
    async with seen((80, 9), data) as shown:
        assert shown.charts.cursor_s is None
        text = await shown.press("left", "left", "left")
        point = POINTS[47]
        assert shown.charts.cursor_s == 48.0
        assert f"00:48  p50 {point.times.p50_ms:.0f}ms  p95 {point.times.p95_ms:.0f}ms" in text
        assert f"1 deploy · {point.rps:.0f} rps · {point.user_count} users · none failed" in text
        await shown.press("m", "shift+left")
        assert shown.app.heard == [48.0]
        assert shown.charts.cursor_s == 38.0
        await shown.press("right_square_bracket")
        assert shown.charts.cursor_s == 48.0
        await shown.press("escape", "m")
        assert shown.app.heard == [48.0, None]


async def test_a_window_is_brushed_with_the_keyboard_and_dropped_again() -> None:
    async with seen((80, 12)) as shown:
        await shown.press("w", "shift+left", "w")
        window = shown.charts.window
        assert isinstance(window, Window)
        assert window.why == "as brushed"
        assert 300 < window.from_s < window.to_s <= 425
        assert shown.app.heard == [window]
        assert "├" in shown.text
        assert "window 0" in shown.text
        await shown.press("escape")
        assert shown.app.heard == [window, None]
        assert shown.charts.window is None
        await shown.press("escape")
        assert shown.app.heard[-1] == "escape"


async def test_a_mouse_sets_the_cursor_and_brushes() -> None:
    async with seen((80, 12)) as shown:
        await shown.pilot.click("#times-chart", offset=(30, 4))
        at_s = shown.charts.cursor_s
        assert at_s is not None
        await shown.pilot.mouse_down("#times-chart", offset=(20, 4))
        await shown.pilot.hover("#times-chart", offset=(40, 4))
        await shown.pilot.mouse_up("#times-chart", offset=(40, 4))
        await shown.pilot.pause()
        (window,) = shown.app.heard
        assert isinstance(window, Window)
        assert window.from_s < at_s < window.to_s


async def test_keys_typed_into_a_field_are_text() -> None:
    async with seen((80, 12)) as shown:
        field = shown.app.screen.query_one(Input)
        field.display = True
        field.focus()
        before = shown.text.splitlines()[0]
        await shown.press("v", "p", "l", "minus", "m", "1")
        assert field.value == "vpl-m1"
        assert shown.text.splitlines()[0] == before
        assert shown.app.heard == []


async def test_another_run_is_seen_whole() -> None:
    async with seen((80, 12)) as shown:
        await shown.press("plus", "plus", "left", "w", "left", "w", "left")
        shown.charts.forget_view()
        shown.charts.show(replace(DATA, version=1, elapsed_s=90.0, points=POINTS[:90]))
        await shown.pilot.pause()
        assert (shown.charts.cursor_s, shown.charts.window) == (None, None)
        assert "10:00" in shown.text or "02:00" in shown.text


async def test_a_second_more_changes_few_lines() -> None:
    """What is sent over a slow line is whole lines."""
    long = tuple(point_of_second(second, p50_ms=10.0) for second in range(400))
    data = replace(DATA, points=long, notes=(), spectra=SPECTRA, baseline=None)
    async with seen((80, 12), data) as shown:
        before = shown.text.splitlines()
        changed = []
        for second in range(400, 420):
            long += (point_of_second(second, p50_ms=10.0),)
            shown.charts.show(replace(data, version=second, points=long, elapsed_s=second + 1.0))
            await shown.pilot.pause()
            after = shown.text.splitlines()
            changed.append(sum(one != other for one, other in zip(before, after, strict=True)))
            before = after
        assert sum(changed) / len(changed) <= 4


def test_thresholds_stand_only_on_the_chart_of_what_they_are_of() -> None:
    def named(label: str) -> list[str]:
        scene = _scene(replace(DATA, label=label), ChartView())
        return [threshold.text for threshold, _ in scene.thresholds("ms")]

    assert named("") == ["p95 < 150ms", "p99 < 5s"]
    assert named("GET /login") == ["p95(GET /login) < 70ms"]
    assert named("GET /cart") == []


def test_a_threshold_says_without_colour_that_it_failed() -> None:
    chart = TimesChart(id="times-chart")
    text = _drawn(chart, DATA, ChartView(), (90, 14))
    assert "✗ p95<150ms" in text
    assert "p99<5s" in text
    assert "✗ p99" not in text


ANY = st.one_of(st.floats(), st.just(1e300), st.integers(-(10**18), 10**18).map(float))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(ANY, ANY, st.one_of(st.none(), ANY)), max_size=30),
    st.tuples(st.integers(0, 130), st.integers(0, 40)),
    st.floats(allow_nan=True),
    st.booleans(),
    st.sampled_from([None, 60.0, 3600.0]),
    st.one_of(st.none(), st.floats(0, 1e6)),
)
def test_any_numbers_are_drawn_at_any_size(
    numbers: list[tuple[float, float, float | None]],
    size: tuple[int, int],
    elapsed_s: float,
    is_log: bool,
    span_s: float | None,
    cursor_s: float | None,
) -> None:
    points = []
    for seq, (at_s, value, time_ms) in enumerate(sorted(numbers, key=lambda each: str(each[0]))):
        times = replace(times_of_second(None), p50_ms=time_ms, p95_ms=value, p99_ms=time_ms)
        point = replace(POINTS[0], seq=seq, elapsed_s=at_s, interval_s=abs(value), rps=value, fails_per_s=value)
        points.append(replace(point, times=times, failures=seq % 2))
    view = ChartView(is_log=is_log, span_s=span_s, cursor_s=cursor_s)
    data = replace(DATA, points=points, elapsed_s=elapsed_s, run_time_s=None, baseline=Baseline("b", points))
    for chart in (
        TimesChart(id="a"),
        RatesChart(id="b"),
        FailuresChart(id="c"),
        SpreadChart(id="d"),
        TargetChart(id="e"),
    ):
        text = _drawn(chart, data, view, size)
        assert "\x1b" not in text
        assert len(text.splitlines()) <= max(size[1], 0)
        chart.title()
        chart.subtitle()


def _scene(data: ChartData, view: ChartView) -> Scene:
    gathered, frame = ChartGathering(), view.frame(data)
    gathered.take(data, frame, 70, with_spectra=True)
    return Scene(1, data, view, frame, gathered.points, gathered.baseline, gathered.spectra, "v 1/5")


def _drawn(chart: RunChart, data: ChartData, view: ChartView, size: tuple[int, int]) -> str:
    chart.scene = _scene(data, view)
    return "\n".join("".join(piece.text for piece in each.pieces) for each in chart.lines(*size))
