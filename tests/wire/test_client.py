"""A viewer without an event loop: what it is answered, and what it says where nobody answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from perftui.model.control import Order
from perftui.wire import client as client_module
from perftui.wire.client import RunClient
from perftui.wire.framing import FrameReader, encode
from perftui.wire.messages import VERSION, Answered, ControlRun, Message, Welcome

PAUSE = Order("pause")


@pytest.fixture
def line() -> Iterator[tuple[RunClient, socket.socket]]:
    """A client, and the conductor's end of its line."""
    ours, theirs = socket.socketpair()
    with theirs, RunClient(ours, Welcome(VERSION, "a run", "/runs/a run", 1), FrameReader(), []) as client:
        yield client, theirs


def answering(theirs: socket.socket, *answers: Message) -> threading.Thread:
    """Read an order, then say `answers`."""

    def answer() -> None:
        assert isinstance(FrameReader().feed(theirs.recv(1 << 16))[0], ControlRun)
        theirs.sendall(b"".join(map(encode, answers)))

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


def test_each_order_gets_its_own_answer(line: tuple[RunClient, socket.socket]) -> None:
    client, theirs = line
    first = answering(theirs, Answered(7, "somebody else's"), Answered(1, "it is paused already"), Answered(2, ""))
    assert client.control(PAUSE, "ann") == "it is paused already"
    first.join()
    # Was read together with the first.
    assert client.control(PAUSE, "ann") == ""


def test_no_answer_is_told_apart_from_a_run_that_ends(
    line: tuple[RunClient, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, theirs = line
    monkeypatch.setattr(client_module, "_ANSWER_TIMEOUT_S", 0.05)
    with pytest.raises(TimeoutError):
        client.control(PAUSE, "ann")
    theirs.close()
    with pytest.raises(ConnectionError):
        client.control(PAUSE, "ann")
