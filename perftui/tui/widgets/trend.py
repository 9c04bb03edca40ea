"""How one number went from run to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len

from perftui.tui.renderables.columns import Bar, columns
from perftui.tui.renderables.line import Line, Piece, foreign
from perftui.tui.renderables.scale import round_top
from perftui.tui.widgets.strips import StripWidget


class Trend(StripWidget):
    is_framed = True

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._metric = ""
        self._of = ""
        self._bars: Sequence[Bar] = ()
        self._current: int | None = None
        self._now = ""
        self._axis: Callable[[float], str] = str
        self._others: Sequence[str] = ()

    def show(
        self,
        name: str,
        of: str,
        bars: Sequence[Bar],
        current: int | None,
        now: str,
        axis: Callable[[float], str],
        others: Sequence[str],
    ) -> None:
        """`name` says what of, `of` of whom, `now` what the current one has; `others` can be asked for instead."""
        self._metric, self._of, self._bars, self._current = name, of, bars, current
        self._now, self._axis, self._others = now, axis, others
        self.redraw()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        known = [bar.value for bar in self._bars if bar.value is not None]
        if not known:
            return [Line((Piece("no run of it has a number yet", "muted"),))]
        top = round_top(max(known)) if max(known) > 0 else 1.0
        label = self._axis(top)
        side = cell_len(label) + 2
        if width < side + 8:
            return columns(self._bars, self._current, width, height, top)
        labels = [f"{label} ┤", *[" " * (side - 1) + "│"] * max(0, height - 3), f"{'0':>{side - 2}} ┤"]
        labels = [*labels[: height - 1], " " * side]
        drawn = columns(self._bars, self._current, width - side, height, top)
        return [
            Line((Piece(text, "muted"), *line.pieces)) for text, line in zip(labels[-len(drawn) :], drawn, strict=True)
        ]

    def title(self) -> Sequence[Piece]:
        if not self._metric:
            return (Piece("Trend", "heading"),)
        return (Piece(self._metric, "heading"), Piece(f" {self._now}  ", "accent"), foreign(self._of, "muted"))

    def subtitle(self) -> Sequence[Piece]:
        return (Piece(f"t: {' '.join(self._others)}", "muted"),) if self._others else ()
