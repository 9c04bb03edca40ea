"""Compare: what changed from one run to another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePath
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from perftui.judgement.changes import METRICS, Metric, RequestChange
from perftui.judgement.likeness import UnlikeRunsError
from perftui.model.errors import PerftuiError
from perftui.model.snapshot import TimelinePoint
from perftui.model.text import clean
from perftui.reports.comparison_figures import Compared, name_of, value_text
from perftui.tui.columns.compare_columns import ChangeRow, change_rows, change_table
from perftui.tui.model import CockpitModel
from perftui.tui.renderables.line import Line, Piece, line, wrapped
from perftui.tui.screens.chores import Chore, ChoreScreen, on_thread
from perftui.tui.texts.compare_text import (
    change_of,
    note_lines,
    run_pieces,
    summary_lines,
    total_lines,
    unlike_lines,
)
from perftui.tui.widgets.compared_chart import ComparedChart
from perftui.tui.widgets.panes import Pane, Panes
from perftui.tui.widgets.table import Table
from perftui.tui.widgets.text import Bar, Block, ScrollPane
from perftui.tui.widgets.top_bar import TopBar


class _Overlaid(NamedTuple):
    """The request that the chart is of, with the points of it in both runs."""

    request: RequestChange
    old: Sequence[TimelinePoint]
    new: Sequence[TimelinePoint]


class CompareScreen(ChoreScreen):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "../styles/cockpit.tcss",
        "../styles/compare.tcss",
    ]
    mode = "compare"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "t", "next_metric", "Metric", id="compare.metric", tooltip="Chart and table: rps, p50, p95, p99, failed"
        ),
        Binding(
            "v",
            "chart",
            "Chart",
            id="compare.chart",
            tooltip="The chart in place of the figures, or these with their intervals",
        ),
        Binding(
            "left",
            "cursor(-1)",
            "Cursor left",
            show=False,
            key_display="←",
            id="compare.left",
            tooltip="The cursor, which reads both runs, to the left",
        ),
        Binding(
            "right",
            "cursor(1)",
            "Cursor right",
            show=False,
            key_display="→",
            id="compare.right",
            tooltip="The cursor to the right",
        ),
        Binding(
            "shift+left",
            "cursor(-10)",
            "Ten left",
            show=False,
            key_display="shift+←",
            id="compare.far_left",
            tooltip="The cursor ten points to the left",
        ),
        Binding(
            "shift+right",
            "cursor(10)",
            "Ten right",
            show=False,
            key_display="shift+→",
            id="compare.far_right",
            tooltip="The cursor ten points to the right",
        ),
        Binding("f", "force", "All the same", id="compare.force", tooltip="Compare the two although they are unlike"),
        Binding("x", "swap", "Swap", id="compare.swap", tooltip="The other way round: A is B, and B is A"),
        Binding("o", "export", "Export", id="compare.export", tooltip="Write the comparison as a page and as JSON"),
        Binding("y", "copy", "Copy", show=False, id="compare.copy", tooltip="Copy the command that says the same"),
        Binding(
            "escape",
            "back",
            "Back",
            show=False,
            id="compare.back",
            tooltip="Cursor off; all requests; then the history",
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._pair: tuple[Path, Path] | None = None
        self._compared: Compared | None = None
        self._refused: PerftuiError | None = None
        self._overlaid: _Overlaid | None = None
        self._metric: Metric = "p95"
        self._has_body = False

    def body(self) -> Iterable[Widget]:
        yield Bar(id="run-a")
        yield Bar(id="run-b")
        yield Block(id="said", is_framed=False)
        with Horizontal(id="figures"):
            yield Block("All requests", id="totals")
            yield ComparedChart(id="overlay")
        yield Panes(
            (
                Pane("Requests", change_table(lambda: self._metric, id="changes")),
                Pane("What to know", ScrollPane(id="notes")),
            ),
            id="panes",
        )
        yield Block("Compare", id="message")

    def on_mount(self) -> None:
        # The app asks for a comparison at once, before there is anything to draw it in.
        self._has_body = True
        self._fill()
        self._draw()

    def show(self, model: CockpitModel) -> None:
        self.query_one(TopBar).show(model)

    def chore_changed(self) -> None:
        self._draw()

    # --- what is compared ----------------------------------------------------------------------------------------

    def compare(self, old: Path, new: Path, *, force: bool = False) -> None:
        """Show what changed from the run in `old` to the one in `new`."""

        async def work(chore: Chore) -> None:
            library = self.cockpit.services.library
            try:
                compared = await on_thread(lambda: library.compare(old, new, force=force))
            except PerftuiError as error:
                if not chore.is_left:
                    self._refused = error
                return
            if not chore.is_left:
                self._compared = compared
                self._fill()

        if self.begin("comparing the two runs…", work, can_be_left=True):
            self._pair, self._compared, self._refused, self._overlaid = (old, new), None, None, None
            self._draw()

    # --- drawing -------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        compared = self._compared
        if compared is None or not self._has_body:
            return
        self.query_one("#said", Block).show(summary_lines(compared))
        self.query_one("#totals", Block).show(total_lines(compared))
        self.query_one(Panes).clear_filters()
        self.query_one("#changes", Table).show(change_rows(compared))
        self.query_one("#notes", ScrollPane).show(note_lines(compared))
        to_mind = len(compared.differences) + len(compared.remarks)
        self.query_one(Panes).note(
            {"Requests": str(len(compared.comparison.requests)), "What to know": f"{to_mind} !" if to_mind else ""}
        )

    def _draw(self) -> None:
        if not self._has_body:
            return
        compared = self._compared
        self.set_class(compared is None, "-bare")
        for label, name in (("A", "#run-a"), ("B", "#run-b")):
            record = (compared.old if label == "A" else compared.new) if compared else None
            baseline = compared.baseline if compared and label == "A" else ""
            start, end = run_pieces(record, label, baseline) if record else (self._asked(label), ())
            self.query_one(name, Bar).show(start, end)
        self.query_one("#message", Block).show(self._message())
        self.call_after_refresh(self._settle)
        self.refresh_bindings()

    def _settle(self) -> None:
        """What can only be done once everything has its place: what is hidden takes no focus."""
        if self._compared is not None and self.focused is None:
            self.set_focus(self.query_one("#changes"))
        self._draw_chart()

    def _asked(self, label: str) -> Sequence[Piece]:
        if self._pair is None:
            return ()
        return (Piece(f" {label} ", "heading"), Piece(clean(self._pair["AB".index(label)].name), "muted"))

    def _message(self) -> Callable[[int], Sequence[Line]]:
        if self.chore is not None:
            text = self.chore.text
            return lambda width: [
                *wrapped(f"◌ {text}", width, "accent"),
                line((" esc ", "key"), (" gives it up", "muted")),
            ]
        refused = self._refused
        if isinstance(refused, UnlikeRunsError):
            return unlike_lines([each.text for each in refused.differences])
        if refused is not None:
            said = clean(str(refused), 600)
            return lambda width: [
                *wrapped(said, width, first=Piece("✗ ", "bad")),
                Line(),
                line((" 5 ", "key"), (" lists the runs", "muted")),
            ]
        keys = [
            ("5", "the history: space marks two runs, c compares them"),
            ("3", "the results: c compares the run with its baseline"),
        ]
        return lambda width: [
            *wrapped("No two runs are compared yet.", width, "strong"),
            Line(),
            *(each for key, text in keys for each in wrapped(text, width, "muted", first=Piece(f" {key}  ", "key"))),
        ]

    def _draw_chart(self) -> None:
        compared = self._compared
        chart = self.query_one(ComparedChart)
        if compared is None or not chart.display:
            return
        overlaid = self._overlaid
        request = overlaid.request if overlaid else compared.comparison.total
        change = change_of(request, self._metric)
        texts = (value_text(change, change.old), value_text(change, change.new)) if change else ("", "")
        old, new = (overlaid.old, overlaid.new) if overlaid else (compared.old.timeline, compared.new.timeline)
        of = f"{clean(name_of(request), 60)} · esc all" if overlaid else "all requests · enter one"
        chart.show(self._metric, old, new, of=of, texts=texts)

    # --- keys ----------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("next_metric", "export"):
            return self._compared is not None
        if action == "cursor":
            return self._compared is not None and not isinstance(self.focused, Input)
        if action == "chart":
            return self._compared is not None and not self.has_class("-wide")
        if action == "force":
            return isinstance(self._refused, UnlikeRunsError)
        return self._pair is not None if action in ("swap", "copy") else True

    def action_next_metric(self) -> None:
        self._metric = METRICS[(METRICS.index(self._metric) + 1) % len(METRICS)]
        self.query_one("#changes", Table).redraw()
        self._draw_chart()

    def action_cursor(self, steps: int) -> None:
        chart = self.query_one(ComparedChart)
        if chart.display:
            chart.move(steps)
        else:
            # It is seen before it is read.
            self.action_chart()

    def action_chart(self) -> None:
        self.toggle_class("-chart")
        self.call_after_refresh(self._draw_chart)

    def action_force(self) -> None:
        if self._pair is not None:
            self.compare(*self._pair, force=True)

    def action_swap(self) -> None:
        if self._pair is not None:
            old, new = self._pair
            # What was compared all the same is so the other way round.
            force = self._compared is not None and bool(self._compared.differences)
            self.compare(new, old, force=force)

    def action_export(self) -> None:
        compared = self._compared
        if compared is None:
            return
        library = self.cockpit.services.library

        async def work(_chore: Chore) -> None:
            paths = await on_thread(lambda: library.export_comparison(compared))
            self.cockpit.say(f"written: {', '.join(path.name for path in paths)}")

        self.begin("writing the comparison…", work)

    def action_copy(self) -> None:
        if self._pair is not None:
            old, new = self._pair
            self.app.copy_to_clipboard(f"perftui compare {clean(old.name)} {clean(new.name)}")
            self.cockpit.say("the command was copied")

    def action_back(self) -> None:
        if self.leave_chore():
            return
        if self.query_one(ComparedChart).drop_cursor():
            return
        if self._overlaid is not None:
            self._overlaid = None
            self._draw_chart()
            return
        self.cockpit.action_mode("history")

    def on_table_chosen(self, event: Table.Chosen) -> None:
        """The request under the cursor, in both runs, in the chart."""
        if isinstance(event.row, ChangeRow) and self._pair is not None:
            request, (old, new) = event.row.request, self._pair
            reader = self.cockpit.services.reader

            def points(folder: Path) -> Sequence[TimelinePoint]:
                return reader(folder).request(request.method, request.name).points

            async def work(chore: Chore) -> None:
                both = await on_thread(lambda: (points(old), points(new)))
                if not chore.is_left:
                    self._overlaid = _Overlaid(request, *both)

            if self.begin("reading the request…", work, can_be_left=True) and self.has_class("-narrow"):
                self.add_class("-chart")
