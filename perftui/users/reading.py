"""Bytes of a connection into answers. Knows no socket: llhttp parses, this keeps what it finds."""

from __future__ import annotations

from typing import NoReturn

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from perftui.users.errors import BodyTooLarge, Malformed, RequestFailed, Truncated

# The head of an answer, with all the interim ones (1xx) before it; or the end of it. Servers allow a fraction of that.
MAX_HEAD_BYTES = 256 * 1024
# A body in chunks of a few bytes: each is an object, which takes more than its bytes do.
_MANY_CHUNKS = 1000


class ResponseReader:
    """The answers of one connection, one after the other: `begin`, `feed` until `is_complete`, `begin` ...

    After any exception the connection is of no more use, and so is this. `chunks` holds what came of the body, as it
    was sent; whoever wants to keep less of it may take them out. `max_body_bytes` of None lets any amount pass.
    """

    __slots__ = (
        "_beside_body_bytes",
        "_body_bytes",
        "_has_no_body",
        "_is_interim",
        "_joined",
        "_parser",
        "chunks",
        "has_head",
        "headers",
        "is_complete",
        "is_started",
        "keeps_alive",
        "max_body_bytes",
        "reason",
        "status",
    )

    def __init__(self) -> None:
        self._parser: HttpResponseParser | None = None
        self.begin(has_no_body=False, max_body_bytes=None)

    def begin(self, *, has_no_body: bool, max_body_bytes: int | None) -> None:
        """The next answer; `has_no_body` where the request was a HEAD, whatever the answer's headers say."""
        self._has_no_body = has_no_body
        self.max_body_bytes = max_body_bytes
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.chunks: list[bytes] = []
        self.is_started = self.has_head = self.is_complete = self.keeps_alive = self._is_interim = False
        # Since the last part of the body.
        self._beside_body_bytes = 0
        self._body_bytes = 0
        # How many of `chunks` are put together of many.
        self._joined = 0
        if self._parser is None:
            self._parser = HttpResponseParser(self)

    def feed(self, data: bytes | memoryview) -> None:
        """Raises Malformed or BodyTooLarge."""
        self.is_started = True
        if self._parser is None:
            # More than the head that was asked for, in a read of its own.
            self.keeps_alive = False
            return
        self._beside_body_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            # 101: the connection now speaks something else.
            self.is_complete, self.keeps_alive = True, False
        except HttpParserError as error:
            self._fail(self._reason_of(error))
        if self._has_no_body and self.is_complete and not b"\r\n\r\n".endswith(bytes(data[-4:])):
            # More came than the head.
            self.keeps_alive = False
        if not self.is_complete:
            if self._beside_body_bytes > MAX_HEAD_BYTES:
                part = "chunks" if self.has_head else "head"
                self._fail(Malformed(f"malformed: the {part} of the answer has more than {MAX_HEAD_BYTES // 1024} KiB"))
            if len(self.chunks) - self._joined > _MANY_CHUNKS:
                self.chunks[self._joined :] = [b"".join(self.chunks[self._joined :])]
                self._joined = len(self.chunks)

    def end(self) -> None:
        """The server ended the connection. Raises Truncated unless that is how this answer ends."""
        if self.is_complete:
            return
        if not self.has_head:
            self._fail(Truncated("truncated: the connection ended inside the head of the answer"))
        if any(map(_tells_length, self.headers)):
            self._fail(Truncated("truncated: the connection ended inside the body of the answer"))
        self.is_complete, self.keeps_alive = True, False

    def _fail(self, error: RequestFailed) -> NoReturn:
        # Whoever keeps the failure may keep this with it.
        self.chunks.clear()
        raise error from None

    def _reason_of(self, error: HttpParserError) -> RequestFailed:
        if isinstance(error.__context__, RequestFailed):
            return error.__context__
        if self.is_complete:
            return Malformed("malformed: more bytes came than the answer has")
        return Malformed(f"malformed: {error}")

    # What llhttp calls. An exception that leaves one of them arrives as the context of another.

    def on_message_begin(self) -> None:
        if self.is_complete:
            raise Malformed("malformed: more bytes came than the answer has")
        self.headers = []

    def on_status(self, reason: bytes) -> None:
        # A part of it, where it came in two reads.
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_head:
            # Else it is a trailer.
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        parser = self._parser
        assert parser is not None
        self.status = status = parser.get_status_code()
        self._is_interim = status < 200 and status != 101
        if self._is_interim:
            if status < 100:
                raise Malformed("malformed: the status of the answer is below 100")
            self.reason = b""
            return
        self.has_head = True
        self.keeps_alive = parser.should_keep_alive()
        if self._has_no_body:
            # llhttp cannot be told; this one would wait for the body that the headers speak of.
            self.is_complete = True
            self._parser = None

    def on_body(self, body: bytes) -> None:
        if self._has_no_body:
            # A server that sends what a HEAD must not have.
            self.keeps_alive = False
            return
        self._beside_body_bytes = 0
        self.chunks.append(body)
        self._body_bytes += len(body)
        if self.max_body_bytes is not None and self._body_bytes > self.max_body_bytes:
            raise too_large(self.max_body_bytes)

    def on_chunk_header(self) -> None:
        if self._has_no_body:
            self.keeps_alive = False

    def on_message_complete(self) -> None:
        if not self._is_interim:
            self.is_complete = True


def _tells_length(header: tuple[bytes, bytes]) -> bool:
    """Whether the end of the body is known without the end of the connection."""
    name, value = header[0].lower(), header[1].lower()
    return name == b"content-length" or (name == b"transfer-encoding" and b"chunked" in value)


def too_large(max_body_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"body too large: more than {max_body_bytes:,} bytes (max_body_bytes)")
