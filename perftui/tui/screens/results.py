"""Results: what became of a run, from its record."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from perftui.model.errors import PerftuiError
from perftui.model.judged import Window
from perftui.model.record import Record
from perftui.tui.brush import Brush
from perftui.tui.charts.chart_data import NO_DATA, Baseline
from perftui.tui.following.below import baseline_below
from perftui.tui.following.recall import KeptRun
from perftui.tui.model import CockpitModel
from perftui.tui.renderables.line import Piece, wrapped
from perftui.tui.run_figures import RunFigures, of_record
from perftui.tui.screens.chores import on_thread
from perftui.tui.screens.details import detail_of
from perftui.tui.screens.kept_run import KeptRunScreen, verdict_of
from perftui.tui.texts.kept_text import (
    FileRow,
    chart_data,
    file_rows,
    file_table,
    plan_pane_lines,
    run_lines,
    spread_of,
    title_pieces,
    verdict_lines,
)
from perftui.tui.texts.state_words import state_of
from perftui.tui.widgets.chart_keys import RUN_CHART_BINDINGS, ChartKeys
from perftui.tui.widgets.log_pane import with_events
from perftui.tui.widgets.panes import Pane
from perftui.tui.widgets.run_charts import RunCharts
from perftui.tui.widgets.run_panes import RunPanes
from perftui.tui.widgets.table import Table
from perftui.tui.widgets.text import Bar, Block, ScrollPane
from perftui.tui.widgets.top_bar import TopBar


class ResultsScreen(ChartKeys, KeptRunScreen):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "../styles/cockpit.tcss",
        "../styles/results.tcss",
    ]
    mode = "results"
    BINDINGS: ClassVar[list[BindingType]] = [
        *RUN_CHART_BINDINGS,
        Binding("escape", "back", "Back", show=False, id="results.back", tooltip="Drop the window, or go back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shown: Record | None = None
        self._figures = RunFigures()
        self._baseline: Baseline | None = None
        self._brush: Brush | None = None
        # What was drawn of the charts is another picture with each.
        self._picture = 0

    def body(self) -> Iterable[Widget]:
        yield Bar(id="run-title")
        with Horizontal(id="summary"):
            yield Block("Verdict", id="verdict", rest="all in Run")
            yield RunCharts(id="charts")
        yield Bar(id="window")
        yield RunPanes(
            extra=(
                Pane("Histogram", ScrollPane(id="histogram")),
                Pane("Run", ScrollPane(id="run")),
                Pane("Files", file_table(id="files")),
                Pane("Plan", ScrollPane(id="plan")),
            ),
            id="panes",
        )

    def on_mount(self) -> None:
        self.query_one("#window").display = False
        self.query_one("#requests").focus()

    def on_unmount(self) -> None:
        self._close_brush()

    def show(self, model: CockpitModel) -> None:
        self.query_one(TopBar).show(model)
        kept = model.kept
        record = kept.record if kept else None
        if kept is None or record is None:
            why = "The run goes on: 2 shows it." if model.is_live else "No run has ended yet: 1 sets one up."
            lines = wrapped(f"{why} 5 lists the runs that are kept.", 36, "muted")
            self.query_one("#verdict", Block).show(lambda _width: lines)
        elif record is not self._shown:
            self._show_record(kept)
        self._shown = record
        self.chore_changed()

    def chore_changed(self) -> None:
        bar, record = self.query_one("#run-title", Bar), self._shown
        if self.chore is not None:
            end = (Piece("esc stops ", "muted"),) if self.chore.can_be_left else ()
            bar.show((Piece(" ◌ ", "accent"), Piece(self.chore.text)), end)
        elif record is None:
            bar.show((Piece(f" {state_of(self.model).word.lower()}", "muted"),))
        else:
            bar.show(*title_pieces(record))

    # --- the record ----------------------------------------------------------------------------------------------

    def _show_record(self, kept: KeptRun) -> None:
        record = kept.record
        is_other = self._shown is None or self._shown.folder != record.folder
        word = verdict_of(record)
        title = (Piece("Verdict  ", "heading"), Piece(word.text, word.role))
        self.query_one("#verdict", Block).show(verdict_lines(record), title=title)
        panes = self.query_one(RunPanes)
        if is_other:
            self.exported.clear()
            self._baseline = None
            self._close_brush()
            self.query_one(RunCharts).forget_view()
            panes.clear_filters()
            self.run_worker(self._find_baseline(kept), group="baseline", exclusive=True)
        self._figures = of_record(record)
        self._show_charts(kept)
        self._show_figures(kept)
        self.query_one("#run", ScrollPane).show(run_lines(record))
        self.query_one("#histogram", ScrollPane).show(spread_of(record))
        self.query_one("#plan", ScrollPane).show(plan_pane_lines(record))
        self.files_changed(kept)
        self.refresh_bindings()

    def _show_charts(self, kept: KeptRun | None) -> None:
        self._picture += 1
        data = chart_data(kept, self._baseline, self._picture) if kept else NO_DATA
        self.query_one(RunCharts).show(data)

    def _show_figures(self, kept: KeptRun) -> None:
        brush, bar = self._brush, self.query_one("#window", Bar)
        bar.display = brush is not None and brush.window is not None
        if brush is not None and brush.window is not None:
            bar.show(*brush.bar(self.size.width))
        figures = brush.figures if brush is not None and brush.figures is not None else self._figures
        log = with_events(kept.log, kept.record.events, kept.record.notes)
        self.query_one(RunPanes).show(figures, brush.said(log) if brush is not None else log, exact=True)

    async def _find_baseline(self, kept: KeptRun) -> None:
        """Drawn below the charts once it is read. That there is none, or a damaged one, is said by `c`."""
        services = self.cockpit.services
        with contextlib.suppress(PerftuiError):
            baseline = await on_thread(lambda: baseline_below(services, kept.folder))
            if baseline is not None and self.model.kept is not None and self.model.kept.folder == kept.folder:
                self._baseline = baseline
                self._show_charts(self.model.kept)

    # --- the window ----------------------------------------------------------------------------------------------

    async def on_run_charts_brushed(self, event: RunCharts.Brushed) -> None:
        event.stop()
        kept = self.model.kept
        if kept is not None:
            self.run_worker(self._choose(kept, event.window), group="brush", exclusive=True)

    async def _choose(self, kept: KeptRun, window: Window | None) -> None:
        if self._brush is None:
            self._brush = Brush(self.cockpit.services, kept.folder)
        brush = self._brush
        choosing = asyncio.ensure_future(brush.choose(window))
        # The line that says what is read is there while it is.
        await asyncio.sleep(0)
        self._show_figures(kept)
        try:
            if not await choosing:
                return
        except PerftuiError as error:
            brush.drop()
            self.cockpit.fail(error)
        if self.model.kept is not None and self.model.kept.folder == kept.folder:
            self._show_figures(self.model.kept)
            self.refresh_bindings()

    def _close_brush(self) -> None:
        if self._brush is not None:
            self._brush.close()
            self._brush = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "chart" and parameters == ("back",) and self.chore is not None and self.chore.can_be_left:
            # What takes long is given up before what it is about.
            return False
        return super().check_action(action, parameters)

    # --- keys ----------------------------------------------------------------------------------------------------

    def action_back(self) -> None:
        if self.leave_chore():
            return
        kept, ended = self.model.kept, self.model.record
        is_of_history = kept is not None and (ended is None or ended.folder != kept.record.folder)
        self.cockpit.action_mode("history" if is_of_history else "setup")

    @property
    def chosen_window(self) -> Window | None:
        return self._brush.window if self._brush is not None else None

    @property
    def chosen_path(self) -> Path | None:
        row = self.query_one("#files", Table).cursor_row
        is_seen = self.query_one(RunPanes).current_name == "Files"
        return row.path if is_seen and isinstance(row, FileRow) else None

    def files_changed(self, kept: KeptRun) -> None:
        rows = file_rows(kept, self.exported)
        self.query_one("#files", Table).show(rows)
        self.query_one(RunPanes).note({"Files": str(len(rows) - 1)})

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        kept = self.model.kept
        if isinstance(event.row, FileRow):
            self.open_path(event.row.path)
        elif kept is not None:
            page = detail_of(event.row, kept.folder, self.model, self.mode, self.chosen_window or kept.record.window)
            if page is not None:
                self.app.push_screen(page)
