"""The options of a plan as rows to go through: one is typed into where it stands, or turned with space.

One widget draws all rows and one field lies over the row that is typed into: a form of forty widgets would cost the
first paint, and every redraw of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.widgets import Input

from perftui.tui.renderables.field_line import LABEL_WIDTH, row_lines, value_width
from perftui.tui.renderables.line import Line, Piece
from perftui.tui.setup.draft import MAX_TYPED
from perftui.tui.setup.plan_fields import FieldRow
from perftui.tui.widgets.cursor import CursorWidget
from perftui.tui.widgets.typed_input import TypedInput

Wish = Literal["type", "turn", "reset"]


class FieldInput(TypedInput):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", "Keep", id="setup.field_keep", tooltip="Keep what is typed, and leave the field"),
        Binding("escape", "give_up", "Undo", id="setup.field_leave", tooltip="Leave the field as it was before"),
        Binding("up", "step(-1)", "Field above", id="setup.field_above", show=False, tooltip="The field above"),
        Binding("down", "step(1)", "Field below", id="setup.field_below", tooltip="The field below", key_display="↑↓"),
    ]

    class Left(Message):
        """`step` is where to go from here: 0 to the row of the field. `is_kept` tells whether its text counts."""

        def __init__(self, step: int = 0, *, is_kept: bool = True) -> None:
            super().__init__()
            self.step = step
            self.is_kept = is_kept

    def action_keep(self) -> None:
        self.post_message(self.Left())

    def action_give_up(self) -> None:
        self.post_message(self.Left(is_kept=False))

    def action_step(self, step: int) -> None:
        self.post_message(self.Left(step))


class FieldRows(CursorWidget):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Change", id="setup.field_change", tooltip="Type into this field, or turn it"),
        Binding("space", "turn", "Turn", id="setup.field_turn", show=False, tooltip="The next value of this field"),
        Binding(
            "delete,backspace", "reset", "Reset", id="setup.field_reset", tooltip="Take back what was typed for this"
        ),
        Binding("escape", "screen.lists", "Lists", id="setup.fields_leave", tooltip="Back to the profiles"),
    ]

    class Wished(Message):
        def __init__(self, row: FieldRow, wish: Wish) -> None:
            super().__init__()
            self.row = row
            self.wish = wish

    class Scrolled(Message):
        """The rows stand elsewhere now."""

    def __init__(self) -> None:
        super().__init__(id="fields")
        self.heading: Sequence[Piece] = ()
        self.rows: Sequence[FieldRow] = ()
        self.typed_into = ""
        # The first line of each row inside the frame, from the top of the first row.
        self._starts: list[int] = [0]
        self._first_line = 0

    @property
    def row_count(self) -> int:
        return len(self.rows)

    @property
    def cursor_row(self) -> FieldRow | None:
        return self.rows[self.cursor] if self.rows else None

    @property
    def cursor_line(self) -> int:
        """Where the cursor's row begins, from the widget's own top."""
        return self._starts[min(self.cursor, len(self._starts) - 1)] - self._first_line + 1

    def place(self, index: int) -> None:
        # Rows differ in height: what is visible is found when they are drawn.
        self.cursor = min(max(0, index), max(0, self.row_count - 1))

    def lines(self, width: int, height: int) -> Sequence[Line]:
        lines: list[Line] = []
        starts = []
        is_in_use = self.has_focus or bool(self.typed_into)
        for index, row in enumerate(self.rows):
            starts.append(len(lines))
            is_here = is_in_use and index == self.cursor
            lines += row_lines(row, width, is_here=is_here, is_typed_into=is_here and row.key == self.typed_into)
        self._starts = [*starts, len(lines)]
        end = self._starts[min(self.cursor + 1, len(starts))]
        before = self._first_line
        self._first_line = max(self._first_line, end - height)
        self._first_line = min(
            self._first_line, self._starts[min(self.cursor, len(starts))], max(0, len(lines) - height)
        )
        if self._first_line != before:
            self.post_message(self.Scrolled())
        return lines[self._first_line : self._first_line + height]

    def title(self) -> Sequence[Piece]:
        return self.heading

    def subtitle(self) -> Sequence[Piece]:
        height, count = self.inside_height, self._starts[-1]
        faults = sum(bool(row.fault) for row in self.rows)
        typed = sum(row.is_typed for row in self.rows)
        pieces: list[Piece] = []
        if faults:
            pieces.append(Piece(f"✗ {faults} to put right", "bad"))
        if typed:
            pieces.append(Piece(f"{' · ' if pieces else ''}{typed} changed", "accent"))
        if count > height:
            last = min(count, self._first_line + height)
            pieces.append(Piece(f"{' · ' if pieces else ''}{self._first_line + 1}–{last} of {count}", "muted"))
        return pieces

    def cursor_moved(self) -> None:
        self.refresh_bindings()

    @property
    def page_rows(self) -> int:
        return max(1, self.inside_height)

    def on_click(self, event: events.Click) -> None:
        at = event.y - 1 + self._first_line
        if 0 <= event.y - 1 < self.inside_height and at < self._starts[-1]:
            index = max(index for index, start in enumerate(self._starts[:-1]) if start <= at)
            self.action_move_by(index - self.cursor)

    def action_choose(self) -> None:
        row = self.cursor_row
        if row is not None and row.kind != "fixed":
            self.post_message(self.Wished(row, "type" if row.kind == "text" else "turn"))

    def action_turn(self) -> None:
        row = self.cursor_row
        if row is not None and row.kind in ("toggle", "choice"):
            self.post_message(self.Wished(row, "turn"))

    def action_reset(self) -> None:
        row = self.cursor_row
        if row is not None and row.key:
            self.post_message(self.Wished(row, "reset"))


class Fields(Container):
    class Wished(Message):
        """A row shall be typed into, turned to its next value, or reset to the profile's own."""

        def __init__(self, row: FieldRow, wish: Wish) -> None:
            super().__init__()
            self.row = row
            self.wish = wish

    class Typed(Message):
        def __init__(self, key: str, text: str) -> None:
            super().__init__()
            self.key = key
            self.text = text

    def __init__(self) -> None:
        super().__init__(id="form")
        self._text_before = ""

    def compose(self) -> ComposeResult:
        yield FieldRows()
        yield FieldInput(compact=True, max_length=MAX_TYPED)

    def on_mount(self) -> None:
        self._input.display = False

    @property
    def rows(self) -> FieldRows:
        return self.query_one(FieldRows)

    @property
    def _input(self) -> FieldInput:
        return self.query_one(FieldInput)

    @property
    def is_typing(self) -> bool:
        # What the screen says: a widget hears of its own focus only later.
        return self.screen.focused is self._input

    def show(self, rows: Sequence[FieldRow], heading: Sequence[Piece]) -> None:
        """The cursor stays on its row where that is still there."""
        before = self.rows.cursor_row
        self.rows.rows, self.rows.heading = tuple(rows), heading
        if before is not None:
            same = (at for at, row in enumerate(rows) if (row.key, row.label) == (before.key, before.label))
            self.rows.place(next(same, self.rows.cursor))
        self.rows.redraw()
        if self._input.display:
            self._lay()

    def type_into(self, key: str, text: str, own: str) -> None:
        """Open the field of `key` with `text` in it; `own` shows where it is empty."""
        at = next((at for at, row in enumerate(self.rows.rows) if row.key == key), None)
        if at is None:
            return
        self.rows.typed_into, self._text_before = key, text
        self.rows.place(at)
        field = self._input
        with field.prevent(Input.Changed):
            field.value = text
        field.placeholder = own
        field.cursor_position = len(text)
        field.display = True
        self.screen.set_focus(field)
        self.rows.redraw()
        self._lay()

    def leave(self) -> None:
        """Nobody types any more; what was typed stays, and the cursor is on its row."""
        was_typing = self.is_typing
        self.rows.typed_into = ""
        self._input.display = False
        if was_typing:
            self.screen.set_focus(self.rows)
        self.rows.redraw()

    def _lay(self) -> None:
        """The field over the value of its row."""
        row = self.rows.cursor_row
        if row is None:
            return
        field = self._input
        field.styles.offset = (2 + LABEL_WIDTH, self.rows.cursor_line)
        field.styles.width = max(4, value_width(row, max(0, self.rows.size.width - 4)))

    def on_resize(self) -> None:
        self.call_after_refresh(self._lay)

    def on_field_rows_scrolled(self, event: FieldRows.Scrolled) -> None:
        event.stop()
        if self._input.display:
            self._lay()

    def on_field_input_left(self, event: FieldInput.Left) -> None:
        event.stop()
        if not event.is_kept and self.rows.typed_into:
            self.post_message(self.Typed(self.rows.typed_into, self._text_before))
        if not event.step:
            self.leave()
            return
        self.rows.place(self.rows.cursor + event.step)
        row = self.rows.cursor_row
        if row is not None and row.kind == "text":
            self.post_message(self.Wished(row, "type"))
        else:
            self.leave()

    def on_field_rows_wished(self, event: FieldRows.Wished) -> None:
        event.stop()
        self.post_message(self.Wished(event.row, event.wish))

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        # A terminal that is only looked away from gives the focus back later.
        if event.widget is self._input and not self.is_typing and self.app.app_focus:
            self.leave()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.rows.typed_into:
            self.post_message(self.Typed(self.rows.typed_into, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
