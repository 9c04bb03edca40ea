"""Who looks: any number of viewers on a Unix socket, each with at most one unsent snapshot."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

from perftui.exit_codes import ENVIRONMENT
from perftui.model.errors import PerftuiError
from perftui.model.snapshot import Snapshot
from perftui.wire import rendezvous
from perftui.wire.codec import WireError
from perftui.wire.framing import FrameReader, encode
from perftui.wire.messages import VERSION, AddNote, Answered, ControlRun, Greeting, Shown, StopRun, Welcome

MAX_VIEWERS = 16
# A viewer that gives orders and does not read loses the oldest of its answers.
MAX_UNREAD_ANSWERS = 32
# How long a viewer that does not read is waited for when the run is over.
_LAST_WORDS_S = 2.0
# Whoever connects and says nothing is no viewer.
_GREETING_WITHIN_S = 5.0


class _Viewer:
    """One connection. `_newest` is the frame that it has not been sent yet; a newer one takes its place.

    An answer follows the newest frame: whoever reads it has seen what came of the order.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.done = asyncio.Event()
        self._newest = b""
        self._answers: deque[bytes] = deque(maxlen=MAX_UNREAD_ANSWERS)
        self._is_last = False
        self._wake = asyncio.Event()

    def show(self, frame: bytes, *, is_last: bool) -> None:
        self._newest, self._is_last = frame, is_last
        self._wake.set()

    def answer(self, number: int, refused: str) -> None:
        self._answers.append(encode(Answered(number, refused)))
        self._wake.set()

    async def send(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                is_last = self._is_last
                self.writer.write(b"".join((self._newest, *self._answers)))
                self._newest = b""
                self._answers.clear()
                # Waits until the viewer has read: meanwhile newer snapshots replace each other.
                await self.writer.drain()
                if is_last:
                    return
        except ConnectionError:
            pass
        finally:
            self.done.set()


class Viewers:
    """The run's socket. `on_stop`, `on_note` and `on_order` are called with what a viewer asks for.

    `on_order` also gets what it answers with: "", or why not.
    """

    def __init__(
        self,
        run_folder: Path,
        run_id: str,
        on_stop: Callable[[StopRun], None],
        on_note: Callable[[AddNote], None] = lambda _: None,
        on_order: Callable[[ControlRun, Callable[[str], None]], None] = lambda _, answer: answer("no load to change"),
    ) -> None:
        self._folder = run_folder
        self._run_id = run_id
        self._on_stop = on_stop
        self._on_note = on_note
        self._on_order = on_order
        self._viewers: set[_Viewer] = set()
        # Who has not greeted yet is among them, for a few seconds.
        self._served: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        self._path = rendezvous.socket_path(run_folder)
        self._last: Snapshot | None = None

    @property
    def path(self) -> Path:
        return self._path

    async def open(self) -> None:
        """Raises PerftuiError where the socket cannot be made."""
        # Bound under another name and renamed when it listens: whoever finds it can connect, or it is stale.
        unborn = self._path.with_suffix(f".{os.getpid()}")
        mask = os.umask(0o077)
        try:
            unborn.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._accept, unborn)
            os.rename(unborn, self._path)
        except OSError as error:
            raise PerftuiError(
                f"cannot open the run's socket {self._path}",
                error.strerror or str(error),
                exit_code=ENVIRONMENT,
            ) from None
        finally:
            os.umask(mask)

    def show(self, snapshot: Snapshot) -> None:
        self._last = snapshot
        if self._viewers:
            frame = encode(Shown(snapshot))
            for viewer in self._viewers:
                viewer.show(frame, is_last=snapshot.state.is_over)

    async def close(self) -> None:
        """Give each viewer its last snapshot, bounded, and leave no socket behind."""
        if self._server is None:
            return
        self._server.close()
        self._path.unlink(missing_ok=True)
        waits = [asyncio.create_task(viewer.done.wait()) for viewer in self._viewers]
        if waits:
            _, late = await asyncio.wait(waits, timeout=_LAST_WORDS_S)
            for each in late:
                each.cancel()
        for viewer in list(self._viewers):
            viewer.writer.transport.abort() if not viewer.done.is_set() else viewer.writer.close()
        for writer in self._served.values():
            if not writer.is_closing():
                writer.transport.abort()
        if self._served:
            # Cancelled with the event loop, they would be a traceback for whoever started the run.
            await asyncio.wait(tuple(self._served), timeout=_LAST_WORDS_S)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.create_task(self._serve(reader, writer))
        self._served[serving] = writer
        serving.add_done_callback(self._served.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        if rendezvous.peer_uid(connection) != os.getuid() or len(self._viewers) >= MAX_VIEWERS:
            writer.close()
            return
        # What the kernel and asyncio hold back together is little more than one snapshot.
        writer.transport.set_write_buffer_limits(high=0)
        viewer = _Viewer(writer)
        frames = FrameReader()
        sending: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(_GREETING_WITHIN_S) as patience:
                while data := await reader.read(1 << 16):
                    for message in frames.feed(data):
                        if isinstance(message, Greeting) and sending is None:
                            patience.reschedule(None)
                            writer.write(encode(Welcome(VERSION, self._run_id, str(self._folder), os.getpid())))
                            if message.version != VERSION:
                                return
                            sending = self._begin_sending(viewer)
                        elif isinstance(message, StopRun):
                            self._on_stop(message)
                        elif isinstance(message, AddNote):
                            self._on_note(message)
                        elif isinstance(message, ControlRun) and sending is not None:
                            self._on_order(message, partial(viewer.answer, message.number))
        except (WireError, ConnectionError, TimeoutError):
            pass  # a viewer that speaks nonsense, dies or says nothing is gone; the run is not concerned
        finally:
            self._viewers.discard(viewer)
            viewer.done.set()
            if sending is not None:
                sending.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await sending
            writer.close()

    def _begin_sending(self, viewer: _Viewer) -> asyncio.Task[None]:
        self._viewers.add(viewer)
        if self._last is not None:
            viewer.show(encode(Shown(self._last)), is_last=self._last.state.is_over)
        return asyncio.create_task(viewer.send())
