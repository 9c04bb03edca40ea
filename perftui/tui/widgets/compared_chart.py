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
from perftui.tui.renderables.plot import Axis, Curve, label_width, plot
from perftui.tui.renderables.scale import next_top, span_s
from perftui.tui.texts.figures import axis_ms_text, axis_text
from perftui.tui.widgets.strips import StripWidget


@dataclass(frozen=True, slots=True)
class _Drawn:
    """How a metric is drawn of a point. A share of failures has no place on a point of no request."""

    name: str
    value: Callable[[TimelinePoint], float | None]
    axis: Callable[[float], str]
    gather: Gather = "worst"


def _percent_text(percent: float) -> str:
    return f"{percent:g}%"


_DRAWN: dict[Metric, _Drawn] = {
    "rps": _Drawn("rps", lambda point: point.rps, axis_text, "mean"),
    "p50": _Drawn("p50", lambda point: point.times.p50_ms, axis_ms_text),
    "p95": _Drawn("p95", lambda point: point.times.p95_ms, axis_ms_text),
    "p99": _Drawn("p99", lambda point: point.times.p99_ms, axis_ms_text),
    "fail_ratio": _Drawn(
        "failed", lambda point: 100 * point.failures / point.requests if point.requests else None, _percent_text
    ),
}

# Below so many cells the title says the values alone.
_ROOM_FOR_GATHERING = 56


class ComparedChart(StripWidget):
    """`show` draws another metric, or other points; what they are of stands in the lower edge."""

    is_framed = True

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._metric: Metric = "p95"
        self._of = ""
        self._points: tuple[Sequence[TimelinePoint], Sequence[TimelinePoint]] = ((), ())
        self._now = ("", "")
        self._top = 0.0
        self._bucket_s = 1.0

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
        self._metric, self._of, self._points, self._now = metric, of, (old, new), texts
        self.redraw()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        drawn = _DRAWN[self._metric]
        samples = [[Sample(point.elapsed_s, drawn.value(point)) for point in points] for points in self._points]
        if not any(sample.value is not None for each in samples for sample in each):
            return [Line()] * max(0, (height - 1) // 2) + [Line((Piece(" nothing to draw here", "muted"),))]
        end_s = max(points[-1].elapsed_s for points in self._points if points)
        span = span_s(end_s, end_s)
        # Two cells a point: second by second the one run would hide the other.
        self._bucket_s = float(max(1, math.ceil(2 * span / max(1, width - 6))))
        runs = [bucketed(each, self._bucket_s, drawn.gather) for each in samples]
        self._top = next_top(self._top, max((value for own in runs for run in own for _, value in run), default=0.0))
        y = Axis(self._top, drawn.axis)
        if width < label_width(y) + 4:
            return []
        curves = [Curve(role, own) for role, own in zip(("baseline", self._role), runs, strict=True)]
        return plot(width, height, curves, Axis(span, format_clock), y, self.chart_marker)

    def title(self) -> Sequence[Piece]:
        old, new = self._now
        return (
            Piece(_DRAWN[self._metric].name, "heading"),
            *((Piece("  A ", "muted"), Piece(old, "muted")) if old else ()),
            *((Piece("  B ", self._role), Piece(new, self._role)) if new else ()),
            *(
                (Piece(f"  {self._gathered}", "muted"),)
                if self._bucket_s >= 2 and self.size.width >= _ROOM_FOR_GATHERING
                else ()
            ),
        )

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
