"""What all charts of a run draw from at one moment: the data, how one looks at it, and its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from perftui.judgement.rules import RuleError, Threshold, parse_threshold
from perftui.model.duration import format_clock
from perftui.model.judged import ThresholdState, Window
from perftui.model.marks import Note
from perftui.model.record import RunEvent
from perftui.model.snapshot import TimelinePoint
from perftui.tui.charts.chart_columns import SHORTEST_BUCKET_S, Column, PointColumns, SpectrumColumns
from perftui.tui.charts.chart_data import ChartData
from perftui.tui.charts.chart_view import ChartView, Frame
from perftui.tui.charts.load_marks import mark_role, mark_sign
from perftui.tui.renderables.overlay import Post


@dataclass(frozen=True, slots=True)
class Scene:
    """`version` changes with the data, and with nothing else. `place` says which of the charts are visible."""

    version: int
    data: ChartData
    view: ChartView
    frame: Frame
    points: PointColumns
    baseline: PointColumns | None
    spectra: SpectrumColumns
    place: str

    @property
    def bucket_s(self) -> float:
        return self.points.bucket_s

    @property
    def is_bucketed(self) -> bool:
        return self.bucket_s >= SHORTEST_BUCKET_S

    @property
    def cursor(self) -> Column | None:
        return self.points.at(self.view.cursor_s) if self.view.cursor_s is not None else None

    @property
    def read(self) -> TimelinePoint | None:
        """The point whose values stand in the titles: the cursor's, or all of a run that is over, or the newest."""
        if self.view.cursor_s is not None:
            cursor = self.cursor
            return cursor.point if cursor else None
        if self.data.is_over:
            return self.data.whole
        return self.data.points[-1] if self.data.points else None

    def inside(self, points: PointColumns) -> list[Column]:
        """The columns that are in the frame."""
        return [column for column in points.columns if column.at_s <= self.frame.to_s]

    @property
    def window(self) -> Window | None:
        return self.view.marked(self.cursor)

    @property
    def empty_words(self) -> str:
        if self.data.points:
            return "nothing in this part of the run"
        return "no second of it was measured" if self.data.is_over else "waiting for the first second…"

    @property
    def has_response(self) -> bool:
        """Whether users kept a schedule: there are response times then."""
        return self.data.has_response

    @property
    def is_of_response(self) -> bool:
        return self.view.wants_response and self.has_response

    def posts(self) -> list[Post]:
        """The end of the warm-up, what happened to the load, and the notes with their numbers."""
        posts = [Post(each.elapsed_s, mark_sign(each), mark_role(each), "╎") for each in self.data.marks]
        posts += [
            Post(note.elapsed_s, str(number), "note", is_above=True) for number, note in enumerate(self.data.notes, 1)
        ]
        if 0 < self.data.warm_up_s < self.frame.to_s:
            posts.append(Post(self.data.warm_up_s, "‹warm-up", "muted", "╎"))
        return posts

    def notes_at(self, column: Column) -> list[tuple[int, Note]]:
        return [
            (number, note)
            for number, note in enumerate(self.data.notes, 1)
            if column.from_s <= note.elapsed_s <= column.to_s
        ]

    def marks_at(self, column: Column) -> list[RunEvent]:
        return [each for each in self.data.marks if column.from_s <= each.elapsed_s <= column.to_s]

    @property
    def strained(self) -> Sequence[tuple[float, float]]:
        """The parts of the frame in which the generator was late, in order."""
        return tuple((column.from_s, column.to_s) for column in self.inside(self.points) if column.point.is_strained)

    def thresholds(self, unit: str) -> list[tuple[Threshold, bool]]:
        """Those in `unit` over exactly what is drawn, each with whether it failed."""
        found = []
        for result in self.data.thresholds:
            threshold = _parsed(result.rule) if result.unit == unit else None
            if threshold is not None and self._is_drawn(threshold.measure.scope):
                found.append((threshold, result.state is ThresholdState.FAILED))
        return found

    def _is_drawn(self, scope: str) -> bool:
        label = self.data.label
        if not label or not scope:
            return not label and not scope
        # The label of a request may begin with its method.
        return any(scope == name or fnmatchcase(name, scope) for name in (label, label.partition(" ")[2]) if name)


def time_text(column: Column, *, is_bucketed: bool) -> str:
    if not is_bucketed:
        return format_clock(column.to_s)
    return span_text(column.from_s, column.to_s)


def span_text(from_s: float, to_s: float) -> str:
    return f"{format_clock(from_s)}–{format_clock(to_s)}"


def runs_of(columns: Sequence[Column], values: Sequence[float | None]) -> list[list[tuple[float, float]]]:
    """Stretches of (s, value) without a gap."""
    runs: list[list[tuple[float, float]]] = []
    is_broken = True
    for column, value in zip(columns, values, strict=True):
        if value is None:
            is_broken = True
            continue
        if is_broken or column.is_after_gap:
            runs.append([])
        runs[-1].append((column.at_s, value))
        is_broken = False
    return runs


@lru_cache(maxsize=256)
def _parsed(rule: str) -> Threshold | None:
    try:
        return parse_threshold(rule)
    except RuleError:
        # A record of another version: its result is in words elsewhere.
        return None
