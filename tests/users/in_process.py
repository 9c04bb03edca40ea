"""A LeanHttpUser and a server that plays a script, both in this process and in one gevent loop."""

from __future__ import annotations

import os
import re
import socket
import ssl
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import gevent
import gevent.socket
import gevent.ssl
import pytest
from locust.env import Environment

from perftui.users import LeanHttpUser

# Longer is a hang.
HANG_S = 20.0
MAX_REQUEST_BYTES = 32 * 1024 * 1024

Script = Callable[["Peer"], object]


def in_turn(*steps: Script) -> Script:
    def play(peer: Peer) -> None:
        for step in steps:
            step(peer)

    return play


def sends(*parts: bytes) -> Script:
    return lambda peer: peer.send(*parts)


class Left(Exception):  # noqa: N818 - no error
    """The client ended its side."""


class Peer:
    """The server's side of one connection."""

    def __init__(self, sock: Any, requests: list[bytes]) -> None:
        self.sock = sock
        self._requests = requests
        self._rest = b""

    def request(self) -> bytes:
        """The next one, when it is whole."""
        while not (size := _size_of(self._rest)):
            self._receive()
        request, self._rest = self._rest[:size], self._rest[size:]
        self._requests.append(request)
        return request

    def first_byte(self) -> None:
        """Of a request that is not read."""
        while not self._rest:
            self._receive()

    def has_begun(self, begin: bytes) -> bool:
        """Whether what came and is not read begins so."""
        return self._rest.startswith(begin)

    def send(self, *parts: bytes) -> None:
        """Each when the client has read the one before."""
        for part in parts:
            self.sock.sendall(part)
            gevent.idle()

    def answer(self, *parts: bytes) -> None:
        """To the next request; without `parts` the plain one."""
        request = self.request()
        self.send(*(parts or (plain(request),)))

    def answer_all(self) -> None:
        while True:
            self.answer()

    def end(self) -> None:
        """Say that nothing more will come, and wait until the client has closed."""
        self.sock.shutdown(socket.SHUT_WR)
        self.wait_for_end()

    def wait_for_end(self) -> None:
        while True:
            self._rest = b""
            self._receive()

    def close(self) -> None:
        """Both sides at once: what the client still sends is answered with a reset."""
        self.sock.close()

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _receive(self) -> None:
        assert len(self._rest) < MAX_REQUEST_BYTES
        data = self.sock.recv(1 << 16)
        if not data:
            raise Left
        self._rest += data


def plain(request: bytes) -> bytes:
    """An answer whose body is the request's target."""
    target = request.split(b" ", 2)[1]
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (
        len(target),
        b"" if request[:5] == b"HEAD " else target,
    )


def _size_of(request: bytes) -> int:
    """0 of one that is not whole."""
    head, end, body = request.partition(b"\r\n\r\n")
    told = re.search(rb"\r\nContent-Length: (\d+)", head)
    length = int(told[1]) if told else 0
    return len(head) + 4 + length if end and len(body) >= length else 0


class ScriptedServer:
    """Plays a script for each connection, in turn, and answers each request of all others with its target.

    At the end of its script it waits for the client to close, unless it did so itself: `open` counts the connections
    that the client did not end. `requests` are all that came whole. Whoever waits for anything in the with-block waits
    HANG_S at most.
    """

    def __init__(
        self, *scripts: Script, host: str = "127.0.0.1", path: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.open = 0
        self._scripts = list(scripts)
        self._tls = tls
        self._listener = gevent.socket.socket(_family(host, path))
        self._listener.bind(path or (host, 0))
        self._listener.listen(256)
        self.port = 0 if path else self._listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if tls else 'http'}://{shown}:{self.port}"
        self._greenlets = [gevent.spawn(self._accept)]
        self._limit = gevent.Timeout(HANG_S, AssertionError(f"it hangs: {HANG_S:g} s"))

    @property
    def targets(self) -> list[str]:
        return [request.split(b" ", 2)[1].decode() for request in self.requests]

    def wait_until(self, condition: Callable[[], object]) -> None:
        while not condition():
            gevent.sleep(0.001)

    def wait_for_open(self, number: int) -> None:
        """Until so many connections are open. Fails by `_limit` where it never is so."""
        self.wait_until(lambda: self.open == number)

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            self.connections += 1
            self.open += 1
            script = self._scripts.pop(0) if self._scripts else Peer.answer_all
            self._greenlets.append(gevent.spawn(self._play, sock, script))

    def _play(self, sock: Any, script: Script) -> None:
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            peer = Peer(sock, self.requests)
            script(peer)
            peer.wait_for_end()
        except (Left, OSError):
            pass
        finally:
            self.open -= 1
            sock.close()

    def __enter__(self) -> ScriptedServer:
        self._limit.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._limit.close()
        gevent.killall(self._greenlets)
        self._listener.close()


def _family(host: str, path: str | None) -> socket.AddressFamily:
    return socket.AF_UNIX if path else socket.AF_INET6 if ":" in host else socket.AF_INET


def certify(folder: Path) -> None:
    """A new certificate for the name localhost, in certificate.pem and key.pem."""
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "5")
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem"))
    try:
        subprocess.run(["openssl", "req", *kind, *names, *files], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("this machine has no openssl to make a certificate")


def tls_of(folder: Path) -> ssl.SSLContext:
    """A server's, of what `certify` made."""
    context: ssl.SSLContext = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


class OneUser:
    """A user with `attributes` in its class, closed at the end; `events` are its `request` events."""

    def __init__(self, host: str, **attributes: Any) -> None:
        environment = Environment()
        self.events: list[dict[str, Any]] = []
        environment.events.request.add_listener(lambda **event: self.events.append(event))
        self.user = type("OneUser", (LeanHttpUser,), {"host": host, **attributes})(environment)
        self.client: Any = self.user.client

    @property
    def failures(self) -> list[str | None]:
        """Of each event: the class of its exception and the line."""
        exceptions = [event["exception"] for event in self.events]
        return [error and f"{type(error).__name__}: {error}" for error in exceptions]

    def __enter__(self) -> OneUser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()


def open_sockets() -> int:
    """Of this process, by its file descriptors."""
    return sum(_is_socket(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd"))


def _is_socket(path: str) -> bool:
    try:
        return os.readlink(path).startswith("socket:")
    except FileNotFoundError:
        return False
