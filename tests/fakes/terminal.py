"""A terminal of one's own: a program under a pty, its screen as pyte sees it, and all bytes that it sent."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence

import pyte


class Terminal:
    """Runs `command`; both ends are closed and the child is ended by `close`."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], columns: int = 80, rows: int = 24) -> None:
        self.sent = bytearray()
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), dict(env))
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.status: int | None = None

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def read(self, for_s: float = 0.05) -> None:
        """Take what arrives within `for_s`."""
        until = time.monotonic() + for_s
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self._master], [], [], left)
            if not ready:
                return
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            if not data:
                return
            self.sent += data
            self._stream.feed(data)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait_for(self, condition: Callable[[], object], what: str, within_s: float = 30.0) -> None:
        until = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > until:
                raise TimeoutError(f"waited {within_s:g} s for {what}; the screen:\n{self.text}")
            self.read()

    def wait_for_text(self, text: str, within_s: float = 30.0) -> None:
        self.wait_for(lambda: text in self.text, repr(text), within_s)

    def exit_code(self, within_s: float = 30.0) -> int:
        """As a shell would see it: 128 + n for a signal."""
        self.wait_for(self.has_ended, "the program to end", within_s)
        self.read()
        assert self.status is not None
        if os.WIFSIGNALED(self.status):
            return 128 + os.WTERMSIG(self.status)
        return os.WEXITSTATUS(self.status)

    def modes(self) -> tuple[bool, bool]:
        """Whether the terminal echoes, and whether it gathers lines: both are off while a cockpit is open."""
        flags = termios.tcgetattr(self._master)[3]
        return bool(flags & termios.ECHO), bool(flags & termios.ICANON)

    def hang_up(self) -> None:
        """The terminal goes away."""
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
        if self._master >= 0:
            os.close(self._master)

    def has_ended(self) -> bool:
        """Asks; what ended is kept in `status`."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
        return self.status is not None
