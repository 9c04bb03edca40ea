"""A short list to choose one of: what the cursor is on is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from perftui.model.text import clean
from perftui.tui.renderables.line import Line, Piece, fit, spread
from perftui.tui.widgets.cursor import CursorWidget
from perftui.tui.widgets.typed_input import TypedInput


class Choice(NamedTuple):
    """`value` is what choosing it means; `label` and `note` are shown, cleaned. A filter looks into `searched` too."""

    value: str
    label: str
    note: str = ""
    note_role: str = "muted"
    searched: str = ""


class Choices(CursorWidget):
    class Changed(Message):
        def __init__(self, choices: Choices) -> None:
            super().__init__()
            self.choices = choices

    def __init__(self, title: str, *, id: str | None = None, is_numbered: bool = False) -> None:
        super().__init__(id=id)
        self._title = title
        self._is_numbered = is_numbered
        self._all: tuple[Choice, ...] = ()
        # Those that the filter leaves, each with its number in the whole list.
        self._choices: tuple[tuple[int, Choice], ...] = ()
        self._filter = ""
        # What is chosen while the filter leaves nothing.
        self._chosen: str | None = None

    @property
    def row_count(self) -> int:
        return len(self._choices)

    @property
    def value(self) -> str | None:
        """What is chosen; None only where there is nothing to choose."""
        return self._choices[self.cursor][1].value if self._choices else self._chosen

    def show(self, choices: Sequence[Choice]) -> None:
        self._all = tuple(choices)
        self._filter = ""
        self._choices = tuple(enumerate(self._all, 1))
        self.place(self.cursor)
        self._remember()
        self.redraw()

    def choose(self, value: str | None) -> None:
        """Put the cursor on `value`, if it is there; nothing is said."""
        self.place(next((at for at, (_, each) in enumerate(self._choices) if each.value == value), self.cursor))
        self._remember()
        self.redraw()

    def choose_nth(self, number: int) -> None:
        """As if the cursor had been moved to the row with that number, where there is one."""
        if 1 <= number <= len(self._all):
            self.filter_by("")
            self.action_move_to(number - 1)

    def filter_by(self, text: str) -> None:
        """Leave what contains `text`, whatever its case, or has it for a number; an empty one leaves all.

        What is chosen stays so while it is left, else it is the first that is.
        """
        self._filter = text.strip()
        before, looked_for = self._chosen, self._filter.casefold()
        self._choices = tuple(
            (number, each)
            for number, each in enumerate(self._all, 1)
            if looked_for in f"{each.label} {each.searched} {each.note}".casefold() or looked_for == str(number)
        )
        wanted = [at for at, (number, each) in enumerate(self._choices) if str(number) == looked_for]
        wanted += [at for at, (_, each) in enumerate(self._choices) if each.value == before]
        self.place(wanted[0] if wanted else 0)
        self._remember()
        if self._chosen != before:
            self.cursor_moved()
        self.redraw()

    def _remember(self) -> None:
        if self._choices or not self._all:
            self._chosen = self.value if self._choices else None

    def cursor_moved(self) -> None:
        self._remember()
        self.post_message(self.Changed(self))

    def lines(self, width: int, height: int) -> Sequence[Line]:
        self.place(self.cursor)
        if not self._choices:
            return [Line((Piece("nothing contains the filter's text" if self._all else "nothing here", "muted"),))]
        digits = len(str(len(self._all))) if self._is_numbered else 0
        lines = []
        for index in range(self.first_visible, min(self.first_visible + height, len(self._choices))):
            number, choice = self._choices[index]
            is_chosen = index == self.cursor
            label = Piece(clean(choice.label), "strong" if is_chosen else "")
            before = Piece(fit(str(number), digits, right=True), "muted") if digits else Piece("")
            start = (before, Piece("▌ " if is_chosen else "  ", "accent"), label)
            end = (Piece(clean(choice.note), choice.note_role),) if choice.note else ()
            under = "cursor" if is_chosen and self.has_focus else ""
            lines.append(Line(spread(start, end, width), under))
        return lines

    def title(self) -> Sequence[Piece]:
        # A row without a value stands for none of them.
        count = str(sum(bool(each.value) for each in self._all))
        if self._filter:
            count = f"{sum(bool(each.value) for _, each in self._choices)} of {count} with {clean(self._filter, 20)}"
        return (Piece(self._title, "heading"), Piece(f" {count}", "muted"))

    def subtitle(self) -> Sequence[Piece]:
        height = self.inside_height
        if len(self._choices) <= height:
            return ()
        last = min(len(self._choices), self.first_visible + height)
        return (Piece(f"{self.first_visible + 1}–{last} of {len(self._choices)}", "muted"),)


class ChoiceFilter(TypedInput):
    """What a list is narrowed to, while one types: arrows move in the list, enter takes what the cursor is on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Choose", id="setup.filter_take", tooltip="Choose this one"),
        Binding("escape", "give_up", "Clear", id="setup.filter_clear", tooltip="Choose what was chosen before"),
        Binding("up", "move(-1)", "Row above", id="setup.filter_up", show=False, tooltip="The row above"),
        Binding("down", "move(1)", "Row", id="setup.filter_down", key_display="↑↓", tooltip="The row below"),
    ]

    def __init__(self) -> None:
        super().__init__(placeholder="text, or a number", compact=True, max_length=100)
        self._list: Choices | None = None
        self._chosen_before: str | None = None

    def on_mount(self) -> None:
        self.display = False

    def open(self, choices: Choices) -> None:
        self._list, self._chosen_before = choices, choices.value
        with self.prevent(Input.Changed):
            self.value = ""
        self.display = True
        self.screen.set_focus(self)

    def action_take(self) -> None:
        self._close()

    def action_give_up(self) -> None:
        choices = self._list
        self._close()
        if choices is not None and choices.value != self._chosen_before:
            choices.choose(self._chosen_before)
            choices.cursor_moved()

    def action_move(self, rows: int) -> None:
        if self._list is not None:
            self._list.action_move_by(rows)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._list is not None and self.display:
            self._list.filter_by(event.value)

    def on_blur(self) -> None:
        # Somebody clicked elsewhere, or left for another mode. A terminal that is only looked away from gives it back.
        if self.app.app_focus:
            self._close()

    def _close(self) -> None:
        choices, self._list = self._list, None
        self.display = False
        if choices is not None:
            choices.filter_by("")
            if self.screen.focused in (self, None):
                self.screen.set_focus(choices)
