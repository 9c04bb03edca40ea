"""run.log: what user code printed and logged, as plain text that is safe to `cat`."""

from __future__ import annotations

import os
from pathlib import Path

from perftui.model.text import clean, mask_secrets

MAX_LOG_BYTES = 10 << 20
MAX_LINE_LENGTH = 2000

_CUT = "(the log is full: what came after this line was not kept)"


class RunLog:
    """Appends to a file of mode 0600, up to MAX_LOG_BYTES. A disk that fails never raises: see `problem`."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where the file cannot be made."""
        self._descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        os.fchmod(self._descriptor, 0o600)
        self._size = os.fstat(self._descriptor).st_size
        self._is_full = False
        self._lost_lines = 0

    @property
    def problem(self) -> str:
        return f"{self._lost_lines:,} lines of the log could not be kept" if self._lost_lines else ""

    def append(self, lines: list[str]) -> None:
        if self._is_full or self._descriptor < 0:
            return
        kept: list[bytes] = []
        size = self._size
        for line in lines:
            data = clean(mask_secrets(line), MAX_LINE_LENGTH).encode() + b"\n"
            if size + len(data) > MAX_LOG_BYTES - len(_CUT) - 1:
                kept.append(_CUT.encode() + b"\n")
                self._is_full = True
                break
            kept.append(data)
            size += len(data)
        try:
            self._size += os.write(self._descriptor, b"".join(kept))
        except OSError:
            self._lost_lines += len(lines)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
