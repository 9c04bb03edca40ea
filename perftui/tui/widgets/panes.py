"""Several panes in one place, one of them visible; their names are tabs in the upper edge of its frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from perftui.tui.renderables.line import Piece, width_of
from perftui.tui.widgets.log_pane import LogPane
from perftui.tui.widgets.table import Table
from perftui.tui.widgets.text import ScrollPane
from perftui.tui.widgets.typed_input import TypedInput

# What a frame's edge leaves for the tabs.
_EDGE_CELLS = 6


class Pane(NamedTuple):
    """An `is_optional` pane has no tab while there is no note to it: while it is empty."""

    name: str
    widget: Table[Any] | ScrollPane
    is_optional: bool = False


class FilterInput(TypedInput):
    """What the table beside it is filtered by, while one types."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Clear the filter", show=True, id="filter.clear")
    ]

    def action_give_up(self) -> None:
        self.value = ""
        self.post_message(self.Submitted(self, ""))


class Panes(Container):
    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority: what moves the focus acts before the next key is given to anybody. In one burst with it,
        # the text for the filter would otherwise reach the table, and an x in it would stop the run.
        Binding("tab", "next_pane(1)", "Pane", tooltip="The next pane", priority=True, id="panes.next"),
        Binding(
            "shift+tab",
            "next_pane(-1)",
            "Previous pane",
            show=False,
            tooltip="The previous pane",
            priority=True,
            id="panes.previous",
        ),
        Binding(
            "slash",
            "filter",
            "Filter",
            key_display="/",
            tooltip="Only rows with a text; of requests also method:post, fail>0, p95>300ms",
            priority=True,
            id="panes.filter",
        ),
    ]

    class Changed(Message):
        """Another pane is visible: it has to be filled."""

    class FilterClosed(Message):
        """Nobody types a filter any more."""

    def __init__(self, panes: Sequence[Pane], *, id: str) -> None:
        super().__init__(id=id)
        self._panes = tuple(panes)
        self._notes: dict[str, str] = {}
        self._current = self._panes[0]

    def compose(self) -> ComposeResult:
        for pane in self._panes:
            yield pane.widget
        yield FilterInput(
            placeholder="text · method:post · fail>0 · p95>300ms · enter keeps it, esc clears", compact=True
        )

    def on_mount(self) -> None:
        self.query_one(FilterInput).display = False
        for pane in self._panes:
            pane.widget.display = pane is self._current
        self._put_headings()

    @property
    def current(self) -> Widget:
        return self._current.widget

    @property
    def current_name(self) -> str:
        return self._current.name

    def note(self, notes: dict[str, str]) -> None:
        """What stands behind each name; an optional pane without a note has no tab."""
        self._notes = notes
        if self._current not in self._tabs():
            self.show_pane(self._panes[0].name)
        self._put_headings()

    def show_pane(self, name: str) -> None:
        focused = self.current.has_focus or self.is_typing or self.screen.focused is None
        self._current = next(pane for pane in self._panes if pane.name == name)
        for pane in self._panes:
            pane.widget.display = pane is self._current
        self._put_headings()
        if focused:
            self.screen.set_focus(self.current)
        self._close_filter()
        self.refresh_bindings()
        self.post_message(self.Changed())

    def action_next_pane(self, step: int) -> None:
        tabs = self._tabs()
        at = tabs.index(self._current) if self._current in tabs else 0
        self.show_pane(tabs[(at + step) % len(tabs)].name)
        self.screen.set_focus(self.current)

    def action_filter(self) -> None:
        if (filtered := self._filtered) is not None:
            field = self.query_one(FilterInput)
            field.value = filtered.filter_text
            field.display = True
            self.screen.set_focus(field)

    @property
    def is_typing(self) -> bool:
        """The next keys are text of a filter."""
        # What the screen says: a widget hears of its own focus only later.
        return self.screen.focused is self.query_one(FilterInput)

    def clear_filters(self) -> None:
        """All rows of all panes, and nobody is asked for a text."""
        if self.is_typing:
            self.screen.set_focus(self.current)
        self._close_filter()
        for pane in self._panes:
            if isinstance(pane.widget, (Table, LogPane)):
                pane.widget.filter_by("")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._filtered is not None and not self.is_typing if action == "filter" else True

    @property
    def _filtered(self) -> Table[Any] | LogPane | None:
        widget = self._current.widget
        return widget if isinstance(widget, (Table, LogPane)) else None

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if (filtered := self._filtered) is not None and event.input.display:
            filtered.filter_by(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.input.display:
            return
        if (filtered := self._filtered) is not None:
            filtered.filter_by(event.value)
        self.screen.set_focus(self.current)
        self._close_filter()

    def on_resize(self) -> None:
        self._put_headings()

    def on_click(self, event: events.Click) -> None:
        """The tabs stand in the upper edge of whatever pane is visible."""
        at = event.screen_x - self.region.x - 3
        if event.screen_y != self.region.y or at < 0:
            return
        for pane, pieces in self._headings():
            at -= width_of(pieces)
            if at < 0:
                if pane is not None:
                    self.show_pane(pane.name)
                    self.screen.set_focus(self.current)
                return

    def _close_filter(self) -> None:
        field = self.query_one(FilterInput)
        if field.display:
            field.display = False
            self.post_message(self.FilterClosed())

    def _tabs(self) -> list[Pane]:
        return [pane for pane in self._panes if not pane.is_optional or self._notes.get(pane.name)]

    def _put_headings(self) -> None:
        pieces = [piece for _, entry in self._headings() for piece in entry]
        if self._current.widget.heading != pieces:
            self._current.widget.heading = pieces
            self._current.widget.redraw()

    def _headings(self) -> list[tuple[Pane | None, list[Piece]]]:
        """The tabs that fit: without the counts of the others first, then without those furthest away."""
        room = self.size.width - _EDGE_CELLS
        tabs = self._tabs()
        for gap, with_notes in ((" ", True), ("", True), ("", False)):
            entries = [self._heading(pane, gap, with_notes) for pane in tabs]
            if sum(width_of(pieces) for _, pieces in entries) <= room + len(gap):
                break
        at = tabs.index(self._current) if self._current in tabs else 0
        hidden = [0, 0]
        while len(entries) > 1 and sum(width_of(pieces) for _, pieces in entries) > room - 4:
            is_left = at > len(entries) - 1 - at
            entries.pop(0 if is_left else -1)
            hidden[0 if is_left else 1] += 1
            at -= is_left
        more = [[(None, [Piece(mark, "muted")])] if count else [] for mark, count in zip("‹›", hidden, strict=True)]
        return [*more[0], *entries, *more[1]]

    def _heading(self, pane: Pane, gap: str, with_notes: bool) -> tuple[Pane | None, list[Piece]]:
        is_current = pane is self._current
        note = self._notes.get(pane.name, "") if with_notes or is_current else ""
        text = f"{pane.name} {note}".rstrip()
        if is_current:
            return pane, [Piece(f" {text} ", "tab"), Piece(gap)]
        return pane, [Piece(f"{gap}{text} " if gap else f" {text}", "muted"), Piece(gap)]
