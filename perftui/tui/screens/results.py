"""Results: what became of the run, from its sealed record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePath
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from perftui.model.duration import format_clock, format_duration
from perftui.model.record import Accounting, Record
from perftui.model.snapshot import RequestRow
from perftui.model.text import clean
from perftui.tui.figures import NO_VALUE, ms_text, rate_text, share_text
from perftui.tui.model import CockpitModel
from perftui.tui.plan_text import plan_lines, short_path
from perftui.tui.recall import FILE_MEANINGS, KeptRun
from perftui.tui.renderables.line import Line, Piece, foreign, line, wrapped
from perftui.tui.request_columns import exception_table, failure_table, request_table
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.screens.dialogs import RowDetail
from perftui.tui.screens.run_charts import rates_chart, show_rates, show_times, times_chart
from perftui.tui.state_words import state_of, verdict_word, word_of
from perftui.tui.summary import duration_s, exception_rows, failure_rows, request_rows, sentences_of, total_row
from perftui.tui.widgets.chart import Chart
from perftui.tui.widgets.panes import Pane, Panes
from perftui.tui.widgets.table import Table
from perftui.tui.widgets.text import Bar, Block, ScrollPane
from perftui.tui.widgets.top_bar import TopBar


class ResultsScreen(CockpitScreen):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "../styles/cockpit.tcss",
        "../styles/results.tcss",
    ]
    mode = "results"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run_again", "Run again", tooltip="Back to Setup with this plan"),
        Binding("v", "next_chart", "Chart", tooltip="The other chart"),
        Binding("escape", "app.mode('setup')", "Setup", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shown: Record | None = None

    def body(self) -> Iterable[Widget]:
        yield Bar(id="run-title")
        with Horizontal(id="summary"):
            yield Block("Verdict", id="verdict", rest="all in Run")
            yield times_chart()
            yield rates_chart()
        yield Panes(
            (
                Pane("Requests", request_table(id="requests", rate_label="RPS")),
                Pane("Failures", failure_table(id="failure-list")),
                Pane("Exceptions", exception_table(id="exceptions"), is_optional=True),
                Pane("Run", ScrollPane(id="run")),
                Pane("Files", ScrollPane(id="files")),
                Pane("Plan", ScrollPane(id="plan")),
                Pane("Log", ScrollPane(id="log", empty="nothing was logged")),
            ),
            id="panes",
        )

    def on_mount(self) -> None:
        self.query_one("#requests").focus()

    def show(self, model: CockpitModel) -> None:
        self.query_one(TopBar).show(model)
        kept = model.kept
        record = kept.record if kept else None
        self.query_one("#run-title", Bar).show(_title(model, record))
        if kept is None or record is None:
            why = "The run goes on: 2 shows it." if model.is_live else "No run has ended yet: 1 sets one up."
            self.query_one("#verdict", Block).show(lambda width: wrapped(why, width, "muted"))
        elif record is not self._shown:
            self._show_record(kept)
        self._shown = record

    def action_run_again(self) -> None:
        kept = self.cockpit.model.kept
        if kept is not None:
            self.cockpit.set_up_again(kept.record.plan)

    def action_next_chart(self) -> None:
        self.toggle_class("-second-chart")
        self.call_after_refresh(self._show_charts)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "run_again":
            return self.cockpit.model.kept is not None
        return not self.has_class("-wide") if action == "next_chart" else True

    def on_table_chosen(self, event: Table.Chosen) -> None:
        self.app.push_screen(RowDetail(event.row))

    def _show_record(self, kept: KeptRun) -> None:
        record = kept.record
        verdict = _verdict_lines(record)
        word = verdict_word(record.outcome.verdict) if record.outcome else word_of(record.state)
        self.query_one("#verdict", Block).show(
            verdict, title=(Piece("Verdict  ", "heading"), Piece(word.text, word.role))
        )
        self._show_charts()
        self.query_one(Panes).clear_filters()
        requests, failures, exceptions = (
            request_rows(record.totals),
            failure_rows(record.totals),
            exception_rows(record.totals),
        )
        self.query_one("#requests", Table).show(requests, total_row(record.totals) if requests else None)
        self.query_one("#failure-list", Table).show(failures)
        self.query_one("#exceptions", Table).show(exceptions)
        self.query_one("#run", ScrollPane).show(_run_lines(record))
        self.query_one("#files", ScrollPane).show(_file_lines(record, kept.files))
        self.query_one("#plan", ScrollPane).show(_plan_lines(record))
        log = tuple(kept.log)
        self.query_one("#log", ScrollPane).show(lambda _width: [line(foreign(each)) for each in log])
        self.query_one(Panes).note(
            {
                "Requests": str(len(requests)) if requests else "",
                "Failures": str(len(failures)) if failures else "",
                "Exceptions": str(len(exceptions)) if exceptions else "",
                "Files": str(len(kept.files)),
            }
        )
        self.refresh_bindings()

    def _show_charts(self) -> None:
        kept = self.cockpit.model.kept
        if kept is None:
            return
        record = kept.record
        end_s = duration_s(record)
        times, rates = self.query_one("#times-chart", Chart), self.query_one("#rates-chart", Chart)
        note = () if self.has_class("-wide") else (Piece("v other chart", "muted"),)
        total = total_row(record.totals).times
        if times.display:
            show_times(times, record.timeline, (total.p50_ms, total.p95_ms, total.p99_ms), end_s, end_s, note)
        if rates.display:
            most = record.totals.max_user_count
            show_rates(rates, record.timeline, total_row(record.totals).rps, most, max(1, most), end_s, end_s, note)


def _title(model: CockpitModel, record: Record | None) -> Sequence[Piece]:
    if record is None:
        return (Piece(f" {state_of(model).word.lower()}", "muted"),)
    return (
        Piece(" "),
        foreign(record.plan.title, "strong"),
        Piece(f"  {format_duration(round(duration_s(record), 1))} of load", "muted"),
        Piece("  started ", "muted"),
        foreign(record.started_at.replace("T", " ")[:19], "muted"),
        Piece(" UTC", "muted"),
    )


def _verdict_lines(record: Record) -> Callable[[int], Sequence[Line]]:
    total = total_row(record.totals)
    sentences = [clean(each, 400) for each in sentences_of(record)]
    where = _folder_text(record)

    def lines(width: int) -> Sequence[Line]:
        result: list[Line] = []
        for sentence in sentences[:1]:
            result += wrapped(sentence, width, "strong")
        # Before the rest, which may be cut: the Run pane has all of that.
        result += wrapped(where, width, "", first=Piece("Files ", "muted"))
        for sentence in sentences[1:]:
            result += wrapped(sentence, width)
        result += [Line(), *_headline(total, record.outcome.accounting if record.outcome else None)]
        return result

    return lines


def _folder_text(record: Record) -> str:
    """The folder as a person would type it; below both the current folder and home, in the shorter form."""
    folder, home = Path(record.folder), Path.home()
    texts = [short_path(record.folder)]
    if home != Path("/") and folder.is_relative_to(home):
        texts.append(clean(f"~/{folder.relative_to(home)}"))
    return min(texts, key=len)


def _headline(total: RequestRow, accounting: Accounting | None) -> list[Line]:
    times = total.times
    named = (("p50", times.p50_ms, "p50"), ("p95", times.p95_ms, "p95"), ("p99", times.p99_ms, "p99"))
    measured = [
        *((label, ms_text(value), role) for label, value, role in named),
        ("max", ms_text(times.max_ms), "strong"),
    ]
    counted = [
        ("rps", rate_text(total.rps), "rps"),
        ("failed", share_text(total.fail_ratio), "bad" if total.failures else "strong"),
        ("abandoned", f"{accounting.abandoned:,}" if accounting else NO_VALUE, "strong"),
    ]
    return [_figures(measured), _figures(counted)]


def _figures(entries: Sequence[tuple[str, str, str]]) -> Line:
    pieces: list[Piece] = []
    for place, (label, value, role) in enumerate(entries):
        pieces += [Piece(f"{' ' if place else ''}{label} ", "muted"), Piece(value, role)]
    return Line(tuple(pieces))


def _run_lines(record: Record) -> Callable[[int], Sequence[Line]]:
    """The whole verdict, the accounting, and what happened when."""
    outcome = record.outcome

    def lines(width: int) -> Sequence[Line]:
        result: list[Line] = []
        for sentence in sentences_of(record):
            result += wrapped(clean(sentence, 400), width)
        if outcome is not None:
            counted = outcome.accounting
            text = (
                f"{counted.started:,} requests started = {counted.succeeded:,} succeeded + {counted.failed:,} failed "
                f"+ {counted.abandoned:,} abandoned"
            )
            result += [Line(), *wrapped(text, width, "muted")]
            for warning in outcome.warnings:
                result += wrapped(clean(warning), width, "warn", first=Piece("! ", "warn"))
        result.append(Line())
        for event in record.events:
            first = Piece(f"{format_clock(event.elapsed_s):>8}  ", "muted")
            result += wrapped(
                clean(f"{event.kind}: {event.text}" if event.text else event.kind), width, "", first=first
            )
        return result

    return lines


def _file_lines(record: Record, names: Sequence[str]) -> Callable[[int], Sequence[Line]]:
    folder = _folder_text(record)

    def lines(width: int) -> Sequence[Line]:
        result = [*wrapped(folder, width, "strong"), Line()]
        result += [line(f"  {name:<20}", (FILE_MEANINGS.get(name, ""), "muted")) for name in names]
        return result

    return lines


def _plan_lines(record: Record) -> Callable[[int], Sequence[Line]]:
    environment = [line((f"{clean(key):<13}", "muted"), foreign(value)) for key, value in record.environment.items()]
    return lambda width: [*plan_lines(record.plan, width), Line(), *environment]
