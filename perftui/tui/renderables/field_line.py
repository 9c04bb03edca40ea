"""A field as lines: its label, value and unit, its range and origin; below it what is wrong, or what it is for."""

from __future__ import annotations

from perftui.tui.renderables.line import Line, Piece, fit, width_of, wrapped
from perftui.tui.setup.plan_fields import FieldRow

LABEL_WIDTH = 15
# From this width on, the range has a column of its own.
_WIDE = 84
_RANGE_WIDTH = 30
_ORIGIN_WIDTH = 26


def value_width(row: FieldRow, width: int) -> int:
    """The cells that a text typed into `row` gets."""
    return max(1, width - LABEL_WIDTH - (len(row.unit) + 1 if row.unit else 0))


def row_lines(row: FieldRow, width: int, *, is_here: bool, is_typed_into: bool) -> list[Line]:
    under = "cursor" if is_here else ""
    lines = [Line(_pieces(row, width, is_here=is_here, is_typed_into=is_typed_into), under)]
    indent = Piece("  ")
    if row.fault:
        lines += wrapped(row.fault, width, "bad", first=Piece("  ✗ ", "bad"))
    if is_here and (row.allowed or row.help):
        text = ": ".join(each for each in (row.allowed, row.help) if each)
        if row.origin:
            text += f" ({row.origin})"
        lines += wrapped(text, width, "muted", first=indent)
    return lines


def _pieces(row: FieldRow, width: int, *, is_here: bool, is_typed_into: bool) -> tuple[Piece, ...]:
    role = "bad" if row.fault else "accent" if row.is_typed else ""
    if row.kind == "toggle":
        label = Piece(f"  {row.mark} {row.label}  ", "" if row.mark != "[ ]" else "muted")
        return (label, Piece(row.value, "muted"))
    sign = "✗ " if row.fault else "• " if row.is_typed else "  "
    label = Piece(sign + fit(row.label, LABEL_WIDTH - 3) + " ", role or "muted")
    if is_typed_into:
        return (label, Piece(" " * value_width(row, width)), Piece(f" {row.unit}", "muted"))
    value = [Piece(row.value, role or ("muted" if row.kind == "fixed" else "")), Piece(f" {row.unit}", "muted")]
    if not row.unit:
        value.pop()
    room = width - LABEL_WIDTH
    # The origin explains the value: it goes first when there is no room for both, and the name of its file before it.
    short = f"[{row.origin.partition('[')[2]}" if "[" in row.origin else row.origin
    if width >= _WIDE and row.allowed:
        end = (Piece(fit(row.allowed, _RANGE_WIDTH) + "  ", "muted"), Piece(fit(short, _ORIGIN_WIDTH), "muted"))
        rest = room - width_of(value) - width_of(end)
        if rest >= 2:
            return (label, *value, Piece(" " * rest), *end)
    for text in (row.origin, short):
        rest = room - width_of(value) - len(text)
        if text and rest >= 2:
            return (label, *value, Piece(" " * rest), Piece(text, "muted"))
    return (label, *_cut(value, room))


def _cut(value: list[Piece], room: int) -> tuple[Piece, ...]:
    text, *unit = value
    return (Piece(fit(text.text, max(1, room - width_of(unit))).rstrip(), text.role), *unit)
