"""The charts of a run but for that of its load."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from perftui.judgement.rules import Threshold
from perftui.model.snapshot import TimelinePoint
from perftui.model.spectrum import EDGES_MS
from perftui.tui.charts.chart_columns import SHORTEST_BUCKET_S
from perftui.tui.charts.chart_edge import menu_of
from perftui.tui.charts.chart_scene import Scene
from perftui.tui.charts.chart_view import Percentile
from perftui.tui.renderables.heat_map import GLYPHS, ROLES, groups_of, heat_map, used_bins
from perftui.tui.renderables.line import Line, Piece
from perftui.tui.renderables.overlay import Level
from perftui.tui.renderables.plot import Axis, area_of, plot
from perftui.tui.renderables.scale import log_bounds, log_ticks, next_top
from perftui.tui.texts.figures import axis_ms_text, axis_text, bytes_text, ms_text, rate_text, share_text
from perftui.tui.widgets.run_chart import CurvesChart, RunChart, Trace, level_of


class TimesChart(CurvesChart):
    label = "Service time"
    short_label = "Times"
    gathering = "worst"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._bounds = (0.0, 0.0)
        self._is_log = False

    def traces(self, scene: Scene) -> Sequence[Trace]:
        # Where two meet, the lower one is the one to see: it is the one that more requests stand for.
        time_of = _response_of if scene.is_of_response else _time_of
        return [
            Trace(each.role, each.name, time_of(each), ms_text, is_base=True, depth=depth)
            for depth, each in enumerate(scene.view.percentiles)
        ]

    def show(self, scene: Scene) -> None:
        self.label, self.short_label = ("Response time", "Resp") if scene.is_of_response else ("Service time", "Times")
        super().show(scene)

    def title(self) -> Sequence[Piece]:
        pieces = list(super().title())
        if self.scene is not None and self.scene.view.is_log:
            pieces.insert(1, Piece(" log", "muted"))
        return pieces

    def subtitle(self) -> Sequence[Piece]:
        if self.scene is not None and self.scene.view.is_choosing:
            return menu_of(self.scene, self.size.width - 6)
        return super().subtitle()

    def levels(self, scene: Scene) -> Sequence[Level]:
        """Of the kind of time that is drawn."""
        return [
            level_of(threshold, failed, axis_ms_text)
            for threshold, failed in scene.thresholds("ms")
            if _is_response(threshold) is scene.is_of_response
        ]

    def y_text(self, value: float) -> str:
        return _round_ms(10.0**value) if self._is_log else axis_ms_text(value)

    def axis_y(self, scene: Scene, shown: Sequence[float], levels: Sequence[Level]) -> Axis:
        self._is_log = scene.view.is_log
        if not self._is_log:
            return super().axis_y(scene, shown, levels)
        above = [value for value in shown if value > 0]
        most = max(above, default=0.0)
        near = [level.value for level in levels if level.value <= most * 10]
        self._bounds = log_bounds(self._bounds, min(above, default=0.0), max([most, *near]))
        ticks = log_ticks(*self._bounds)
        return Axis(ticks[-1], self.y_text, ticks[0], ticks)

    def placed(self, value: float) -> float:
        if not self._is_log:
            return value
        return math.log10(value) if value > 0 else -math.inf


class FailuresChart(CurvesChart):
    label = "Failures"
    short_label = "Fails"
    gathering = "mean"

    def traces(self, scene: Scene) -> Sequence[Trace]:
        # A line along zero says nothing; that nothing failed is said in words.
        is_drawn = any(column.point.failures for column in scene.points.columns)
        return (
            Trace("bad", "fails/s", _fails_of, rate_text, is_base=True, depth=1, is_drawn=is_drawn),
            Trace("warn", "share", _share_of, share_text, is_apart=True, floor=0.02, is_drawn=is_drawn),
        )

    def levels(self, scene: Scene) -> Sequence[Level]:
        """Of the share, on the scale of the share."""
        factor = self._top / self._tops["share"] if self._top and self._tops.get("share") else 0.0
        levels = []
        for threshold, failed in scene.thresholds("%"):
            if threshold.measure.metric == "fail_ratio" and factor:
                level = level_of(threshold, failed, lambda percent: f"{percent:g}%")
                levels.append(level._replace(value=threshold.target / 100 * factor))
        return levels

    def words(self, scene: Scene) -> str:
        return super().words(scene) if not scene.points.columns else "✓ no request failed"

    def y_text(self, value: float) -> str:
        return axis_text(value)


class TargetChart(CurvesChart):
    label = "Target"
    short_label = "Target"
    gathering = "highest"

    def traces(self, scene: Scene) -> Sequence[Trace]:
        return (
            Trace(
                "p95",
                "CPU",
                lambda point: point.target.cpu_percent if point.target else None,
                lambda percent: f"{percent:.0f}%",
                is_base=True,
                depth=1,
            ),
            Trace(
                "users",
                "memory",
                lambda point: point.target.memory_bytes if point.target else None,
                bytes_text,
                is_apart=True,
            ),
        )

    def levels(self, scene: Scene) -> Sequence[Level]:
        return [
            level_of(threshold, failed, lambda percent: f"{percent:g}%")
            for threshold, failed in scene.thresholds("%")
            if threshold.measure.metric == "target_cpu"
        ]

    def words(self, scene: Scene) -> str:
        return "the target is not measured" if scene.points.columns else super().words(scene)

    def y_text(self, value: float) -> str:
        return f"{axis_text(value)}%"


class SpreadChart(RunChart):
    """A heatmap: how many requests took how long, when."""

    label = "Spread of times"
    short_label = "Spread"
    gathering = "requests"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._most = 0.0
        self._bins = range(0)
        self._part: object = None
        self._key: object = None
        self._base: list[Line] = []

    def title(self) -> Sequence[Piece]:
        pieces = list(super().title())
        if self.scene is not None and self.scene.data.points:
            scale = [Piece(glyph, role) for glyph, role in zip(GLYPHS, ROLES, strict=True)]
            pieces += [Piece("  few ", "muted"), *scale, Piece(" many", "muted")]
        return pieces

    def drawn(self, scene: Scene, width: int, height: int) -> Sequence[Line]:
        counts = scene.spectra.counts
        if scene.spectra.bucket_s >= SHORTEST_BUCKET_S and counts and not scene.data.is_over:
            # What is not complete would change in every line, every second.
            del counts[max(counts)]
        if (scene.frame, scene.spectra.bucket_s) != self._part:
            self._part, self._bins, self._most = (scene.frame, scene.spectra.bucket_s), range(0), 0.0
        bins = self._bins = _both(self._bins, used_bins(list(counts.values())))
        y = Axis(max(1, bins.stop), lambda value: _edge_text(int(value)), bins.start, tuple(bins))
        x = self.axis_x(scene)
        if not bins:
            y = Axis(1000.0, axis_ms_text)
        area = area_of(width, height, x, y)
        if area is None:
            return []
        if not bins:
            words = "after the first whole column" if scene.spectra.counts else scene.empty_words
            return self.over(plot(width, height, [], x, y), area, words=words)
        area = area._replace(dots=(1, 1))
        key = (scene.version, scene.frame, scene.spectra.bucket_s, width, height)
        if key != self._key:
            self._key = key
            groups = groups_of(bins, area.rows)
            sums = {
                bucket: [sum(each[index] for index in group) for group in groups] for bucket, each in counts.items()
            }
            self._most = next_top(self._most, max((max(each) for each in sums.values()), default=0))
            self._base = heat_map(area, groups, scene.spectra.bucket_s, sums, self._most, _edge_text)
            # The last line has the labels of the time axis where there is room for them.
            self._base += plot(width, height, [], x, y)[area.rows :]
        return self.over(self._base, area)


def _both(one: range, other: range) -> range:
    if not one or not other:
        return one or other
    return range(min(one.start, other.start), max(one.stop, other.stop))


def _time_of(each: Percentile) -> Callable[[TimelinePoint], float | None]:
    return lambda point: each.of(point.times)


def _response_of(each: Percentile) -> Callable[[TimelinePoint], float | None]:
    return lambda point: each.of(point.response) if point.response is not None else None


def _is_response(threshold: Threshold) -> bool:
    measure = threshold.measure
    return measure.is_response or measure.metric.startswith("response_")


def _fails_of(point: TimelinePoint) -> float:
    return point.fails_per_s


def _share_of(point: TimelinePoint) -> float | None:
    return point.failures / point.requests if point.requests else None


def _count_text(count: float) -> str:
    return f"{count:,.0f}"


def _round_ms(time_ms: float) -> str:
    return axis_ms_text(float(f"{time_ms:.2g}"))


def _edge_text(index: int) -> str:
    return axis_ms_text(EDGES_MS[min(index, len(EDGES_MS) - 1)])
