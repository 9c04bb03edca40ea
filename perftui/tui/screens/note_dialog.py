"""A note for the timeline of a run: one line."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from perftui.model.duration import format_clock
from perftui.model.marks import MAX_NOTE_CHARS
from perftui.tui.renderables.line import wrapped
from perftui.tui.screens.leaving import Dialog
from perftui.tui.widgets.text_form import TextForm


class NoteDialog(Dialog[str | None]):
    """The text, or None where nothing shall be noted. `elapsed_s` is where the note will stand; None: now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Leave it", id="note.leave"),
    ]

    def __init__(self, elapsed_s: float | None) -> None:
        super().__init__()
        self._elapsed_s = elapsed_s

    def compose(self) -> ComposeResult:
        where = "now" if self._elapsed_s is None else f"at {format_clock(self._elapsed_s)}"
        hint = "enter writes it · esc leaves it"
        yield TextForm(f"Note {where}", hint, placeholder="what happened", max_length=MAX_NOTE_CHARS)

    def on_mount(self) -> None:
        self.query_one(TextForm).ask(
            lambda width: wrapped("It stands on every chart and in every export.", width, "muted")
        )

    def on_key(self, event: events.Key) -> None:
        """What comes in one burst with the key that opened this, before there was a field, is text already."""
        if event.is_printable and event.character:
            event.stop()
            self.query_one(Input).insert_text_at_cursor(event.character)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip() or None)
