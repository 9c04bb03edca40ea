"""The load that a plan asks for, before it runs."""

from __future__ import annotations

from collections.abc import Sequence

from perftui.model.duration import format_clock
from perftui.tui.renderables.buckets import Sample
from perftui.tui.renderables.line import Line, Piece, foreign
from perftui.tui.renderables.plot import Axis, Curve, plot
from perftui.tui.renderables.scale import round_top
from perftui.tui.texts.figures import axis_text
from perftui.tui.widgets.strips import StripWidget


class LoadShapeChart(StripWidget):
    is_framed = True

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._samples: Sequence[Sample] = ()
        self._text = ""
        self._warning = ""

    def show(self, samples: Sequence[Sample], text: str, warning: str) -> None:
        """`samples` are users at corners of the shape."""
        self._samples, self._text, self._warning = samples, text, warning
        self.redraw()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        run = [(sample.at_s, sample.value) for sample in self._samples if sample.value is not None]
        if not run:
            return []
        y = Axis(round_top(max(users for _, users in run)), axis_text)
        x = Axis(max(at_s for at_s, _ in run), format_clock)
        return plot(width, height, [Curve("users", [run])], x, y, self.chart_marker)

    def title(self) -> Sequence[Piece]:
        return (Piece("Load", "heading"), Piece("  "), foreign(self._text, "muted"))

    def subtitle(self) -> Sequence[Piece]:
        return (Piece(f"! {self._warning}", "warn"),) if self._warning else ()
