"""One request of a run: how long it took, over time and spread, what it answered, and how it failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from perftui.model.coarse import whole_point
from perftui.model.judged import WHOLE_RUN, ThresholdResult, Window
from perftui.model.marks import Note
from perftui.model.request_page import RequestPage
from perftui.model.snapshot import RequestRow, Snapshot, Times, row_of
from perftui.tui.brush import window_clock
from perftui.tui.charts.chart_data import ChartData
from perftui.tui.columns.count_columns import status_rows, status_table
from perftui.tui.columns.request_columns import failure_table
from perftui.tui.columns.threshold_columns import named_by
from perftui.tui.following.recall import Recall
from perftui.tui.model import CockpitModel
from perftui.tui.renderables.line import Line, Piece, foreign, line
from perftui.tui.renderables.time_bins import time_bins
from perftui.tui.screens.failure_page import FailurePage
from perftui.tui.screens.run_page import RunPage
from perftui.tui.texts.figures import bytes_text, count_text, ms_text, rate_text, share_text
from perftui.tui.widgets.chart_keys import RUN_CHART_BINDINGS, ChartKeys
from perftui.tui.widgets.panes import Pane, Panes
from perftui.tui.widgets.run_charts import RunCharts
from perftui.tui.widgets.table import Table
from perftui.tui.widgets.text import Bar, Block, ScrollPane


class RequestPageScreen(ChartKeys, RunPage):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "../styles/cockpit.tcss",
        "../styles/live.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        *RUN_CHART_BINDINGS,
        # Once more, behind the charts' own: a key that they have no use for leaves the page.
        Binding("escape", "back", "Back", tooltip="Back to the run", id="page.back"),
    ]
    AUTO_FOCUS = "#bins"

    def __init__(
        self, folder: Path, model: CockpitModel, mode: str, method: str, name: str, window: Window = WHOLE_RUN
    ) -> None:
        """`window` is the part of the run that its numbers cover."""
        super().__init__(folder, model, mode)
        self._key = (method, name)
        self._window = window
        self._page: RequestPage | None = None

    def body(self) -> Iterable[Widget]:
        yield Bar(id="page-title")
        yield RunCharts(id="charts")
        with Horizontal(id="lower"):
            yield Block("Service time", id="percentiles")
            yield Panes(
                (
                    Pane("Spread", ScrollPane(id="bins", empty="no request was timed")),
                    Pane("Failures", failure_table(id="failure-list", names_request=False, has_rates=lambda: False)),
                    Pane("Statuses", status_table(id="statuses")),
                ),
                id="panes",
            )

    async def read(self, recall: Recall) -> None:
        self._page = await recall.ask(lambda reader: reader.request(*self._key, self._window))

    def draw(self) -> None:
        page = self._page
        self._show_title(page)
        if page is None:
            return
        totals = page.totals
        row = _row_of(page)
        self.query_one("#percentiles", Block).show(lambda _width: _percentile_lines(row))
        self.query_one("#charts", RunCharts).show(self._chart_data(page))
        times = row.times
        marks = {"p50": times.p50_ms, "p95": times.p95_ms, "p99": times.p99_ms}
        self.query_one("#bins", ScrollPane).show(
            lambda width: time_bins(totals.ok_times, totals.failed_times, marks, width)
        )
        self.query_one("#failure-list", Table).show(page.shared_failures())
        self.query_one("#statuses", Table).show(status_rows(dict(sorted(totals.statuses.items()))))
        self.query_one(Panes).note(
            {
                "Failures": count_text(len(page.failures)) if page.failures else "",
                "Statuses": str(len(totals.statuses)) if totals.statuses else "",
            }
        )

    def on_table_chosen(self, event: Table.Chosen) -> None:
        if event.table.id == "failure-list":
            self.app.push_screen(FailurePage(self.folder, self.model, self.mode, event.row))

    def on_panes_filter_closed(self) -> None:
        self.cockpit.typing_ended()

    def on_run_charts_brushed(self, event: RunCharts.Brushed) -> None:
        """The page of the window alone, and of all that it covered before once there is none."""
        event.stop()
        self._window = event.window or WHOLE_RUN
        self.read_again()

    def _show_title(self, page: RequestPage | None) -> None:
        method, name = self._key
        start = [Piece(" "), foreign(f"{method} {name}".strip(), "strong")]
        if not self._window.is_whole:
            start.append(Piece(f"  {window_clock(self._window)}", "accent"))
        end: Sequence[Piece] = ()
        if page is None:
            start.append(Piece("  reading…", "muted"))
        else:
            totals = page.totals
            failed = f"{share_text(totals.fail_ratio)} failed " if totals.failed else "none failed "
            end = (
                Piece(f"{totals.requests:,} requests  "),
                Piece(failed, "bad" if totals.failed else "muted"),
            )
        self.query_one("#page-title", Bar).show(start, end)

    def _kept_notes(self) -> Sequence[Note]:
        kept = self.model.kept
        return kept.record.notes if kept is not None and kept.folder == self.folder else ()

    def _thresholds(self, of_live: Snapshot | None) -> Sequence[ThresholdResult]:
        if of_live is not None:
            return of_live.thresholds
        kept = self.model.kept
        return kept.record.thresholds if kept is not None and kept.folder == self.folder else ()

    def _chart_data(self, page: RequestPage) -> ChartData:
        snapshot, points = self.model.snapshot, page.points
        of_live = snapshot if self.is_of_live_run else None
        last_s = points[-1].elapsed_s if points else 0.0
        return ChartData(
            (self.folder, self._key, self._window, points[-1].seq if points else -1),
            points,
            of_live.elapsed_s if of_live else last_s,
            of_live.run_time_s if of_live else last_s,
            page.spectra,
            notes=of_live.notes if of_live else self._kept_notes(),
            thresholds=named_by(self._thresholds(of_live), self._key),
            label=" ".join(self._key).strip(),
            is_over=of_live is None,
            whole=whole_point(_row_of(page), points, page.covered_s) if of_live is None else None,
        )


def _row_of(page: RequestPage) -> RequestRow:
    return row_of(page.totals, (page.totals.requests, page.totals.failed), page.covered_s)


def _percentile_lines(row: RequestRow) -> Sequence[Line]:
    times = row.times
    entries = (
        ("min", times.min_ms, ""),
        ("mean", times.mean_ms, ""),
        ("p50", times.p50_ms, "p50"),
        ("p75", times.p75_ms, ""),
        ("p90", times.p90_ms, ""),
        ("p95", times.p95_ms, "p95"),
        ("p99", times.p99_ms, "p99"),
        ("p99.9", times.p99_9_ms, ""),
        ("max", times.max_ms, "strong"),
    )
    return [
        *(line((f"{label:<7}", "muted"), (f"{ms_text(value):>9}", role)) for label, value, role in entries),
        *_response_lines(row.response),
        line((f"{'rps':<7}", "muted"), (f"{rate_text(row.rps):>9}", "rps")),
        line((f"{'size':<7}", "muted"), f"{bytes_text(row.mean_response_bytes):>9}"),
    ]


def _response_lines(response: Times | None) -> Sequence[Line]:
    """Those of a run that keeps a schedule."""
    if response is None:
        return []
    times = (("p50", response.p50_ms), ("p95", response.p95_ms), ("p99", response.p99_ms), ("max", response.max_ms))
    return [
        line(("Response time", "heading")),
        *(line((f"{label:<7}", "muted"), (f"{ms_text(value):>9}", "strong")) for label, value in times),
    ]
