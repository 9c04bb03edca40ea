"""What was looked at before a run, item by item as it becomes known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from perftui.model.text import clean, mask_secrets
from perftui.tui.renderables.line import Line, Piece, wrapped
from perftui.tui.widgets.text import ScrollPane

if TYPE_CHECKING:
    from perftui.model.inspection import CheckItem

_STATUS = {"ok": ("✓", "good"), "warning": ("!", "warn"), "failed": ("✗", "bad")}


class Preflight(ScrollPane):
    def show_items(self, items: Sequence[CheckItem], *, is_checking: bool, hint: str) -> None:
        """`hint` stands in the place of items while there are none."""
        shown = tuple(items)
        counts = [f"{_STATUS[status][0]} {n}" for status in _STATUS if (n := sum(i.status == status for i in shown))]
        heading = [Piece("Preflight", "heading")]
        if counts:
            heading.append(Piece(f"  {'  '.join(counts)}", "muted"))
        if is_checking:
            heading.append(Piece("  ◌ checking…", "accent"))
        self.heading = heading

        def lines(width: int) -> Sequence[Line]:
            if not shown and not is_checking:
                return wrapped(hint, width, "muted")
            return [each for item in shown for each in _item_lines(item, width)]

        self.show(lines)


def _item_lines(item: CheckItem, width: int) -> Sequence[Line]:
    symbol, role = _STATUS[item.status]
    text = f"{clean(item.name, 40)}: {clean(mask_secrets(item.text), 300)}"
    return wrapped(text, width, "" if item.status == "ok" else role, first=Piece(f"{symbol} ", role))
