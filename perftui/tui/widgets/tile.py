"""One number that matters, with its last minute as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.reactive import var

from perftui.tui.renderables.line import Line, Piece, line, spread
from perftui.tui.renderables.sparkline import sparkline
from perftui.tui.widgets.strips import StripWidget


@dataclass(frozen=True)
class Reading:
    """`value` is the number and `note` what qualifies it; `history` is what the bars show, the newest last.

    `mark` stands for the note where there is no room for it.
    """

    value: str
    note: str = ""
    role: str = ""
    note_role: str = "muted"
    history: Sequence[float | None] = ()
    mark: str = ""


class Tile(StripWidget):
    """In a frame four rows, without one two: the name then stands before the value."""

    is_compact = var(False)

    def __init__(self, name: str, short_name: str, role: str, *, id: str) -> None:
        super().__init__(id=id)
        self._label, self._short_label, self._role = name, short_name, role
        self._reading = Reading("–")

    def show(self, reading: Reading) -> None:
        self._reading = reading
        self.redraw()

    def watch_is_compact(self) -> None:
        self._forget()

    @property
    def is_framed(self) -> bool:  # type: ignore[override]
        return not self.is_compact

    def lines(self, width: int, height: int) -> Sequence[Line]:
        reading = self._reading
        value = Piece(reading.value, reading.role or "strong")
        note = Piece(reading.note, reading.note_role)
        if self.is_compact:
            marked = Piece(f" {reading.mark}", reading.note_role) if reading.mark else Piece("")
            head = spread((Piece(f" {self._short_label} ", "muted"), value, marked), (), width)
            return [Line(head), line(" ", (sparkline(reading.history, max(0, width - 2)), self._role))]
        head = spread((value,), (note,) if reading.note else (), width)
        return [Line(head), line((sparkline(reading.history, width), self._role))]

    def title(self) -> Sequence[Piece]:
        return (Piece(self._label, "heading"),)
