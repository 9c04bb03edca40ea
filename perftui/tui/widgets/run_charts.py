"""The charts of a run in one place: one time axis, one cursor and one window for all of them."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from perftui.model.judged import Window
from perftui.tui.chart_data import NO_DATA, ChartData
from perftui.tui.screens.run_charts import rates_chart, show_rates, show_times, times_chart
from perftui.tui.widgets.chart import Chart


class RunCharts(Horizontal):
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
        self._data = NO_DATA

    def compose(self) -> ComposeResult:
        yield times_chart()
        yield rates_chart()

    def show(self, data: ChartData) -> None:
        """Draw `data` where it is another version of it, or another run's."""
        self._data = data
        points = data.points
        last = points[-1] if points else None
        now = (last.times.p50_ms, last.times.p95_ms, last.times.p99_ms) if last else (None, None, None)
        show_times(self.query_one("#times-chart", Chart), points, now, data.elapsed_s, data.run_time_s)
        most = max((point.user_count for point in points), default=1)
        show_rates(
            self.query_one("#rates-chart", Chart),
            points,
            last.rps if last else 0.0,
            last.user_count if last else 0,
            max(1, most),
            data.elapsed_s,
            data.run_time_s,
        )

    @property
    def window(self) -> Window | None:
        """What is brushed."""
        return None

    @property
    def cursor_s(self) -> float | None:
        """Where the cursor stands on the run's clock."""
        return None

    def forget_view(self) -> None:
        """Another run: no cursor, no window, the whole time scale."""
