"""Lines as single cells, to draw over them: each character here takes exactly one cell."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from perftui.tui.renderables.line import Line, Piece

# A cell without a dot of a curve: blank, or braille's own blank.
_BLANK = " ⠀"


class Cells:
    """Copies only lines that something is drawn over."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = list(lines)
        self._rows: dict[int, list[tuple[str, str]]] = {}

    def put(self, row: int, column: int, character: str, role: str, *, over: bool = False) -> None:
        """Where nothing is drawn yet, or over what is. What lies outside is passed over."""
        cells = self._row(row)
        if 0 <= column < len(cells) and (over or cells[column][0] in _BLANK):
            cells[column] = (character, role)

    def write(self, row: int, column: int, text: str, role: str, *, over: bool = True) -> None:
        for offset, character in enumerate(text):
            self.put(row, column + offset, character, role, over=over)

    def colour(self, row: int, columns: range, role: str) -> None:
        """What is drawn in `columns` in another colour."""
        cells = self._row(row)
        for column in columns:
            if 0 <= column < len(cells) and cells[column][0] not in _BLANK:
                cells[column] = (cells[column][0], role)

    def is_blank(self, row: int, columns: range) -> bool:
        cells = self._row(row)
        return all(0 <= column < len(cells) and cells[column][0] in _BLANK for column in columns)

    def lines(self) -> list[Line]:
        for row, cells in self._rows.items():
            pieces = [
                Piece("".join(character for character, _ in same), role)
                for role, same in groupby(cells, key=lambda cell: cell[1])
            ]
            self._lines[row] = Line(tuple(pieces))
        self._rows.clear()
        return self._lines

    def _row(self, row: int) -> list[tuple[str, str]]:
        if not 0 <= row < len(self._lines):
            return []
        cells = self._rows.get(row)
        if cells is None:
            cells = [(character, piece.role) for piece in self._lines[row].pieces for character in piece.text]
            self._rows[row] = cells
        return cells
