"""Lines over time, drawn by plotext: its only user, through its one global figure, on one thread.

plotext is imported on first use: it costs tens of milliseconds that the first paint should not wait for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from perftui.tui.renderables.line import Line, Piece, line
from perftui.tui.settings import Marker

_GLYPHS: dict[Marker, str] = {"braille": "braille", "ascii": "*"}
DOTTED: dict[Marker, str] = {"braille": "·", "ascii": "."}
_DOTS: dict[Marker, tuple[int, int]] = {"braille": (2, 4), "ascii": (1, 1)}
_ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")
# plotext is handed a number per role and the colour code it writes is read back; colours are the widget's.
_COLOUR_PREFIX = "38;5;"
_FIRST_COLOUR = 17
# From so many rows on the last one holds the labels of the x axis.
_ROWS_FOR_LABELS = 10


class Curve(NamedTuple):
    """`runs` are stretches of (x, y) with a gap between one and the next; the later curve is drawn on top.

    One that `is_dotted` differs from the others without a colour too.
    """

    role: str
    runs: Sequence[Sequence[tuple[float, float]]]
    is_dotted: bool = False


class Axis(NamedTuple):
    """From `bottom` to `top`; `text` makes a label of a value. `ticks` are the values that have one; none: the ends
    and the middle.
    """

    top: float
    text: Callable[[float], str]
    bottom: float = 0.0
    ticks: tuple[float, ...] = ()

    def part_of(self, value: float) -> float:
        """Where `value` lies, from 0 at the bottom to 1 at the top."""
        return (value - self.bottom) / (self.top - self.bottom)

    def inside(self, value: float) -> float:
        return min(max(value, self.bottom), self.top)

    def labelled(self, rows: int) -> tuple[float, ...]:
        if rows < 5:
            return (self.bottom, self.top)
        return self.ticks or (self.bottom, (self.bottom + self.top) / 2, self.top)


class Area(NamedTuple):
    """The cells of a plot that curves are drawn in: `left` cells from the left, `rows` from the top.

    `dots` are how many points a cell shows in each direction.
    """

    left: int
    columns: int
    rows: int
    x: Axis
    y: Axis
    dots: tuple[int, int] = (2, 4)

    def column_of(self, at: float) -> int:
        """The column, from 0, that a curve goes through at `at`; the nearest one for what lies outside."""
        return _cell(self.x.part_of(self.x.inside(at)), self.columns, self.dots[0])

    def row_of(self, value: float) -> int:
        """The row, from 0 at the top, that a curve of `value` goes through."""
        return self.rows - 1 - _cell(self.y.part_of(self.y.inside(value)), self.rows, self.dots[1])

    def at_of(self, column: int) -> float:
        """What the middle of `column` stands for on the x axis."""
        part = (column + 0.5) / max(1, self.columns)
        return self.x.inside(self.x.bottom + part * (self.x.top - self.x.bottom))


def _cell(part: float, cells: int, dots: int) -> int:
    # The same arithmetic as plotext's, rounding included.
    return min(cells - 1, math.floor(round(0.5 + (cells * dots - 1) * part, 8)) // dots)


def area_of(width: int, height: int, x: Axis, y: Axis, marker: Marker = "braille") -> Area | None:
    """Where `plot` draws; None where there is no room."""
    labels = label_width(y)
    if width < labels + 4 or height < 2 or not (x.top > x.bottom and y.top > y.bottom):
        return None
    rows = height - (1 if height >= _ROWS_FOR_LABELS else 0)
    return Area(labels, width - labels, rows, x, y, _DOTS[marker])


def label_width(y: Axis) -> int:
    return max(cell_len(y.text(value)) for value in (*y.labelled(9), y.bottom, y.top)) + 1


def plot(width: int, height: int, curves: Sequence[Curve], x: Axis, y: Axis, marker: Marker = "braille") -> list[Line]:
    """`height` lines of `width` cells. With ten rows or more the last holds the labels of the x axis; see `area_of`.

    All points are brought inside the axes first. A size without room for a line is left empty.
    """
    area, glyph = area_of(width, height, x, y, marker), _GLYPHS[marker]
    if area is None:
        return [line(" " * max(0, width))] * max(0, height)
    import plotext

    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.theme("clear")
    plotext.plotsize(width, height)
    plotext.xaxes(False, False)
    plotext.yaxes(True, False)
    plotext.xlim(x.bottom, x.top)
    plotext.ylim(y.bottom, y.top)
    values = y.labelled(height)
    plotext.yticks(values, [y.text(value).rjust(area.left - 1) for value in values])
    if height >= _ROWS_FOR_LABELS:
        # Whole numbers: of two that differ in their fraction the labels would be the same.
        marks = sorted({int(x.bottom + (x.top - x.bottom) * quarter / 4) for quarter in range(5)})
        plotext.xticks(marks, [x.text(mark) for mark in marks])
    else:
        plotext.xticks([], [])
    for number, curve in enumerate(curves):
        drawn = DOTTED[marker] if curve.is_dotted else glyph
        for run in curve.runs:
            inside = [(x.inside(at), y.inside(value)) for at, value in run]
            if len(inside) == 1:
                plotext.scatter(*_columns(inside), marker=drawn, color=_FIRST_COLOUR + number)
            elif inside:
                plotext.plot(*_columns(inside), marker=drawn, color=_FIRST_COLOUR + number)
    if not any(run for curve in curves for run in curve.runs):
        # Without anything to draw plotext leaves the axes out.
        plotext.scatter([x.bottom], [y.bottom], marker=" ")
    rows = plotext.build().split("\n")[:height]
    roles = {f"{_COLOUR_PREFIX}{_FIRST_COLOUR + number}": curve.role for number, curve in enumerate(curves)}
    lines = [_read(row, roles) for row in rows]
    return lines + [line(" " * width)] * (height - len(lines))


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [at for at, _ in points], [value for _, value in points]


def _read(row: str, roles: dict[str, str]) -> Line:
    pieces: list[Piece] = []
    role, end = "muted", 0
    for match in _ESCAPE.finditer(row):
        if match.start() > end:
            pieces.append(Piece(row[end : match.start()], role))
        role = roles.get(match.group(1), "muted")
        end = match.end()
    if end < len(row):
        pieces.append(Piece(row[end:], role))
    return Line(tuple(pieces))
