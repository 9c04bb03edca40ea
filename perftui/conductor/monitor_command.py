"""A command of the user's own that prints a number about the target."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal

from perftui.conductor.target_source import UnreadableError
from perftui.model.text import clean, mask_secrets
from perftui.model.tick import TargetSample

COMMAND_TIMEOUT_S = 5.0
# Of what it prints, so much of the end is kept.
MAX_TAIL_BYTES = 4096
_KILL_TIMEOUT_S = 1.0

_STDOUT, _STDERR = 1, 2


class MonitorCommand:
    """Run by the shell for each reading. What it starts has ended when the reading has: all of its group is killed.

    The last line that it prints counts, whatever its exit code: `grep -c` prints 0 and fails.
    """

    failing = "the monitor command gives no number"

    def __init__(self, command: str) -> None:
        self._command = command

    async def read(self) -> TargetSample:
        loop = asyncio.get_running_loop()
        transport, output = await loop.subprocess_shell(
            lambda: _Output(loop.create_future()),
            self._command,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            ended, _ = await asyncio.wait({output.over}, timeout=COMMAND_TIMEOUT_S)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(transport.get_pid(), signal.SIGKILL)
            # What left the group may still hold the pipes.
            transport.close()
            await asyncio.wait({output.over}, timeout=_KILL_TIMEOUT_S)
        if not ended:
            raise UnreadableError(f"it does not end within {COMMAND_TIMEOUT_S:g} s")
        printed = output.last_line(_STDOUT)
        value = _number(printed)
        if value is None:
            raise UnreadableError(_why(printed, output.last_line(_STDERR), transport.get_returncode()))
        return TargetSample(value=value)

    async def close(self) -> None:
        """Nothing runs between two readings."""


class _Output(asyncio.SubprocessProtocol):
    """The end of what a command prints; `over` is done when it has ended and nobody can print any more."""

    def __init__(self, over: asyncio.Future[None]) -> None:
        self.over = over
        self._tails = {_STDOUT: b"", _STDERR: b""}

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._tails[fd] = (self._tails[fd] + data)[-MAX_TAIL_BYTES:]

    def connection_lost(self, exc: Exception | None) -> None:
        self.over.set_result(None)

    def last_line(self, fd: int) -> str:
        lines = self._tails[fd].decode(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else ""


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _why(printed: str, complaint: str, exit_code: int | None) -> str:
    if printed:
        return f"it printed “{clean(mask_secrets(printed), 80)}”"
    said = f": {clean(mask_secrets(complaint))}" if complaint else ""
    return f"it printed nothing and ended with exit code {exit_code}{said}"
