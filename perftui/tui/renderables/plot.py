"""Lines over time, drawn by plotext: its only user, through its one global figure, on one thread.

plotext is imported on first use: it costs tens of milliseconds that the first paint should not wait for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from perftui.tui.renderables.line import Line, Piece, line

_ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")
# plotext is handed a number per role and the colour code it writes is read back; colours are the widget's.
_COLOUR_PREFIX = "38;5;"
_FIRST_COLOUR = 17


class Curve(NamedTuple):
    """`runs` are stretches of (x, y) with a gap between one and the next; the later curve is drawn on top."""

    role: str
    runs: Sequence[Sequence[tuple[float, float]]]


class Axis(NamedTuple):
    """From 0 to `top`; `text` makes a label of a value."""

    top: float
    text: Callable[[float], str]


def label_width(y: Axis) -> int:
    return max(cell_len(y.text(y.top * part)) for part in (0, 0.5, 1)) + 1


def plot(width: int, height: int, curves: Sequence[Curve], x: Axis, y: Axis, *, marker: str = "braille") -> list[Line]:
    """`height` lines of `width` cells. With ten rows or more the last holds the labels of the x axis.

    All points are brought inside the axes first. A size without room for a line is left empty.
    """
    labels = label_width(y)
    if width < labels + 4 or height < 2:
        return [line(" " * max(0, width))] * max(0, height)
    import plotext

    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.theme("clear")
    plotext.plotsize(width, height)
    plotext.xaxes(False, False)
    plotext.yaxes(True, False)
    plotext.xlim(0, x.top)
    plotext.ylim(0, y.top)
    values = (0, y.top) if height < 5 else (0, y.top / 2, y.top)
    plotext.yticks(values, [y.text(value).rjust(labels - 1) for value in values])
    if height >= 10:
        # Whole numbers: of two that differ in their fraction the labels would be the same.
        marks = sorted({int(x.top * quarter / 4) for quarter in range(5)})
        plotext.xticks(marks, [x.text(mark) for mark in marks])
    else:
        plotext.xticks([], [])
    for number, curve in enumerate(curves):
        for run in curve.runs:
            inside = [(min(max(at, 0.0), x.top), min(max(value, 0.0), y.top)) for at, value in run]
            if len(inside) == 1:
                plotext.scatter(*_columns(inside), marker=marker, color=_FIRST_COLOUR + number)
            elif inside:
                plotext.plot(*_columns(inside), marker=marker, color=_FIRST_COLOUR + number)
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
