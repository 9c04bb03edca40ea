"""What stands in the lower edge of a chart: what the cursor reads, the window, and what a point stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from perftui.model.duration import format_duration
from perftui.model.marks import Note
from perftui.model.text import clean
from perftui.tui.charts.chart_scene import Scene, span_text
from perftui.tui.charts.chart_view import PERCENTILES
from perftui.tui.charts.load_marks import mark_role, mark_sign
from perftui.tui.renderables.line import Piece, width_of
from perftui.tui.renderables.overlay import HATCHES
from perftui.tui.texts.figures import rate_text

# Below this the names of the percentiles are only numbers.
_WIDE_MENU = 41
_LATE = Piece(f"{HATCHES[0]} generator late", "warn")
_SEPARATOR = Piece(" · ", "muted")


def edge_of(scene: Scene, gathering: str, width: int, *, has_clock: bool) -> Sequence[Piece]:
    """`gathering` is how the seconds of a point became one, `has_clock` whether the time axis has no labels of its own.

    Only the first of the visible charts says what is of all of them. What `width` has no room for is left out, the
    least important first.
    """
    parts: list[_Part] = []
    is_first = bool(scene.place)
    is_busy = scene.view.anchor is not None or scene.view.cursor_s is not None
    if is_first:
        parts += _cursor_parts(scene) if is_busy else _standing_parts(scene)
    if not is_busy and scene.data.points:
        if has_clock:
            parts.append(_Part(4, [Piece(span_text(scene.frame.from_s, scene.frame.to_s), "muted")]))
        if gathering and scene.is_bucketed:
            parts.append(_Part(2, [Piece(f"{gathering} of each {format_duration(scene.bucket_s)}", "muted")]))
    if is_first:
        parts.append(_Part(1, [Piece(scene.place, "muted")]))
    while len(parts) > 1 and width_of(_joined(parts)) > width:
        parts.remove(max(parts, key=lambda part: part.rank))
    return _joined(parts)


class _Part(NamedTuple):
    """Of the highest rank goes first."""

    rank: int
    pieces: Sequence[Piece]


def menu_of(scene: Scene, width: int) -> Sequence[Piece]:
    """The percentiles, each with the digit that turns it on or off."""
    pieces: list[Piece] = []
    for number, each in enumerate(PERCENTILES, 1):
        mark = "●" if each.name in scene.view.shown else "○"
        name = each.name if width >= _WIDE_MENU else each.name[1:]
        pieces += [Piece(f"{number}", "key"), Piece(f"{mark}{name} ", each.role)]
    if scene.has_response:
        mark = "●" if scene.is_of_response else "○"
        pieces += [Piece("7", "key"), Piece(f"{mark}{'response ' if width >= _WIDE_MENU + 13 else 'r '}")]
    return (*pieces, Piece("esc", "key"))


def _cursor_parts(scene: Scene) -> list[_Part]:
    parts: list[_Part] = []
    window, cursor = scene.window, scene.cursor
    if scene.view.anchor is not None and window is not None:
        parts.append(_Part(0, [Piece(f"window {span_text(window.from_s, window.to_s)}", "brush")]))
        parts.append(_Part(3, [Piece("w ends it", "muted")]))
    if cursor is not None:
        parts += [_note_part(number, note, 60) for number, note in scene.notes_at(cursor)[:1]]
        parts += [
            _Part(1, [Piece(f"{mark_sign(each)} {clean(each.text, 44)}", mark_role(each))])
            for each in scene.marks_at(cursor)[-1:]
        ]
        point = cursor.point
        if point.is_strained:
            parts.append(_Part(1, [_LATE]))
        failed = f"{point.failures:,} failed" if point.failures else "none failed"
        parts.append(_Part(2, [Piece(f"{rate_text(point.rps)} rps")]))
        parts.append(_Part(3, [Piece(f"{point.user_count:,} users")]))
        parts.append(_Part(2, [Piece(failed, "bad" if point.failures else "")]))
    elif scene.view.anchor is None:
        parts.append(_Part(0, [Piece("nothing was measured here", "muted")]))
    return parts


def _standing_parts(scene: Scene) -> list[_Part]:
    parts: list[_Part] = []
    window = scene.window
    if window is not None:
        parts.append(_Part(0, [Piece(f"window {span_text(window.from_s, window.to_s)}", "brush")]))
        parts.append(_Part(3, [Piece("esc drops it", "muted")]))
        return parts
    numbered = [
        (number, note)
        for number, note in enumerate(scene.data.notes, 1)
        if scene.frame.from_s <= note.elapsed_s <= scene.frame.to_s
    ]
    if scene.strained:
        parts.append(_Part(1, [_LATE]))
    # The newest; the cursor on a note shows that one.
    parts += [_note_part(number, note, 24) for number, note in numbered[-1:]]
    if scene.data.baseline is not None:
        parts.append(_Part(5, [Piece(f"dim: {clean(scene.data.baseline.name, 24)}", "baseline")]))
    return parts


def _note_part(number: int, note: Note, longest: int) -> _Part:
    return _Part(3, [Piece(f"{number} ", "note"), Piece(clean(note.text, longest), "note")])


def _joined(parts: Sequence[_Part]) -> list[Piece]:
    pieces: list[Piece] = []
    for part in parts:
        pieces += ([_SEPARATOR] if pieces else []) + list(part.pieces)
    return pieces
