"""A trial: one user does one task once, and every request is shown with its response."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from perftui.model.errors import PerftuiError
from perftui.model.exchange import MAX_TRIAL_EXCHANGES, Exchange, Trial
from perftui.model.plan import RunPlan
from perftui.model.text import clean, mask_secrets
from perftui.tui.crash import bug_text
from perftui.tui.model import CockpitModel
from perftui.tui.renderables.line import Line, Piece, foreign, line, spread, wrapped
from perftui.tui.screens.base import CockpitScreen
from perftui.tui.texts.exchange_text import exchange_lines
from perftui.tui.texts.figures import ms_text
from perftui.tui.widgets.cursor import CursorWidget
from perftui.tui.widgets.text import Block, ScrollPane
from perftui.tui.widgets.top_bar import TopBar

# More than the engine keeps of what one user prints.
MAX_LOG_LINES = 500


class ExchangeRows(CursorWidget):
    class Changed(Message):
        """The cursor stands on another request."""

    def __init__(self) -> None:
        super().__init__(id="exchanges")
        self._exchanges: Sequence[Exchange] = ()
        self._empty = ""

    @property
    def row_count(self) -> int:
        return len(self._exchanges)

    @property
    def chosen(self) -> Exchange | None:
        return self._exchanges[self.cursor] if self._exchanges else None

    def show(self, exchanges: Sequence[Exchange], empty: str = "") -> None:
        self._exchanges, self._empty = exchanges[:MAX_TRIAL_EXCHANGES], empty
        # What failed is what one looks for.
        self.place(next((at for at, each in enumerate(self._exchanges) if each.message), 0))
        if self.styles.is_auto_height:
            self.refresh(layout=True)
        self.redraw()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(3, self.row_count + 2)

    def cursor_moved(self) -> None:
        self.post_message(self.Changed())

    def lines(self, width: int, height: int) -> Sequence[Line]:
        if not self._exchanges:
            return wrapped(self._empty, width, "muted")
        self.place(self.cursor)
        lines = []
        for index in range(self.first_visible, min(self.first_visible + height, len(self._exchanges))):
            each, is_chosen = self._exchanges[index], index == self.cursor
            name = foreign(f"{each.method} {each.name}", "strong" if is_chosen else "")
            start = (Piece("▌ " if is_chosen else "  ", "accent"), _status(each), Piece("  "), name)
            end = (Piece(ms_text(each.time_ms), "muted"),)
            lines.append(Line(spread(start, end, width), "cursor" if is_chosen and self.has_focus else ""))
        return lines

    def title(self) -> Sequence[Piece]:
        failed = sum(bool(each.message) for each in self._exchanges)
        count = (Piece(f" {len(self._exchanges)}", "muted"), Piece(f"  ✗ {failed}" if failed else "", "bad"))
        return (Piece("Requests", "heading"), *count)


class TrialScreen(CockpitScreen):
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = [
        "../styles/cockpit.tcss",
        "../styles/trial.tcss",
    ]
    mode = "setup"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="trial.leave", tooltip="Back to the setup; a trial under way is ended"),
        Binding("t", "again", "Try again", id="trial.again", tooltip="Another user does the same"),
        Binding("tab", "app.focus_next", "Next", id="trial.next", show=False, tooltip="The next pane"),
        Binding(
            "shift+tab", "app.focus_previous", "Previous", id="trial.previous", show=False, tooltip="The one before"
        ),
    ]

    def __init__(self, plan: RunPlan) -> None:
        super().__init__()
        self._plan = plan
        self._is_trying = False

    def body(self) -> Iterable[Widget]:
        yield Block(id="said", is_framed=False)
        with Container(id="tried"):
            yield ExchangeRows()
            yield ScrollPane(id="exchange", empty="enter or an arrow key chooses a request")
        yield ScrollPane(id="printed", empty="it printed nothing")

    def on_mount(self) -> None:
        self.query_one("#printed", ScrollPane).heading = (Piece("Printed and logged", "heading"),)
        self.query_one("#exchange", ScrollPane).heading = (Piece("Request and response", "heading"),)
        self.query_one(ExchangeRows).focus()
        self.action_again()

    def show(self, model: CockpitModel) -> None:
        self.query_one(TopBar).show(model)

    def on_exchange_rows_changed(self) -> None:
        self._show_exchange()

    def action_again(self) -> None:
        if not self._is_trying:
            self.run_worker(self._try(), group="trial", exclusive=True)

    def action_leave(self) -> None:
        # What it waits for is cancelled with the screen, and its engine ends with that.
        self.workers.cancel_group(self, "trial")
        self.dismiss()

    async def _try(self) -> None:
        self._is_trying = True
        self._show(
            Trial("", "", ()), [Piece("◌ ", "accent")], f"one user is trying {self._plan.title}… esc ends it", ""
        )
        try:
            trial = await self.cockpit.services.trial(self._plan)
        except PerftuiError as error:
            self._show(Trial("", "", ()), [Piece("✗ ", "bad")], f"{error} t tries again", "bad")
        except Exception as error:  # noqa: BLE001 - a bug becomes a line here, not the end of the cockpit
            self._show(Trial("", "", ()), [Piece("✗ ", "bad")], bug_text(error), "bad")
        else:
            self._show_trial(trial)
        finally:
            self._is_trying = False

    def _show_trial(self, trial: Trial) -> None:
        failed = sum(bool(each.message) for each in trial.exchanges)
        who = f"{trial.user_class} did {trial.task}" if trial.task else trial.user_class
        requests = "1 request" if len(trial.exchanges) == 1 else f"{len(trial.exchanges)} requests"
        if trial.exception:
            self._show(trial, [Piece("✗ ", "bad")], f"{who}, and its code raised {trial.exception}", "bad")
        elif failed:
            self._show(trial, [Piece("✗ ", "bad")], f"{who}: {failed} of {requests} failed", "bad")
        elif not trial.exchanges:
            self._show(trial, [Piece("! ", "warn")], f"{who}, and sent no request", "warn")
        else:
            self._show(trial, [Piece("✓ ", "good")], f"{who}: {requests}, none failed", "")

    def _show(self, trial: Trial, first: list[Piece], text: str, role: str) -> None:
        shown = clean(mask_secrets(text), 600)
        mark = Piece(f" {first[0].text}", first[0].role)
        title = line(foreign(self._plan.title, "heading"), (f"  {clean(mask_secrets(self._plan.target.url))}", "muted"))
        self.query_one("#said", Block).show(
            lambda width: [Line((Piece(" "), *title.pieces)), *wrapped(shown, max(1, width - 1), role, first=mark)]
        )
        self.query_one(ExchangeRows).show(trial.exchanges, "waits for the first response…" if not role else "none")
        log = trial.log[:MAX_LOG_LINES]
        printed = self.query_one("#printed", ScrollPane)
        printed.show(lambda width: [row for each in log for row in wrapped(clean(mask_secrets(each), 400), width)])
        self.set_class(not log, "-quiet")
        self._show_exchange()

    def _show_exchange(self) -> None:
        exchange = self.query_one(ExchangeRows).chosen
        pane = self.query_one("#exchange", ScrollPane)
        pane.action_scroll_to_start()
        pane.show(lambda width: exchange_lines(exchange, width) if exchange is not None else ())


def _status(exchange: Exchange) -> Piece:
    """A symbol, and the number; a dash where there was no response."""
    symbol, role = ("✗ ", "bad") if exchange.message else ("✓ ", "good")
    return Piece(f"{symbol}{exchange.status or '–'}", role)
