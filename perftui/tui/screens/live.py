"""Live: the run that goes on. Everything comes from the newest snapshot and the points up to it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import islice
from pathlib import PurePath
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from perftui.model.errors import PerftuiError
from perftui.model.judged import WHOLE_RUN, Window
from perftui.model.marks import Note
from perftui.model.snapshot import Snapshot
from perftui.tui.brush import Brush, exported_text
from perftui.tui.charts.live_charts import live_chart_data
from perftui.tui.following.link import author
from perftui.tui.following.note_taking import take_note
from perftui.tui.model import CockpitModel
from perftui.tui.run_figures import Trends, of_snapshot
from perftui.tui.screens.details import detail_of
from perftui.tui.screens.load_keys import LOAD_BINDINGS, LoadDialog, LoadKeys
from perftui.tui.screens.note_dialog import NoteDialog
from perftui.tui.services import RunAddress
from perftui.tui.texts.live_tiles import SPARK_POINTS, live_tiles, readings_of
from perftui.tui.texts.live_title import held_pieces, nowhere_pieces, stop_pieces, title_end, title_start
from perftui.tui.widgets.chart_keys import RUN_CHART_BINDINGS, ChartKeys
from perftui.tui.widgets.live_bars import LiveBars
from perftui.tui.widgets.live_side import LiveSide
from perftui.tui.widgets.log_pane import with_events
from perftui.tui.widgets.run_charts import RunCharts
from perftui.tui.widgets.run_panes import RunPanes
from perftui.tui.widgets.table import Table
from perftui.tui.widgets.text import Bar
from perftui.tui.widgets.tile import Tile
from perftui.tui.widgets.top_bar import TopBar


class LiveScreen(ChartKeys, LoadKeys):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "../styles/cockpit.tcss",
        "../styles/live.tcss",
    ]
    mode = "live"
    BINDINGS: ClassVar[list[BindingType]] = [
        *RUN_CHART_BINDINGS,
        Binding("x", "stop", "Stop", tooltip="Stop the run: users finish what they do; again: now", id="live.stop"),
        Binding("space", "pause", "Hold", tooltip="Hold the view; the run goes on", id="live.pause"),
        Binding("d", "detach", "Detach", tooltip="Leave the cockpit; the run goes on", id="live.detach"),
        *LOAD_BINDINGS,
        Binding("o", "export", "Export", tooltip="Write the exports of the window alone", id="live.export"),
    ]
    AUTO_FOCUS = "#requests"

    def __init__(self) -> None:
        super().__init__()
        self.is_paused = False
        self._held_s = 0.0
        self._address: RunAddress | None = None
        self._brush: Brush | None = None

    def body(self) -> Iterable[Widget]:
        yield Bar(id="run-title")
        yield LiveBars(id="bars")
        yield Bar(id="held")
        with Horizontal(id="tiles"):
            yield from live_tiles()
        yield RunCharts(id="charts")
        yield Bar(id="window")
        with Horizontal(id="lower"):
            yield RunPanes(id="panes")
            yield LiveSide(id="side")

    def on_mount(self) -> None:
        for name in ("#held", "#window"):
            self.query_one(name).display = False

    def on_unmount(self) -> None:
        if self._brush is not None:
            self._brush.close()

    def on_resize(self, event: events.Resize) -> None:
        for tile in self.query(Tile):
            tile.is_compact = event.size.width < 100 or event.size.height < 30

    @property
    def is_typing(self) -> bool:
        """The next keys are text: of a filter, here or on a page over this, of a note, or of an order."""
        screen = self.app.screen
        # A note is text before its field is there, and an order is.
        return isinstance(screen, (NoteDialog, LoadDialog)) or isinstance(screen.focused, Input)

    def show(self, model: CockpitModel) -> None:
        if model.address is not self._address:
            self._address = model.address
            self._begin()
        self.query_one(TopBar).show(model, is_paused=self.is_paused)
        snapshot = model.snapshot
        self._show_held(snapshot)
        if self.is_paused:
            return
        self._show_title(model)
        self._show_window()
        if snapshot is None:
            return
        self._show_tiles(model, snapshot)
        self.query_one(RunCharts).show(live_chart_data(model, snapshot))
        self._show_panes(model, snapshot)

    def _begin(self) -> None:
        """Nothing that was asked of the former run's view holds for another run."""
        self.is_paused = False
        self.remove_class("-paused")
        if self._brush is not None:
            self._brush.close()
            self._brush = None
        self.query_one(RunCharts).forget_view()
        self.query_one(RunPanes).clear_filters()

    # --- keys ------------------------------------------------------------------------------------------------

    def action_stop(self) -> None:
        self.cockpit.stop_run()

    def action_pause(self) -> None:
        self.is_paused = not self.is_paused
        self._held_s = self.model.snapshot.elapsed_s if self.model.snapshot else 0.0
        self.set_class(self.is_paused, "-paused")
        self.pump(force=True)

    def action_detach(self) -> None:
        self.cockpit.detach()

    def action_export(self) -> None:
        if self._brush is not None and self._brush.window is not None and not self._brush.exporting:
            self.run_worker(self._export(self._brush), group="export", exclusive=True)

    def action_chart(self, act: str) -> None:
        if act == "note":
            # At once, not by a message: the next key of the same burst is text already.
            self._ask_note(self.query_one(RunCharts).cursor_s)
        else:
            super().action_chart(act)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("stop", "detach"):
            return self.model.is_live
        if action == "export":
            return self._window is not None
        if action == "chart" and parameters == ("note",) and not self.model.is_live:
            return False
        return super().check_action(action, parameters)

    # --- what the widgets say --------------------------------------------------------------------------------

    def on_table_chosen(self, event: Table.Chosen) -> None:
        if self._address is None:
            return
        page = detail_of(event.row, self._address.folder, self.model, self.mode, self._covered())
        if page is not None:
            self.app.push_screen(page)

    def on_panes_filter_closed(self) -> None:
        self.cockpit.typing_ended()

    def on_panes_changed(self) -> None:
        if not self.is_paused:
            self.pump(force=True)

    def on_run_charts_brushed(self, event: RunCharts.Brushed) -> None:
        if event.window is None:
            if self._brush is not None:
                self._brush.drop()
            self._redraw_panes()
        elif self._address is not None:
            if self._brush is None:
                self._brush = Brush(self.cockpit.services, self._address.folder)
            self.run_worker(self._choose(self._brush, event.window), group="brush")
        self.refresh_bindings()

    def on_run_charts_note_wished(self, event: RunCharts.NoteWished) -> None:
        self._ask_note(event.elapsed_s)

    def _ask_note(self, elapsed_s: float | None) -> None:
        self.app.push_screen(NoteDialog(elapsed_s), partial(self._noted, elapsed_s))

    def _noted(self, elapsed_s: float | None, text: str | None) -> None:
        snapshot = self.model.snapshot
        if text and snapshot is not None:
            at_s = snapshot.elapsed_s if elapsed_s is None else elapsed_s
            self.run_worker(self._take_note(Note(at_s, text, author()), elapsed_s), group="note")
        self.cockpit.typing_ended()

    async def _take_note(self, note: Note, elapsed_s: float | None) -> None:
        try:
            await take_note(self.cockpit, note, elapsed_s)
        except PerftuiError as error:
            self.cockpit.fail(error)

    # --- the window ------------------------------------------------------------------------------------------

    @property
    def _window(self) -> Window | None:
        return self._brush.window if self._brush is not None else None

    def _covered(self) -> Window:
        """The part of the run that the panes' numbers are of."""
        snapshot = self.model.snapshot
        if self._window is not None:
            return self._window
        if snapshot is None:
            return WHOLE_RUN
        measured_from_s = 0.0 if snapshot.is_warming_up else snapshot.warm_up_s
        if self.model.replay is not None:
            return Window(measured_from_s, snapshot.elapsed_s)
        return Window(measured_from_s) if measured_from_s else WHOLE_RUN

    async def _choose(self, brush: Brush, window: Window) -> None:
        self._show_window()
        try:
            is_newest = await brush.choose(window)
        except PerftuiError as error:
            brush.drop()
            self.cockpit.fail(error)
            is_newest = True
        if is_newest and brush is self._brush:
            self._redraw_panes()

    async def _export(self, brush: Brush) -> None:
        try:
            paths = await brush.export(self._show_window)
        except PerftuiError as error:
            self.cockpit.fail(error)
        else:
            if paths is not None:
                self.cockpit.say(exported_text(paths))
        self._show_window()

    def _redraw_panes(self) -> None:
        """What was chosen on the charts is seen at once, in a view that is held too."""
        self.refresh_bindings()
        self._show_window()
        if self.model.snapshot is not None:
            self._show_panes(self.model, self.model.snapshot)

    # --- drawing ---------------------------------------------------------------------------------------------

    def _show_title(self, model: CockpitModel) -> None:
        snapshot = model.snapshot
        bar = self.query_one("#run-title", Bar)
        self.query_one(LiveBars).show(model, snapshot)
        if snapshot is None:
            bar.show(nowhere_pieces(is_live=model.is_live))
            return
        wishes = stop_pieces(model.stop_requests) if not snapshot.state.is_over else ()
        bar.show(title_start(snapshot), [*wishes, *title_end(snapshot, self.size.width, model.legs)])

    def _show_held(self, snapshot: Snapshot | None) -> None:
        bar = self.query_one("#held", Bar)
        bar.display = self.is_paused
        if self.is_paused:
            bar.show(*held_pieces(self._held_s, snapshot))

    def _show_window(self) -> None:
        bar = self.query_one("#window", Bar)
        bar.display = self._window is not None
        if self._brush is not None and self._brush.window is not None:
            bar.show(*self._brush.bar(self.size.width))

    def _show_tiles(self, model: CockpitModel, snapshot: Snapshot) -> None:
        newest = list(islice(reversed(model.points), SPARK_POINTS))[::-1]
        readings = readings_of(snapshot, newest, model.wanted)
        for tile in self.query(Tile):
            reading = readings.get(str(tile.id))
            tile.display = reading is not None and not (tile.id == "target" and self.has_class("-slim"))
            if reading is not None:
                tile.show(reading)

    def _show_panes(self, model: CockpitModel, snapshot: Snapshot) -> None:
        panes = self.query_one(RunPanes)
        brushed = self._brush.figures if self._brush is not None else None
        is_wide = self.has_class("-wide")
        is_read = is_wide or panes.current_name == "Log"
        log = with_events(model.log, model.events, snapshot.notes) if is_read else model.log
        if brushed is not None and self._brush is not None:
            panes.show(brushed, self._brush.said(log), exact=True)
        else:
            keys = ((row.method, row.name) for row in snapshot.rows)
            failed = ((row.method, row.name, row.message) for row in snapshot.failures)
            failure_trends = Trends(failed, model.failure_trend_of)
            panes.show(of_snapshot(snapshot, Trends(keys, model.trend_of), failure_trends, model.groups), log)
        if is_wide:
            self.query_one(LiveSide).show(snapshot, log)
