"""One metric of two runs in one chart: the old run dim below the new one, both from their own start."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from perftui.judgement.changes import Metric
from perftui.model.duration import format_clock, format_duration
from perftui.model.snapshot import TimelinePoint
from perftui.tui.renderables.buckets import Gather, Sample, bucketed
from perftui.tui.renderables.line import Line, Piece, fit
from perftui.tui.renderables.overlay import Overlay, overlaid
from perftui.tui.renderables.plot import DOTTED, Axis, Curve, area_of, label_width, plot
from perftui.tui.renderables.scale import next_top, span_s
from perftui.tui.texts.figures import NO_VALUE, axis_ms_text, axis_text, ms_text, rate_text, share_text
from perftui.tui.widgets.strips import StripWidget


@dataclass(frozen=True, slots=True)
class _Drawn:
    """How a metric is drawn of a point. A share of failures has no place on a point of no request."""

    name: str
    value: Callable[[TimelinePoint], float | None]
    axis: Callable[[float], str]
    text: Callable[[float], str]
    gather: Gather = "worst"


def _percent_text(percent: float) -> str:
    return f"{percent:g}%"


_DRAWN: dict[Metric, _Drawn] = {
    "rps": _Drawn("rps", lambda point: point.rps, axis_text, rate_text, "mean"),
    "p50": _Drawn("p50", lambda point: point.times.p50_ms, axis_ms_text, ms_text),
    "p95": _Drawn("p95", lambda point: point.times.p95_ms, axis_ms_text, ms_text),
    "p99": _Drawn("p99", lambda point: point.times.p99_ms, axis_ms_text, ms_text),
    "fail_ratio": _Drawn(
        "failed",
        lambda point: 100 * point.failures / point.requests if point.requests else None,
        _percent_text,
        lambda percent: share_text(percent / 100),
    ),
}

# Below so many cells the title says the values alone.
_ROOM_FOR_GATHERING = 56


class ComparedChart(StripWidget):
    """`show` draws another metric, or other points; what they are of stands in the lower edge.

    The cursor reads both runs at one time after their starts.
    """

    is_framed = True

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._metric: Metric = "p95"
        self._of = ""
        self._points: tuple[Sequence[TimelinePoint], Sequence[TimelinePoint]] = ((), ())
        self._now = ("", "")
        self._top = 0.0
        self._bucket_s = 1.0
        self._runs: Sequence[Sequence[Sequence[tuple[float, float]]]] = ((), ())
        self.cursor_s: float | None = None

    def show(
        self,
        metric: Metric,
        old: Sequence[TimelinePoint],
        new: Sequence[TimelinePoint],
        *,
        of: str,
        texts: tuple[str, str],
    ) -> None:
        """`of` says which requests the points are of, `texts` what the metric is over the whole of each run."""
        if (metric, of) != (self._metric, self._of):
            self._top = 0.0
        if of != self._of:
            self.cursor_s = None
        self._metric, self._of, self._points, self._now = metric, of, (old, new), texts
        self.redraw()

    def move(self, steps: int) -> None:
        """The cursor by so many points that are drawn; at the last one where there was none."""
        places = sorted({at_s for own in self._runs for run in own for at_s, _ in run})
        if not places:
            return
        if self.cursor_s is None:
            place = len(places) - 1
        else:
            here = min(range(len(places)), key=lambda each: abs(places[each] - (self.cursor_s or 0.0)))
            place = min(max(0, here + steps), len(places) - 1)
        self.cursor_s = places[place]
        self.redraw()

    def drop_cursor(self) -> bool:
        """False where there is none."""
        had_one, self.cursor_s = self.cursor_s is not None, None
        self.redraw()
        return had_one

    def lines(self, width: int, height: int) -> Sequence[Line]:
        drawn = _DRAWN[self._metric]
        samples = [[Sample(point.elapsed_s, drawn.value(point)) for point in points] for points in self._points]
        if not any(sample.value is not None for each in samples for sample in each):
            return [Line()] * max(0, (height - 1) // 2) + [Line((Piece(" nothing to draw here", "muted"),))]
        end_s = max(points[-1].elapsed_s for points in self._points if points)
        span = span_s(end_s, end_s)
        # Two cells a point: second by second the one run would hide the other.
        self._bucket_s = float(max(1, math.ceil(2 * span / max(1, width - 6))))
        runs = self._runs = [bucketed(each, self._bucket_s, drawn.gather) for each in samples]
        self._top = next_top(self._top, max((value for own in runs for run in own for _, value in run), default=0.0))
        y = Axis(self._top, drawn.axis)
        if width < label_width(y) + 4:
            return []
        x = Axis(span, format_clock)
        curves = [Curve("baseline", runs[0], is_dotted=True), Curve(self._role, runs[1])]
        lines = plot(width, height, curves, x, y, self.chart_marker)
        area = area_of(width, height, x, y, self.chart_marker)
        return lines if area is None else overlaid(lines, area, Overlay(cursor=self.cursor_s))

    def title(self) -> Sequence[Piece]:
        old, new = self._now if self.cursor_s is None else (self._read(0), self._read(1))
        dotted = DOTTED[self.chart_marker] * 2
        pieces = [Piece(_DRAWN[self._metric].name, "heading")]
        if self.cursor_s is not None:
            pieces.append(Piece(f"  {self._clock(self.cursor_s)}", "brush"))
        pieces += [Piece(f"  A{dotted} ", "muted"), Piece(old, "muted")] if old else []
        pieces += [Piece(f"  B {new}", self._role)] if new else []
        if self._bucket_s >= 2 and self.size.width >= _ROOM_FOR_GATHERING:
            pieces.append(Piece(f"  {self._gathered}", "muted"))
        return pieces

    def _clock(self, at_s: float) -> str:
        if self._bucket_s < 2:
            return format_clock(at_s)
        return f"{format_clock(at_s - self._bucket_s / 2)}–{format_clock(at_s + self._bucket_s / 2)}"

    def _read(self, which: int) -> str:
        """What the run has at the cursor."""
        near = [
            value
            for run in self._runs[which]
            for at_s, value in run
            if self.cursor_s is not None and abs(at_s - self.cursor_s) < max(0.5, self._bucket_s / 2)
        ]
        return _DRAWN[self._metric].text(near[0]) if near else NO_VALUE

    def subtitle(self) -> Sequence[Piece]:
        room, hint = max(0, self.size.width - 6), " · t metric"
        if cell_len(self._of) + len(hint) > room:
            return (Piece(fit(self._of, min(cell_len(self._of), room)), "muted"),)
        return (Piece(self._of + hint, "muted"),)

    @property
    def _gathered(self) -> str:
        how = "mean" if _DRAWN[self._metric].gather == "mean" else "worst"
        return f"{how} of each {format_duration(self._bucket_s)}"

    @property
    def _role(self) -> str:
        return "bad" if self._metric == "fail_ratio" else self._metric
