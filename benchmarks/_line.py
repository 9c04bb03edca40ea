"""A terminal at the end of a line: a program under a pty, its bytes counted, and read no faster than the line is."""

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
from collections.abc import Callable, Sequence
from pathlib import Path

import pyte

_WHERE_IS_THE_CURSOR = b"\x1b[6n"
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class _Screen(pyte.Screen):  # type: ignore[misc]  # pyte has no types
    """A screen that answers when it is asked, as terminals do."""

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None]) -> None:
        super().__init__(columns, rows)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        self._answer(data)


class Line:
    """Runs `command` at `size` (columns, rows); `bytes_per_s` None is a line without a limit."""

    def __init__(
        self, command: Sequence[str], size: tuple[int, int], bytes_per_s: float | None = None, cwd: Path | None = None
    ) -> None:
        columns, rows = size
        self.received = 0
        self.screen = _Screen(columns, rows, self._answer)
        self._stream = pyte.ByteStream(self.screen)
        self._bytes_per_s = bytes_per_s
        self._credit, self._credited_s = 0.0, time.monotonic()
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            if cwd is not None:
                os.chdir(cwd)
            environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
            environ.pop("NO_COLOR", None)
            os.execvpe(command[0], list(command), environ)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def read(self, for_s: float) -> None:
        """Take what the line brings within `for_s`."""
        until = time.monotonic() + for_s
        while (left := until - time.monotonic()) > 0:
            most = self._may_read()
            if most <= 0:
                time.sleep(min(left, 0.01))
                continue
            if not select.select([self._master], [], [], min(left, 0.05))[0]:
                continue
            try:
                data = os.read(self._master, most)
            except OSError:
                return
            self.received += len(data)
            self._credit -= len(data)
            self.heard(data)
            if self._bytes_per_s is None:
                # Whoever waits for a text looks now, not at the end of the time.
                return

    def heard(self, data: bytes) -> None:
        """What came; who records it keeps it as well."""
        self._stream.feed(data)

    def watch(self, for_s: float) -> None:
        """Take all that comes in this time."""
        until = time.monotonic() + for_s
        while time.monotonic() < until:
            self.read(min(0.02, max(0.0, until - time.monotonic())))

    def drain(self, for_s: float) -> None:
        """As `read`, by a terminal that costs nothing: it draws nothing, and only says where its cursor is."""
        if select.select([self._master], [], [], for_s)[0]:
            with contextlib.suppress(OSError):
                data = os.read(self._master, 65_536)
                self.received += len(data)
                for _ in range(data.count(_WHERE_IS_THE_CURSOR)):
                    self._answer("\x1b[1;1R")

    def wait_for(self, condition: Callable[[], object], within_s: float = 60.0) -> float:
        """Seconds until it came true. Raises TimeoutError."""
        begin_s = time.monotonic()
        while not condition():
            if time.monotonic() - begin_s > within_s:
                raise TimeoutError(f"after {within_s:g} s the screen is:\n{self.text}")
            self.read(0.005)
        return time.monotonic() - begin_s

    def cpu_s(self) -> float:
        """CPU seconds of the program and of its children, so far."""
        return sum(_cpu_s(pid) for pid in (self.pid, *_children(self.pid)))

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        until = time.monotonic() + 10
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            self.read(0.05)
            if time.monotonic() > until:
                os.kill(self.pid, signal.SIGKILL)
        os.close(self._master)

    def _answer(self, data: str) -> None:
        os.write(self._master, data.encode())

    def _may_read(self) -> int:
        if self._bytes_per_s is None:
            self._credit = 65_536.0
        else:
            now_s = time.monotonic()
            # A line has no memory: what it did not carry is gone, but for a tenth of a second.
            most = self._bytes_per_s / 10
            self._credit = min(most, self._credit + (now_s - self._credited_s) * self._bytes_per_s)
            self._credited_s = now_s
        return int(self._credit)


def _cpu_s(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
    return 0.0


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
