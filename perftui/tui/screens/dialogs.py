"""Questions, and what stands over a mode for a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from perftui.model.text import clean
from perftui.tui.renderables.line import Line, Piece, foreign, line, wrapped
from perftui.tui.request_columns import facts_of
from perftui.tui.widgets.text import Block, ScrollPane

QuitAnswer = Literal["detach", "stop"]


class QuitDialog(ModalScreen[QuitAnswer | None]):
    """A run goes on: what shall become of it? None is to stay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "answer('detach')", "Detach"),
        Binding("s", "answer('stop')", "Stop the run"),
        Binding("escape,q,ctrl+c", "answer('')", "Stay"),
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


class ConfirmHost(ModalScreen[bool]):
    """Load for production starts only when its host name was typed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", "Do not start")]

    def __init__(self, host: str, load: str) -> None:
        super().__init__()
        self._host, self._load = host, load

    def compose(self) -> ComposeResult:
        with Container(classes="dialog"):
            yield Block("Production", id="question")
            yield Input(placeholder="host name", compact=True)

    def on_mount(self) -> None:
        self._ask("")
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip() == self._host:
            self.dismiss(True)
        else:
            self._ask("that is not the host's name")

    def _ask(self, error: str) -> None:
        def lines(width: int) -> Sequence[Line]:
            return [
                *wrapped(f"This sends {self._load} to a target that is marked as production.", width),
                line("Type ", foreign(self._host, "strong"), " and press enter to start; esc does not."),
                line((f"✗ {error}", "bad")) if error else Line(),
            ]

        self.query_one("#question", Block).show(lines)


class RowDetail(ModalScreen[None]):
    """All of one row of a table."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "dismiss(None)", "Close")]

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


class Help(ModalScreen[None]):
    """The keys that work now, read from the bindings themselves."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q", "dismiss(None)", "Close")]

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__()
        self._keys = keys_of(screen)

    def compose(self) -> ComposeResult:
        with Container(classes="dialog tall"):
            yield ScrollPane(id="keys")

    def on_mount(self) -> None:
        pane = self.query_one(ScrollPane)
        pane.heading = (Piece("Keys", "heading"),)
        key_width = max(len(key) for key, _ in self._keys) + 2

        def lines(width: int) -> Sequence[Line]:
            entries = [wrapped(text, width, first=Piece(f"{key:>{key_width}}  ", "key")) for key, text in self._keys]
            return [each for entry in entries for each in entry]

        pane.show(lines)
        pane.focus()


def keys_of(screen: Screen[object]) -> list[tuple[str, str]]:
    """(keys, what they do) of everything that is bound on `screen` now, one entry per action."""
    found: dict[str, tuple[list[str], str]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        text = active.tooltip or binding.tooltip or binding.description
        if not text or not active.enabled:
            continue
        keys, _ = found.setdefault(f"{binding.action} {text}", ([], text))
        display = screen.app.get_key_display(binding)
        if display not in keys:
            keys.append(display)
    return [(" ".join(keys), text) for keys, text in found.values()]


def _dialog(title: str, lines: Callable[[int], Sequence[Line]]) -> Block:
    block = Block(title)
    block.add_class("dialog")
    block.show(lines)
    return block
