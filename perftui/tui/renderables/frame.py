"""A box around lines, with a title in its upper edge and a subtitle in its lower one."""

from __future__ import annotations

from collections.abc import Sequence

from perftui.tui.renderables.line import Line, Piece, cut, line, width_of


def framed(
    lines: Sequence[Line],
    width: int,
    height: int,
    *,
    title: Sequence[Piece] = (),
    subtitle: Sequence[Piece] = (),
    role: str = "frame",
) -> list[Line]:
    """`lines` in a box of `width` x `height` cells: the inside is two rows less and four columns less.

    A size that has no inside gives as much of the box as there is room for.
    """
    inside = max(0, width - 4)
    side = Piece("│", role)
    body = [
        Line((side, Piece(" "), *_padded(each.pieces, inside), Piece(" "), side), each.under, is_framed=True)
        for each in [*lines, *[Line()] * max(0, height - 2 - len(lines))][: max(0, height - 2)]
    ]
    top = _edge("╭", "╮", title, width, role, at_end=False)
    bottom = _edge("╰", "╯", subtitle, width, role, at_end=True)
    return [top, *body, bottom][:height]


def _edge(left: str, right: str, text: Sequence[Piece], width: int, role: str, *, at_end: bool) -> Line:
    shown = cut(text, max(0, width - 6))
    if not shown or width < 8:
        return line((left + "─" * max(0, width - 2) + right, role))
    rest = "─" * (width - 5 - width_of(shown))
    ends = (left + rest + " ", " ─" + right) if at_end else (left + "─ ", " " + rest + right)
    return line((ends[0], role), *shown, (ends[1], role))


def _padded(pieces: Sequence[Piece], width: int) -> tuple[Piece, ...]:
    shown = cut(pieces, width)
    return (*shown, Piece(" " * (width - width_of(shown))))
