"""Rows with a cursor: what a table and a list of choices share."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from perftui.tui.widgets.strips import StripWidget


class CursorWidget(StripWidget, can_focus=True):
    """Keeps a cursor on one of `row_count` rows, and the first row that is visible."""

    is_framed = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move_by(1)", "Next row", show=False, tooltip="Next row", id="rows.next"),
        Binding("up,k", "move_by(-1)", "Previous row", show=False, tooltip="Previous row", id="rows.previous"),
        Binding("pagedown,ctrl+f", "move_pages(1)", "Page down", show=False, tooltip="Page down", id="rows.page_down"),
        Binding("pageup,ctrl+b", "move_pages(-1)", "Page up", show=False, tooltip="Page up", id="rows.page_up"),
        Binding("home,g", "move_to(0)", "First row", show=False, tooltip="First row", id="rows.first"),
        Binding("end,G", "move_to(-1)", "Last row", show=False, tooltip="Last row", id="rows.last"),
    ]

    # Rows inside the frame that are not of the list: a header, a total.
    rows_above = 0
    rows_below = 0

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        self._top = 0

    @property
    def row_count(self) -> int:
        raise NotImplementedError

    def cursor_moved(self) -> None:
        """The cursor stands on another row now."""

    def place(self, index: int) -> None:
        """Put the cursor on row `index`, or the nearest that there is, and keep it visible; nothing is said."""
        self.cursor = min(max(0, index), max(0, self.row_count - 1))
        visible = self.page_rows
        self._top = min(self._top, self.cursor)
        if visible > 0:
            self._top = max(self._top, self.cursor - visible + 1)
            self._top = max(0, min(self._top, self.row_count - visible))

    @property
    def page_rows(self) -> int:
        return max(0, self.inside_height - self.rows_above - self.rows_below)

    @property
    def first_visible(self) -> int:
        return self._top

    def action_move_by(self, rows: int) -> None:
        before = self.cursor
        self.place(self.cursor + rows)
        if self.cursor != before:
            self.cursor_moved()
        self.redraw()

    def action_move_pages(self, pages: int) -> None:
        self.action_move_by(pages * max(1, self.page_rows - 1))

    def action_move_to(self, index: int) -> None:
        self.action_move_by((index if index >= 0 else self.row_count - 1) - self.cursor)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_move_by(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_move_by(-1)

    def on_click(self, event: events.Click) -> None:
        row = event.y - (1 if self.is_framed else 0) - self.rows_above
        if 0 <= row < self.page_rows and self._top + row < self.row_count:
            self.action_move_by(self._top + row - self.cursor)
