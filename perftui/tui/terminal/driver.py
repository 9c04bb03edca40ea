"""The terminal driver: it sends what changed, and no more at once than the line to the terminal takes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from rich.console import COLOR_SYSTEMS
from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

from perftui.tui.terminal.alt_digits import know_alt_digits
from perftui.tui.terminal.line_writer import LineWriter
from perftui.tui.terminal.looks import Looks
from perftui.tui.terminal.mirror import Mirror, Update
from perftui.tui.terminal.pace import PATIENCE_S, Pace
from perftui.tui.terminal.pastes import PasteParser

if TYPE_CHECKING:
    from textual.app import App

# Every terminal knows it, and Textual reads the answer.
_WHERE_IS_THE_CURSOR = "\x1b[6n"
# What a terminal that does not answer gets at once.
_UNANSWERED_BYTES = 4_096
# An answer that comes after the end would stand on the shell's command line.
_LAST_ANSWER_S = 1.0
_LAST_WRITE_S = 2.0

# Textual's input thread takes its parser from this module, and from nowhere else.
vars(linux_driver)["XTermParser"] = PasteParser
know_alt_digits()


class CockpitDriver(LinuxDriver):
    """Textual's own sends every frame whole, and blocks the event loop where a terminal has not taken thirty writes.
    This one sends the next piece once the last one was drawn, and of what the screen has become until then.

    It stands on names that are private in Textual 8.2, hence the tests: `App._display`, and the updates it is given.
    """

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        no_color = bool(os.environ.get("NO_COLOR"))
        self.mirror = Mirror(Looks(None if no_color else COLOR_SYSTEMS.get(app.console.color_system or "")))
        self.pace = Pace()
        self._writer: LineWriter | None = None
        self._cursor = (0, 0)
        self._syncs = False
        self._later: asyncio.TimerHandle | None = None

    @property
    def is_behind(self) -> bool:
        """The terminal has not got all of the screen yet."""
        return self.mirror.is_behind or bool(self._writer and self._writer.waiting_bytes)

    def show(self, update: Update, cursor: tuple[int, int], *, syncs: bool) -> None:
        """Let the terminal show `update`, at once or as soon as it can; `cursor` is where its own one stands."""
        self.mirror.take(update)
        self._cursor, self._syncs = cursor, syncs
        self._send()

    def redraw(self) -> None:
        """For a screen that something else wrote on."""
        self.mirror.forget()
        self._send()

    def write(self, data: str) -> None:
        if self._writer is not None:
            self._writer.write(data)

    def start_application_mode(self) -> None:
        self.mirror.forget()
        # What Textual writes to as well.
        self._writer = LineWriter(2 if sys.__stderr__ is None else sys.__stderr__.fileno(), self._written)
        self._writer.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's has no types
        # Textual's own handler may be interrupted by itself, and then tells the older size last.
        self._loop.add_signal_handler(signal.SIGWINCH, self._size_changed)

    def disable_input(self) -> None:
        # The input thread reads on meanwhile, and takes the last answer.
        until = time.monotonic() + _LAST_ANSWER_S
        while self.pace.waits and time.monotonic() < until:
            time.sleep(0.005)
            self.pace.settle()
        super().disable_input()

    def close(self) -> None:
        if self._later is not None:
            self._later.cancel()
        super().close()
        if self._writer is not None:
            self._writer.close(_LAST_WRITE_S)
            self._writer = None

    def _size_changed(self) -> None:
        size = Size(*self._get_terminal_size())
        self._app.post_message(events.Resize(size, size))

    def process_message(self, message: Message) -> None:
        """On the input thread."""
        if isinstance(message, events.CursorPosition):
            self.pace.note_answer()
            self._soon()
        else:
            super().process_message(message)

    def _written(self) -> None:
        """On the writer's thread."""
        if not self.pace.answers and self.mirror.is_behind:
            self._soon()

    def _soon(self) -> None:
        # The loop may be closed by now.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._send)

    def _send(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        self.pace.settle()
        writer = self._writer
        if writer is None or not self.mirror.is_behind:
            return
        most = self.pace.most
        if most is None:
            most = 0 if writer.waiting_bytes else _UNANSWERED_BYTES
        if most:
            changes = self.mirror.changes(most)
            if changes.text:
                self._write(changes.text, is_whole=changes.is_all)
        if self.mirror.is_behind:
            # An answer that is lost must not leave half a frame on the screen.
            self._later = self._loop.call_later(PATIENCE_S if self.pace.answers else 0.1, self._send)

    def _write(self, text: str, *, is_whole: bool) -> None:
        x, y = self._cursor
        text += f"\x1b[{y + 1};{x + 1}H"
        if self._syncs and is_whole:
            text = f"{SYNC_START}{text}{SYNC_END}"
        if self.pace.asks:
            text += _WHERE_IS_THE_CURSOR
            self.pace.sent(len(text.encode(errors="replace")))
        self.write(text)
