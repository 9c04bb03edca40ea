"""What a request returns: the answer, or that there was none."""

from __future__ import annotations

import codecs
import json as jsonlib
from collections.abc import Iterator
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from charset_normalizer import detect
from geventhttpclient.header import Headers
from locust.exception import CatchResponseError, LocustError, ResponseError
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from perftui.users.errors import BodyTooLarge, RequestFailed
from perftui.users.reading import ResponseReader
from perftui.users.request import SentRequest
from perftui.users.streaming import BodyStream

# Of what `iter_lines` holds back until the line is whole.
MAX_LINE_BYTES = 16 * 1024 * 1024
_NO_CATCH = "success() and failure() need catch_response=True and a with-block"
# Python has them among its charsets: two for names of hosts, which fail or take minutes for a body, and one to fail.
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined"})


def text_of(value: bytes) -> str:
    """Of a header: llhttp leaves the spaces behind it, which are not its own."""
    return value.decode("latin-1").rstrip(" \t")


class LeanResponse:
    """As FastHttpUser's: `content`, `headers` and `text` are None where nothing was answered, and `status_code` is 0.

    `error` is the RequestFailed that the request ended with, if any. `request` is the last one that was sent, and each
    answer that led to another place is in `history`.
    """

    status_code = 0
    encoding: str | None = None
    error: RequestFailed | None = None
    js: Any = None
    _raw_reason = b""
    _raw_headers: list[tuple[bytes, bytes]] | None = None
    _headers: Headers | None = None
    # None where it was not read, or not to its end.
    _content: bytes | None = None
    _stream: BodyStream | None = None
    _elapsed_s = 0.0
    _history: list[LeanResponse] | None = None

    def __init__(self, request: SentRequest) -> None:
        self.request = request

    def take_head(self, reader: ResponseReader, elapsed_s: float = 0.0) -> None:
        self.status_code = reader.status
        self._raw_reason = reader.reason
        self._raw_headers = reader.headers
        self._elapsed_s = elapsed_s

    def take_body(self, body: bytes | BodyStream) -> None:
        """Whole, or still on its way."""
        if isinstance(body, bytes):
            self._content = body
        else:
            self._stream = body

    @property
    def length(self) -> int:
        """In bytes, decoded; of a body that is still to be read what the server says of it, 0 where it says nothing."""
        if self._content is not None:
            return len(self._content)
        told = (self.headers or {}).get("content-length") if self._stream is not None else None
        return int(told) if isinstance(told, str) and told.isdigit() else 0

    @property
    def url(self) -> str:
        """Where the last request went."""
        return self.request.url

    @property
    def ok(self) -> bool:
        """Whether all went well: it was answered, to the end, with a status below 400."""
        return self.error is None

    @property
    def reason(self) -> str:
        return self._raw_reason.decode("latin-1")

    @property
    def history(self) -> list[LeanResponse]:
        if self._history is None:
            self._history = []
        return self._history

    @property
    def headers(self) -> Headers | None:
        """By name in any case; a list where one was repeated."""
        if self._headers is None and self._raw_headers is not None:
            self._headers = Headers([(name.decode("latin-1"), text_of(value)) for name, value in self._raw_headers])
        return self._headers

    @property
    def elapsed(self) -> timedelta:
        """From the sending of the last request to the end of its answer's head."""
        return timedelta(seconds=self._elapsed_s)

    @property
    def content(self) -> bytes | None:
        if self._content is None and self._stream is not None:
            self._content = b"".join(self._stream)
        return self._content

    @property
    def text(self) -> str | None:
        """In the encoding that the headers name, else in a likely one; set `encoding` where both are wrong.

        UTF-8 where there is no such encoding.
        """
        content = self.content
        if content is None:
            return None
        if self.encoding is None:
            told = (self.headers or {}).get("content-type") or ""
            # Two of them are one with a comma, as for HttpUser.
            kind = ", ".join(told) if isinstance(told, list) else told
            named = get_encoding_from_headers(CaseInsensitiveDict({"content-type": kind}))
            self.encoding = named or (detect(content)["encoding"] if content else None) or "utf-8"
        try:
            if codecs.lookup(self.encoding).name not in _NO_CHARSETS:
                return content.decode(self.encoding, "replace")
        except (LookupError, ValueError):
            pass  # ValueError: a name with a zero in it
        return content.decode("utf-8", "replace")

    def json(self, **kwargs: Any) -> Any:
        """Raises json.JSONDecodeError, and TypeError where there is no content."""
        content: Any = self.content
        if self.encoding is None and content is not None:
            try:
                return jsonlib.loads(content, **kwargs)
            except UnicodeDecodeError:
                pass
        return jsonlib.loads(self.text, **kwargs)  # type: ignore[arg-type]

    def raise_for_status(self) -> None:
        """Raises the RequestFailed that the request ended with: a BadStatus where the server answered with one."""
        if self.error is not None:
            raise self.error

    def iter_content(self, chunk_size: int | None = 1024, decode_content: bool = True) -> Iterator[bytes | str]:
        """The body in parts of at most `chunk_size` bytes, for None as they come.

        Each is str where it is UTF-8 and `decode_content` is asked for. Raises a RequestFailed where the connection
        breaks.
        """
        parts = self._stream if self._content is None and self._stream is not None else iter((self.content or b"",))
        for part in parts:
            size = max(1, len(part)) if chunk_size is None else chunk_size
            for start in range(0, len(part), size):
                chunk = part[start : start + size]
                try:
                    yield chunk.decode() if decode_content else chunk
                except UnicodeDecodeError:
                    yield chunk

    def iter_lines(self) -> Iterator[str]:
        """The body's lines as they come.

        Raises a RequestFailed where the connection breaks, and BodyTooLarge at a line of more than 16 MiB.
        """
        line = bytearray()
        for part in self.iter_content(1 << 16, decode_content=False):
            assert isinstance(part, bytes)
            for at, piece in enumerate(part.split(b"\n")):
                if at:
                    yield line.decode("utf-8", "replace")
                    line.clear()
                line += piece
                if len(line) > MAX_LINE_BYTES:
                    self.close()
                    raise BodyTooLarge(f"body too large: a line of it has more than {MAX_LINE_BYTES:,} bytes")
        if line:
            yield line.decode("utf-8", "replace")

    def close(self) -> None:
        """Of a stream: its rest is not wanted. One that nobody holds any more does so by itself."""
        if self._stream is not None:
            self._stream.close()

    def success(self) -> None:
        raise LocustError(_NO_CATCH)

    def failure(self, exc: Any) -> None:
        raise LocustError(_NO_CATCH)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool | None:
        self.close()
        return None


