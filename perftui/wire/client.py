"""A viewer without an event loop, for commands that ask a run one thing."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from perftui.exit_codes import ENGINE_DIED, USAGE
from perftui.model.control import Order
from perftui.model.errors import PerftuiError
from perftui.model.snapshot import Snapshot
from perftui.wire import rendezvous
from perftui.wire.codec import WireError
from perftui.wire.framing import FrameReader, encode
from perftui.wire.messages import (
    VERSION,
    AddNote,
    Answered,
    ControlRun,
    Greeting,
    Message,
    Shown,
    StopRun,
    Welcome,
)

_REPLY_TIMEOUT_S = 5.0
# A conductor answers an order within five seconds, whatever its engine does.
_ANSWER_TIMEOUT_S = 8.0


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
    """A connection to the conductor of a run that goes on. `seen` is the newest snapshot that was read."""

    def __init__(
        self, connection: socket.socket, welcome: Welcome, frames: FrameReader, early: Iterable[Message]
    ) -> None:
        self._connection = connection
        self._frames = frames
        # Read and not looked at yet: what one read of the socket held.
        self._early = deque(early)
        self._number = 0
        self.welcome = welcome
        self.seen: Snapshot | None = None

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

    def control(self, order: Order, by: str) -> str:
        """Change the running load; "" where that is done, and `seen` then shows it, else one line that says why not.

        Raises TimeoutError where the conductor says nothing, and ConnectionError where the run ends before it answers.
        """
        self._number += 1
        until_s = time.monotonic() + _ANSWER_TIMEOUT_S
        self._connection.settimeout(_ANSWER_TIMEOUT_S)
        self._connection.sendall(encode(ControlRun(self._number, order, by)))
        for message in self._messages(until_s):
            if isinstance(message, Answered) and message.number == self._number:
                return message.refused
        raise ConnectionResetError

    def snapshots(self, timeout_s: float | None = None) -> Iterator[Snapshot]:
        """Each snapshot until the run is over or its conductor dies.

        Raises TimeoutError after `timeout_s` of silence.
        """
        self._connection.settimeout(timeout_s)
        with contextlib.suppress(ConnectionError):
            for message in self._messages():
                if isinstance(message, Shown):
                    yield message.snapshot
                    if message.snapshot.state.is_over:
                        return

    def _messages(self, until_s: float | None = None) -> Iterator[Message]:
        """Each message until the line ends. Raises TimeoutError where one is still to come at `until_s`."""
        while True:
            while self._early:
                message = self._early.popleft()
                if isinstance(message, Shown):
                    self.seen = message.snapshot
                yield message
            if until_s is not None:
                left_s = until_s - time.monotonic()
                if left_s <= 0:
                    raise TimeoutError
                self._connection.settimeout(left_s)
            data = self._connection.recv(1 << 16)
            if not data:
                return
            self._early.extend(self._frames.feed(data))
