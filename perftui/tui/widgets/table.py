"""A table of rows that change every second: sorted, filtered, the cursor pinned to its row."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from perftui.model.text import clean
from perftui.tui.columns.row_filter import RowFilter
from perftui.tui.renderables.line import Line, Piece, fit
from perftui.tui.widgets.cursor import CursorWidget

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """`text` is what a cell shows and `order` what it is sorted by (None: always last).

    A column with a `share` takes that part of what the others leave, at least `width`. Below `from_width` cells
    of table it is left out, and while it is not `wanted`.
    """

    label: str
    width: int
    text: Callable[[Row], str]
    order: Callable[[Row], Any]
    role: Callable[[Row], str] = lambda _row: ""
    is_text: bool = False
    share: int = 0
    from_width: int = 0
    wanted: Callable[[], bool] = lambda: True


class Table(CursorWidget, Generic[Row]):
    """`key_of` names a row for good; rows that compare equal in the sorted column keep the order of their keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Detail", tooltip="All of this row", id="table.choose"),
        Binding("s", "sort_next", "Sort", tooltip="Sort by the next column", id="table.sort"),
        Binding("S", "sort_reverse", "Reverse", show=False, tooltip="Sort the other way round", id="table.reverse"),
    ]
    rows_above = 1

    class Chosen(Message):
        def __init__(self, table: Table[Any], row: Any) -> None:
            super().__init__()
            self.table = table
            self.row = row

    class Moved(Message):
        """A person put the cursor on another row."""

        def __init__(self, table: Table[Any], row: Any) -> None:
            super().__init__()
            self.table = table
            self.row = row

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key_of: Callable[[Row], Hashable],
        *,
        sorted_by: str,
        searched: Callable[[Row], str] | RowFilter[Row],
        empty: str,
        of_all: Callable[[Row, int], Row] = lambda total, _count: total,
        id: str | None = None,
        is_descending: bool | None = None,
    ) -> None:
        """`of_all` names the total as that of so many rows, while a filter shows fewer."""
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._key_of = key_of
        self._row_filter = searched if isinstance(searched, RowFilter) else RowFilter(searched)
        self.empty = empty
        self._of_all = of_all
        self._sorted_by = next(column for column in self._columns if column.label == sorted_by)
        self._descending = not self._sorted_by.is_text if is_descending is None else is_descending
        self._all: Sequence[Row] = ()
        self._rows: list[Row] = []
        self._total: Row | None = None
        self._cursor_key: Hashable = None
        self._filter = ""
        self._is_wanted: Callable[[Row], bool] = lambda _row: True
        self.heading: Sequence[Piece] = ()
        self.covers = ""
        """The part of a run that the rows are of; empty for all of it."""

    @property
    def row_count(self) -> int:
        return len(self._rows)

    @property
    def cursor_row(self) -> Row | None:
        return self._rows[self.cursor] if self._rows else None

    @property
    def filter_text(self) -> str:
        return self._filter

    def show(self, rows: Sequence[Row], total: Row | None = None) -> None:
        """`total` is shown below all rows and is never sorted or filtered."""
        self._all, self._total = rows, total
        self.rows_below = 1 if total is not None else 0
        self._arrange()

    def filter_by(self, text: str) -> None:
        """Keep rows that `text` asks for, see RowFilter; an empty one keeps all."""
        self._filter = text.strip()
        self._is_wanted = self._row_filter.matcher(text)
        self._arrange()

    def cursor_moved(self) -> None:
        row = self.cursor_row
        self._cursor_key = self._key_of(row) if row is not None else None

    def action_move_by(self, rows: int) -> None:
        before = self.cursor
        super().action_move_by(rows)
        if self.cursor != before:
            self.post_message(self.Moved(self, self.cursor_row))

    def action_sort_next(self) -> None:
        shown = [column for column, _ in self._layout(max(0, self.size.width - 4))] or list(self._columns)
        place = shown.index(self._sorted_by) + 1 if self._sorted_by in shown else 0
        self._sort_by(shown[place % len(shown)])

    def action_sort_reverse(self) -> None:
        self._descending = not self._descending
        self._arrange()

    def action_choose(self) -> None:
        if (row := self.cursor_row) is not None:
            self.post_message(self.Chosen(self, row))

    def on_click(self, event: events.Click) -> None:
        if event.y != 1:
            super().on_click(event)
            if event.chain == 2 and 0 <= event.y - 2 < min(self.page_rows, len(self._rows)):
                self.action_choose()
            return
        at = event.x - 2
        for column, width in self._layout(max(0, self.size.width - 4)):
            if at <= width:
                if column is self._sorted_by:
                    self.action_sort_reverse()
                else:
                    self._sort_by(column)
                return
            at -= width + 2

    def lines(self, width: int, height: int) -> Sequence[Line]:
        layout = self._layout(width)
        self.place(self.cursor)
        lines = [self._header(layout)]
        first, visible = self.first_visible, self.page_rows
        for index in range(first, min(first + visible, len(self._rows))):
            under = "cursor" if index == self.cursor and self.has_focus else ""
            mark = Piece("▌", "accent") if index == self.cursor else Piece(" ")
            lines.append(self._row(layout, self._rows[index], mark, under))
        if not self._rows:
            why = "no row fits the filter · / changes it" if self._all and self._filter else self.empty
            lines.append(Line((Piece(" " + why, "muted"),)))
        if self._total is not None:
            total = self._of_all(self._total, len(self._all)) if self._filter else self._total
            lines.append(self._row(layout, total, Piece(" "), "", role="strong"))
        return lines

    def title(self) -> Sequence[Piece]:
        return self.heading

    def subtitle(self) -> Sequence[Piece]:
        shown = len(self._rows)
        first, last = self.first_visible + 1, min(shown, self.first_visible + self.page_rows)
        said = [self.covers] if self.covers else []
        if self._filter:
            said.append(f"filter: {clean(self._filter, 30)} ({shown:,} of {len(self._all):,})")
        if shown > self.page_rows > 0:
            said.append(f"{first:,}–{last:,} of {shown:,}")
        return (Piece(" · ".join(said), "muted"),) if said else ()

    def _arrange(self) -> None:
        rows = list(filter(self._is_wanted, self._all)) if self._filter else list(self._all)
        rows.sort(key=lambda row: str(self._key_of(row)))
        known = [row for row in rows if self._sorted_by.order(row) is not None]
        known.sort(key=self._sorted_by.order, reverse=self._descending)
        self._rows = known + [row for row in rows if self._sorted_by.order(row) is None]
        index = next((at for at, row in enumerate(self._rows) if self._key_of(row) == self._cursor_key), self.cursor)
        self.place(index)
        # A cursor at the top stays there until it is moved: the top is what one sorts for.
        if self._cursor_key is not None:
            self.cursor_moved()
        self.redraw()

    def _sort_by(self, column: Column[Row]) -> None:
        self._sorted_by, self._descending = column, not column.is_text
        self._arrange()

    def _layout(self, width: int) -> list[tuple[Column[Row], int]]:
        shown = [column for column in self._columns if column.from_width <= width and column.wanted()]
        shares = sum(column.share for column in shown)
        rest = width - 1 - sum(column.width + 2 for column in shown) + 2
        # What does not divide goes to the last column that takes a share.
        sizes = [column.width + max(0, rest) * column.share // max(1, shares) for column in shown]
        if shares and rest > 0:
            last = max(at for at, column in enumerate(shown) if column.share)
            sizes[last] += width - 1 - sum(sizes) - 2 * (len(sizes) - 1)
        return list(zip(shown, sizes, strict=True))

    def _header(self, layout: Sequence[tuple[Column[Row], int]]) -> Line:
        pieces = [Piece(" ")]
        for column, width in layout:
            is_sorted = column is self._sorted_by
            label = column.label + ("▼" if self._descending else "▲") if is_sorted else column.label
            pieces.append(Piece(fit(label, width, right=not column.is_text), "accent" if is_sorted else "muted"))
            pieces.append(Piece("  "))
        return Line(tuple(pieces[:-1]))

    def _row(
        self, layout: Sequence[tuple[Column[Row], int]], row: Row, mark: Piece, under: str, role: str = ""
    ) -> Line:
        # One piece for neighbours of one colour: each change of colour is an escape sequence on the wire.
        pieces = [mark]
        text, text_role = "", role
        for column, width in layout:
            cell = fit(clean(column.text(row)), width, right=not column.is_text)
            cell_role = column.role(row) or role
            if cell_role != text_role and text:
                pieces.append(Piece(text, text_role))
                text = ""
            text, text_role = text + cell + "  ", cell_role
        pieces.append(Piece(text[:-2], text_role))
        return Line(tuple(pieces), under)
