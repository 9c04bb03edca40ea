"""A viewer without an event loop, for commands that ask a run one thing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from perftui.exit_codes import ENGINE_DIED, USAGE
from perftui.model.errors import PerftuiError
from perftui.model.snapshot import Snapshot
from perftui.wire import rendezvous
from perftui.wire.codec import WireError
from perftui.wire.framing import FrameReader, encode
from perftui.wire.messages import VERSION, AddNote, Greeting, Message, Shown, StopRun, Welcome

_REPLY_TIMEOUT_S = 5.0


class SilentRunError(PerftuiError):
    """A conductor listens and does not answer. `pid` is its process, 0 where that is not known."""

    def __init__(self, path: Path, pid: int) -> None:
        super().__init__(
            f"the conductor at {path} does not answer",
            f"its process {pid} may be stopped or stuck" if pid else "it may be stopped or stuck",
            "`perftui stop --now` ends it by force; its record is kept",
            exit_code=ENGINE_DIED,
        )
        self.pid = pid


class RunClient:
    """A connection to the conductor of a run that goes on."""

    def __init__(self, connection: socket.socket, welcome: Welcome, frames: FrameReader, early: list[Message]) -> None:
        self._connection = connection
        self._frames = frames
        self._early = early
        self.welcome = welcome

    @classmethod
    def connect(cls, path: Path) -> RunClient | None:
        """None where no conductor of this user's listens at `path`.

        Raises SilentRunError where one does and does not answer, PerftuiError where it is of another version.
        """
        try:
            connection = rendezvous.connect(path)
        except TimeoutError:
            raise SilentRunError(path, 0) from None
        if connection is None:
            return None
        connection.settimeout(_REPLY_TIMEOUT_S)
        try:
            return cls._greet(connection)
        except TimeoutError:
            pid = rendezvous.peer(connection)[0]
            connection.close()
            raise SilentRunError(path, pid) from None
        except (OSError, WireError):
            connection.close()
            return None

    @classmethod
    def _greet(cls, connection: socket.socket) -> RunClient:
        frames = FrameReader()
        connection.sendall(encode(Greeting(VERSION)))
        while data := connection.recv(1 << 16):
            for at, message in enumerate(messages := frames.feed(data)):
                if isinstance(message, Welcome):
                    if message.version != VERSION:
                        raise PerftuiError(
                            f"run {message.run_id} belongs to another version of perftui",
                            next_step="Use the perftui that started it",
                            exit_code=USAGE,
                        )
                    return cls(connection, message, frames, messages[at + 1 :])
        raise ConnectionResetError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def stop(self, by: str, *, now: bool) -> None:
        self._connection.sendall(encode(StopRun(now, by)))

    def note(self, text: str, by: str, elapsed_s: float | None = None) -> None:
        """Put a note on the timeline: at `elapsed_s` of the run's clock, or now where it is None."""
        self._connection.sendall(encode(AddNote(text, by, elapsed_s)))

    def snapshots(self, timeout_s: float | None = None) -> Iterator[Snapshot]:
        """Each snapshot until the run is over or its conductor dies.

        Raises TimeoutError after `timeout_s` of silence.
        """
        self._connection.settimeout(timeout_s)
        messages = self._early
        while True:
            for message in messages:
                if isinstance(message, Shown):
                    yield message.snapshot
                    if message.snapshot.state.is_over:
                        return
            try:
                data = self._connection.recv(1 << 16)
            except ConnectionError:
                return
            if not data:
                return
            messages = self._frames.feed(data)
