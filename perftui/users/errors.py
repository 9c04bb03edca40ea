"""Why a request failed, in the field's words: one line each, the same for each request that failed alike."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perftui.users.reading import ResponseReader


class RequestFailed(Exception):  # noqa: N818 - the field speaks of failures
    """What the `request` event of a failed request carries. Its text names no request, so that failures group by it."""

    reader: ResponseReader | None = None
    """Holds what came of the answer, where its head was whole."""

    def __repr__(self) -> str:
        # Locust shows the repr of an exception as the failure.
        return str(self)


class NameNotFound(RequestFailed):
    """The host's name could not be looked up."""


class ConnectRefused(RequestFailed):
    """Nobody listens there."""


class ConnectTimeout(RequestFailed):
    """Looking up the name, connecting and the TLS handshake took longer than `connection_timeout`."""


class ConnectFailed(RequestFailed):
    """The connection could not be made for another reason, which may lie on this machine."""


class ReadTimeout(RequestFailed):
    """The server sent, or took, nothing for `network_timeout`."""


class TotalTimeout(RequestFailed):
    """The request, with its redirects, took longer than `total_timeout`."""


class ConnectionReset(RequestFailed):
    """The server ended the connection before it answered."""


class Truncated(RequestFailed):
    """The connection ended in the middle of an answer."""


class Malformed(RequestFailed):
    """What came is not an HTTP/1 answer, or more than one."""


class BodyTooLarge(RequestFailed):
    """The body is larger than `max_body_bytes`, as it came or decoded."""


class BadContentEncoding(RequestFailed):
    """The body is not what its Content-Encoding says, or the encoding is unknown."""


class TlsError(RequestFailed):
    """The server's certificate is not trusted, or the two sides do not agree on TLS."""


class TooManyRedirects(RequestFailed):
    """More than `max_redirects`."""


class BadRedirect(RequestFailed):
    """One to somewhere that is not HTTP."""


class BadStatus(RequestFailed):
    """The server answered with a status of 400 or more."""

    def __init__(self, status_code: int) -> None:
        super().__init__(f"HTTP {status_code} {_PHRASES.get(status_code, '')}".rstrip())
        self.status_code = status_code


# The standard's words: what a server says instead may differ from answer to answer.
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
