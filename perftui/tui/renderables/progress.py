"""How much of the load is over, as a bar."""

from __future__ import annotations

from perftui.tui.renderables.line import Piece


def progress_bar(done: float, width: int) -> tuple[Piece, Piece]:
    """`done` from 0 to 1 in `width` cells."""
    filled = round(min(max(done, 0.0), 1.0) * width)
    return Piece("━" * filled, "accent"), Piece("─" * (width - filled), "frame")
