"""Questions, and what stands over a mode for a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from perftui.model.text import clean
from perftui.tui.columns.request_columns import facts_of
from perftui.tui.renderables.line import Line, Piece, line, wrapped
from perftui.tui.screens.leaving import Dialog
from perftui.tui.widgets.text import Block
from perftui.tui.widgets.text_form import TextForm

QuitAnswer = Literal["detach", "stop"]


class QuitDialog(Dialog[QuitAnswer | None]):
    """A run goes on: what shall become of it? None is to stay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "answer('detach')", "Detach", id="quit.detach", tooltip="Leave the cockpit; the run goes on"),
        Binding("s", "answer('stop')", "Stop the run", id="quit.stop", tooltip="Stop the run, then leave"),
        Binding("escape,q,ctrl+c", "answer('')", "Stay", id="quit.stay", tooltip="Stay"),
    ]

    def __init__(self, *, is_starting: bool = False) -> None:
        super().__init__()
        self._is_starting = is_starting

    def compose(self) -> ComposeResult:
        yield _dialog("A run is starting" if self._is_starting else "The run goes on", self._lines)

    def action_answer(self, answer: str) -> None:
        self.dismiss("detach" if answer == "detach" else "stop" if answer == "stop" else None)

    def _lines(self, width: int) -> Sequence[Line]:
        detach, stop = "leave the cockpit, the run goes on", "stop the run, then leave"
        if self._is_starting:
            detach, stop = "leave the cockpit once the run has started", "do not start it, and leave"
        return [
            Line(),
            line((" d ", "key"), f" detach: {detach}"),
            line((" s ", "key"), f" {stop}"),
            line((" esc ", "key"), " stay"),
            Line(),
        ]


class ConfirmHost(Dialog[bool]):
    """Load that could hurt somebody starts only when the host's name was typed.

    `load` says what will be sent, `why` what the target is: it follows "a target that". `deed` is what enter does.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "Do not start", id="confirm.cancel", tooltip="Do not start")
    ]

    def __init__(self, host: str, load: str, why: str = "is marked as production", deed: str = "start it") -> None:
        super().__init__()
        self._host, self._load, self._why, self._deed = host, load, why, deed

    def compose(self) -> ComposeResult:
        hint = f"enter to {self._deed} · esc does nothing"
        yield TextForm("Is this the target you mean?", hint, placeholder="host name", max_length=300)

    def on_mount(self) -> None:
        self.query_one(TextForm).ask(self._lines)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip() == self._host:
            self.dismiss(True)
        else:
            self.query_one(TextForm).refuse("that is not the host's name")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one(TextForm).refuse("")

    def _lines(self, width: int) -> Sequence[Line]:
        return [
            *wrapped(f"This goes to a target that {clean(self._why)}:", width),
            *wrapped(clean(self._load, 400), width, "warn"),
            Line(),
            line("Type its host name:"),
            # Never cut: it has to be typed.
            *wrapped(clean(self._host, 300), width, "strong", first=Piece("  ")),
        ]


class RowDetail(Dialog[None]):
    """All of one row of a table."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss(None)", "Close", id="detail.close", tooltip="Close")
    ]

    def __init__(self, row: object) -> None:
        super().__init__()
        self._facts = facts_of(row)

    def compose(self) -> ComposeResult:
        yield _dialog("Detail", self._lines)

    def _lines(self, width: int) -> Sequence[Line]:
        label_width = max(len(label) for label, _ in self._facts) + 2
        lines: list[Line] = []
        for label, value in self._facts:
            lines += wrapped(clean(value, 400), width, "strong", first=Piece(label.ljust(label_width), "muted"))
        return lines


def _dialog(title: str, lines: Callable[[int], Sequence[Line]]) -> Block:
    block = Block(title)
    block.add_class("dialog")
    block.show(lines)
    return block
