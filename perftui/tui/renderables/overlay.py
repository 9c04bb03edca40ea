"""What is drawn over a plot: thresholds, notes, a cursor and a window of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from perftui.tui.renderables.cells import Cells
from perftui.tui.renderables.line import Line
from perftui.tui.renderables.plot import Area

# What hatches, and in plain letters.
HATCHES = ("╱", "/")


class Level(NamedTuple):
    """A dashed line across, at `value` of the y axis; `text` stands at its right end. One that is `above` the axis
    is only named.
    """

    value: float
    text: str
    role: str
    above: bool = False


class Post(NamedTuple):
    """A line down at `at` of the x axis, of `glyph`s; `text` stands at its head: over what is there with `is_above`,
    else only where there is room.
    """

    at: float
    text: str
    role: str
    glyph: str = "┊"
    is_above: bool = False


class Overlay(NamedTuple):
    """All that is drawn over one plot. `window` is a stretch of the x axis: what is outside is dimmed."""

    levels: Sequence[Level] = ()
    posts: Sequence[Post] = ()
    window: tuple[float, float] | None = None
    cursor: float | None = None
    words: str = ""
    """In the middle, where there is nothing to draw."""
    hatched: Sequence[tuple[float, float]] = ()
    """Stretches of the x axis."""


def overlaid(lines: Sequence[Line], area: Area, overlay: Overlay) -> list[Line]:
    """`lines`, as `plot` made them, with `overlay` on them. Curves stay above it all but the window's mark."""
    if overlay == Overlay():
        return list(lines)
    cells = Cells(lines)
    if overlay.cursor is not None and area.x.bottom <= overlay.cursor <= area.x.top:
        _draw_cursor(cells, area, overlay.cursor)
    if overlay.window is not None:
        _draw_window(cells, area, overlay.window)
    named: set[int] = set()
    for level in overlay.levels:
        _draw_level(cells, area, level, named)
    for post in overlay.posts:
        if area.x.bottom <= post.at <= area.x.top:
            _draw_post(cells, area, post)
    for stretch in overlay.hatched:
        _hatch(cells, area, stretch)
    if overlay.words:
        _write_words(cells, area, overlay.words)
    return cells.lines()


def _hatch(cells: Cells, area: Area, stretch: tuple[float, float]) -> None:
    """Behind everything: it is seen where nothing else is."""
    first, last = (area.column_of(at) for at in stretch)
    sign = HATCHES[area.dots == (1, 1)]
    for column in range(first, last + 1):
        # Every other cell, in diagonals: what is drawn over it stays easy to read.
        for row in range(column % 2, area.rows, 2):
            cells.put(row, area.left + column, sign, "hatch")


def _write_words(cells: Cells, area: Area, words: str) -> None:
    shown = f" {words} "[: area.columns]
    cells.write(max(0, area.rows // 2 - 1), area.left + (area.columns - len(shown)) // 2, shown, "muted")


def _draw_level(cells: Cells, area: Area, level: Level, named: set[int]) -> None:
    """`named` are the rows that have a level's text already."""
    row = area.row_of(level.value)
    text = f" {level.text}"[: area.columns]
    start = area.left + area.columns - len(text)
    # Beside the line where that is free, else near it, else over what is there; never over another text.
    near = [each for off in range(area.rows) for each in (row + off, row - off) if 0 <= each < area.rows]
    left = [each for each in near if each not in named] or near
    free = [each for each in left[:5] if cells.is_blank(each, range(start, start + len(text)))]
    if not level.above:
        for column in range(area.left, area.left + area.columns):
            cells.put(row, column, "╌", level.role)
    place = (free or left)[0]
    named.add(place)
    cells.write(place, start, text, level.role)


def _draw_post(cells: Cells, area: Area, post: Post) -> None:
    column = area.left + area.column_of(post.at)
    if post.text:
        start = max(area.left, min(column, area.left + area.columns - len(post.text)))
        if post.is_above or cells.is_blank(0, range(start, start + len(post.text))):
            cells.write(0, start, post.text, post.role)
    for row in range(area.rows):
        cells.put(row, column, post.glyph, post.role)


def _draw_cursor(cells: Cells, area: Area, at: float) -> None:
    column = area.left + area.column_of(at)
    for row in range(area.rows):
        cells.colour(row, range(column, column + 1), "cursor")
        cells.put(row, column, "│", "accent")


def _draw_window(cells: Cells, area: Area, window: tuple[float, float]) -> None:
    first, last = (area.left + area.column_of(at) for at in window)
    for row in range(area.rows):
        cells.colour(row, range(area.left, first), "muted")
        cells.colour(row, range(last + 1, area.left + area.columns), "muted")
    mark = "├" + "─" * (last - first - 1) + "┤" if last > first else "┼"
    cells.write(area.rows - 1, first, mark, "brush")
