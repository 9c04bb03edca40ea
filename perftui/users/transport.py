"""A user's connections: taken for a request, kept for the next one, and never used again once anything went wrong."""

from __future__ import annotations

import ssl
from time import perf_counter

from perftui.users.connecting import Settings, connect
from perftui.users.connection import ALIVE, UNASKED, Connection
from perftui.users.errors import ConnectionReset, Malformed, RequestFailed
from perftui.users.request import SentRequest
from perftui.users.url import Origin

# What a user keeps open between requests, over all places that it goes to. More than one request at a time is only
# made by user code with greenlets of its own.
MAX_IDLE = 10
MAX_TLS_SESSIONS = 100
# RFC 9110, section 9.2.2: these may be sent again where it is not known what became of them.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})


class Transport:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._idle: list[Connection] = []
        # Whose bodies user code still reads: bounded by the responses that it holds, since one that goes gives it back.
        self._lent: set[Connection] = set()
        self._tls_sessions: dict[Origin, ssl.SSLSession] = {}
        self._is_closed = False

    def exchange(
        self, sent: SentRequest, deadline_s: float | None, max_body_bytes: int | None, *, is_stream: bool
    ) -> Connection:
        """Send a request and read its answer, of a stream the head alone. Raises a RequestFailed.

        The connection, whose reader holds the answer, is the caller's until `release`. `deadline_s` is on the clock of
        monotonic().
        """
        connection = self._take(sent.origin)
        while True:
            if connection is None:
                session = self._tls_sessions.get(sent.origin) if sent.origin.is_tls else None
                connection = connect(sent.origin, self._settings, session, deadline_s)
            try:
                _exchange(connection, sent, deadline_s, max_body_bytes, is_stream=is_stream)
                return connection
            except RequestFailed as error:
                connection.close()
                if not (isinstance(error, ConnectionReset) and _may_ask_again(connection, sent)):
                    _keep_head(error, connection)
                    raise
                # The server closed it in the instant in which the request was sent.
                connection = None
            except BaseException:
                # The user is stopped, or code around the request has a time limit of its own.
                connection.close()
                raise

    def read_to_end(self, connection: Connection, max_body_bytes: int) -> None:
        """Of an answer whose head alone was read. Raises a RequestFailed."""
        connection.reader.max_body_bytes = max_body_bytes
        try:
            while not connection.reader.is_complete:
                connection.receive()
        except RequestFailed as error:
            connection.close()
            _keep_head(error, connection)
            raise
        except BaseException:
            connection.close()
            raise

    def release(self, connection: Connection) -> None:
        """The answer was read: the connection is kept, where both sides want to."""
        if not connection.used and connection.origin.is_tls:
            self._remember_session(connection)
        connection.used += 1
        if self._is_closed or not connection.reader.keeps_alive:
            connection.close()
            return
        if len(self._idle) >= MAX_IDLE:
            self._idle.pop(0).close()
        self._idle.append(connection)

    def lend(self, connection: Connection) -> None:
        """For as long as the body of its answer is read."""
        self._lent.add(connection)

    def take_back(self, connection: Connection, is_read: bool) -> None:
        """`is_read`: to the end of the body."""
        self._lent.discard(connection)
        if is_read:
            self.release(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Now what is idle or lent, and what is under way when it is answered."""
        self._is_closed = True
        for connection in (*self._idle, *self._lent):
            connection.close()
        self._idle.clear()
        self._lent.clear()

    def _take(self, origin: Origin) -> Connection | None:
        """The newest that is idle and still open."""
        idle = self._idle
        for at in range(len(idle) - 1, -1, -1):
            if idle[at].origin != origin:
                continue
            connection = idle.pop(at)
            state = connection.look()
            if state is ALIVE:
                return connection
            connection.close()
            if state is UNASKED:
                raise Malformed("malformed: the server sent bytes that no request asked for")
        return None

    def _remember_session(self, connection: Connection) -> None:
        session = connection.tls_session
        if session is not None:
            if len(self._tls_sessions) >= MAX_TLS_SESSIONS:
                self._tls_sessions.clear()
            self._tls_sessions[connection.origin] = session


def _may_ask_again(connection: Connection, sent: SentRequest) -> bool:
    return connection.used > 0 and not connection.reader.is_started and sent.method in _IDEMPOTENT


def _keep_head(error: RequestFailed, connection: Connection) -> None:
    if connection.reader.has_head:
        error.reader = connection.reader


def _exchange(
    connection: Connection, sent: SentRequest, deadline_s: float | None, max_body_bytes: int | None, *, is_stream: bool
) -> None:
    reader = connection.reader
    reader.begin(has_no_body=sent.method == "HEAD", max_body_bytes=max_body_bytes)
    connection.deadline_s = deadline_s
    connection.sent_s = perf_counter()
    try:
        connection.send(sent.head + sent.body if sent.body else sent.head)
    except ConnectionReset as reset:
        _receive_refusal(connection, reset)
    while not reader.has_head:
        connection.receive()
    connection.head_s = connection.done_s = perf_counter()
    if not is_stream:
        while not reader.is_complete:
            connection.receive()
            connection.done_s = perf_counter()


def _receive_refusal(connection: Connection, reset: ConnectionReset) -> None:
    """A server may answer, and close, before it took all of a body. Raises `reset` where it did not."""
    reader = connection.reader
    try:
        while not reader.is_complete:
            connection.receive()
    except RequestFailed:
        raise reset from None
    reader.keeps_alive = False
