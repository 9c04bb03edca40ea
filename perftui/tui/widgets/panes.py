"""Several panes in one place, one of them visible; their names are tabs in the upper edge of its frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from perftui.tui.renderables.line import Piece
from perftui.tui.widgets.table import Table
from perftui.tui.widgets.text import ScrollPane


class Pane(NamedTuple):
    """`note` stands behind the name in the tab: a count. An `is_optional` pane has no tab while it is empty."""

    name: str
    widget: Table[Any] | ScrollPane
    is_optional: bool = False


class FilterInput(Input):
    """What the table beside it is filtered by, while one types."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "Clear the filter", show=True)]

    def action_give_up(self) -> None:
        self.value = ""
        self.post_message(self.Submitted(self, ""))


class Panes(Container):
    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority: what moves the focus acts before the next key is given to anybody. In one burst with it,
        # the text for the filter would otherwise reach the table, and an x in it would stop the run.
        Binding("tab", "next_pane(1)", "Pane", tooltip="The next pane", priority=True),
        Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False, tooltip="The previous pane", priority=True),
        Binding("slash", "filter", "Filter", key_display="/", tooltip="Only rows with a text", priority=True),
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
        yield FilterInput(placeholder="text to look for · enter keeps it · esc clears it", compact=True)

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
        table = self.current
        if isinstance(table, Table):
            field = self.query_one(FilterInput)
            field.value = table.filter_text
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
            if isinstance(pane.widget, Table):
                pane.widget.filter_by("")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return isinstance(self.current, Table) and not self.is_typing if action == "filter" else True

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if isinstance(self.current, Table) and event.input.display:
            self.current.filter_by(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.input.display:
            return
        if isinstance(self.current, Table):
            self.current.filter_by(event.value)
        self.screen.set_focus(self.current)
        self._close_filter()

    def _close_filter(self) -> None:
        field = self.query_one(FilterInput)
        if field.display:
            field.display = False
            self.post_message(self.FilterClosed())

    def _tabs(self) -> list[Pane]:
        return [pane for pane in self._panes if not pane.is_optional or self._notes.get(pane.name)]

    def _put_headings(self) -> None:
        pieces: list[Piece] = []
        for pane in self._tabs():
            is_current = pane is self._current
            note = self._notes.get(pane.name, "")
            text = f"{pane.name} {note}".rstrip()
            pieces += [Piece(f" {text} ", "tab" if is_current else "muted"), Piece(" ")]
        self._current.widget.heading = pieces[:-1]
        self._current.widget.redraw()
