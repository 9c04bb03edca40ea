"""One group of failures: how often, since when, and the requests of it that were kept whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from perftui.model.exchange import MAX_EXCHANGE_BYTES_OF_RUN, MAX_EXCHANGES_PER_GROUP, Exchange
from perftui.model.snapshot import FailureRow
from perftui.model.text import clean
from perftui.tui.columns.request_columns import facts_of
from perftui.tui.following.recall import Recall
from perftui.tui.model import TREND_BARS, TREND_S, CockpitModel
from perftui.tui.renderables.line import Line, Piece, foreign, wrapped
from perftui.tui.renderables.sparkline import sparkline
from perftui.tui.screens.run_page import RunPage
from perftui.tui.texts.exchange_text import exchange_lines, exchange_table
from perftui.tui.texts.figures import bytes_text
from perftui.tui.widgets.table import Table
from perftui.tui.widgets.text import Bar, Block, ScrollPane


class FailurePage(RunPage):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "../styles/cockpit.tcss",
        "../styles/live.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", tooltip="Copy the sample, as it is shown", id="failure.copy"),
        # With priority: both panes scroll, and the focus goes from one to the other.
        Binding("tab,shift+tab", "other_pane", "Pane", tooltip="Samples, or the one chosen", id="failure.pane"),
    ]
    AUTO_FOCUS = "#samples"

    def __init__(self, folder: Path, model: CockpitModel, mode: str, row: FailureRow) -> None:
        super().__init__(folder, model, mode)
        self._row = row
        self._exchanges: Sequence[Exchange] | None = None

    def body(self) -> Iterable[Widget]:
        yield Bar(id="page-title")
        yield Block("Failure", id="facts")
        with Horizontal(id="lower"):
            yield exchange_table(id="samples")
            yield ScrollPane(id="sample")

    async def read(self, recall: Recall) -> None:
        row = self._row
        self._exchanges = await recall.ask(lambda reader: reader.exchanges(row.method, row.name, row.message))

    def show(self, model: CockpitModel) -> None:
        snapshot = model.snapshot
        if self.is_of_live_run and snapshot is not None:
            key = (self._row.method, self._row.name, self._row.message)
            self._row = next(
                (row for row in snapshot.failures if (row.method, row.name, row.message) == key), self._row
            )
        self._show_facts()
        super().show(model)

    def draw(self) -> None:
        table: Table[Exchange] = self.query_one("#samples", Table)
        table.heading = (Piece("Samples", "heading"),)
        exchanges = self._exchanges or ()
        table.empty = "reading…" if self._exchanges is None else "none was kept"
        table.show(exchanges)
        self._show_sample()

    def on_table_moved(self) -> None:
        self._show_sample()

    def on_table_chosen(self) -> None:
        self.query_one("#sample").focus()

    def action_other_pane(self) -> None:
        samples, sample = self.query_one("#samples"), self.query_one("#sample")
        self.set_focus(samples if sample.has_focus else sample)

    def action_copy(self) -> None:
        exchange = self.query_one("#samples", Table).cursor_row
        if isinstance(exchange, Exchange):
            text = "\n".join("".join(piece.text for piece in each.pieces) for each in exchange_lines(exchange, 1000))
            self.app.copy_to_clipboard(text)
            self.cockpit.say("the sample was copied")

    def _show_facts(self) -> None:
        row = self._row
        name = foreign(f"{row.method} {row.name}".strip(), "strong")
        self.query_one("#page-title", Bar).show((Piece(" ✗ ", "bad"), name), (Piece(f"{row.count:,} failed ", "bad"),))
        facts = [*facts_of(row)[1:]]
        trend = self.model.failure_trend_of((row.method, row.name, row.message)) if self.is_of_live_run else ()
        if any(trend):
            facts.append(("last minute", f"{sparkline(trend, TREND_BARS).strip()}  failures, {TREND_S} s a bar"))

        def lines(width: int) -> Sequence[Line]:
            shown: list[Line] = []
            for label, value in facts:
                first = Piece(label.ljust(14), "muted")
                shown += wrapped(clean(value, 400), width, "strong" if label == "message" else "", first=first)
            return shown

        self.query_one("#facts", Block).show(lines)

    def _show_sample(self) -> None:
        exchange = self.query_one("#samples", Table).cursor_row
        pane = self.query_one("#sample", ScrollPane)
        if isinstance(exchange, Exchange):
            pane.heading = (Piece("Request and response", "heading"),)
            pane.show(lambda width: exchange_lines(exchange, width))
            return
        pane.heading = ()
        if self._exchanges is not None:
            pane.show(lambda width: _why_none(width))


def _why_none(width: int) -> list[Line]:
    room = bytes_text(MAX_EXCHANGE_BYTES_OF_RUN)
    whys = (
        "The failure may have been reported without a request: by the locustfile itself, or by another client than "
        "Locust's own for HTTP.",
        f"The room for samples may have been used up: of a run {room} of them are kept, of each failure the first "
        f"{MAX_EXCHANGES_PER_GROUP}.",
        "Runs of earlier versions kept none.",
    )
    lines = wrapped("No sample was kept, because of one of these:", width)
    for why in whys:
        lines += wrapped(why, width, "muted", first=Piece("· ", "muted"))
    return lines
