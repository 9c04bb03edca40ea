"""A connection to a server: made with a time limit, written and read without, in gevent's loop.

What is sent and received goes past gevent's socket to the one below it, which saves a third of the time; the waits are
gevent's own, so that whoever watches gevent's sockets sees them.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable
from time import monotonic
from typing import Any

import gevent
import gevent.socket
from gevent import getcurrent
from gevent.exceptions import ConcurrentObjectUseError
from gevent.monkey import get_original

from perftui.users import errors
from perftui.users.reading import ResponseReader
from perftui.users.tls import Tls, words_of
from perftui.users.url import Origin

_BUFFER_BYTES = 256 * 1024
# One buffer for all connections of a thread: none of its greenlets runs between a read and the parser, which copies.
_of_thread: Any = get_original("threading", "local")()
_poll: Callable[[], Any] = get_original("select", "poll")

_LOOK_BYTES = 16
# What gevent calls them.
_READ_OR_WRITE = 1 | 2

ALIVE, CLOSED, UNASKED = "alive", "closed", "unasked"


class Overdue(BaseException):
    """Thrown into a greenlet that waited too long. No other code may catch it."""


class _Silence(BaseException):
    """As Overdue, when the read timeout is over: a connect has a limit of its own around it."""


class Connection:
    """`origin` is whom it reaches. All but `close` and `look` may raise a RequestFailed; it is then to be closed."""

    __slots__ = (
        "_buffer",
        "_poll",
        "_raw",
        "_since_s",
        "_sock",
        "_timer",
        "_tls",
        "_waiter",
        "deadline_s",
        "done_s",
        "head_s",
        "origin",
        "read_timeout_s",
        "reader",
        "sent_s",
        "used",
    )

    def __init__(self, origin: Origin, sock: Any, read_timeout_s: float | None) -> None:
        self.origin = origin
        self.reader = ResponseReader()
        # How many answers it gave.
        self.used = 0
        # Of the last request, on the clock of perf_counter(): when it was sent, when the head and the end of its
        # answer came.
        self.sent_s = self.head_s = self.done_s = 0.0
        # On the clock of monotonic(), of the request that is under way.
        self.deadline_s: float | None = None
        self.read_timeout_s = read_timeout_s
        self._buffer = _buffer()
        self._sock = sock
        self._raw = sock._sock
        self._tls: Tls | None = None
        # The greenlet that waits, and since when on the clock of monotonic().
        self._waiter: Any = None
        self._since_s = 0.0
        # Runs on between requests and is set anew when it fires, because to start and stop it takes as long as to parse
        # a small answer.
        self._timer: Any = None
        self._poll = _poll()
        self._poll.register(self._raw.fileno(), select.POLLIN)

    def look(self) -> str:
        """Whether the server closed it, or said something unasked, since the last answer."""
        if not self._poll.poll(0):
            return ALIVE
        try:
            if self._tls is None:
                return _state(self._raw.recv(_LOOK_BYTES, socket.MSG_PEEK))
            # A session ticket comes when it likes.
            received = self._raw.recv_into(self._buffer)
            if not received:
                return CLOSED
            parts = self._tls.decrypt(self._buffer[:received])
            return _state(parts[0]) if parts else CLOSED if self._tls.is_over else ALIVE
        except BlockingIOError:
            return ALIVE
        except (OSError, errors.RequestFailed):
            return CLOSED

    def send(self, data: bytes) -> None:
        if self._tls is not None:
            data = self._tls.encrypt(data)
        try:
            sent = self._raw.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise _reset_while_sent() from error
        if sent < len(data):
            self._send_rest(memoryview(data)[sent:])

    def receive(self) -> None:
        """Wait for bytes, and give what came to `reader`; as many as there are, at least one or the end."""
        self._wait(self._sock._read_event)
        try:
            received = self._raw.recv_into(self._buffer)
        except BlockingIOError:
            return
        except OSError as error:
            raise errors.ConnectionReset("reset: the server broke the connection off") from error
        reader = self.reader
        if not received:
            self._end()
        elif self._tls is None:
            reader.feed(self._buffer[:received])
        else:
            for part in self._tls.decrypt(self._buffer[:received]):
                reader.feed(part)
            if self._tls.is_over:
                self._end()
                reader.keeps_alive = False

    def _end(self) -> None:
        if not self.reader.is_started:
            raise errors.ConnectionReset("reset: the server ended the connection without an answer")
        self.reader.end()

    def close(self) -> None:
        self._sock.close()
        if self._timer is not None:
            self._timer.close()

    @property
    def tls_session(self) -> ssl.SSLSession | None:
        return self._tls.session if self._tls is not None else None

    def start_tls(self, context: ssl.SSLContext, session: ssl.SSLSession | None) -> None:
        """The handshake. Raises NameNotFound for a host that TLS cannot name, TlsError whatever else went wrong."""
        try:
            tls = Tls(context, self.origin.host, session)
            while not tls.shake_hands():
                self._send_all(tls.take())
                self._wait(self._sock._read_event)
                received = self._raw.recv_into(self._buffer)
                if not received:
                    raise errors.TlsError("TLS: the server ended the connection in the handshake")
                tls.put(self._buffer[:received])
            self._send_all(tls.take())
        except ssl.SSLCertVerificationError as error:
            why = error.verify_message or error.reason
            raise errors.TlsError(f"TLS: the certificate is not trusted: {why}") from error
        except ssl.SSLError as error:
            # An alert about ourselves is still to be sent; nobody waits for it.
            raise errors.TlsError(f"TLS: {words_of(error)}") from error
        except BlockingIOError:
            raise
        except OSError as error:
            raise errors.TlsError("TLS: the server broke the connection off in the handshake") from error
        except ValueError as error:
            raise errors.NameNotFound(f"name not found: {self.origin.host} is no name of a host") from error
        self._tls = tls

    def _send_all(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._raw.send(rest) :]
            except BlockingIOError:
                self._wait(self._sock._write_event)

    def _send_rest(self, rest: memoryview) -> None:
        """Of a request. What the server says meanwhile is read, and once that is its answer the rest is not sent."""
        event = self._sock.hub.loop.io(self._raw.fileno(), _READ_OR_WRITE)
        self._poll.modify(self._raw.fileno(), select.POLLIN | select.POLLOUT)
        try:
            while rest:
                self._wait(event)
                if any(ready & ~select.POLLOUT for _, ready in self._poll.poll(0)):
                    self.receive()
                    if self.reader.is_complete:
                        self.reader.keeps_alive = False
                        return
                try:
                    rest = rest[self._raw.send(rest) :]
                except BlockingIOError:
                    pass
                except OSError as error:
                    raise _reset_while_sent() from error
        except (errors.ConnectionReset, errors.Truncated):
            raise _reset_while_sent() from None
        finally:
            event.close()
            self._poll.modify(self._raw.fileno(), select.POLLIN)

    def _wait(self, event: Any) -> None:
        if self.deadline_s is not None:
            left_s = self.deadline_s - monotonic()
            if left_s <= 0:
                raise total_timeout()
            if self.read_timeout_s is None or left_s < self.read_timeout_s:
                self._wait_until_deadline(event, left_s)
                return
        if self._timer is None and self.read_timeout_s is not None:
            self._start_timer(self.read_timeout_s)
        self._since_s = monotonic()
        self._waiter = getcurrent()
        try:
            self._sock._wait(event)
            return
        except _Silence:
            pass  # and nothing of what was under way is kept with the failure
        except ConcurrentObjectUseError:
            why = "was closed on this side" if self._sock.closed else "is read by two greenlets at once"
            raise errors.ConnectionReset(f"reset: the connection {why}") from None
        except OSError:
            if not self._sock.closed:
                raise  # it is of code around the request
            raise errors.ConnectionReset("reset: the connection was closed on this side") from None
        finally:
            self._waiter = None
        raise errors.ReadTimeout(f"read timeout: nothing came for {self.read_timeout_s:g} s")

    def _start_timer(self, after_s: float) -> None:
        self._timer = self._sock.hub.loop.timer(after_s)
        self._timer.start(self._on_timer)

    def _on_timer(self) -> None:
        self._timer.close()
        self._timer = None
        waiter = self._waiter
        if waiter is None:
            return  # the next one that waits starts it
        if self._poll.poll(0):
            # It came while this process did something else.
            self._since_s = monotonic()
        left_s = self._since_s + (self.read_timeout_s or 0.0) - monotonic()
        if left_s > 0:
            self._start_timer(left_s)
        else:
            waiter.throw(_Silence)

    def _wait_until_deadline(self, event: Any, left_s: float) -> None:
        try:
            with gevent.Timeout(left_s, Overdue):
                self._sock._wait(event)
                return
        except Overdue:
            pass
        if not self._poll.poll(0):
            raise total_timeout()


def _buffer() -> memoryview:
    try:
        buffer: memoryview = _of_thread.buffer
    except AttributeError:
        buffer = _of_thread.buffer = memoryview(bytearray(_BUFFER_BYTES))
    return buffer


def _state(unasked: bytes) -> str:
    # RFC 9110, section 15.5.9: a server that tires of waiting may say so before it closes.
    return CLOSED if not unasked or unasked[9:12] == b"408" else UNASKED


def _reset_while_sent() -> errors.ConnectionReset:
    return errors.ConnectionReset("reset: the server ended the connection while the request was sent")


def total_timeout() -> errors.TotalTimeout:
    return errors.TotalTimeout("total timeout: the request took longer than total_timeout")
