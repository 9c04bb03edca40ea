"""The load that a plan asks for, before it runs."""

from __future__ import annotations

from collections.abc import Sequence

from perftui.model.duration import format_clock
from perftui.tui.renderables.line import Line, Piece, foreign
from perftui.tui.renderables.load_shape import LoadShape
from perftui.tui.renderables.plot import Axis, Curve, plot
from perftui.tui.renderables.scale import round_top
from perftui.tui.texts.figures import axis_text
from perftui.tui.widgets.strips import StripWidget


class LoadShapeChart(StripWidget):
    is_framed = True

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shape: LoadShape | None = None

    def show(self, shape: LoadShape | None) -> None:
        self._shape = shape
        self.redraw()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        if self._shape is None or not self._shape.points:
            return []
        y = Axis(round_top(max(level for _, level in self._shape.points)), axis_text)
        x = Axis(self._shape.end_s, format_clock)
        return plot(width, height, [Curve("users", [list(self._shape.points)])], x, y, self.chart_marker)

    def title(self) -> Sequence[Piece]:
        if self._shape is None:
            return (Piece("Load", "heading"),)
        return (Piece("Load", "heading"), Piece(f" {self._shape.unit}  "), foreign(self._shape.text, "muted"))

    def subtitle(self) -> Sequence[Piece]:
        warning = self._shape.warning if self._shape is not None else ""
        return (foreign(f"! {warning}", "warn"),) if warning else ()
