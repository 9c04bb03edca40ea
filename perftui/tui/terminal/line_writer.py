"""Writes to the terminal on a thread of its own, so that one that does not read never stops the cockpit."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable

_SLICE_BYTES = 2048
# What waits when a terminal does not read; the painter holds back long before.
MAX_WAITING_BYTES = 4 << 20


class LineWriter(threading.Thread):
    """`on_written` is called on this thread when nothing waits any more."""

    def __init__(self, fileno: int, on_written: Callable[[], None]) -> None:
        super().__init__(daemon=True, name="perftui-output")
        self._fileno = fileno
        self._on_written = on_written
        self._changed = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._is_closed = False

    @property
    def waiting_bytes(self) -> int:
        """Bytes that the terminal's side has not taken."""
        return self._waiting_bytes

    def write(self, text: str) -> None:
        """Never waits. More than MAX_WAITING_BYTES is dropped: nobody has read for a long time, and nobody will."""
        data = text.encode(errors="replace")
        with self._changed:
            if self._is_closed or self._waiting_bytes + len(data) > MAX_WAITING_BYTES:
                return
            self._waiting.append(data)
            self._waiting_bytes += len(data)
            self._changed.notify()

    def close(self, within_s: float) -> None:
        """Write what waits, and end; what the terminal does not take in that time is lost."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self.join(within_s)

    def run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._is_closed:
                    self._changed.wait()
                if not self._waiting:
                    return
                data = b"".join(self._waiting)
                self._waiting.clear()
            if not self._write_out(data):
                return
            if not self._waiting_bytes:
                self._on_written()

    def _write_out(self, data: bytes) -> bool:
        """False where the terminal is gone."""
        view = memoryview(data)
        while view:
            try:
                written = os.write(self._fileno, view[:_SLICE_BYTES])
            except OSError:
                with self._changed:
                    self._is_closed = True
                return False
            view = view[written:]
            with self._changed:
                self._waiting_bytes -= written
        return True
