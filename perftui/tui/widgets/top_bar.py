"""The first line: the modes at the left, the state of the run at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.message import Message

from perftui.model.duration import format_clock
from perftui.tui.model import CockpitModel
from perftui.tui.renderables.line import Line, Piece, spread, width_of
from perftui.tui.renderables.progress import progress_bar
from perftui.tui.state_words import StateWord, state_of
from perftui.tui.widgets.strips import StripWidget

_VIEW_PAUSED = StateWord("❚❚", "VIEW PAUSED", "warn")
_BAR_WIDTHS = ((130, 30), (100, 16), (80, 10))


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
        self._word = StateWord("", "", "muted")
        self._clock: tuple[float, float | None] | None = None
        self._users: tuple[int, int] | None = None

    def show(self, model: CockpitModel, *, is_paused: bool = False) -> None:
        self._word = _VIEW_PAUSED if is_paused else state_of(model)
        snapshot = model.snapshot
        self._clock = (snapshot.elapsed_s, snapshot.run_time_s if model.is_live else None) if snapshot else None
        is_ramping = snapshot is not None and self._word.word == "RAMPING" and snapshot.target_user_count > 0
        self._users = (snapshot.user_count, snapshot.target_user_count) if snapshot and is_ramping else None
        self.redraw()

    def lines(self, width: int, height: int) -> Sequence[Line]:
        return [Line(spread(self._tabs(), (*self._state(width), Piece(" ")), width))]

    def on_click(self, event: events.Click) -> None:
        end = width_of(self._tabs()[:2])
        for mode, label in self.MODES:
            end += len(label) + 3
            if event.x < end:
                self.post_message(self.Chosen(mode))
                return

    def _tabs(self) -> list[Piece]:
        pieces = [Piece(" perftui", "accent"), Piece("  ")]
        for mode, label in self.MODES:
            pieces += [Piece(f" {label} ", "tab" if mode == self._mode else "muted"), Piece(" ")]
        return pieces

    def _state(self, width: int) -> list[Piece]:
        word = self._word
        pieces = [Piece(word.text, word.role)]
        if self._users is not None and width >= 80:
            pieces.append(Piece(f" {self._users[0]:,}/{self._users[1]:,}", word.role))
        if self._clock is None:
            return pieces
        elapsed_s, run_time_s = self._clock
        pieces.append(Piece(f"  {format_clock(elapsed_s)}", "strong"))
        if run_time_s:
            pieces.append(Piece(f" / {format_clock(run_time_s)} ", "muted"))
            bar_width = next((size for least, size in _BAR_WIDTHS if width >= least), 0)
            pieces += progress_bar(elapsed_s / run_time_s, bar_width)
        return pieces
