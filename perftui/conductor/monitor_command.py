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


class MonitorCommand:
    """Run by the shell for each reading. What it starts has ended when the reading has: all of its group is killed.

    The last line that it prints counts, whatever its exit code: `grep -c` prints 0 and fails.
    """

    failing = "the monitor command gives no number"

    def __init__(self, command: str) -> None:
        self._command = command

    async def read(self) -> TargetSample:
        process = await asyncio.create_subprocess_shell(
            self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                printed, complaint = await asyncio.gather(_last_line(process.stdout), _last_line(process.stderr))
                exit_code = await process.wait()
        except TimeoutError:
            raise UnreadableError(f"it does not end within {COMMAND_TIMEOUT_S:g} s") from None
        finally:
            await _end(process)
        value = _number(printed)
        if value is None:
            raise UnreadableError(_why(printed, complaint, exit_code))
        return TargetSample(value=value)

    async def close(self) -> None:
        """Nothing runs between two readings."""


async def _last_line(stream: asyncio.StreamReader | None) -> str:
    assert stream is not None
    tail = b""
    while data := await stream.read(1 << 16):
        tail = (tail + data)[-MAX_TAIL_BYTES:]
    lines = tail.decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _why(printed: str, complaint: str, exit_code: int) -> str:
    if printed:
        return f"it printed “{clean(mask_secrets(printed), 80)}”"
    said = f": {clean(mask_secrets(complaint))}" if complaint else ""
    return f"it printed nothing and ended with exit code {exit_code}{said}"


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_KILL_TIMEOUT_S):
            await process.wait()
