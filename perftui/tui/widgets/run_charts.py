"""The charts of a run in one place: one time axis, one cursor and one window for all of them.

A screen that shows them lists RUN_CHART_BINDINGS and is a ChartKeys (widgets/chart_keys.py): the keys then work while
a table beside them has the focus.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from perftui.model.judged import Window
from perftui.tui.charts.chart_data import NO_DATA, ChartData, is_same_picture
from perftui.tui.charts.chart_gathering import ChartGathering
from perftui.tui.charts.chart_scene import Scene
from perftui.tui.charts.chart_view import PERCENTILES, ChartView
from perftui.tui.widgets.rates_chart import RatesChart
from perftui.tui.widgets.run_chart import RunChart
from perftui.tui.widgets.run_chart_kinds import FailuresChart, SpreadChart, TargetChart, TimesChart

# Columns of the screen that two charts side by side need, and three.
_TWO, _THREE = 88, 150
# What a chart's frame and the labels of its axis take.
_AROUND = 10
_FAR = 10
_TARGET = "target-chart"


class RunCharts(Horizontal):
    """`show` gives it data. As many charts are visible as fit; the keys go through the others."""

    class Brushed(Message):
        """A window was chosen, another one, or none any more (None)."""

        def __init__(self, window: Window | None) -> None:
            super().__init__()
            self.window = window

    class NoteWished(Message):
        """A note shall stand at `elapsed_s`, where the cursor is; None: there is no cursor."""

        def __init__(self, elapsed_s: float | None) -> None:
            super().__init__()
            self.elapsed_s = elapsed_s

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._charts: tuple[RunChart, ...] = (
            TimesChart(id="times-chart"),
            RatesChart(id="rates-chart"),
            FailuresChart(id="failures-chart"),
            SpreadChart(id="spread-chart"),
            TargetChart(id=_TARGET),
        )
        self._view = ChartView()
        self._data = NO_DATA
        self._version = 0
        self._drawn: list[RunChart] = []
        self._first = 0
        self._has_target = False
        self._gathered = ChartGathering()
        self._acts: dict[str, Callable[[], bool]] = self._all_acts()

    def compose(self) -> ComposeResult:
        yield from self._charts

    def on_mount(self) -> None:
        self._put_charts()

    def on_resize(self) -> None:
        self._put_charts()
        self.call_after_refresh(self.draw)

    # --- what a screen calls -----------------------------------------------------------------------------------

    def show(self, data: ChartData) -> None:
        """Draw `data` where it is another version of it, or another run's."""
        if data.version is not None and is_same_picture(data, self._data):
            return
        # What is looked at stays as it is while it is held, however the run goes on.
        points = tuple(data.points)
        has_response = any(point.response is not None for point in reversed(points))
        self._data = data = replace(data, points=points, spectra=tuple(data.spectra), has_response=has_response)
        self._version += 1
        had_target = self._has_target
        # What is measured is measured from the first second on, or not at all.
        self._has_target = any(point.target is not None for point in islice(reversed(data.points), 5))
        if had_target != self._has_target:
            self._put_charts()
        self.draw()

    @property
    def window(self) -> Window | None:
        """What is brushed."""
        return self._view.window

    @property
    def cursor_s(self) -> float | None:
        """Where the cursor stands on the run's clock."""
        return self._view.cursor_s

    def forget_view(self) -> None:
        """Another run: no cursor, no window, the whole time scale."""
        view = self._view
        self._view = ChartView(is_log=view.is_log, shown=view.shown, wants_response=view.wants_response)
        self.draw()

    def do(self, act: str) -> bool:
        """What a key of RUN_CHART_BINDINGS is for. False: nothing, just now."""
        if not self.can(act):
            return False
        done = self._acts[act]()
        if done:
            self.draw()
        return done

    def can(self, act: str) -> bool:
        if act == "back":
            return self._view.has_open
        if act == "response":
            return self._view.is_choosing and self._data.has_response
        if act.startswith("percentile_"):
            return self._view.is_choosing
        return act in self._acts and self.display

    # --- drawing -----------------------------------------------------------------------------------------------

    def draw(self) -> None:
        visible = [chart for chart in self._charts if chart.display and chart.size.width]
        if not visible or not self.is_mounted:
            return
        data = self._data
        frame = self._view.frame(data)
        gathered = self._gathered
        cells = min(chart.size.width for chart in visible) - _AROUND
        gathered.take(data, frame, cells, with_spectra=any(isinstance(chart, SpreadChart) for chart in visible))
        place = self._place(len(visible))
        scene = Scene(
            self._version, data, self._view, frame, gathered.points, gathered.baseline, gathered.spectra, place
        )
        self._drawn = visible
        for number, chart in enumerate(visible):
            chart.show(scene if number == 0 else replace(scene, place=""))

    # --- which charts are visible ------------------------------------------------------------------------------

    @property
    def _offered(self) -> list[RunChart]:
        return [chart for chart in self._charts if chart.id != _TARGET or self._has_target]

    @property
    def _fitting(self) -> int:
        width = self.size.width
        return 3 if width >= _THREE else 2 if width >= _TWO else 1

    def _place(self, visible: int) -> str:
        first = self._first + 1
        which = f"{first}–{first + visible - 1}" if visible > 1 else str(first)
        return f"v {which}/{len(self._offered)}"

    def _put_charts(self) -> None:
        offered = self._offered
        self._first = max(0, min(self._first, len(offered) - self._fitting))
        visible = offered[self._first : self._first + self._fitting]
        changed = [chart for chart in self._charts if chart.display is not (chart in visible)]
        # A chart that was hidden has a size only after the next layout, and says so.
        for chart in changed:
            chart.display = not chart.display

    def _turn(self, pages: int) -> bool:
        last = max(0, len(self._offered) - self._fitting)
        if pages > 0:
            self._look_from(0 if self._first >= last else min(last, self._first + self._fitting))
        else:
            self._look_from(last if self._first <= 0 else max(0, self._first - self._fitting))
        return True

    def _look_from(self, first: int) -> None:
        self._first = first
        self._put_charts()

    # --- what the keys do --------------------------------------------------------------------------------------

    def _all_acts(self) -> dict[str, Callable[[], bool]]:
        acts: dict[str, Callable[[], bool]] = {
            "next": lambda: self._turn(1),
            "previous": lambda: self._turn(-1),
            "percentiles": self._choose,
            "response": self._toggle_response,
            "log": self._toggle_log,
            "longer": lambda: self._scale(self._view.lengthen),
            "shorter": lambda: self._scale(self._view.shorten),
            "all": self._show_all,
            "left": lambda: self._move(-1),
            "right": lambda: self._move(1),
            "far_left": lambda: self._move(-_FAR),
            "far_right": lambda: self._move(_FAR),
            "previous_note": lambda: self._jump(forward=False),
            "next_note": lambda: self._jump(forward=True),
            "window": self._brush,
            "note": self._wish_note,
            "back": self._back,
        }
        for number in range(len(PERCENTILES)):
            acts[f"percentile_{number}"] = self._toggling(number)
        return acts

    def _choose(self) -> bool:
        self._view.is_choosing = not self._view.is_choosing
        if self._view.is_choosing:
            self._look_from(0)
        return True

    def _toggling(self, number: int) -> Callable[[], bool]:
        def toggle() -> bool:
            self._view.toggle(number)
            return True

        return toggle

    def _toggle_log(self) -> bool:
        self._view.is_log = not self._view.is_log
        return True

    def _toggle_response(self) -> bool:
        self._view.wants_response = not self._view.wants_response
        return True

    def _scale(self, change: Callable[[ChartData], None]) -> bool:
        change(self._data)
        return True

    def _show_all(self) -> bool:
        self._view.span_s = None
        return True

    def _move(self, steps: int) -> bool:
        self._view.move(steps, self._data.points, self._gathered.points.bucket_s)
        return bool(self._data.points)

    def _jump(self, *, forward: bool) -> bool:
        data = self._data
        places = [note.elapsed_s for note in data.notes] + [mark.elapsed_s for mark in data.marks]
        return self._view.jump(places, forward=forward)

    def _brush(self) -> bool:
        cursor_s = self._view.cursor_s
        if cursor_s is None and self._data.points:
            cursor_s = self._data.points[-1].elapsed_s
        column = self._gathered.points.at(cursor_s) if cursor_s is not None else None
        if column is None:
            return False
        window = self._view.brush(column)
        if window is not None:
            self.post_message(self.Brushed(window))
        return True

    def _wish_note(self) -> bool:
        self.post_message(self.NoteWished(self._view.cursor_s))
        return True

    def _back(self) -> bool:
        had_window = self._view.window is not None
        done = self._view.back()
        if had_window and self._view.window is None:
            self.post_message(self.Brushed(None))
        return done

    def on_run_chart_appeared(self, event: RunChart.Appeared) -> None:
        event.stop()
        # The first of several that appear together has all of them drawn.
        if event.chart not in self._drawn:
            self.draw()

    def on_run_chart_pointed(self, event: RunChart.Pointed) -> None:
        event.stop()
        column = self._gathered.points.at(event.at_s)
        if column is None:
            return
        view = self._view
        if event.how == "down":
            view.anchor, view.cursor_s = None, column.at_s
        elif event.how == "move" and view.cursor_s != column.at_s:
            begun = (
                self._gathered.points.at(view.cursor_s) if view.cursor_s is not None and view.anchor is None else None
            )
            if begun is not None:
                view.brush(begun)
            view.cursor_s = column.at_s
        elif event.how == "up" and view.anchor is not None:
            self.post_message(self.Brushed(view.brush(column)))
        self.draw()
