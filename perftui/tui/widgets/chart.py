"""A chart over time. It keeps its axes steady, so that a second changes few lines of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from perftui.model.duration import format_clock, format_duration
from perftui.tui.renderables.buckets import Gather, Sample, bucketed
from perftui.tui.renderables.line import Line, Piece
from perftui.tui.renderables.plot import Axis, Curve, label_width, plot
from perftui.tui.renderables.scale import next_top, span_s
from perftui.tui.widgets.strips import StripWidget


@dataclass(frozen=True)
class Trace:
    """One line of a chart: `name` and `now` stand in the title in its colour. A relative trace has a scale of its
    own, from zero to `top`, and is drawn over the whole height.
    """

    role: str
    name: str
    now: str
    samples: Sequence[Sample]
    how: Gather = "worst"
    top: float | None = None
    depth: int = 0
    """Traces with a higher one are drawn over those with a lower one."""


class Chart(StripWidget):
    is_framed = True

    def __init__(
        self, name: str, y_text: Callable[[float], str], *, empty: str = "nothing to draw yet", id: str
    ) -> None:
        super().__init__(id=id)
        self._label = name
        self._y_text = y_text
        self._empty = empty
        self._traces: Sequence[Trace] = ()
        self._elapsed_s = 0.0
        self._run_time_s: float | None = None
        self._top = 0.0
        self._bucket_s = 1.0
        self._note: Sequence[Piece] = ()

    def show(
        self, traces: Sequence[Trace], elapsed_s: float, run_time_s: float | None, note: Sequence[Piece] = ()
    ) -> None:
        """Draw from 0 to `elapsed_s` and on to a round time, at most `run_time_s`. `note` stands in the lower edge."""
        self._traces, self._elapsed_s, self._run_time_s, self._note = traces, elapsed_s, run_time_s, note
        self.redraw()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        if not any(sample.value is not None for trace in self._traces for sample in trace.samples):
            middle = max(0, (height - 1) // 2)
            gap = max(0, (width - len(self._empty)) // 2)
            return [Line()] * middle + [Line((Piece(" " * gap + self._empty, "muted"),))]
        span = span_s(self._elapsed_s, self._run_time_s)
        # Two points per cell are all that braille can show.
        self._bucket_s = max(1.0, span / max(1, 2 * (width - 6)))
        if self._bucket_s >= 2:
            self._bucket_s = float(-(-self._bucket_s // 1))
        runs = [bucketed(trace.samples, self._bucket_s, trace.how) for trace in self._traces]
        plain = [
            value
            for trace, own in zip(self._traces, runs, strict=True)
            if trace.top is None
            for run in own
            for _, value in run
        ]
        self._top = next_top(self._top, max(plain, default=0.0))
        curves = [
            Curve(trace.role, own if trace.top is None else _scaled(own, self._top / max(trace.top, 1e-9)))
            for trace, own in sorted(zip(self._traces, runs, strict=True), key=lambda pair: pair[0].depth)
        ]
        y = Axis(self._top, self._y_text)
        if width < label_width(y) + 4:
            return []
        return plot(width, height, curves, Axis(span, format_clock), y)

    def title(self) -> Sequence[Piece]:
        pieces = [Piece(self._label, "heading")]
        for trace in self._traces:
            pieces += [Piece("  "), Piece(f"{trace.name} ", trace.role), Piece(trace.now, trace.role)]
        return pieces

    def subtitle(self) -> Sequence[Piece]:
        if not self._traces:
            return self._note
        pieces = []
        if self.inside_height < 10:
            pieces.append(f"0 – {format_clock(span_s(self._elapsed_s, self._run_time_s))}")
        if self._bucket_s >= 2 and any(trace.how == "worst" for trace in self._traces):
            pieces.append(f"worst of each {format_duration(self._bucket_s)}")
        text = " · ".join(pieces)
        if text and self._note:
            text += " · "
        return (*((Piece(text, "muted"),) if text else ()), *self._note)


def _scaled(runs: Sequence[Sequence[tuple[float, float]]], factor: float) -> list[list[tuple[float, float]]]:
    return [[(at_s, value * factor) for at_s, value in run] for run in runs]
