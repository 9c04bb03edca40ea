"""Bodies that are read while they come: each connection is one answer's until its last byte, or closed."""

from __future__ import annotations

import gc
import gzip
from itertools import pairwise

import gevent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from locust.exception import LocustError

from perftui.users import response as responses
from perftui.users.errors import BadStatus, BodyTooLarge, ReadTimeout, Truncated
from tests.users.in_process import OneUser, Peer, ScriptedServer

LINES = ("one", "two", "", "drei: ä", "four")
BODY = "\n".join(LINES).encode()


def head(length: int, *lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 OK", f"Content-Length: {length}", *lines, "")).encode()


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(1, len(BODY) - 1)), st.booleans())
def test_lines_are_the_same_however_they_come(cuts: set[int], is_gzip: bool) -> None:
    sent = gzip.compress(BODY) if is_gzip else BODY
    parts = [sent[start:end] for start, end in pairwise([0, *sorted(cuts), len(sent)])]

    def play(peer: Peer) -> None:
        peer.answer(head(len(sent), *["Content-Encoding: gzip"] * is_gzip), *parts)
        peer.answer_all()

    with ScriptedServer(play) as server, OneUser(server.url) as user:
        assert tuple(user.client.iter_lines("/lines")) == LINES
        assert user.client.get("/next").content == b"/next"
        assert server.connections == 1


def test_a_stream_keeps_its_connection_to_itself_until_its_last_byte() -> None:
    def play(peer: Peer) -> None:
        peer.answer(head(4), b"ab")
        while len(server.requests) < 2:
            gevent.sleep(0.001)
        peer.send(b"cd")
        peer.answer_all()

    with ScriptedServer(play) as server, OneUser(server.url) as user:
        stream = user.client.get("/stream", stream=True)
        parts = stream.iter_content(2)
        assert next(parts) == "ab"
        assert user.client.get("/meanwhile").content == b"/meanwhile"
        assert [*parts] == ["cd"]
        assert user.client.get("/next").content == b"/next"
        # It is the newest that is idle.
        assert [request.count(b"/next") for request in server.requests] == [0, 0, 1]
        assert server.connections == 2
        assert server.open == 2


def begins(peer: Peer) -> None:
    peer.answer(head(1000), b"some")


@pytest.mark.parametrize("is_begun", [False, True], ids=["unread", "read in part"])
def test_a_stream_that_is_dropped_closes_its_connection_at_once(is_begun: bool) -> None:
    """And not when Python collects its garbage."""
    gc.disable()
    try:
        with ScriptedServer(begins) as server, OneUser(server.url) as user:
            stream = user.client.get("/stream", stream=True)
            parts = stream.iter_content(2)
            if is_begun:
                next(parts)
            del stream, parts
            # The event of a test is kept; those of a run are not.
            user.events.clear()
            server.wait_for_open(0)
            assert user.client.get("/next").content == b"/next"
    finally:
        gc.enable()


def test_lines_of_a_failing_status_raise_it_and_close_the_connection() -> None:
    def play(peer: Peer) -> None:
        peer.answer(head(1000).replace(b"200 OK", b"503 So"), b"some")

    gc.disable()
    try:
        with ScriptedServer(play) as server, OneUser(server.url) as user:
            with pytest.raises(BadStatus, match=r"^HTTP 503 Service Unavailable$"):
                next(user.client.iter_lines("/lines"))
            user.events.clear()
            server.wait_for_open(0)
    finally:
        gc.enable()


@pytest.mark.parametrize("ends", [True, False])
def test_a_stream_that_breaks_off_raises_and_closes_the_connection(ends: bool) -> None:
    def play(peer: Peer) -> None:
        begins(peer)
        if ends:
            peer.end()

    with ScriptedServer(play) as server, OneUser(server.url, network_timeout=0.05, total_timeout=0.01) as user:
        response = user.client.get("/stream", stream=True)
        with pytest.raises(Truncated if ends else ReadTimeout):
            [*response.iter_content()]
        server.wait_for_open(0)
        # What was reported stays so: the request was over with the head.
        assert user.failures == [None]


def test_the_body_of_a_redirect_is_no_stream() -> None:
    """Nobody reads it, so that it has the limit of other bodies."""
    redirect = b"HTTP/1.1 302 Found\r\nLocation: /next\r\nTransfer-Encoding: chunked\r\n\r\n"

    def play(peer: Peer) -> None:
        peer.answer(redirect)
        while True:
            peer.send(b"1000\r\n" + bytes(4096) + b"\r\n")

    with ScriptedServer(play) as server, OneUser(server.url, max_body_bytes=100_000) as user:
        response = user.client.get("/stream", stream=True)
        assert isinstance(response.error, BodyTooLarge)
        assert response.status_code == 302
        server.wait_for_open(0)


def test_a_with_block_closes_a_stream_and_decides_nothing() -> None:
    with ScriptedServer(begins) as server, OneUser(server.url) as user:
        with user.client.get("/stream", stream=True) as response:
            assert next(response.iter_content(None)) == "some"
            with pytest.raises(LocustError, match="need catch_response=True"):
                response.success()
            assert server.open == 1
        server.wait_for_open(0)
        with user.client.get("/next") as response:
            assert response.text == "/next"
        assert user.failures == [None, None]


def test_a_line_without_an_end_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "MAX_LINE_BYTES", 100_000)

    def play(peer: Peer) -> None:
        peer.answer(b"HTTP/1.1 200 OK\r\n\r\nfirst\n")
        while True:
            peer.send(bytes(4096))

    with ScriptedServer(play) as server, OneUser(server.url) as user:
        lines = user.client.iter_lines("/lines")
        assert next(lines) == "first"
        with pytest.raises(BodyTooLarge, match=r"^body too large: a line of it has more than 100,000 bytes$"):
            next(lines)
        server.wait_for_open(0)


def test_a_packed_stream_comes_in_parts_that_fit_into_memory() -> None:
    size = 8 << 20
    packed = gzip.compress(bytes(size), mtime=0)

    def play(peer: Peer) -> None:
        peer.answer(head(len(packed), "Content-Encoding: gzip") + packed)

    with ScriptedServer(play) as server, OneUser(server.url, max_body_bytes=1000) as user:
        sizes = [*map(len, user.client.get("/bomb", stream=True).iter_content(None, decode_content=False))]
        assert sum(sizes) == size
        assert max(sizes) <= 1 << 20
