"""A line of text as pieces with a role. Roles become colours in the widgets; text is never markup."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from perftui.model.text import clean


class Piece(NamedTuple):
    """`role` names a component style of StripWidget; "" is plain text."""

    text: str
    role: str = ""


class Line(NamedTuple):
    """`under` is the role of the line's background; with `is_framed` the first and last piece are left out of it."""

    pieces: tuple[Piece, ...] = ()
    under: str = ""
    is_framed: bool = False


def line(*pieces: Piece | tuple[str, str] | str, under: str = "") -> Line:
    return Line(tuple(Piece(each) if isinstance(each, str) else Piece(*each) for each in pieces), under)


def foreign(text: str, role: str = "") -> Piece:
    """A piece of text from outside: a target, a locustfile, a file."""
    return Piece(clean(text), role)


def width_of(pieces: Iterable[Piece]) -> int:
    return sum(cell_len(piece.text) for piece in pieces)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells: padded, or cut with an ellipsis."""
    if width <= 0:
        return ""
    size = cell_len(text)
    if size > width:
        return set_cell_size(text, width - 1) + "…"
    return " " * (width - size) + text if right else text + " " * (width - size)


def cut(pieces: Iterable[Piece], width: int) -> tuple[Piece, ...]:
    """`pieces` in at most `width` cells."""
    kept: list[Piece] = []
    left = width
    for piece in pieces:
        size = cell_len(piece.text)
        if size > left:
            kept.append(Piece(fit(piece.text, left), piece.role))
            break
        kept.append(piece)
        left -= size
    return tuple(kept)


def spread(start: Sequence[Piece], end: Sequence[Piece], width: int) -> tuple[Piece, ...]:
    """`start` at the left and `end` at the right of `width` cells; where they do not fit, `start` is cut."""
    end = cut(end, width)
    room = width - width_of(end)
    head = cut(start, max(0, room - 1) if end else room)
    return (*head, Piece(" " * max(0, room - width_of(head))), *end)


def wrapped(text: str, width: int, role: str = "", *, first: Piece | None = None) -> list[Line]:
    """`text` over as many lines as it needs, hanging under `first`."""
    indent = cell_len(first.text) if first else 0
    rows = textwrap.wrap(text, max(1, width - indent), break_on_hyphens=False) or [""]
    lead = first or Piece("")
    return [line(lead if row == 0 else Piece(" " * indent), (each, role)) for row, each in enumerate(rows)]
