"""Whatever a server does, a request ends with one line, its connection is closed, and the next one is answered well."""

from __future__ import annotations

import gzip
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from itertools import cycle
from time import monotonic
from typing import Any

import gevent
import gevent.event
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perftui.users.connection import Connection
from perftui.users.errors import ConnectionReset
from perftui.users.url import origin_of
from tests.users.in_process import OneUser, Peer, Script, ScriptedServer, in_turn, open_sockets, sends
from tests.users.test_reading import Answer, answers, split

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
OK = HEAD + b"\r\nok"
LIMIT_BYTES = 100_000
# A body that no socket takes at once.
LARGE = b"x" * (8 * 1024 * 1024)


@settings(max_examples=60, deadline=None)
@given(answers(), st.data())
def test_an_answer_over_the_wire_is_the_same_however_it_is_cut(answer: Answer, data: st.DataObject) -> None:
    parts = data.draw(split(answer.wire))

    def play(peer: Peer) -> None:
        peer.answer(*parts)
        if answer.ends_with_connection:
            peer.close()
        peer.answer_all()

    with ScriptedServer(play) as server, OneUser(server.url) as user:
        method = "HEAD" if answer.is_of_head else "GET"
        response = user.client.request(method, "/x", allow_redirects=False)
        assert (response.status_code, response.reason, response.content) == (answer.status, answer.reason, answer.body)
        assert user.client.get("/next").content == b"/next"


def gives(*parts: bytes) -> Script:
    """Answers the first request so, and never says more."""
    return in_turn(Peer.request, sends(*parts), Peer.wait_for_end)


def gives_and_ends(*parts: bytes) -> Script:
    return in_turn(Peer.request, sends(*parts), Peer.end)


UNPACKED_BYTES = 16 * 1024 * 1024
PACKED = gzip.compress(bytes(UNPACKED_BYTES))
BOMB = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED

