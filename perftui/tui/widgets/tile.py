"""One number that matters, with its last minute as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.reactive import var

from perftui.tui.renderables.line import Line, Piece, line, spread, width_of
from perftui.tui.renderables.sparkline import sparkline
from perftui.tui.widgets.strips import StripWidget

# What most values take at most.
_VALUE_CELLS = 4


@dataclass(frozen=True)
class Reading:
    """`value` is the number and `note` what qualifies it; `history` is what the bars show, the newest last.

    `brief` and then `mark` stand for the note where there is no room for it. `names` go before the tile's own.
    """

    value: str
    note: str = ""
    role: str = ""
    note_role: str = "muted"
    history: Sequence[float | None] = ()
    brief: str = ""
    mark: str = ""
    names: Sequence[str] = ()


class Tile(StripWidget):
    """In a frame four rows, without one two: the name then stands before the value.

    `names` go from the longest to the shortest. Of all that it says the value is never cut.
    """

    is_compact = var(False)

    def __init__(self, names: Sequence[str], role: str, *, id: str) -> None:
        super().__init__(id=id)
        self._names, self._role = tuple(names), role
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
        bars = (sparkline(reading.history, width if not self.is_compact else max(0, width - 2)), self._role)
        if not self.is_compact:
            room = width - width_of((value,)) - 1
            notes = filter(None, (reading.note, reading.brief, reading.mark))
            note = next((text for text in notes if cell_len(text) <= room), "")
            end = (Piece(note, reading.note_role),) if note else ()
            return [Line(spread((value,), end, width)), line(bars)]
        marked = (Piece(f" {reading.mark}", reading.note_role),) if reading.mark else ()
        # The longest name that may stand beside a value of usual length: one that changed with each would flicker.
        name = self._named(width - max(_VALUE_CELLS, width_of((value, *marked))) - 2)
        head = (Piece(f" {name} ", "muted"), value, *marked)
        if width_of(head) > width:
            head = (Piece(" "), value, *marked)
        return [Line(spread(head, (), width)), line(" ", bars)]

    def title(self) -> Sequence[Piece]:
        return (Piece(self._named(self.size.width - 6), "heading"),)

    def _named(self, room: int) -> str:
        names = self._reading.names or self._names
        return next((name for name in names if cell_len(name) <= room), names[-1])
