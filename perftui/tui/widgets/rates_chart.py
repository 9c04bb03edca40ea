"""The chart of a run's load: rate and users, the load as it was planned, and what became of its arrivals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from perftui.model.load_plan import Leg, leg_at
from perftui.model.snapshot import TimelinePoint
from perftui.model.tick import Arrivals
from perftui.tui.charts.chart_scene import Scene
from perftui.tui.renderables.overlay import Level, Post
from perftui.tui.renderables.plot import Axis, Curve
from perftui.tui.texts.figures import axis_text, rate_text
from perftui.tui.widgets.run_chart import CurvesChart, Trace, level_of

# The planned users end a little below the edge of the chart, as the measured ones do.
_ROOM = 1.2


class RatesChart(CurvesChart):
    label = "Rate"
    short_label = "Rate"
    gathering = "mean"

    def traces(self, scene: Scene) -> Sequence[Trace]:
        legs = scene.data.legs
        peak = max((max(leg.from_level, leg.to_level) for leg in legs if not leg.is_rate), default=0.0)
        traces = [
            Trace("rps", "rps", lambda point: point.rps, rate_text, is_base=True, depth=1),
            Trace("users", "users", lambda point: point.user_count, _count_text, is_apart=True, floor=peak * _ROOM),
        ]
        if any(column.point.arrivals is not None for column in scene.points.columns[-1:]):
            is_short = any(column.point.arrivals and column.point.arrivals.dropped for column in scene.points.columns)
            traces += [
                Trace("bad", "dropped", _per_s(lambda arrivals: arrivals.dropped), rate_text, is_drawn=is_short),
                Trace("good", "tasks", _per_s(lambda arrivals: arrivals.started), rate_text),
            ]
        if legs:
            # In the title alone: the curve is there beyond the present, too.
            traces.append(Trace("plan", "plan", lambda point: _planned(legs, point), _count_text, is_drawn=False))
        return traces

    def levels(self, scene: Scene) -> Sequence[Level]:
        return [
            level_of(threshold, failed, axis_text)
            for threshold, failed in scene.thresholds("/s")
            if threshold.measure.metric == "rps"
        ]

    def axis_y(self, scene: Scene, shown: Sequence[float], levels: Sequence[Level]) -> Axis:
        rates = [level for leg in scene.data.legs if leg.is_rate for level in (leg.from_level, leg.to_level)]
        return super().axis_y(scene, [*shown, *rates], levels)

    def planned(self, scene: Scene, y: Axis) -> Sequence[Curve]:
        runs = []
        for leg in scene.data.legs:
            from_s, to_s = max(leg.from_s, scene.frame.from_s), min(leg.to_s, scene.frame.to_s)
            scale = 1.0 if leg.is_rate else y.top / (self._tops.get("users") or 1.0)
            if from_s < to_s:
                runs.append([(at_s, y.inside(leg.level_at(at_s) * scale)) for at_s in (from_s, to_s)])
        return [Curve("plan", runs, is_dotted=True)] if runs else []

    def posts(self, scene: Scene) -> Sequence[Post]:
        data = scene.data
        is_along = bool(data.legs) and not data.is_over and data.elapsed_s < scene.frame.to_s
        here = [Post(data.elapsed_s, "▾ here", "users", "│", is_above=True)] if is_along else []
        return [*scene.posts(), *here]

    def y_text(self, value: float) -> str:
        return axis_text(value)


def _planned(legs: Sequence[Leg], point: TimelinePoint) -> float | None:
    leg = leg_at(legs, point.elapsed_s)
    return leg.level_at(point.elapsed_s) if leg is not None else None


def _per_s(count_of: Callable[[Arrivals], int]) -> Callable[[TimelinePoint], float | None]:
    def per_s(point: TimelinePoint) -> float | None:
        if point.arrivals is None or point.interval_s <= 0:
            return None
        return count_of(point.arrivals) / point.interval_s

    return per_s


def _count_text(count: float) -> str:
    return f"{count:,.0f}"
