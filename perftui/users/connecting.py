"""How a connection is made: the name, TCP or a Unix socket, a proxy, TLS; all of it within one time limit."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import Any

import gevent
import gevent.socket

from perftui.users import errors
from perftui.users.connection import Connection, Overdue, total_timeout
from perftui.users.url import Origin


@dataclass(frozen=True, slots=True)
class Settings:
    """How a user connects. Times in s; None waits for ever. `proxy` is where all connections go, if anywhere."""

    connect_timeout_s: float | None
    read_timeout_s: float | None
    proxy: Origin | None
    unix_socket: str | None
    tls_context: Callable[[], ssl.SSLContext]


def connect(origin: Origin, settings: Settings, session: ssl.SSLSession | None, deadline_s: float | None) -> Connection:
    """`session` is of an earlier connection; `deadline_s` is on the clock of monotonic(). Raises a RequestFailed."""
    left_s = settings.connect_timeout_s
    is_total = False
    if deadline_s is not None:
        total_left_s = max(0.0, deadline_s - monotonic())
        is_total = left_s is None or total_left_s < left_s
        left_s = total_left_s if is_total else left_s
    try:
        with gevent.Timeout(left_s, Overdue):
            return _connect(origin, settings, session)
    except Overdue:
        pass  # it holds what was about to be connected: an exception that is kept must not
    if is_total:
        raise total_timeout()
    through = " through the proxy" if settings.proxy is not None else ""
    raise errors.ConnectTimeout(f"connect timeout: not connected{through} after {left_s:g} s")


def _connect(origin: Origin, settings: Settings, session: ssl.SSLSession | None) -> Connection:
    with _blamed_on(settings.proxy):
        sock = _socket_to(settings.proxy or origin, settings.unix_socket)
    # Where all of this has a limit, its parts have none.
    is_limited = settings.connect_timeout_s is not None
    connection = Connection(origin, sock, None if is_limited else settings.read_timeout_s)
    try:
        if origin.is_tls:
            with _blamed_on(settings.proxy):
                if settings.proxy is not None:
                    _ask_for_tunnel(connection, origin)
            connection.start_tls(settings.tls_context(), session)
    except BaseException:
        connection.close()
        raise
    connection.read_timeout_s = settings.read_timeout_s
    return connection


@contextmanager
def _blamed_on(proxy: Origin | None) -> Iterator[None]:
    """A failure in the with-block says so where there is one."""
    try:
        yield
    except errors.RequestFailed as error:
        if proxy is None:
            raise
        raise type(error)(f"proxy: {error}") from error


def _socket_to(place: Origin, unix_socket: str | None) -> Any:
    try:
        if unix_socket is not None:
            return _to(socket.AF_UNIX, unix_socket)
        family = _family_of(place.host)
        if family is None:
            sock = gevent.socket.create_connection((place.host, place.port), timeout=None)
        else:
            sock = _to(family, (place.host, place.port))
    except socket.gaierror as error:
        raise errors.NameNotFound(f"name not found: {place.host} ({error.strerror})") from error
    except ConnectionRefusedError as error:
        raise errors.ConnectRefused("connect refused") from error
    except TimeoutError as error:
        raise errors.ConnectTimeout("connect timeout: the kernel gave up") from error
    except OSError as error:
        raise errors.ConnectFailed(f"connect failed: {error.strerror or error}") from error
    except UnicodeError as error:
        raise errors.NameNotFound(f"name not found: {place.host} is no name of a host") from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


@lru_cache(maxsize=1000)
def _family_of(host: str) -> socket.AddressFamily | None:
    """Of an address; None of a name. Names are looked up in threads, which costs more than to connect."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            socket.inet_pton(family, host)
            return family
    return None


def _to(family: socket.AddressFamily, address: Any) -> Any:
    sock = gevent.socket.socket(family)
    try:
        sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock


def _ask_for_tunnel(connection: Connection, origin: Origin) -> None:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    place = f"{host}:{origin.port}"
    connection.reader.begin(has_no_body=True, max_body_bytes=None)
    connection.send(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode("latin-1"))
    reader = connection.reader
    while not reader.is_complete:
        connection.receive()
    if not 200 <= reader.status < 300:
        raise errors.ConnectFailed(f"connect failed: CONNECT was answered with {errors.BadStatus(reader.status)}")