TOO_LARGE = f"BodyTooLarge: body too large: more than {LIMIT_BYTES:,} bytes (max_body_bytes)"
LONG_HEAD = "Malformed: malformed: the head of the answer has more than 256 KiB"
MORE = "Malformed: malformed: more bytes came than the answer has"
NO_ANSWER = "ConnectionReset: reset: the server ended the connection without an answer"
BAD_ANSWERS: dict[str, tuple[Script, str]] = {
    "garbage": (gives(b"\x16\x03\x01garbage"), "Malformed: malformed: Expected HTTP/, RTSP/ or ICE/"),
    "a header without a colon": (
        gives(b"HTTP/1.1 200 OK\r\nno header\r\n\r\n"),
        "Malformed: malformed: Invalid header token",
    ),
    "a bad chunk": (
        gives(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        "Malformed: malformed: Invalid character in chunk size",
    ),
    "a huge header": (gives(b"HTTP/1.1 200 OK\r\nX: ", *[b"x" * 65536] * 5), LONG_HEAD),
    "many headers": (gives(b"HTTP/1.1 200 OK\r\n", *[b"X-Many: value\r\n" * 5000] * 5), LONG_HEAD),
    "two answers at once": (gives(OK + OK), MORE),
    "an answer and a byte": (gives(OK + b"H"), MORE),
    "a large body": (gives(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n", b"x" * 200_000), TOO_LARGE),
    "a large body in chunks": (
        gives(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"c350\r\n" + b"x" * 50000 + b"\r\n"] * 3),
        TOO_LARGE,
    ),
    "a bomb": (gives(BOMB), TOO_LARGE),
    "nothing": (gives_and_ends(), NO_ANSWER),
    "a reset": (
        in_turn(Peer.request, Peer.reset),
        "ConnectionReset: reset: the server broke the connection off",
    ),
    "interim answers alone": (
        gives_and_ends(b"HTTP/1.1 100 Continue\r\n\r\n"),
        "Truncated: truncated: the connection ended inside the head of the answer",
    ),
    "silence": (gives(), "ReadTimeout: read timeout: nothing came for 0.05 s"),
    "silence in the head": (gives(HEAD), "ReadTimeout: read timeout: nothing came for 0.05 s"),
    "silence in the body": (gives(HEAD + b"\r\no"), "ReadTimeout: read timeout: nothing came for 0.05 s"),
}


@pytest.mark.parametrize("kind", BAD_ANSWERS)
@pytest.mark.parametrize("is_kept", [False, True], ids=["new", "kept"])
def test_a_bad_answer_is_one_line_and_the_next_request_is_clean(kind: str, is_kept: bool) -> None:
    script, line = BAD_ANSWERS[kind]

    def play(peer: Peer) -> None:
        if is_kept:
            peer.answer()
        script(peer)

    # A read timeout of its own where that is the row; else the machine may take its time.
    timeout_s = 0.05 if "silence" in kind else 10.0
    with (
        ScriptedServer(play) as server,
        OneUser(server.url, max_body_bytes=LIMIT_BYTES, network_timeout=timeout_s) as user,
    ):
        if is_kept:
            user.client.get("/first")
        # Not asked again where it is not known what became of it.
        user.client.post("/bad")
        server.wait_for_open(0)
        assert user.client.get("/next").content == b"/next"
        assert user.failures == [None] * is_kept + [line, None]
        assert server.targets == ["/first"] * is_kept + ["/bad", "/next"]
        assert server.connections == 2


def test_a_bomb_takes_little_memory() -> None:
    with ScriptedServer(gives(BOMB)) as server, OneUser(server.url, max_body_bytes=LIMIT_BYTES) as user:
        tracemalloc.start()
        try:
            user.client.get("/bomb")
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert user.failures == [TOO_LARGE]
        assert peak_bytes < UNPACKED_BYTES / 4


CUT_ANSWERS = {
    "length": HEAD + b"Set-Cookie: a=b\r\n\r\nok",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n0\r\nX: y\r\n\r\n",
    "interim": b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK,
    "gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" + gzip.compress(b"", mtime=0),
}


@pytest.mark.parametrize("kind", CUT_ANSWERS)
def test_an_answer_that_is_cut_off_at_any_byte_fails_and_never_hangs(kind: str) -> None:
    whole = CUT_ANSWERS[kind]
    head_bytes = whole.rindex(b"\r\n\r\n", 0, len(whole) - 1) + 4 if kind != "chunked" else whole.index(b"\r\n\r\n") + 4
    scripts = [gives_and_ends(whole[:size]) if size else gives_and_ends() for size in range(len(whole))]
    with ScriptedServer(*scripts) as server, OneUser(server.url) as user:
        for size in range(len(whole)):
            response = user.client.post("/cut")
            assert response.status_code == (200 if size >= head_bytes else 0), size
        server.wait_for_open(0)
        in_head, in_body = (
            f"Truncated: truncated: the connection ended inside the {part} of the answer" for part in ("head", "body")
        )
        expected = [NO_ANSWER, *[in_head] * (head_bytes - 1), *[in_body] * (len(whole) - head_bytes)]
        assert user.failures == expected
        assert user.client.get("/next").content == b"/next"


UNASKED = "Malformed: malformed: the server sent bytes that no request asked for"


def test_an_answer_before_the_request_is_not_taken_for_its_answer() -> None:
    """On a kept connection: it is seen before the request is sent, which is not."""
    is_idle, is_said = gevent.event.Event(), gevent.event.Event()
    play = in_turn(Peer.answer, lambda _: is_idle.wait(), sends(OK), lambda _: is_said.set())
    with (
        ScriptedServer(play) as server,
        OneUser(server.url) as user,
    ):
        user.client.get("/first")
        is_idle.set()
        is_said.wait()
        user.client.get("/second")
        server.wait_for_open(0)
        assert user.client.get("/third").content == b"/third"
        assert user.failures == [None, UNASKED, None]
        assert server.targets == ["/first", "/third"]


def test_an_answer_before_the_first_request_is_the_answer_once() -> None:
    """A server may refuse a connection so; the answer that it gives besides is nobody's."""
    is_idle, is_said = gevent.event.Event(), gevent.event.Event()
    play = in_turn(sends(OK), lambda _: is_idle.wait(), Peer.answer, lambda _: is_said.set())
    with (
        ScriptedServer(play) as server,
        OneUser(server.url) as user,
    ):
        assert user.client.get("/first").content == b"ok"
        is_idle.set()
        is_said.wait()
        user.client.get("/second")
        server.wait_for_open(0)
        assert user.client.get("/third").content == b"/third"
        assert user.failures == [None, UNASKED, None]


TIRED = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("ends", [True, False], ids=["and the end", "and nothing more"])
def test_a_408_on_a_kept_connection_is_no_failure(ends: bool) -> None:
    is_idle, is_said = gevent.event.Event(), gevent.event.Event()

    def play(peer: Peer) -> None:
        peer.answer()
        is_idle.wait()
        peer.send(TIRED)
        is_said.set()
        if ends:
            peer.end()

    with ScriptedServer(play) as server, OneUser(server.url) as user:
        user.client.get("/first")
        is_idle.set()
        is_said.wait()
        assert user.client.post("/second").content == b"/second"
        assert user.failures == [None, None]
        assert server.targets == ["/first", "/second"]
        server.wait_for_open(1)


@pytest.mark.parametrize("part", [b"", b"HTTP/1.1 413 Content Too Large\r\n"], ids=["nothing", "part of a head"])
def test_a_server_that_closes_while_a_body_is_sent_is_a_reset(part: bytes) -> None:
    with (
        ScriptedServer(in_turn(Peer.first_byte, sends(part), Peer.close)) as server,
        OneUser(server.url) as user,
    ):
        user.client.post("/upload", data=LARGE)
        assert user.failures == ["ConnectionReset: reset: the server ended the connection while the request was sent"]
        assert user.client.get("/next").content == b"/next"


def read_no_more(peer: Peer) -> None:
    gevent.event.Event().wait()


def say_no_more(peer: Peer) -> None:
    peer.sock.shutdown(socket.SHUT_WR)
    read_no_more(peer)


REFUSAL = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge"


@pytest.mark.parametrize(
    ("refusal", "then"),
    [
        (REFUSAL, Peer.close),
        (REFUSAL, read_no_more),
        (REFUSAL.replace(b"Content-Length: 5\r\n", b""), say_no_more),
    ],
    ids=["closes", "reads no more", "reads and says no more"],
)
def test_a_server_may_refuse_a_body_before_it_took_it(refusal: bytes, then: Script) -> None:
    with (
        ScriptedServer(in_turn(Peer.first_byte, sends(refusal), then)) as server,
        OneUser(server.url) as user,
    ):
        response = user.client.post("/upload", data=LARGE)
        assert (response.status_code, response.content) == (413, b"large")
        assert user.failures == [f"BadStatus: HTTP 413 {HTTPStatus(413).phrase}"]
        # Though the answer did not say that it is to be closed.
        assert user.client.get("/next").content == b"/next"
        assert server.connections == 2


def test_what_a_server_says_before_its_answer_does_not_end_the_body() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    with (
        ScriptedServer(in_turn(Peer.first_byte, sends(interim), Peer.answer_all)) as server,
        OneUser(server.url) as user,
    ):
        assert user.client.post("/upload", data=LARGE).content == b"/upload"
        assert server.requests[0].endswith(LARGE)
        assert user.client.get("/next").content == b"/next"
        assert server.connections == 1


def test_an_answer_that_came_while_this_process_was_busy_is_no_timeout() -> None:
    """On so many connections that gevent's loop learns of them in more than one turn."""
    # Enough for all the requests to come.
    timeout_s = 0.3
    number = 150
    waiting: list[Peer] = []

    def play(peer: Peer) -> None:
        peer.answer()
        peer.request()
        waiting.append(peer)
        if len(waiting) == number:
            for each in waiting:
                each.sock.send(OK)
            until_s = monotonic() + 1.1 * timeout_s
            while monotonic() < until_s:
                pass

    with ScriptedServer(*[play] * number) as server, ExitStack() as stack:
        limits = ({limit: timeout_s} for _, limit in zip(range(number), cycle(("network_timeout", "total_timeout"))))
        users = [stack.enter_context(OneUser(server.url, **limit)) for limit in limits]
        for user in users:
            user.client.get("/first")
        gevent.joinall([gevent.spawn(user.client.get, "/second") for user in users])
        assert [user.failures for user in users] == [[None, None]] * number


@contextmanager
def connected() -> Iterator[Connection]:
    """To somebody who says nothing."""
    ours, theirs = gevent.socket.socketpair()
    with ours, theirs:
        yield Connection(origin_of("http", "shop.test"), ours, None)


def test_a_connection_that_two_greenlets_read_is_one_line_for_each() -> None:
    with connected() as connection:
        first, second = gevent.spawn(connection.receive), gevent.spawn(connection.receive)
        with pytest.raises(ConnectionReset, match=r"^reset: the connection is read by two greenlets at once$"):
            second.get()
        connection.close()
        with pytest.raises(ConnectionReset, match=r"^reset: the connection was closed on this side$"):
            first.get()


@pytest.mark.parametrize("is_read", [False, True], ids=["before", "while"])
def test_a_stream_of_a_client_that_was_closed_says_so(is_read: bool) -> None:
    with ScriptedServer(lambda peer: peer.answer(HEAD + b"\r\n")) as server, OneUser(server.url) as user:
        stream = user.client.get("/stream", stream=True)
        reading = gevent.spawn(list, stream.iter_content())
        if is_read:
            gevent.sleep(0)
        user.client.close()
        with pytest.raises(ConnectionReset, match=r"^reset: the connection was closed on this side$"):
            reading.get()
        server.wait_for_open(0)


def test_threads_share_no_buffer() -> None:
    """Else one reads into what another one's parser still has: answers go to the wrong user."""

    def buffer() -> memoryview:
        with connected() as connection:
            return connection._buffer

    mine, again, of_thread = buffer(), buffer(), gevent.get_hub().threadpool.apply(buffer)
    assert mine is again
    assert mine is not of_thread


@contextmanager
def full_backlog() -> Iterator[str]:
    """The URL of a place that answers no connect: its queue is full."""
    with socket.socket() as listener, socket.socket() as first:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        first.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def silent(peer: Peer) -> None:
    peer.wait_for_end()


TIMEOUT_S = 0.05
CONNECT_TIMEOUT = "ConnectTimeout: connect timeout: not connected after 0.05 s"
TOTAL_TIMEOUT = "TotalTimeout: total timeout: the request took longer than total_timeout"


def redirects_slowly(peer: Peer) -> None:
    """Each answer well within any timeout, and there is always one more."""
    while True:
        request = peer.request()
        gevent.sleep(TIMEOUT_S / 4)
        peer.send(b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n")
        del request


def dribbles(peer: Peer) -> None:
    peer.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        gevent.sleep(TIMEOUT_S / 4)
        peer.send(b"x")


# What the server does, the user's settings, and the line.
TIMEOUTS: dict[str, tuple[Script, dict[str, Any], str]] = {
    "TLS": (silent, {"connection_timeout": TIMEOUT_S, "network_timeout": 10.0, "is_tls": True}, CONNECT_TIMEOUT),
    "TLS, and a shorter silence": (
        silent,
        {"connection_timeout": TIMEOUT_S, "network_timeout": TIMEOUT_S / 5, "is_tls": True},
        CONNECT_TIMEOUT,
    ),
    "TLS, the total": (silent, {"total_timeout": TIMEOUT_S, "is_tls": True}, TOTAL_TIMEOUT),
    "a proxy's tunnel": (
        silent,
        {"connection_timeout": TIMEOUT_S, "network_timeout": TIMEOUT_S / 5, "is_tls": True, "is_proxied": True},
        CONNECT_TIMEOUT.replace("connected", "connected through the proxy"),
    ),
    "TLS, and no limit of its own": (
        silent,
        {"connection_timeout": None, "network_timeout": TIMEOUT_S, "is_tls": True},
        "ReadTimeout: read timeout: nothing came for 0.05 s",
    ),
    "sending": (silent, {"network_timeout": TIMEOUT_S}, "ReadTimeout: read timeout: nothing came for 0.05 s"),
    "sending, the total": (silent, {"total_timeout": TIMEOUT_S}, TOTAL_TIMEOUT),
    "redirects": (redirects_slowly, {"total_timeout": TIMEOUT_S, "network_timeout": 10.0}, TOTAL_TIMEOUT),
    "a byte at a time": (dribbles, {"total_timeout": TIMEOUT_S, "network_timeout": 10.0}, TOTAL_TIMEOUT),
}


@pytest.mark.parametrize("kind", TIMEOUTS)
def test_what_takes_too_long_is_ended(kind: str) -> None:
    script, attributes, line = TIMEOUTS[kind]
    attributes = {**attributes}
    is_tls = attributes.pop("is_tls", False)
    with ScriptedServer(script) as server:
        if attributes.pop("is_proxied", False):
            attributes |= {"proxy_host": "127.0.0.1", "proxy_port": server.port}
        url = server.url.replace("http:", "https:") if is_tls else server.url
        with OneUser(url, **attributes) as user:
            user.client.post("/slow", data=LARGE if "sending" in kind else b"x")
            assert user.failures == [line]
            server.wait_for_open(0)


def test_a_connect_that_nobody_answers_is_ended_and_leaves_nothing() -> None:
    with ScriptedServer(), full_backlog() as url:
        before = open_sockets()
        with OneUser(url, connection_timeout=TIMEOUT_S) as user, OneUser(url, total_timeout=TIMEOUT_S) as total:
            for each in (user, total, user):
                each.client.get("/x")
            assert user.failures == [CONNECT_TIMEOUT] * 2
            assert total.failures == [TOTAL_TIMEOUT]
            # While the failures are still held.
            assert open_sockets() == before


def in_tls(peer: Peer) -> None:
    peer.first_byte()
    peer.wait_for_end()


# Where a request is when it is cut off: what the server does until then, and what is asked.
Ask = Callable[[Any], object]
STAGES: dict[str, tuple[Script, Ask]] = {
    "sending": (lambda peer: peer.sock.recv(1), lambda client: client.post("/cut", data=LARGE)),
    "waiting": (lambda peer: peer.request(), lambda client: client.get("/cut")),
    "in the head": (lambda peer: peer.answer(HEAD), lambda client: client.get("/cut")),
    "in the body": (lambda peer: peer.answer(HEAD + b"\r\no"), lambda client: client.get("/cut")),
    "in a stream": (lambda peer: peer.answer(HEAD + b"\r\no"), lambda client: list(client.iter_lines("/cut"))),
    "in a redirect": (
        lambda peer: peer.answer(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 2\r\n\r\no"),
        lambda client: client.get("/cut"),
    ),
    "in TLS": (in_tls, lambda client: client.get(client.base_url.replace("http:", "https:") + "/cut")),
}


def kill(asking: gevent.Greenlet) -> None:
    asking.kill()


def time_out(asking: gevent.Greenlet) -> None:
    """As `with gevent.Timeout` around the request does."""
    gevent.get_hub().loop.run_callback(asking.throw, gevent.Timeout())
    asking.join()


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("cut_off", [kill, time_out])
def test_the_connection_of_a_request_that_is_cut_off_is_never_used_again(
    stage: str, cut_off: Callable[[gevent.Greenlet], None]
) -> None:
    until, ask = STAGES[stage]
    is_there = gevent.event.Event()

    def play(peer: Peer) -> None:
        if stage == "in TLS":
            is_there.set()
        until(peer)
        is_there.set()
        peer.wait_for_end()

    def asked(client: Any) -> None:
        with suppress(gevent.Timeout):
            ask(client)

    with ScriptedServer(play) as server, OneUser(server.url) as user:
        before = open_sockets()
        asking = gevent.spawn(asked, user.client)
        is_there.wait()
        gevent.sleep(0.002)  # what was sent has come
        assert open_sockets() == before + 2
        cut_off(asking)
        server.wait_for_open(0)
        # Both sides of it, while the greenlet and what it ended with are still held.
        assert open_sockets() == before
        assert user.client.get("/next").content == b"/next"
        assert server.connections == 2
        del asking


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_connect_that_is_cut_off_leaves_nothing(host: str) -> None:
    with ScriptedServer() as server, full_backlog() as url:
        before = open_sockets()
        with OneUser(url.replace("127.0.0.1", host)) as user:
            asking = gevent.spawn(user.client.get, "/x")
            while open_sockets() == before:
                gevent.sleep(0.001)
            asking.kill()
            # A thread that looks up a name may have one for a moment.
            server.wait_until(lambda: open_sockets() == before)
