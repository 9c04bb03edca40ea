"""Live: the run that goes on. Everything comes from the newest snapshot and the points up to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import PurePath
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from perftui.model.snapshot import Snapshot, TimelinePoint
from perftui.model.text import mask_secrets
from perftui.tui.figures import count_text, ms_text, rate_text, share_text
from perftui.tui.model import CockpitModel
from perftui.tui.renderables.buckets import Gather, Sample, grouped
from perftui.tui.renderables.line import Line, Piece, fit, foreign, line
from perftui.tui.request_columns import ExceptionRow, exception_table, failure_table, request_table
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.screens.dialogs import RowDetail
from perftui.tui.screens.run_charts import rates_chart, show_rates, show_times, times_chart
from perftui.tui.services import RunAddress
from perftui.tui.widgets.chart import Chart
from perftui.tui.widgets.panes import Pane, Panes
from perftui.tui.widgets.table import Table
from perftui.tui.widgets.text import Bar, Block, ScrollPane
from perftui.tui.widgets.tile import Reading, Tile
from perftui.tui.widgets.top_bar import TopBar

# The bars of a tile: this many, of so many seconds each. They change once in that time.
_SPARK_BARS = 30
_SPARK_S = 3
_SPARK_POINTS = _SPARK_BARS * _SPARK_S


class LiveScreen(CockpitScreen):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "../styles/cockpit.tcss",
        "../styles/live.tcss",
    ]
    mode = "live"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "stop", "Stop", tooltip="Stop the run: users finish what they do; again: stop now"),
        Binding("space", "pause", "Pause view", tooltip="Hold the picture; the run goes on"),
        Binding("d", "detach", "Detach", tooltip="Leave the cockpit; the run goes on"),
        Binding("v", "next_chart", "Chart", tooltip="Times alone, rates alone, or both where they fit"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.is_paused = False
        self._address: RunAddress | None = None

    def body(self) -> Iterable[Widget]:
        yield Bar(id="run-title")
        yield Bar(id="warning", under="")
        with Horizontal(id="tiles"):
            yield Tile("Requests/s", "RPS", "rps", id="rps")
            yield Tile("p95 of 10 s", "p95", "p95", id="p95")
            yield Tile("Failures", "Fails", "bad", id="failures")
            yield Tile("Users", "Users", "users", id="users")
            yield Tile("Generator CPU", "CPU", "muted", id="generator")
        with Horizontal(id="charts"):
            yield times_chart()
            yield rates_chart()
        with Horizontal(id="lower"):
            yield Panes(
                (
                    Pane("Requests", request_table(id="requests", rate_label="RPS")),
                    Pane("Failures", failure_table(id="failure-list")),
                    Pane("Exceptions", exception_table(id="exceptions"), is_optional=True),
                    Pane("Log", ScrollPane(id="log", follows=True, empty="nothing was logged")),
                ),
                id="panes",
            )
            with Vertical(id="side"):
                yield Block("Failures", id="side-failures")
                yield Block("Log", id="side-log")

    def on_mount(self) -> None:
        self.query_one("#requests").focus()

    def on_resize(self, event: events.Resize) -> None:
        for tile in self.query(Tile):
            tile.is_compact = event.size.width < 100 or event.size.height < 30

    @property
    def is_typing(self) -> bool:
        return self.query_one(Panes).is_typing

    def show(self, model: CockpitModel) -> None:
        if model.address is not self._address:
            self._address = model.address
            self._begin()
        self.query_one(TopBar).show(model, is_paused=self.is_paused)
        if self.is_paused:
            return
        snapshot = model.snapshot
        self._show_title(model)
        if snapshot is None:
            return
        points = model.points
        newest = list(islice(reversed(points), _SPARK_POINTS))[::-1]
        self._show_tiles(snapshot, newest)
        self._show_charts(snapshot, list(points))
        self._show_panes(model, snapshot)
        if self.has_class("-wide"):
            self._show_side(model, snapshot)

    def _begin(self) -> None:
        """Nothing that was asked of the former run's view holds for another run."""
        self.is_paused = False
        self.remove_class("-paused")
        self.query_one(Panes).clear_filters()

    def action_stop(self) -> None:
        self.cockpit.stop_run()

    def action_pause(self) -> None:
        self.is_paused = not self.is_paused
        self.set_class(self.is_paused, "-paused")
        self.pump(force=True)

    def action_detach(self) -> None:
        self.cockpit.detach()

    def action_next_chart(self) -> None:
        if self.has_class("-rates-alone"):
            self.remove_class("-rates-alone")
        elif self.has_class("-times-alone") or self.has_class("-narrow"):
            self.remove_class("-times-alone")
            self.add_class("-rates-alone")
        else:
            self.add_class("-times-alone")
        self.call_after_refresh(self.pump, force=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("stop", "detach"):
            return self.cockpit.model.is_live
        return True

    def on_table_chosen(self, event: Table.Chosen) -> None:
        self.app.push_screen(RowDetail(event.row))

    def _show_title(self, model: CockpitModel) -> None:
        snapshot = model.snapshot
        bar, warning = self.query_one("#run-title", Bar), self.query_one("#warning", Bar)
        warning.display = bool(snapshot and snapshot.warning)
        if snapshot is None:
            where = "connecting to the run…" if model.is_live else "no run is watched: 1 sets one up"
            bar.show((Piece(f" {where}", "muted"),))
            return
        end: list[Piece] = []
        if model.stop_requests and not snapshot.state.is_over:
            end.append(Piece("stopping; x again stops now  " if model.stop_requests == 1 else "stopping now  ", "warn"))
        end.append(Piece(f"{snapshot.in_flight:,} in flight ", "muted"))
        url = foreign(mask_secrets(snapshot.target_url), "muted")
        bar.show((Piece(" "), foreign(snapshot.title, "strong"), Piece("  "), url), end)
        if snapshot.warning:
            warning.show((Piece(" ! ", "warn"), foreign(snapshot.warning, "warn")))

    def _show_tiles(self, snapshot: Snapshot, newest: Sequence[TimelinePoint]) -> None:
        now, total, health = snapshot.now, snapshot.total, snapshot.health

        def bars(value: Callable[[TimelinePoint], float | None], how: Gather) -> list[float | None]:
            return grouped((Sample(point.elapsed_s, value(point)) for point in newest), _SPARK_S, how)

        readings = {
            "rps": Reading(
                rate_text(now.rps) if now else "–",
                f"Σ {count_text(total.requests)}",
                history=bars(lambda point: point.rps, "mean"),
            ),
            "p95": Reading(
                ms_text(snapshot.recent_times.p95_ms),
                f"max {ms_text(snapshot.recent_times.max_ms)}",
                history=bars(lambda point: point.times.p95_ms, "worst"),
            ),
            "failures": Reading(
                share_text(total.fail_ratio),
                f"✗ {count_text(total.failures)}" if total.failures else "none",
                "bad" if total.fails_per_s else "",
                "bad" if total.fails_per_s else "muted",
                history=bars(lambda point: point.fails_per_s, "worst"),
            ),
            "users": Reading(
                f"{snapshot.user_count:,}",
                f"of {count_text(snapshot.target_user_count)}" if snapshot.target_user_count else "of …",
                history=bars(lambda point: point.user_count, "last"),
            ),
            "generator": Reading(
                f"{health.cpu_percent:.0f}%" if health else "–",
                f"lag {ms_text(health.hub_lag_p99_ms)}" if health else "",
                history=bars(lambda point: point.cpu_percent, "worst"),
            ),
        }
        for tile in self.query(Tile):
            tile.show(readings[str(tile.id)])

    def _show_charts(self, snapshot: Snapshot, points: Sequence[TimelinePoint]) -> None:
        times, rates = self.query_one("#times-chart", Chart), self.query_one("#rates-chart", Chart)
        note = (Piece("v other chart", "muted"),) if self.has_class("-narrow") else ()
        recent = snapshot.recent_times
        if times.display:
            now = (recent.p50_ms, recent.p95_ms, recent.p99_ms)
            show_times(times, points, now, snapshot.elapsed_s, snapshot.run_time_s, note)
        if rates.display:
            show_rates(
                rates,
                points,
                snapshot.now.rps if snapshot.now else 0.0,
                snapshot.user_count,
                max(snapshot.target_user_count, snapshot.user_count, 1),
                snapshot.elapsed_s,
                snapshot.run_time_s,
                note,
            )

    def _show_panes(self, model: CockpitModel, snapshot: Snapshot) -> None:
        panes = self.query_one(Panes)
        raised = sum(count for _, count in snapshot.exceptions)
        panes.note(
            {
                "Requests": str(len(snapshot.rows)) if snapshot.rows else "",
                "Failures": str(snapshot.failure_groups) if snapshot.failure_groups else "",
                "Exceptions": count_text(raised) if raised else "",
                "Log": count_text(len(model.log)) if model.log else "",
            }
        )
        if panes.current_name == "Requests":
            self.query_one("#requests", Table).show(snapshot.rows, snapshot.total if snapshot.rows else None)
        elif panes.current_name == "Failures":
            self.query_one("#failure-list", Table).show(snapshot.failures)
        elif panes.current_name == "Exceptions":
            self.query_one("#exceptions", Table).show([ExceptionRow(*each) for each in snapshot.exceptions])
        else:
            log = model.log
            self.query_one("#log", ScrollPane).show(lambda _width: [line(foreign(each)) for each in log])

    def on_panes_filter_closed(self) -> None:
        self.cockpit.typing_ended()

    def on_panes_changed(self) -> None:
        self.pump(force=True)

    def _show_side(self, model: CockpitModel, snapshot: Snapshot) -> None:
        failures, log = self.query_one("#side-failures", Block), self.query_one("#side-log", Block)

        def failure_lines(width: int) -> list[Line]:
            if not snapshot.failures:
                return [line(("✓ no request failed", "good"))]
            lines: list[Line] = []
            for row in snapshot.failures[: failures.inside_height // 2 + 1]:
                lines.append(line((fit(count_text(row.count), 6, right=True), "bad"), "  ", foreign(row.message)))
                lines.append(line("        ", foreign(f"{row.method} {row.name}", "muted")))
            return lines

        newest = list(islice(reversed(model.log), max(1, log.inside_height)))[::-1]
        failures.show(failure_lines)
        said = [line(foreign(each, "muted")) for each in newest] or [line(("nothing was logged", "muted"))]
        log.show(lambda _width: said)
