"""Columns side by side, one for each of a series of single values, the newest at the right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from perftui.tui.renderables.line import Line, Piece

_EIGHTHS = " ▁▂▃▄▅▆▇█"
CURRENT = "▲"
# A column and the gap after it, the widest that fit.
_STEPS = ((3, 2), (2, 1), (1, 1))


@dataclass(frozen=True, slots=True)
class Bar:
    """`value` None is a gap. `symbol` stands below the column, and says without a colour what `role` says."""

    value: float | None
    symbol: str = "·"
    role: str = "muted"


def columns(bars: Sequence[Bar], current: int | None, width: int, height: int, top: float) -> list[Line]:
    """`bars` from zero to `top` in `width` x `height` cells, the last row for what is below them.

    Where they do not all fit, the newest are shown, or those around `current`, which is marked.
    """
    if width <= 0 or height <= 0:
        return []
    step, size = next((each for each in _STEPS if len(bars) * each[0] <= width), _STEPS[-1])
    room = width // step
    first = max(0, len(bars) - room)
    if current is not None and current < first:
        first = max(0, current - room // 2)
    shown = list(enumerate(bars))[first : first + room]
    lines = [
        _line([(_cell(bar.value, top, height - 1, row) * size, _role(bar, at == current)) for at, bar in shown], step)
        for row in range(height - 2, -1, -1)
    ]
    below = [(CURRENT if at == current else bar.symbol, "accent" if at == current else bar.role) for at, bar in shown]
    return [*lines, _line([(symbol.ljust(size), role) for symbol, role in below], step)]


def _cell(value: float | None, top: float, height: int, row: int) -> str:
    """What a column shows in `row`, counted from the ground."""
    if value is None or not math.isfinite(value) or top <= 0:
        return " "
    # What was measured is seen, however small.
    eighths = max(1, min(height * 8, round(min(1.0, value / top) * height * 8))) if value > 0 else 0
    return _EIGHTHS[min(8, max(0, eighths - row * 8))]


def _role(bar: Bar, is_current: bool) -> str:
    return "accent" if is_current else "bad" if bar.role == "bad" else "muted"


def _line(cells: Sequence[tuple[str, str]], step: int) -> Line:
    """Neighbours of one colour in one piece: each change of colour is bytes on the line."""
    pieces: list[Piece] = []
    for text, role in cells:
        text = text.ljust(step)
        if pieces and (pieces[-1].role == role or not text.strip()):
            pieces[-1] = Piece(pieces[-1].text + text, pieces[-1].role)
        else:
            pieces.append(Piece(text, role))
    return Line(tuple(pieces))
