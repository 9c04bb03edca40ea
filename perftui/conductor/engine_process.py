"""The engine as the conductor sees it: a process group, a socket, a heartbeat and two streams of text."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

import perftui
from perftui.exit_codes import ENVIRONMENT
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.wire.codec import WireError
from perftui.wire.framing import FrameReader, encode
from perftui.wire.heartbeat import MAX_LINE_BYTES, Beat, decode_beat
from perftui.wire.messages import Message

_BOOTSTRAP = Path(perftui.__file__).parent / "engine" / "bootstrap.py"
# Printed lines longer than this are cut, and at most so many a second are kept.
MAX_OUTPUT_LINE_BYTES = 2000
MAX_OUTPUT_LINES_PER_S = 200
# The streams of a dead engine may be held open by a child of user code: they are not waited for longer.
_DRAIN_S = 1.0
# What the engine said is read to its end; only a child that user code forked could hold that open.
_DRAIN_MESSAGES_S = 10.0


@dataclass(frozen=True, slots=True)
class Printed:
    """A line that user code wrote to stdout or stderr."""

    stream: Literal["stdout", "stderr"]
    text: str


@dataclass(frozen=True, slots=True)
class Exited:
    """The engine is gone. `returncode` is minus the signal where one ended it."""

    returncode: int


@dataclass(frozen=True, slots=True)
class Garbled:
    """The engine said something that is not the protocol."""

    why: str


Report = Message | Beat | Printed | Exited | Garbled


class EngineProcess:
    """A running engine. `reports` yields what it says, in order, and ends with Exited."""

    def __init__(self, process: asyncio.subprocess.Process, link: socket.socket) -> None:
        self._process = process
        # No transport: one that cannot write any more stops to read as well, and the engine's last words are lost.
        self._link = link
        self._commands: asyncio.Queue[bytes] = asyncio.Queue(maxsize=100)
        # Bounded by what the engine may hold back itself: reading stops when the queue is full.
        self._reports: asyncio.Queue[Report] = asyncio.Queue(maxsize=1000)
        self.dropped_lines = 0
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def start(cls, python: str, working_directory: str, environment: Mapping[str, str]) -> EngineProcess:
        """Raises OSError where `python` cannot be started."""
        ours, theirs = socket.socketpair()
        beats, beats_write = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                python,
                str(_BOOTSTRAP),
                str(theirs.fileno()),
                str(beats_write),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=working_directory,
                env=dict(environment),
                pass_fds=(theirs.fileno(), beats_write),
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            os.close(beats)
            raise
        finally:
            theirs.close()
            os.close(beats_write)
        ours.setblocking(False)
        engine = cls(process, ours)
        beat_reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(beat_reader), os.fdopen(beats, "rb", buffering=0)
        )
        engine._tasks = [
            asyncio.create_task(engine._read_messages()),
            asyncio.create_task(engine._read_beats(beat_reader)),
            asyncio.create_task(engine._read_output("stdout", process.stdout)),
            asyncio.create_task(engine._read_output("stderr", process.stderr)),
        ]
        engine._tasks += [asyncio.create_task(engine._wait()), asyncio.create_task(engine._write_commands())]
        return engine

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_suspended(self) -> bool:
        """Whether somebody stopped it (SIGSTOP): its silence says nothing of user code."""
        try:
            return psutil.Process(self._process.pid).status() == psutil.STATUS_STOPPED
        except psutil.Error:
            return False

    async def report(self) -> Report:
        return await self._reports.get()

    def send(self, command: Message) -> None:
        """Nothing happens where the engine is gone: its exit is reported anyway."""
        self._commands.put_nowait(encode(command))

    def send_if_free(self, command: Message) -> None:
        """Said again soon: nothing happens where an engine that does not read has commands waiting."""
        if self._commands.empty():
            self.send(command)

    def signal_group(self, number: signal.Signals) -> None:
        """Signal the engine and whatever user code started in its process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    async def close(self) -> None:
        """Leaves nothing of the engine behind."""
        self.signal_group(signal.SIGKILL)
        await self._process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._link.close()

    async def _write_commands(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while True:
                await loop.sock_sendall(self._link, await self._commands.get())

    async def _read_messages(self) -> None:
        frames = FrameReader()
        loop = asyncio.get_running_loop()
        try:
            while data := await loop.sock_recv(self._link, 1 << 16):
                for message in frames.feed(data):
                    await self._reports.put(message)
        except WireError as error:
            await self._reports.put(Garbled(str(error)))
        except ConnectionError:
            pass  # its end of the socket went with it; Exited says so

    async def _read_beats(self, reader: asyncio.StreamReader) -> None:
        rest = b""
        while data := await reader.read(MAX_LINE_BYTES):
            *lines, rest = (rest + data).split(b"\n")
            rest = rest[-MAX_LINE_BYTES:]
            for line in lines:
                with contextlib.suppress(ValueError, TypeError):
                    await self._reports.put(decode_beat(line))

    async def _read_output(self, stream: Literal["stdout", "stderr"], reader: asyncio.StreamReader | None) -> None:
        assert reader is not None
        loop = asyncio.get_running_loop()
        rest = b""
        second, kept = int(loop.time()), 0
        while data := await reader.read(1 << 16):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > MAX_OUTPUT_LINE_BYTES:
                lines.append(rest)
                rest = b""
            for line in lines:
                if int(loop.time()) != second:
                    second, kept = int(loop.time()), 0
                kept += 1
                if kept > MAX_OUTPUT_LINES_PER_S:
                    self.dropped_lines += 1
                else:
                    await self._put_line(stream, line)
        if rest:
            await self._put_line(stream, rest)

    async def _put_line(self, stream: Literal["stdout", "stderr"], line: bytes) -> None:
        text = line[:MAX_OUTPUT_LINE_BYTES].decode(errors="backslashreplace").rstrip("\r")
        await self._reports.put(Printed(stream, text))

    async def _wait(self) -> None:
        returncode = await self._process.wait()
        messages, *streams = self._tasks[:4]
        await asyncio.wait([messages], timeout=_DRAIN_MESSAGES_S)
        await asyncio.wait(streams, timeout=_DRAIN_S)
        await self._reports.put(Exited(returncode))


async def start_engine(python: str, working_directory: str) -> EngineProcess:
    """An engine with our own environment. Raises PerftuiError where `python` cannot be started."""
    try:
        return await EngineProcess.start(python, working_directory, {**os.environ, "PYTHONUNBUFFERED": "1"})
    except OSError as error:
        raise PerftuiError(
            f"cannot start the engine with {clean(python)}",
            error.strerror or str(error),
            "Name another interpreter with --python",
            exit_code=ENVIRONMENT,
        ) from None
