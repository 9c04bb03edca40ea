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
        Binding("tab", "next_pane(1)", "Pane", tooltip="The next tab"),
        Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False),
        Binding("slash", "filter", "Filter", key_display="/", tooltip="Only rows that contain a text"),
    ]

    class Changed(Message):
        """Another pane is visible: it has to be filled."""

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
        focused = self.current.has_focus or self.screen.focused is None
        self._current = next(pane for pane in self._panes if pane.name == name)
        self.query_one(FilterInput).display = False
        for pane in self._panes:
            pane.widget.display = pane is self._current
        self._put_headings()
        if focused:
            self.current.focus()
        self.refresh_bindings()
        self.post_message(self.Changed())

    def action_next_pane(self, step: int) -> None:
        tabs = self._tabs()
        at = tabs.index(self._current) if self._current in tabs else 0
        self.show_pane(tabs[(at + step) % len(tabs)].name)
        self.current.focus()

    def action_filter(self) -> None:
        table = self.current
        if isinstance(table, Table):
            field = self.query_one(FilterInput)
            field.value = table.filter_text
            field.display = True
            field.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return isinstance(self.current, Table) if action == "filter" else True

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if isinstance(self.current, Table) and event.input.display:
            self.current.filter_by(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        event.input.display = False
        if isinstance(self.current, Table):
            self.current.filter_by(event.value)
        self.current.focus()

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
