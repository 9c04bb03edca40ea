"""The first line: the modes at the left, the state of the run at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.message import Message

from perftui.model.duration import format_clock
from perftui.tui.model import CockpitModel
from perftui.tui.renderables.line import Line, Piece, spread, width_of
from perftui.tui.renderables.progress import progress_bar
from perftui.tui.texts.state_words import StateWord, state_of
from perftui.tui.widgets.strips import StripWidget

if TYPE_CHECKING:
    from perftui.tui.terminal.terminal_app import TerminalApp

_VIEW_PAUSED = StateWord("❚❚", "VIEW PAUSED", "warn")
_LONGEST_BAR, _LEAST_BAR = 30, 7
# Each mode ("" for none), and how it stands in the line.
Tabs = list[tuple[str, list[Piece]]]


class TopBar(StripWidget):
    MODES: ClassVar[tuple[tuple[str, str], ...]] = (
        ("setup", "1 Setup"),
        ("live", "2 Live"),
        ("results", "3 Results"),
        ("compare", "4 Compare"),
        ("history", "5 History"),
    )

    class Chosen(Message):
        def __init__(self, mode: str) -> None:
            super().__init__()
            self.mode = mode

    def __init__(self, mode: str) -> None:
        super().__init__()
        self._mode = mode
        self._tabs: Tabs = []
        self._word = StateWord("", "", "muted")
        self._clock: tuple[float, float | None] | None = None
        self._users: tuple[int, int] | None = None

    def show(self, model: CockpitModel, *, is_paused: bool = False) -> None:
        self._word = _VIEW_PAUSED if is_paused else state_of(model)
        snapshot = model.snapshot
        self._clock = (
            (snapshot.elapsed_s, snapshot.run_time_s if model.is_live or model.replay else None) if snapshot else None
        )
        is_ramping = snapshot is not None and self._word.word == "RAMPING" and snapshot.target_user_count > 0
        self._users = (snapshot.user_count, snapshot.target_user_count) if snapshot and is_ramping else None
        self.redraw()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        rhythm = cast("TerminalApp", self.app).rhythm
        state = self._state()
        if rhythm.is_slowed:
            state = [Piece(f"slow line: every {rhythm.every_s} s", "warn"), Piece("  "), *state]
        room = width - width_of(state) - 2
        self._tabs = next((tabs for tabs in self._all_tabs() if _width(tabs) <= room), self._all_tabs()[-1])
        start = [piece for _, pieces in self._tabs for piece in pieces]
        room -= width_of(start)
        if self._clock is not None and self._clock[1] and room > _LEAST_BAR:
            bar = progress_bar(self._clock[0] / self._clock[1], min(_LONGEST_BAR, room - 1))
            state += (Piece(" "), *bar)
        return [Line(spread(start, (*state, Piece(" ")), width))]

    def on_click(self, event: events.Click) -> None:
        end = 0
        for mode, pieces in self._tabs:
            end += width_of(pieces)
            if event.x < end:
                if mode:
                    self.post_message(self.Chosen(mode))
                return

    def _all_tabs(self) -> Sequence[Tabs]:
        """From the longest to the shortest."""
        return (
            [_brand(" perftui  "), *(self._tab(mode, label, " ") for mode, label in self.MODES)],
            [_brand(" perftui "), *(self._tab(mode, label, "") for mode, label in self.MODES)],
            [_brand(" pt "), *(self._tab(mode, label, "") for mode, label in self.MODES)],
            [
                _brand(" pt "),
                *(self._tab(mode, label if mode == self._mode else label[0], "") for mode, label in self.MODES),
            ],
        )

    def _tab(self, mode: str, label: str, gap: str) -> tuple[str, list[Piece]]:
        is_current = mode == self._mode
        return mode, [Piece(f" {label} ", "tab" if is_current else "muted"), Piece(gap)]

    def _state(self) -> list[Piece]:
        word = self._word
        pieces = [Piece(word.text, word.role)]
        if self._users is not None:
            pieces.append(Piece(f" {self._users[0]:,}/{self._users[1]:,}", word.role))
        if self._clock is None:
            return pieces
        elapsed_s, run_time_s = self._clock
        pieces.append(Piece(f"  {format_clock(elapsed_s)}", "strong"))
        if run_time_s:
            pieces.append(Piece(f" / {format_clock(run_time_s)}", "muted"))
        return pieces


def _brand(text: str) -> tuple[str, list[Piece]]:
    return "", [Piece(text, "accent")]


def _width(tabs: Tabs) -> int:
    return sum(width_of(pieces) for _, pieces in tabs)
