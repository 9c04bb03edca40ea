"""One chart of a run: its frame with the values in it, its axes, and what lies over them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from textual import events
from textual.message import Message

from perftui.judgement.rules import Threshold
from perftui.model.duration import format_clock
from perftui.model.snapshot import TimelinePoint
from perftui.tui.charts.chart_columns import Column
from perftui.tui.charts.chart_edge import edge_of
from perftui.tui.charts.chart_scene import Scene, runs_of, time_text
from perftui.tui.renderables.line import Line, Piece, width_of
from perftui.tui.renderables.overlay import Level, Overlay, Post, overlaid
from perftui.tui.renderables.plot import Area, Axis, Curve, area_of, plot
from perftui.tui.renderables.scale import next_top
from perftui.tui.texts.figures import NO_VALUE
from perftui.tui.widgets.strips import StripWidget

# A threshold further above the curves than this would press them to the ground: it is named, not drawn.
_HIGHEST_LEVEL = 2.5


@dataclass(frozen=True)
class Trace:
    """One curve. `value` is what it draws of a point and `text` how that is written; None is a gap.

    One with `is_apart` has a scale of its own, from zero, over the whole height. One with `is_base` is drawn of the
    baseline too. Those with a higher `depth` lie above the others.
    """

    role: str
    name: str
    value: Callable[[TimelinePoint], float | None]
    text: Callable[[float], str]
    is_apart: bool = False
    is_base: bool = False
    depth: int = 0
    is_drawn: bool = True
    """Otherwise it is only in the title."""
    floor: float = 0.0
    """Its own scale reaches at least so far."""


class RunChart(StripWidget):
    """`label` is its name. `show` draws a scene; a mouse over it posts where it points."""

    is_framed = True
    label = ""
    short_label = ""
    """Where the values leave little room."""
    gathering = ""
    """How the seconds of a bucket became one value."""

    class Appeared(Message):
        """It has a place on the screen from now on, and a size."""

        def __init__(self, chart: RunChart) -> None:
            super().__init__()
            self.chart = chart

    class Pointed(Message):
        """The mouse was pressed, drawn or let go at `at_s`."""

        def __init__(self, at_s: float, how: Literal["down", "move", "up"]) -> None:
            super().__init__()
            self.at_s, self.how = at_s, how

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.scene: Scene | None = None
        self._area: Area | None = None
        self._is_pressed = False

    def show(self, scene: Scene) -> None:
        self.scene = scene
        self.redraw()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        if self.scene is None:
            return []
        return self.drawn(self.scene, width, height)

    def drawn(self, scene: Scene, width: int, height: int) -> Sequence[Line]:
        raise NotImplementedError

    def traces(self, scene: Scene) -> Sequence[Trace]:
        """Those with values in the title."""
        return ()

    def title(self) -> Sequence[Piece]:
        wide = self._titled(self.label, "  ")
        # The frame leaves six cells of its edge to itself.
        room = self.size.width - 6
        if width_of(wide) <= room:
            return wide
        pieces = self._titled(self.short_label, " ")
        # Half a number would be another one.
        while len(pieces) > 2 and width_of(pieces) > room:
            del pieces[-1]
        return pieces

    def _titled(self, label: str, gap: str) -> list[Piece]:
        """The name, and the values of the newest second, or of the cursor's and when that is. The last second of a run
        that is over says nothing of it: there they are those of the whole run, or the curves are only named.
        """
        scene = self.scene
        pieces = [Piece(label, "heading")]
        if scene is None:
            return pieces
        cursor = scene.cursor
        if scene.view.cursor_s is not None:
            when = time_text(cursor, is_bucketed=scene.is_bucketed) if cursor else format_clock(scene.view.cursor_s)
            pieces.append(Piece(f"{gap}{when}", "brush"))
        if scene.data.points:
            for trace in self.traces(scene):
                value = trace.value(scene.read) if scene.read else None
                text = "" if scene.read is None else f" {NO_VALUE if value is None else trace.text(value)}"
                pieces.append(Piece(f"{gap}{trace.name}{text}", trace.role))
        return pieces

    def subtitle(self) -> Sequence[Piece]:
        scene = self.scene
        if scene is None:
            return ()
        return edge_of(scene, self.gathering, self.size.width - 6, has_clock=self.inside_height < 10)

    def axis_x(self, scene: Scene) -> Axis:
        return Axis(scene.frame.to_s, format_clock, scene.frame.from_s)

    def posts(self, scene: Scene) -> Sequence[Post]:
        return scene.posts()

    def over(self, lines: Sequence[Line], area: Area, levels: Sequence[Level] = (), words: str = "") -> list[Line]:
        """`lines` with all that lies over every chart."""
        scene = self.scene
        if scene is None:
            return list(lines)
        self._area = area
        window, cursor = scene.window, scene.cursor
        return overlaid(
            lines,
            area,
            Overlay(
                levels,
                self.posts(scene),
                (window.from_s, window.to_s) if window else None,
                cursor.at_s if cursor else scene.view.cursor_s,
                words,
                scene.strained,
            ),
        )

    def on_show(self) -> None:
        self.post_message(self.Appeared(self))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._is_pressed = True
        self.capture_mouse()
        self._point(event, "down")

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._is_pressed:
            self._point(event, "move")

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._is_pressed:
            self._is_pressed = False
            self.release_mouse()
            self._point(event, "up")

    def _point(self, event: events.MouseEvent, how: Literal["down", "move", "up"]) -> None:
        if self._area is not None:
            column = min(max(0, event.x - 2 - self._area.left), self._area.columns - 1)
            self.post_message(self.Pointed(self._area.at_of(column), how))


class CurvesChart(RunChart):
    """Curves over time on one scale that keeps steady, and maybe others on scales of their own."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._top = 0.0
        self._tops: dict[str, float] = {}
        self._key: object = None
        self._base: list[Line] = []

    def y_text(self, value: float) -> str:
        raise NotImplementedError

    def levels(self, scene: Scene) -> Sequence[Level]:
        """Thresholds, in the values of the scale."""
        return ()

    def words(self, scene: Scene) -> str:
        """What is said in place of curves."""
        return scene.empty_words

    def drawn(self, scene: Scene, width: int, height: int) -> Sequence[Line]:
        traces = sorted(self.traces(scene), key=lambda trace: trace.depth)
        columns = scene.inside(scene.points)
        values = [_values(trace, columns) for trace in traces]
        base = scene.inside(scene.baseline) if scene.baseline else ()
        base_traces = [trace for trace in traces if trace.is_base] if base else []
        base_values = [_values(trace, base) for trace in base_traces]
        shown = [
            value
            for trace, own in [*zip(traces, values, strict=True), *zip(base_traces, base_values, strict=True)]
            if not trace.is_apart
            for value in own
            if value is not None
        ]
        levels = self.levels(scene) if columns else ()
        y = self.axis_y(scene, shown, levels)
        x = self.axis_x(scene)
        area = area_of(width, height, x, y, self.chart_marker)
        if area is None:
            return []
        view = scene.view
        looks = (view.is_log, view.shown, view.wants_response)
        key = (scene.version, *looks, scene.frame, scene.bucket_s, width, height, y.top)
        if key != self._key:
            self._key = key
            curves = [Curve("baseline", self._runs(base, own, y), is_dotted=True) for own in base_values]
            for trace, own in zip(traces, values, strict=True):
                scaled = self._scaled(trace, own, y) if trace.is_apart else own
                curves.append(Curve(trace.role, self._runs(columns, scaled, y)))
            curves[:0] = self.planned(scene, y)
            self._base = plot(width, height, curves, x, y, self.chart_marker)
        is_empty = not any(value is not None for own in values for value in own)
        fitting = [self._fitting(level, y) for level in levels]
        return self.over(self._base, area, fitting, self.words(scene) if is_empty else "")

    def planned(self, scene: Scene, y: Axis) -> Sequence[Curve]:
        """What lies below all else."""
        return ()

    def axis_y(self, scene: Scene, shown: Sequence[float], levels: Sequence[Level]) -> Axis:
        most = max(shown, default=0.0)
        near = [level.value for level in levels if level.value <= most * _HIGHEST_LEVEL]
        self._top = next_top(self._top, max([most, *near]))
        return Axis(self._top, self.y_text)

    def placed(self, value: float) -> float:
        """Where `value` lies on the scale."""
        return value

    def _runs(
        self, columns: Sequence[Column], values: Sequence[float | None], y: Axis
    ) -> list[list[tuple[float, float]]]:
        return runs_of(columns, [None if value is None else y.inside(self.placed(value)) for value in values])

    def _scaled(self, trace: Trace, values: Sequence[float | None], y: Axis) -> list[float | None]:
        most = max((value for value in values if value is not None), default=0.0)
        # Room above it, so that what is steady is not the frame's edge.
        top = self._tops[trace.name] = next_top(self._tops.get(trace.name, 0.0), max(most * 1.2, trace.floor))
        return [None if value is None else value / top * y.top for value in values]

    def _fitting(self, level: Level, y: Axis) -> Level:
        at = self.placed(level.value)
        if at <= y.top:
            return level._replace(value=at)
        return level._replace(value=y.top, text=f"↑ {level.text}", above=True)


def _values(trace: Trace, columns: Sequence[Column]) -> list[float | None]:
    if not trace.is_drawn:
        return [None] * len(columns)
    values = [trace.value(column.point) for column in columns]
    return [value if value is not None and math.isfinite(value) else None for value in values]


def level_of(threshold: Threshold, failed: bool, text: Callable[[float], str]) -> Level:
    mark = "✗ " if failed else ""
    name = threshold.measure.text.partition("(")[0].strip()
    return Level(
        threshold.target, f"{mark}{name}{threshold.operator}{text(threshold.target)}", "bad" if failed else "level"
    )
