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
_LONGEST_BAR, _LEAST_BAR = 30, 5
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
        slow = [Piece(f"slow line: every {rhythm.every_s} s", "warn"), Piece("  ")] if rhythm.is_slowed else []
        done = self._clock[0] / self._clock[1] if self._clock is not None and self._clock[1] else None
        # The bar matters more than the users, which stand in the title too, and more than the names of other modes.
        wanted = 0 if done is None else _LEAST_BAR + 1
        fitting = (
            (tabs, state)
            for least, forms in ((wanted, self._all_tabs()), (0, self._all_tabs()[-1:]))
            for tabs in forms
            for state in self._all_states()
            if _width(tabs) + width_of(slow) + width_of(state) + 2 + least <= width
        )
        self._tabs, state = next(fitting, (self._all_tabs()[-1], self._all_states()[-1]))
        start = [piece for _, pieces in self._tabs for piece in pieces]
        end = [*slow, *state]
        room = width - width_of(start) - width_of(end) - 2
        if done is not None and room > _LEAST_BAR:
            end += (Piece(" "), *progress_bar(done, min(_LONGEST_BAR, room - 1)))
        return [Line(spread(start, (*end, Piece(" ")), width))]

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
            [_brand(" "), *(self._tab(mode, label, "", side="") for mode, label in self.MODES)],
            [
                _brand(" pt "),
                *(self._tab(mode, label if mode == self._mode else label[0], "") for mode, label in self.MODES),
            ],
        )

    def _tab(self, mode: str, label: str, gap: str, side: str = " ") -> tuple[str, list[Piece]]:
        """`side` is left out on the left of those that are not the current one."""
        is_current = mode == self._mode
        return mode, [Piece(f"{side or ' ' * is_current}{label} ", "tab" if is_current else "muted"), Piece(gap)]

    def _all_states(self) -> Sequence[list[Piece]]:
        """With the users of a ramp, and without them."""
        word = self._word
        pieces = [Piece(word.text, word.role)]
        clock: list[Piece] = []
        if self._clock is not None:
            elapsed_s, run_time_s = self._clock
            clock.append(Piece(f"  {format_clock(elapsed_s)}", "strong"))
            if run_time_s:
                clock.append(Piece(f" / {format_clock(run_time_s)}", "muted"))
        if self._users is None:
            return ([*pieces, *clock],)
        users = Piece(f" {self._users[0]:,}/{self._users[1]:,}", word.role)
        return [*pieces, users, *clock], [*pieces, *clock]


def _brand(text: str) -> tuple[str, list[Piece]]:
    return "", [Piece(text, "accent")]


def _width(tabs: Tabs) -> int:
    return sum(width_of(pieces) for _, pieces in tabs)
