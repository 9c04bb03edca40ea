"""How one looks at the charts of a run: which part of it, on which scale, where the cursor and the window are."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from perftui.model.judged import Window
from perftui.model.snapshot import TimelinePoint, Times
from perftui.tui.charts.chart_columns import SHORTEST_BUCKET_S, Column
from perftui.tui.charts.chart_data import ChartData
from perftui.tui.renderables.scale import span_s

# The parts of a run that may be looked at, from its end; or all of it.
SPANS_S = (60.0, 300.0, 900.0, 3600.0)
# A clock that says more is broken; arithmetic with it would be too.
_LONGEST_S = 1e9
WINDOW_WHY = "as brushed"


class Percentile(NamedTuple):
    """`field` is its name in Times."""

    name: str
    role: str
    field: str

    def of(self, times: Times) -> float | None:
        value: float | None = getattr(times, self.field)
        return value


PERCENTILES = (
    Percentile("p50", "p50", "p50_ms"),
    Percentile("p75", "p75", "p75_ms"),
    Percentile("p90", "p90", "p90_ms"),
    Percentile("p95", "p95", "p95_ms"),
    Percentile("p99", "p99", "p99_ms"),
    Percentile("p99.9", "p99_9", "p99_9_ms"),
)
_SHOWN_AT_FIRST = frozenset({"p50", "p95", "p99"})


class Frame(NamedTuple):
    """The part of the run's clock that the charts show."""

    from_s: float
    to_s: float


@dataclass
class ChartView:
    """`anchor` is where a window was begun that is not ended yet."""

    span_s: float | None = None
    is_log: bool = False
    shown: frozenset[str] = _SHOWN_AT_FIRST
    is_choosing: bool = False
    wants_response: bool = False
    """Response times in place of service times, where there are any."""
    cursor_s: float | None = None
    anchor: Window | None = None
    window: Window | None = None

    @property
    def percentiles(self) -> Sequence[Percentile]:
        return [each for each in PERCENTILES if each.name in self.shown]

    def toggle(self, number: int) -> None:
        """One percentile more or less; the last one stays."""
        self.shown = self.shown ^ {PERCENTILES[number].name} or self.shown

    def frame(self, data: ChartData) -> Frame:
        """It jumps by a quarter of its length, so that what is drawn stays where it is for a while; it follows a
        cursor that leaves it.
        """
        if self.span_s is None:
            return Frame(0.0, span_s(min(data.elapsed_s, _LONGEST_S), data.run_time_s))
        jump_s = self.span_s / 4
        elapsed_s = min(data.elapsed_s, _LONGEST_S) if math.isfinite(data.elapsed_s) else 0.0
        to_s = max(self.span_s, -(-elapsed_s // jump_s) * jump_s)
        if self.cursor_s is not None and self.cursor_s < to_s - self.span_s:
            to_s = max(self.span_s, self.cursor_s // jump_s * jump_s + self.span_s)
        return Frame(to_s - self.span_s, to_s)

    def lengthen(self, data: ChartData) -> None:
        longer = [each for each in SPANS_S if self.span_s is not None and each > self.span_s]
        self.span_s = longer[0] if longer and longer[0] < data.elapsed_s else None

    def shorten(self, data: ChartData) -> None:
        now_s = self.span_s if self.span_s is not None else max(data.elapsed_s, SPANS_S[0] + 1)
        shorter = [each for each in SPANS_S if each < now_s]
        self.span_s = shorter[-1] if shorter else self.span_s

    def move(self, steps: int, points: Sequence[TimelinePoint], bucket_s: float) -> None:
        """The cursor by so many columns; from the newest point where there is none yet."""
        if not points:
            return
        first_s, last_s = points[0].elapsed_s, points[-1].elapsed_s
        if self.cursor_s is None:
            self.cursor_s = last_s
            steps += 1 if steps < 0 else 0
        if bucket_s < SHORTEST_BUCKET_S:
            at = bisect_left(points, self.cursor_s, key=lambda point: point.elapsed_s)
            self.cursor_s = points[min(max(0, at + steps), len(points) - 1)].elapsed_s
        else:
            bucket = min(max(first_s, self.cursor_s), last_s) // bucket_s + steps
            self.cursor_s = min(max(first_s, (bucket + 0.5) * bucket_s), last_s)

    def jump(self, places: Sequence[float], *, forward: bool) -> bool:
        """The cursor to the next of `places`; False where there is none."""
        now = self.cursor_s
        if forward:
            ahead = [place for place in places if now is not None and place > now + 1e-6]
        else:
            ahead = [place for place in places if now is None or place < now - 1e-6]
        if ahead:
            self.cursor_s = min(ahead) if forward else max(ahead)
        return bool(ahead)

    def brush(self, column: Column) -> Window | None:
        """Begin a window at `column`, or end the one that was begun: then it is the window, and the cursor is gone."""
        here = Window(column.from_s, column.to_s, WINDOW_WHY)
        if self.anchor is None:
            self.anchor = here
            if self.cursor_s is None:
                self.cursor_s = column.at_s
            return None
        self.window, self.anchor, self.cursor_s = _joined(self.anchor, here), None, None
        return self.window

    def marked(self, cursor: Column | None) -> Window | None:
        """The window to draw: the one that is being made, or else the one there is."""
        if self.anchor is None:
            return self.window
        return _joined(self.anchor, Window(cursor.from_s, cursor.to_s)) if cursor else self.anchor

    def back(self) -> bool:
        """The latest of what was opened is closed; False where nothing is open."""
        if self.is_choosing:
            self.is_choosing = False
        elif self.anchor is not None:
            self.anchor = None
        elif self.cursor_s is not None:
            self.cursor_s = None
        elif self.window is not None:
            self.window = None
        else:
            return False
        return True

    @property
    def has_open(self) -> bool:
        return self.is_choosing or any(each is not None for each in (self.anchor, self.cursor_s, self.window))


def _joined(one: Window, other: Window) -> Window:
    return Window(min(one.from_s, other.from_s), max(one.to_s, other.to_s), WINDOW_WHY)
