"""Connections: kept while they are good, replaced without a word, and each request's own."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import gevent.event
import pytest

from perftui.users.transport import MAX_IDLE
from tests.users.in_process import OneUser, Peer, ScriptedServer, certify, in_turn, plain, sends, tls_of

METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH")
NO_ANSWER = "ConnectionReset: reset: the server ended the connection without an answer"


def test_a_connection_that_was_closed_while_idle_is_replaced_for_every_method() -> None:
    is_closed = gevent.event.Event()

    def play(peer: Peer) -> None:
        peer.answer()
        peer.sock.shutdown(socket.SHUT_WR)
        is_closed.set()

    with ScriptedServer(*[play, Peer.answer_all] * len(METHODS)) as server:
        for method in METHODS:
            with OneUser(server.url) as user:
                user.client.get("/first")
                is_closed.wait()
                is_closed.clear()
                assert user.client.request(method, f"/{method}", data=b"body" * (method == "POST")).ok
                assert user.failures == [None, None]
        assert server.targets == [target for method in METHODS for target in ("/first", f"/{method}")]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("end", [Peer.close, Peer.reset])
def test_what_is_closed_in_the_instant_of_a_request_is_asked_once_more_where_it_may_be(
    method: str, end: Callable[[Peer], None]
) -> None:
    """By methods that mean the same twice (RFC 9110, section 9.2.2)."""
    is_again = method not in ("POST", "PATCH")
    with (
        ScriptedServer(in_turn(Peer.answer, Peer.request, end)) as server,
        OneUser(server.url) as user,
    ):
        user.client.get("/first")
        assert user.client.request(method, "/second").ok == is_again
        assert user.failures in ([None, None], [None, NO_ANSWER], [None, RESET])
        assert server.targets == ["/first", *["/second"] * (1 + is_again)]
        assert user.client.get("/third").content == b"/third"


RESET = "ConnectionReset: reset: the server broke the connection off"


def test_a_request_is_asked_twice_at_most_and_on_a_new_connection_once() -> None:
    with (
        ScriptedServer(
            in_turn(Peer.answer, Peer.request, Peer.close), *[in_turn(Peer.request, Peer.close)] * 2
        ) as server,
        OneUser(server.url) as user,
    ):
        for target in ("/first", "/twice", "/once"):
            user.client.get(target)
        assert server.targets == ["/first", "/twice", "/twice", "/once"]
        assert user.failures == [None, NO_ANSWER, NO_ANSWER]


@pytest.mark.parametrize("part", [b"H", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"])
def test_a_request_that_was_answered_in_part_is_not_asked_again(part: bytes) -> None:
    with (
        ScriptedServer(in_turn(Peer.answer, Peer.request, sends(part), Peer.reset)) as server,
        OneUser(server.url) as user,
    ):
        user.client.get("/first")
        # The status is known where the head came.
        assert user.client.get("/second").status_code == (0 if part == b"H" else 200)
        assert user.failures == [None, RESET]
        assert server.targets == ["/first", "/second"]


def test_requests_of_one_user_at_the_same_time_have_a_connection_each_and_some_are_kept() -> None:
    is_full = gevent.event.Event()
    targets = [f"/{number}" for number in range(MAX_IDLE + 3)]

    def play(peer: Peer) -> None:
        request = peer.request()
        if len(server.requests) == len(targets):
            is_full.set()
        is_full.wait()
        peer.send(plain(request))
        peer.answer_all()

    with ScriptedServer(*[play] * len(targets)) as server, OneUser(server.url) as user:
        asking = [gevent.spawn(user.client.get, target) for target in targets]
        assert [each.get().content.decode() for each in asking] == targets
        server.wait_for_open(MAX_IDLE)
        for target in targets:
            assert user.client.get(target).content.decode() == target
        assert server.connections == len(targets)
        # One after the other takes one.
        assert server.open == MAX_IDLE


def test_a_connection_that_speaks_something_else_is_not_kept() -> None:
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
    with (
        ScriptedServer(lambda peer: peer.answer(switch)) as server,
        OneUser(server.url) as user,
    ):
        assert user.client.get("/first").status_code == 101
        server.wait_for_open(0)
        assert user.client.get("/second").content == b"/second"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a certificate."""
    folder = tmp_path_factory.mktemp("tls")
    certify(folder)
    return folder


def trusting(folder: Path) -> dict[str, Any]:
    make = staticmethod(lambda: ssl.create_default_context(cafile=str(folder / "certificate.pem")))
    return {"ssl_context_factory": make}


def named(server: ScriptedServer) -> str:
    """Its URL, with the name that its certificate is for."""
    return server.url.replace("127.0.0.1", "localhost")


CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_tls_session_is_taken_up_again_at_its_own_place_alone(version: ssl.TLSVersion, folder: Path) -> None:
    is_resumed: list[bool] = []
    tls = tls_of(folder)
    tls.minimum_version = tls.maximum_version = version

    def play(peer: Peer) -> None:
        is_resumed.append(peer.sock.session_reused)
        peer.answer(CLOSING)

    with (
        ScriptedServer(*[play] * 4, tls=tls) as server,
        ScriptedServer(play, tls=tls) as other,
        OneUser(named(server), **trusting(folder)) as user,
    ):
        for url in ("/", "/", f"{named(other)}/", "/"):
            assert user.client.get(url).content == b"ok"
        assert is_resumed == [False, True, False, True]


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\n\r\nto the end"])
def test_a_server_that_ends_tls_but_not_the_connection_is_not_waited_for(answer: bytes, folder: Path) -> None:
    """That nothing more will come (close_notify) is the end of the answer, or that there is none."""

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(answer)
        peer.sock.unwrap()

    with ScriptedServer(play, tls=tls_of(folder)) as server, OneUser(named(server), **trusting(folder)) as user:
        assert user.client.get("/").content == (b"to the end" if answer else None)
        assert user.failures == [None if answer else NO_ANSWER]
        server.wait_for_open(0)


def test_a_tls_connection_that_was_ended_while_idle_is_replaced(folder: Path) -> None:
    is_ended = gevent.event.Event()

    def play(peer: Peer) -> None:
        peer.answer()
        gevent.spawn(is_ended.set)
        peer.sock.unwrap()

    with ScriptedServer(play, tls=tls_of(folder)) as server, OneUser(named(server), **trusting(folder)) as user:
        user.client.get("/first")
        is_ended.wait()
        assert user.client.post("/second").content == b"/second"
        assert user.failures == [None, None]
        assert server.targets == ["/first", "/second"]


def test_a_large_body_goes_both_ways_through_tls(folder: Path) -> None:
    body = bytes(range(256)) * 8192

    def play(peer: Peer) -> None:
        request = peer.request()
        sent = request.partition(b"\r\n\r\n")[2]
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(sent), sent)
        peer.answer_all()

    with ScriptedServer(play, tls=tls_of(folder)) as server, OneUser(named(server), **trusting(folder)) as user:
        assert user.client.post("/", data=body).content == body
        assert user.client.get("/next").content == b"/next"
        assert server.connections == 1


def test_a_handshake_that_is_broken_off_is_one_line() -> None:
    with (
        ScriptedServer(in_turn(Peer.first_byte, Peer.end)) as server,
        OneUser(server.url.replace("http:", "https:")) as user,
    ):
        user.client.get("/")
        assert user.failures == ["TlsError: TLS: the server ended the connection in the handshake"]
        server.wait_for_open(0)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
            "ConnectFailed: proxy: connect failed: CONNECT was answered with HTTP 403 Forbidden",
        ),
        (b"", "ConnectionReset: proxy: reset: the server ended the connection without an answer"),
    ],
)
def test_a_tunnel_that_a_proxy_refuses_is_one_line(answer: bytes, line: str) -> None:
    with (
        ScriptedServer(in_turn(Peer.request, sends(answer), Peer.end)) as proxy,
        OneUser("https://shop.test", proxy_host="127.0.0.1", proxy_port=proxy.port) as user,
    ):
        user.client.get("/", headers={"Authorization": "Bearer secret"})
        assert user.failures == [line]
        proxy.wait_for_open(0)
        # The proxy learns where to, and nothing else.
        assert proxy.requests == [b"CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n\r\n"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_told_from_a_target(scheme: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        place = {"proxy_host": "127.0.0.1", "proxy_port": closed.getsockname()[1]}
        with OneUser(f"{scheme}://shop.test", **place) as user:
            user.client.get("/")
            assert user.failures == ["ConnectRefused: proxy: connect refused"]


def test_a_host_that_tls_cannot_name_is_one_line() -> None:
    host = "a." * 150 + "test"
    accepts = in_turn(Peer.request, sends(b"HTTP/1.1 200 OK\r\n\r\n"))
    with (
        ScriptedServer(accepts) as proxy,
        OneUser(f"https://{host}", proxy_host="127.0.0.1", proxy_port=proxy.port) as user,
    ):
        user.client.get("/")
        (failure,) = user.failures
        assert failure is not None
        assert failure.startswith("TlsError: TLS: ")
        proxy.wait_for_open(0)


def test_a_unix_socket_is_kept_open_too(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with ScriptedServer(path=path) as server, OneUser("http://shop.test", unix_socket=path) as user:
        for target in ("/first", "/second"):
            assert user.client.get(target).content.decode() == target
        assert server.connections == 1
