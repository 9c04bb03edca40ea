"""A question that is answered with a line of text, or with yes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Input

from perftui.model.text import clean
from perftui.tui.renderables.line import Line, foreign, line, wrapped
from perftui.tui.screens.leaving import Dialog
from perftui.tui.widgets.text import Block
from perftui.tui.widgets.typed_input import TypedInput


class AskText(Dialog[str | None]):
    """One line of text; None where nothing shall be done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Leave it", id="question.leave", tooltip="Do nothing")
    ]

    def __init__(self, title: str, explanation: str, text: str = "", *, max_length: int = 200) -> None:
        super().__init__()
        self._heading, self._explanation, self._text = clean(title), clean(explanation, 600), clean(text, max_length)
        self._max_length = max_length

    def compose(self) -> ComposeResult:
        with Container(classes="dialog"):
            yield Block(self._heading, id="question")
            yield TypedInput(self._text, max_length=self._max_length, compact=True)

    def on_mount(self) -> None:
        self.query_one("#question", Block).show(
            lambda width: [*wrapped(self._explanation, width), line(("enter writes it · esc leaves it", "muted"))]
        )
        self.query_one(Input).focus()

    def on_key(self, event: events.Key) -> None:
        """What comes in one burst with the key that opened this is text already."""
        field = self.query_one(Input)
        if self.focused is not field and event.is_printable and event.character:
            event.stop()
            field.insert_text_at_cursor(event.character)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip() or None)


class Confirm(Dialog[bool]):
    """`about` names what it is about: a text from outside. Only y is yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes", id="question.yes"),
        Binding("escape,n,q,enter", "dismiss(False)", "No", id="question.no"),
    ]

    def __init__(self, title: str, about: str, consequence: str) -> None:
        super().__init__()
        self._heading, self._about, self._consequence = clean(title), about, clean(consequence, 600)

    def compose(self) -> ComposeResult:
        with Container(classes="dialog"):
            yield Block(self._heading, id="question")

    def on_mount(self) -> None:
        self.query_one("#question", Block).show(self._lines)

    def _lines(self, width: int) -> Sequence[Line]:
        return [
            line(foreign(self._about, "strong")),
            *wrapped(self._consequence, width),
            Line(),
            line((" y ", "key"), " yes     ", (" esc ", "key"), " no"),
        ]
