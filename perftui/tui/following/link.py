"""The line to a run's conductor: snapshots come in, orders and the wish to stop go out."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

from perftui.exit_codes import ENVIRONMENT
from perftui.model.control import Order
from perftui.model.errors import PerftuiError
from perftui.model.snapshot import Snapshot
from perftui.tui.following.conflation import Conflation
from perftui.wire import messages
from perftui.wire.codec import WireError
from perftui.wire.framing import FrameReader, build, encode, unpack
from perftui.wire.rendezvous import connect

# What is read at once. A viewer that was stopped finds what the socket held and takes the newest of it.
_CHUNK_BYTES = 1 << 20
# A conductor that goes on answers an order sooner, though it asks its engine first.
ANSWER_WITHIN_S = 8.0
NO_ANSWER = "the conductor does not answer: nobody knows whether the load was changed"
NOT_SENT = "the conductor does not answer: the load was not changed"


class Link:
    """One connection. `rendezvous.connect` has made sure that the same user is at its other end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: asyncio.StreamWriter | None = None
        self._number = 0
        # What is waited for, by the number of the order: who asks gives up after ANSWER_WITHIN_S.
        self._answers: dict[int, asyncio.Future[str]] = {}

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        """The newest snapshot about once a second, and at once where more than numbers changed, until the conductor
        closes.

        Raises ConnectionError where nobody answers or the line breaks, and PerftuiError for a conductor that
        speaks another version.
        """
        connection = await asyncio.to_thread(connect, self._path)
        if connection is None:
            raise ConnectionError("nobody answers")
        connection.setblocking(False)
        reader, self._writer = await asyncio.open_unix_connection(sock=connection)
        frames, newest = FrameReader(), Conflation()
        is_open = True
        try:
            self._send(messages.Greeting(messages.VERSION))
            while is_open:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(newest.wait_s):
                        data = await reader.read(_CHUNK_BYTES)
                        is_open = bool(data)
                        for kind, fields in map(unpack, frames.bodies(data)):
                            if kind is messages.Welcome:
                                _check_version(cast("messages.Welcome", build(kind, fields)).version)
                            elif kind is messages.Shown:
                                newest.hold(fields)
                            elif kind is messages.Answered:
                                self._answered(cast("messages.Answered", build(kind, fields)))
                if newest.is_due or not is_open:
                    for fields in newest.taken():
                        yield cast("messages.Shown", build(messages.Shown, fields)).snapshot
        except WireError as error:
            raise ConnectionError(str(error)) from None
        finally:
            self.close()

    def stop(self, *, now: bool) -> bool:
        """Ask the conductor to stop the run; False where there is no line to say it on."""
        return self._send(messages.StopRun(now=now, by=author()))

    def note(self, text: str, elapsed_s: float | None) -> bool:
        """Put a note on the run's timeline, now where `elapsed_s` is None; False where there is no line."""
        return self._send(messages.AddNote(text, author(), elapsed_s))

    async def order(self, order: Order) -> str:
        """Have the running load changed: "" once it is, else one line that says why it is not."""
        self._number += 1
        number = self._number
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            if not self._send(messages.ControlRun(number, order, author())):
                return NOT_SENT
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await answer
        except TimeoutError:
            return NO_ANSWER
        finally:
            del self._answers[number]

    def close(self) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(NO_ANSWER)
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _answered(self, answered: messages.Answered) -> None:
        answer = self._answers.get(answered.number)
        if answer is not None and not answer.done():
            answer.set_result(answered.refused)

    def _send(self, message: messages.Message) -> bool:
        if self._writer is None or self._writer.is_closing():
            return False
        self._writer.write(encode(message))
        return True


def author() -> str:
    """Who sits before this screen, as a record keeps it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A user that has no name, as in some containers.
        user = str(os.getuid())
    # The record keeps the first sixty letters: the host's name may not push the place out.
    return f"{user[:20]}@{socket.gethostname()[:24]} in the cockpit"


def _check_version(version: int) -> None:
    if version != messages.VERSION:
        raise PerftuiError(
            "cannot watch this run",
            f"its conductor speaks version {version} of the protocol, this perftui version {messages.VERSION}",
            "Use the perftui that started it",
            exit_code=ENVIRONMENT,
        )
