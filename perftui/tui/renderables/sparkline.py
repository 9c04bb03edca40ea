"""A row of bars: the newest value at the right, from zero to the largest one."""

from __future__ import annotations

import math
from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"
_HEADROOM = 1.2


def sparkline(values: Sequence[float | None], width: int) -> str:
    """The last `width` values, one cell each. A gap is an empty cell; zero is the lowest bar.

    The scale starts at zero, so that a steady value looks steady, and ends above the largest, so that it does
    not look like a wall.
    """
    shown = list(values[-width:]) if width > 0 else []
    known = [value for value in shown if value is not None and math.isfinite(value)]
    top = max(known, default=0.0) * _HEADROOM
    bars = "".join(_bar(value, top) for value in shown)
    return bars.rjust(max(0, width))


def _bar(value: float | None, top: float) -> str:
    if value is None or not math.isfinite(value):
        return " "
    if top <= 0 or value <= 0:
        return _BARS[0]
    return _BARS[min(len(_BARS) - 1, int(value / top * len(_BARS)))]
