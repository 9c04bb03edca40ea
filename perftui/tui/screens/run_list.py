"""The list of the runs: read, filtered, and how one number went from run to run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.store.history import RunListing
from perftui.store.run_filter import EVERY_RUN, RunFilter, parse_filter
from perftui.tui.columns.run_columns import METRICS, RunRow, RunTable, profile_of, rows_of, run_table
from perftui.tui.following.recall import KeptRun
from perftui.tui.model import CockpitModel
from perftui.tui.renderables.columns import Bar as Column
from perftui.tui.renderables.line import Piece
from perftui.tui.screens.chores import Chore, ChoreScreen, on_thread
from perftui.tui.texts.plan_text import short_path
from perftui.tui.widgets.panes import FilterInput
from perftui.tui.widgets.table import Table
from perftui.tui.widgets.text import Bar
from perftui.tui.widgets.top_bar import TopBar
from perftui.tui.widgets.trend import Trend

# A list that is older than this is read again when it is looked at.
_FRESH_S = 10.0
_NO_RUNS = "No runs yet: 1 sets one up."


class RunListScreen(ChoreScreen):
    """`marked` are at most two runs that shall be compared."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash",
            "filter",
            "Filter",
            key_display="/",
            id="history.filter",
            tooltip="Words, profile: target: branch: verdict: since: until: starred",
            # What moves the focus acts before the next key is given to anybody.
            priority=True,
        ),
        Binding(
            "t", "metric", "Trend", id="history.metric", tooltip="What the trend is of: p95, p50, p99, rps, failed"
        ),
        Binding("u,f5", "reload", "Read again", show=False, id="history.reload", tooltip="Read the list again"),
        Binding("escape", "back", "Back", show=False, id="history.back", tooltip="Stop reading, or drop the marks"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._all: Sequence[RunListing] | None = None
        self._read_at_s = 0.0
        self._kept: KeptRun | None = None
        self.marked: list[RunListing] = []
        self._filter: RunFilter = EVERY_RUN
        self._filter_text = ""
        self._filter_error = ""
        self._metric = 0
        # Oldest first, by profile and target.
        self._families: dict[tuple[str, str], list[RunListing]] = {}

    def body(self) -> Iterable[Widget]:
        yield Bar(id="run-title")
        yield Trend(id="trend")
        yield run_table(id="runs")
        yield FilterInput(
            placeholder="words · profile: target: verdict: since:7d starred · esc: all runs", compact=True
        )

    def on_mount(self) -> None:
        self.query_one(FilterInput).display = False
        self.table.focus()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        if self.chore is None and time.monotonic() - self._read_at_s > _FRESH_S:
            self._read()
        self.show_rows()

    def show(self, model: CockpitModel) -> None:
        self.query_one(TopBar).show(model)
        if model.kept is not self._kept:
            # A run has ended, or was marked.
            self._kept = model.kept
            if self._all is not None and self.chore is None:
                self._read()

    def chore_changed(self) -> None:
        self._show_title()

    # --- the list ------------------------------------------------------------------------------------------------

    @property
    def table(self) -> RunTable:
        return self.query_one(RunTable)

    def _read(self) -> None:
        library = self.cockpit.services.library

        async def read(chore: Chore) -> None:
            def seen(count: int, all_of_them: int) -> None:
                chore.say(f"reading {count:,} of {all_of_them:,} runs…")

            try:
                listings = await on_thread(lambda: library.listings(seen))
            finally:
                self._read_at_s = time.monotonic()
            self.take(listings)

        self.begin("reading the runs…", read, can_be_left=True)

    def take(self, listings: Sequence[RunListing]) -> None:
        self._all = listings
        families: dict[tuple[str, str], list[RunListing]] = {}
        for run in sorted(listings, key=lambda each: (each.started_at, each.run_id)):
            families.setdefault(profile_of(run), []).append(run)
        self._families = families
        known = {run.folder: run for run in listings}
        self.marked = [known[run.folder] for run in self.marked if run.folder in known]
        self.show_rows()

    def show_rows(self) -> None:
        if self._all is None:
            self._show_title()
            return
        now = datetime.now().astimezone()
        shown = [run for run in self._all if self._filter.matches(run, now)]
        self.table.empty = "No run is like that: / and esc show all." if self._all else _NO_RUNS
        self.table.show(rows_of(shown, self.marked))
        self._show_title()
        self._show_trend()
        # What can be done depends on whether there is a run.
        self.refresh_bindings()

    def _show_title(self) -> None:
        bar = self.query_one("#run-title", Bar)
        if self.chore is not None:
            end = (Piece("esc stops ", "muted"),) if self.chore.can_be_left else ()
            bar.show((Piece(" ◌ ", "accent"), Piece(self.chore.text)), end)
            return
        if self._filter_error:
            bar.show((Piece(" ✗ ", "bad"), Piece(clean(self._filter_error, 200), "warn")))
            return
        if self._all is None:
            bar.show((Piece(" The list was not read: u reads it.", "muted"),))
            return
        shown = self.table.row_count
        count = f"{shown:,} of {len(self._all):,}" if shown != len(self._all) else f"{shown:,}"
        start = [Piece(f" {count} {'run' if count == '1' else 'runs'}", "strong")]
        start.append(Piece(f" in {short_path(str(self.cockpit.services.library.folder))}", "muted"))
        if self._filter_text:
            start += [Piece("   / ", "key"), Piece(clean(self._filter_text, 60), "accent")]
        end_text = "A and B are marked: c compares " if len(self.marked) == 2 else ""
        if len(self.marked) == 1:
            end_text = "A is marked: c compares this run with it "
        bar.show(start, (Piece(end_text, "accent"),))

    def _show_trend(self) -> None:
        trend, row, metric = self.query_one(Trend), self.table.cursor_row, METRICS[self._metric]
        others = [each.name for each in METRICS if each is not metric]
        if row is None:
            trend.show("", "", (), None, "", metric.axis, ())
            return
        family = self._families.get(profile_of(row.listing), [])
        bars = [_column(run, metric.value(run)) for run in family]
        current = next((at for at, run in enumerate(family) if run.folder == row.listing.folder), None)
        of = f"{row.listing.profile or '–'} → {row.listing.target or '–'}, {len(family):,} run{'s'[: len(family) != 1]}"
        trend.show(metric.name, of, bars, current, metric.text(metric.value(row.listing)), metric.axis, others)

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self._show_trend()
        self.refresh_bindings()

    # --- keys ----------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self._is_typing if action == "filter" else True

    @property
    def _is_typing(self) -> bool:
        return self.focused is self.query_one(FilterInput)

    def chosen(self) -> RunListing | None:
        """The run under the cursor; the cursor stays with it from now on."""
        self.table.pin()
        row = self.table.cursor_row
        return row.listing if row else None

    def action_metric(self) -> None:
        self._metric = (self._metric + 1) % len(METRICS)
        self._show_trend()

    def action_reload(self) -> None:
        self.table.pin()
        self._read()

    def action_back(self) -> None:
        if self.leave_chore():
            return
        if self.marked:
            self.marked = []
        else:
            self._filter_by("")
        self.show_rows()

    # --- the filter ----------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        field = self.query_one(FilterInput)
        field.value = self._filter_text
        field.display = True
        self.set_focus(field)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.display:
            self._filter_by(event.value)
            self.show_rows()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.display:
            self._filter_by(event.value)
            if self._filter_error:
                # What was last understood stays; the sentence about the rest does not.
                self._filter_error = ""
            self.set_focus(self.table)
            event.input.display = False
            self.show_rows()
            self.cockpit.typing_ended()

    def _filter_by(self, text: str) -> None:
        """What cannot be read leaves the list as it was, and is said."""
        self._filter_error = ""
        try:
            self._filter = parse_filter(text)
        except PerftuiError as error:
            self._filter_error = str(error)
        else:
            self._filter_text = text.strip()


def _column(run: RunListing, value: float | None) -> Column:
    word = RunRow(run).word
    return Column(value, "·" if word.role == "good" else word.symbol, "muted" if word.role == "good" else word.role)
