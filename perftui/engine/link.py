"""The socket to the conductor: commands come in, events go out, and user code never waits for either."""

from __future__ import annotations

import os
import sys

import gevent
from gevent import socket
from gevent.event import AsyncResult, Event
from gevent.queue import Full, Queue

from perftui.engine.outbox import Outbox
from perftui.exit_codes import BUG, STOPPED_EARLY
from perftui.wire.codec import WireError
from perftui.wire.framing import FrameReader, encode
from perftui.wire.messages import Configure, Control, Guarding, Message, Obeyed, Start, Stop

# So many orders wait while one is carried out.
MAX_ORDERS = 100


class Link:
    """Owns the socket `fd`. `configured` gets the first command; `start_asked` and `stop_asked` are set by theirs, and
    `hurry_asked` by a Stop that does not wait for users.

    `guarded` counts how often the conductor said that it guards the load, `patience_s` is for how long that holds.
    `orders` holds what is asked of the running load, in its order; each is answered by whoever takes it.

    Ends the process at once when the conductor closes its end: no load without an owner.
    """

    def __init__(self, fd: int) -> None:
        self.configured: AsyncResult = AsyncResult()
        self.start_asked = Event()
        self.stop_asked = Event()
        self.hurry_asked = Event()
        self.guarded = 0
        self.patience_s = float("inf")
        self.orders: Queue[Control] = Queue(MAX_ORDERS)
        self._socket = socket.socket(fileno=fd)
        self._outbox = Outbox()
        self._has_more = Event()
        self._is_empty = Event()
        self._is_empty.set()
        gevent.spawn(self._read)
        gevent.spawn(self._write)

    def send(self, message: Message) -> None:
        """Never blocks, and never fails: what cannot be sent now waits, merged where it is much."""
        self._outbox.put(message)
        self._is_empty.clear()
        self._has_more.set()

    def flush(self, timeout_s: float) -> None:
        """Wait until everything is sent, at most `timeout_s`."""
        self._is_empty.wait(timeout_s)

    def _read(self) -> None:
        reader = FrameReader()
        try:
            while data := self._socket.recv(1 << 16):
                for message in reader.feed(data):
                    self._obey(message)
        except (OSError, WireError) as error:
            print(f"perftui engine: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the last word there is
        os._exit(STOPPED_EARLY)

    def _obey(self, command: Message) -> None:
        if isinstance(command, Configure):
            self.configured.set(command)
        elif isinstance(command, Start):
            self.start_asked.set()
        elif isinstance(command, Guarding):
            self.guarded += 1
            self.patience_s = command.patience_s
        elif isinstance(command, Control):
            try:
                self.orders.put_nowait(command)
            except Full:
                self.send(Obeyed(command.number, f"{MAX_ORDERS} orders wait already"))
        elif isinstance(command, Stop):
            if command.now:
                self.hurry_asked.set()
            self.stop_asked.set()

    def _write(self) -> None:
        try:
            while True:
                self._has_more.wait()
                while (message := self._outbox.take()) is not None:
                    self._socket.sendall(encode(message))
                self._has_more.clear()
                self._is_empty.set()
        except OSError:
            os._exit(STOPPED_EARLY)
        except WireError as error:
            print(f"perftui engine: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the last word there is
            os._exit(BUG)
