"""Answers that are read piece by piece."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.users.case import Do, absent, answer, case, differs, instead, reports

LINES = answer("200 OK", b"one\ntwo\n\nthree", "Content-Type: text/plain; charset=utf-8")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\ntwo!\r\n0\r\n\r\n"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
NO_LINES = absent("http", "its client has no iter_lines")


def stream(user: Any, **more: Any) -> Any:
    return user.client.get("/x", stream=True, **more)


def read(pieces: Iterable[Any]) -> bytes:
    """FastHttpUser and LeanHttpUser give str where they can."""
    return b"".join(piece.encode() if isinstance(piece, str) else piece for piece in pieces)


def read_all(then: str = "") -> Do:
    """Read /x in small pieces, `then` get another."""

    def do(user: Any) -> Any:
        body = read(stream(user).iter_content(4))
        return [body, user.client.get(then).status_code] if then else body

    return do


def with_verdict(user: Any) -> bytes:
    with stream(user, catch_response=True) as response:
        body = read(response.iter_content(100))
        response.failure("four lines")
    return body


ROWS = [
    case(
        "stream",
        read_all(),
        answers=LINES,
        result=b"one\ntwo\n\nthree",
        events=1,
        failed=[False],
        event_response_length=14,
    ),
    case("stream of chunks", read_all(), answers=CHUNKED, result=b"onetwo!", event_response_length=0),
    case("stream, then its content", lambda user: stream(user).content, answers=CHUNKED, result=b"onetwo!"),
    case(
        "stream is reported before its body comes",
        lambda user: [stream(user).status_code, user.server.seen()["open"]],
        answers=(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "hang"),
        result=[200, 1],
        events=1,
        failed=[False],
    ),
    case("stream that was read keeps the connection", read_all("/y"), answers=CHUNKED, connections=[1, 1]),
    case(
        "stream that was not read",
        lambda user: [stream(user).status_code, user.client.get("/y").content],
        answers=answer("200 OK", b"x" * 100_000),
        result=[200, b"ok"],
    ),
    case(
        "stream of a failing status",
        lambda user: read(stream(user).iter_content()),
        reports("BadStatus: HTTP 500 Internal Server Error"),
        differs("fast", "it has read the body of a failure for itself", result=b""),
        answers=answer("500 So", b"no"),
        result=b"no",
        failed=[True],
    ),
    case("stream with a verdict", with_verdict, answers=LINES, failures=["CatchResponseError: four lines"], events=1),
    case(
        "iter_lines of the client",
        lambda user: list(user.client.iter_lines("/x")),
        NO_LINES,
        answers=LINES,
        result=["one", "two", "", "three"],
        events=1,
    ),
    case(
        "iter_lines of the client with a method",
        lambda user: list(user.client.iter_lines("/x", method="DELETE", name="lines")),
        NO_LINES,
        answers=LINES,
        result=["one", "two", "", "three"],
        sent=["DELETE /x"],
        event_name="lines",
    ),
    case(
        "iter_lines of the answer",
        lambda user: list(stream(user).iter_lines()),
        instead("http", "it gives bytes", result=[b"one", b"two", b"", b"three"]),
        instead("fast", "its answers have no iter_lines", raised="AttributeError"),
        answers=LINES,
        result=["one", "two", "", "three"],
    ),
    *(
        case(
            f"stream that {name}",
            read_all(),
            differs("http", "the exceptions of requests", raised=http),
            differs("fast", "the exceptions of geventhttpclient and of sockets", raised=fast),
            answers=(HALF, end),
            settings={"network_timeout": 0.3},
            events=1,
            failed=[False],
            raised=lean,
        )
        for name, end, http, fast, lean in (
            ("ends too early", "close", "ChunkedEncodingError", "HTTPParseError", "Truncated"),
            ("stops in the middle", "hang", "ConnectionError", "TimeoutError", "ReadTimeout"),
        )
    ),
]
