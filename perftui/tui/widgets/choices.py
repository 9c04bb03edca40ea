"""A short list to choose one of: what the cursor is on is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.message import Message

from perftui.model.text import clean
from perftui.tui.renderables.line import Line, Piece, spread
from perftui.tui.widgets.cursor import CursorWidget


class Choice(NamedTuple):
    """`value` is what choosing it means; `label` and `note` are shown, cleaned."""

    value: str
    label: str
    note: str = ""
    note_role: str = "muted"


class Choices(CursorWidget):
    class Changed(Message):
        def __init__(self, choices: Choices) -> None:
            super().__init__()
            self.choices = choices

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = title
        self._choices: tuple[Choice, ...] = ()

    @property
    def row_count(self) -> int:
        return len(self._choices)

    @property
    def value(self) -> str | None:
        """What is chosen; None only where there is nothing to choose."""
        return self._choices[self.cursor].value if self._choices else None

    def show(self, choices: Sequence[Choice]) -> None:
        self._choices = tuple(choices)
        self.place(self.cursor)
        self.redraw()

    def choose(self, value: str | None) -> None:
        """Put the cursor on `value`, if it is there; nothing is said."""
        self.place(next((at for at, each in enumerate(self._choices) if each.value == value), self.cursor))
        self.redraw()

    def cursor_moved(self) -> None:
        self.post_message(self.Changed(self))

    def lines(self, width: int, height: int) -> Sequence[Line]:
        self.place(self.cursor)
        lines = []
        for index in range(self.first_visible, min(self.first_visible + height, len(self._choices))):
            choice = self._choices[index]
            is_chosen = index == self.cursor
            label = Piece(clean(choice.label), "strong" if is_chosen else "")
            start = (Piece("▌ " if is_chosen else "  ", "accent"), label)
            end = (Piece(clean(choice.note), choice.note_role),) if choice.note else ()
            under = "cursor" if is_chosen and self.has_focus else ""
            lines.append(Line(spread(start, end, width), under))
        return lines

    def title(self) -> Sequence[Piece]:
        return (Piece(self._title, "heading"), Piece(f" {len(self._choices)}", "muted"))

    def subtitle(self) -> Sequence[Piece]:
        height = self.inside_height
        if len(self._choices) <= height:
            return ()
        last = min(len(self._choices), self.first_visible + height)
        return (Piece(f"{self.first_visible + 1}–{last} of {len(self._choices)}", "muted"),)