class CaughtResponse(LeanResponse):
    """One whose outcome a with-block decides; by its status where the block decides nothing."""

    _verdict: Exception | bool | None = None
    _is_entered = False
    _request_event: Any
    request_meta: dict[str, Any]

    def __enter__(self) -> Self:
        self._is_entered = True
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        exception: object = self._verdict
        if exception is None:
            if error is not None and not isinstance(error, ResponseError):
                return False
            exception = error or self.error
        self.request_meta["exception"] = None if exception is True else exception
        # Not in it before: a response that nobody holds any more is then gone at once.
        self._request_event.fire(response=self, **self.request_meta)
        return self._verdict is None or error is None

    def success(self) -> None:
        """Count the request as answered well, whatever the answer. Only inside the with-block: else LocustError."""
        self._decide(True)

    def failure(self, exc: Any) -> None:
        """Count it as failed; `exc` is an exception, or says why. Only inside the with-block: else LocustError."""
        self._decide(exc if isinstance(exc, Exception) else CatchResponseError(exc))

    def raise_for_status(self) -> None:
        if isinstance(self._verdict, Exception):
            raise self._verdict
        if self._verdict is None:
            super().raise_for_status()

    def _decide(self, verdict: Exception | bool) -> None:
        if not self._is_entered:
            raise LocustError(_NO_CATCH)
        self._verdict = verdict
