"""Single keys that turn the knobs while the target runs in a terminal, and a line that shows them."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from perftui.demo.faults import MAX_LEAKED_BYTES, Faults
from perftui.demo.knobs import HIGHEST
from perftui.demo.request_counts import RequestCounts

LATENCY_STEP_MS = 50.0
JITTER_STEP_MS = 10.0
FAILURE_STEP = 0.05
LEAK_KB = 64.0
FREEZE_S = 2.0
DRAWS_EVERY_S = 1.0
HELP = (
    "Keys: l more latency, L less; j more jitter, J less; f more failures, F fewer;\n"
    "      m memory leak on or off; z freeze for 2 s; r reset; q quit.\n"
)


def describe(faults: Faults, requests_per_s: float) -> str:
    """The knobs as they are, in one line."""
    knobs = faults.knobs
    jitter = f" +/- {knobs.jitter_ms:g}" if knobs.jitter_ms else ""
    leak = f"{knobs.leak_kb_per_request:g} kB/request" if knobs.leak_kb_per_request else "off"
    if faults.leaked_bytes:
        at_most = " (the most)" if faults.leaked_bytes >= MAX_LEAKED_BYTES else ""
        leak += f", {faults.leaked_bytes / 2**20:.0f} MB kept{at_most}"
    parts = [
        f"{requests_per_s:.0f} requests/s",
        f"latency {knobs.latency_ms:g}{jitter} ms",
        f"failures {knobs.failure_share * 100:g} %",
        f"leak {leak}",
    ]
    if faults.freeze_left_s:
        parts.insert(1, "FROZEN")
    return " | ".join(parts)


def turn(faults: Faults, key: str) -> None:
    """Do what `key` stands for; other keys do nothing."""
    knobs = faults.knobs
    if key in "lL":
        latency_ms = knobs.latency_ms + (LATENCY_STEP_MS if key == "l" else -LATENCY_STEP_MS)
        faults.knobs = replace(knobs, latency_ms=min(max(0.0, latency_ms), HIGHEST["latency_ms"]))
    elif key in "jJ":
        jitter_ms = knobs.jitter_ms + (JITTER_STEP_MS if key == "j" else -JITTER_STEP_MS)
        faults.knobs = replace(knobs, jitter_ms=min(max(0.0, jitter_ms), HIGHEST["jitter_ms"]))
    elif key in "fF":
        share = round(knobs.failure_share + (FAILURE_STEP if key == "f" else -FAILURE_STEP), 4)
        faults.knobs = replace(knobs, failure_share=min(max(0.0, share), 1.0))
    elif key == "m":
        faults.knobs = replace(knobs, leak_kb_per_request=0.0 if knobs.leak_kb_per_request else LEAK_KB)
    elif key == "z":
        faults.freeze(FREEZE_S)
    elif key == "r":
        faults.reset()


@contextmanager
def terminal_keys(faults: Faults, counts: RequestCounts, leave: Callable[[], None]) -> Iterator[None]:
    """Within an event loop: keys act and the line is drawn until the context ends; then the terminal is as before.

    Nothing happens where stdin and stdout are no terminal, or where this process is in its background.
    """
    if not _is_in_foreground():
        yield
        return
    desk = _KeyDesk(faults, counts, leave)
    try:
        desk.open()
        yield
    finally:
        desk.close()


def _is_in_foreground() -> bool:
    """Elsewhere the kernel stops a process that reads from its terminal or changes its modes."""
    try:
        return sys.stdin.isatty() and sys.stdout.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return False


class _KeyDesk:
    def __init__(self, faults: Faults, counts: RequestCounts, leave: Callable[[], None]) -> None:
        self._faults = faults
        self._counts = counts
        self._leave = leave
        self._loop = asyncio.get_running_loop()
        self._keys_fd = sys.stdin.fileno()
        self._screen_fd = sys.stdout.fileno()
        self._modes_before = termios.tcgetattr(self._keys_fd)
        self._seen = (time.monotonic(), counts.total)
        self._requests_per_s = 0.0

    def open(self) -> None:
        self._timer = self._loop.call_later(DRAWS_EVERY_S, self._tick)
        self._write(HELP)
        self._loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        self._loop.add_signal_handler(signal.SIGCONT, self._claim)
        self._loop.add_signal_handler(signal.SIGHUP, self._leave)
        self._claim()

    def close(self) -> None:
        for number in (signal.SIGTSTP, signal.SIGCONT, signal.SIGHUP):
            self._loop.remove_signal_handler(number)
        self._timer.cancel()
        self._release()

    def _claim(self) -> None:
        """Also after a shell took the terminal for a while."""
        if _is_in_foreground():
            tty.setcbreak(self._keys_fd)
            self._loop.add_reader(self._keys_fd, self._read)
            self._draw()
        else:
            self._loop.remove_reader(self._keys_fd)

    def _release(self) -> None:
        self._loop.remove_reader(self._keys_fd)
        if _is_in_foreground():
            self._write("\r\x1b[K")
            # A terminal that went away has no modes to restore.
            with suppress(termios.error):
                termios.tcsetattr(self._keys_fd, termios.TCSADRAIN, self._modes_before)

    def _suspend(self) -> None:
        """Ctrl-Z: the shell gets its terminal back as it was."""
        self._release()
        self._loop.remove_signal_handler(signal.SIGTSTP)
        os.kill(os.getpid(), signal.SIGTSTP)
        self._loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        self._claim()

    def _read(self) -> None:
        try:
            data = os.read(self._keys_fd, 64)
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._keys_fd)
            return
        # An arrow or function key is a sequence whose letters mean nothing here.
        if not data.startswith(b"\x1b"):
            for key in data.decode("latin-1"):
                if key == "q":
                    self._leave()
                turn(self._faults, key)
        self._draw()

    def _tick(self) -> None:
        now_s, total = time.monotonic(), self._counts.total
        seen_s, seen_total = self._seen
        self._requests_per_s = (total - seen_total) / (now_s - seen_s)
        self._seen = (now_s, total)
        if _is_in_foreground():
            self._draw()
        self._timer = self._loop.call_later(DRAWS_EVERY_S, self._tick)

    def _draw(self) -> None:
        try:
            columns = os.get_terminal_size(self._screen_fd).columns or 80
        except OSError:
            columns = 80
        # One column short: a full line would wrap.
        self._write(f"\r{describe(self._faults, self._requests_per_s)[: columns - 1]}\x1b[K")

    def _write(self, text: str) -> None:
        """Unless the terminal takes nothing now (Ctrl-S): the target must not wait for it."""
        with suppress(OSError):
            if select.select([], [self._screen_fd], [], 0)[1]:
                os.write(self._screen_fd, text.encode())
