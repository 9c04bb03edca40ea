"""A question that is answered with a line of text, or with yes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Input

from perftui.model.text import clean
from perftui.profiles.names import NAME_ALLOWED, is_name
from perftui.store.history import LAST
from perftui.tui.renderables.line import Line, foreign, line, wrapped
from perftui.tui.screens.leaving import Dialog
from perftui.tui.widgets.text import Block
from perftui.tui.widgets.text_form import TextForm


def baseline_refusal(name: str) -> str:
    """Why `name` cannot name a baseline; "" where it can."""
    if name == LAST:
        return f'"{LAST}" is the newest run'
    return "" if is_name(name) else f"a name has {NAME_ALLOWED}"


class AskText(Dialog[str | None]):
    """One line of text; None where nothing shall be done.

    `refusal` says why an answer is none, "" where it is one: what was typed stays until it is put right.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Leave it", id="question.leave", tooltip="Do nothing")
    ]

    def __init__(
        self,
        title: str,
        explanation: str,
        text: str = "",
        *,
        max_length: int = 200,
        refusal: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__()
        self._refusal = refusal
        self._heading, self._explanation, self._text = clean(title), clean(explanation, 600), clean(text, max_length)
        self._max_length = max_length

    def compose(self) -> ComposeResult:
        yield TextForm(self._heading, "enter writes it · esc leaves it", text=self._text, max_length=self._max_length)

    def on_mount(self) -> None:
        self.query_one(TextForm).ask(lambda width: wrapped(self._explanation, width))

    def on_key(self, event: events.Key) -> None:
        """What comes in one burst with the key that opened this is text already."""
        field = self.query_one(Input)
        if self.focused is not field and event.is_printable and event.character:
            event.stop()
            field.insert_text_at_cursor(event.character)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        refusal = self._refusal(text) if self._refusal is not None and text else ""
        if refusal:
            self.query_one(TextForm).refuse(refusal)
        else:
            self.dismiss(text or None)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one(TextForm).refuse("")


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
