"""What goes wrong on the way; after each, the next request is clean."""

from __future__ import annotations

from typing import Any

from tests.fakes.http_server import Step
from tests.users.case import ANOTHER, Case, Differs, absent, answer, case, differs, error, get, gets, instead, reports

SHORT = {"network_timeout": 0.3}
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
TIMEOUT = "ReadTimeout: read timeout: nothing came for 0.3 s"
RESET = "ConnectionReset: reset: the server broke the connection off"
ENDED = "ConnectionReset: reset: the server ended the connection without an answer"
NO_HEAD = "Truncated: truncated: the connection ended inside the head of the answer"
NO_END = "Truncated: truncated: the connection ended inside the body of the answer"
REFUSED = "ConnectRefused: connect refused"
TWELVE_TIMES = differs(
    "fast",
    "it asks twelve times",
    sent=["GET /x"] * 12 + ["GET /y"],
    connected=13,
    connections=ANOTHER,
    sent_headers=ANOTHER,
    sent_bodies=ANOTHER,
)
HALF_KEPT = differs("http", "it gives no status where the body broke off", result=[0, True, 200])


def twice(user: Any) -> list[Any]:
    """The failing request, whether its connection is then over, and a request that does not fail."""
    status_code = user.client.get("/x").status_code
    return [status_code, user.server.all_closed(), user.client.get("/y").status_code]


def breaks(
    name: str, steps: tuple[Step, ...], failure: str, *differences: Differs, status: int = 0, **more: Any
) -> Case:
    expect = {"result": [status, True, 200], "connections": [1, 2], "connected": 2, "failed": [True, False]}
    return case(
        f"breaks: {name}", twice, reports(failure, None), *differences, answers={"/x": steps}, **{**expect, **more}
    )


def verdict(user: Any) -> list[Any]:
    with user.client.get("/x", catch_response=True) as response:
        response.success()
        return [response.status_code, response.content]


ROWS = [
    breaks("hangs", ("hang",), TIMEOUT, settings=SHORT),
    breaks("hangs in the head", (b"HTTP/1.1 200 OK\r\nConte", "hang"), TIMEOUT, settings=SHORT),
    breaks("hangs in the body", (HALF, "hang"), TIMEOUT, HALF_KEPT, settings=SHORT, status=200),
    breaks("reset", ("reset",), RESET, TWELVE_TIMES),
    case(
        "breaks: reset in the body",
        lambda user: twice(user)[1:],
        reports(RESET, None),
        answers=(HALF, "reset"),
        result=[True, 200],
        connections=[1, 2],
        failed=[True, False],
    ),
    breaks("no answer", ("close",), ENDED, TWELVE_TIMES),
    breaks(
        "ends in the head",
        (b"HTTP/1.1 200 OK\r\nConte", "close"),
        NO_HEAD,
        instead("http", "http.client takes a half head", failed=[False, False]),
    ),
    breaks("ends in the body", (HALF, "close"), NO_END, HALF_KEPT, status=200),
    breaks("ends in a chunk", (CHUNKED + b"5\r\nhal", "close"), NO_END, HALF_KEPT, status=200),
    breaks("ends before the last chunk", (CHUNKED + b"4\r\nhalf\r\n", "close"), NO_END, HALF_KEPT, status=200),
    breaks("ends after an interim answer", (b"HTTP/1.1 100 Continue\r\n\r\n", "close"), NO_HEAD),
    breaks(
        "garbage",
        (b"\x00\xff this is not HTTP\r\n\r\n", "close"),
        "Malformed: malformed: Expected HTTP/, RTSP/ or ICE/",
    ),
    breaks(
        "another protocol", (b"SSH-2.0-OpenSSH_9.6\r\n", "hang"), "Malformed: malformed: Expected HTTP/, RTSP/ or ICE/"
    ),
    breaks(
        "bad chunk",
        (CHUNKED + b"zz\r\nhalf\r\n0\r\n\r\n", "hang"),
        "Malformed: malformed: Invalid character in chunk size",
        differs("lean", "it gives the status of a head that came", result=[200, True, 200]),
    ),
    breaks(
        "bad length",
        (b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\nhalf", "close"),
        "Malformed: malformed: Invalid character in Content-Length",
        instead("http", "http.client takes the body to the connection's end", failed=[False, False]),
    ),
    breaks(
        "two lengths",
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nhalf!", "hang"),
        "Malformed: malformed: Duplicate Content-Length",
    ),
    case(
        "head of a megabyte",
        gets("/x", "/y"),
        instead("fast", "it takes a head of any size", result=[200, 200], connections=[1, 1]),
        reports("Malformed: malformed: the head of the answer has more than 256 KiB", None),
        answers=(b"HTTP/1.1 200 OK\r\nX-N: " + b"x" * 1_000_000 + b"\r\nContent-Length: 2\r\n\r\nok",),
        result=[0, 200],
        connections=[1, 2],
        failed=[True, False],
    ),
    case(
        "refused: the answer",
        get(),
        differs("http", "its ok raises, and its text is empty", ok="raises ConnectionError", text=""),
        differs("fast", "its history and elapsed raise", history="raises AttributeError", elapsed="str"),
        differs("fast", "to it all that is not 400 or more is ok", ok=True),
        reports(REFUSED),
        host="http://<refused>",
        status_code=0,
        ok=False,
        content=None,
        text=None,
        headers={},
        history=[],
        elapsed="timedelta",
        event_response_length=0,
        events=1,
        raised=None,
    ),
    case("refused: a verdict of success", verdict, host="http://<refused>", result=[0, None], failures=[None]),
    case("refused: POST", gets("/x", method="POST"), reports(REFUSED), host="http://<refused>", result=[0], sent=[]),
    case(
        "connect hangs",
        gets("/x"),
        reports("ConnectTimeout: connect timeout: not connected after 0.3 s"),
        host="http://<full>",
        settings={"connection_timeout": 0.3},
        result=[0],
        failed=[True],
    ),
    case(
        "unknown name",
        gets("/x"),
        reports("NameNotFound: name not found: unknown.test (Name or service not known)"),
        host="http://unknown.test",
        result=[0],
        failed=[True],
    ),
    case(
        "no answer to a POST",
        gets("/x", method="POST"),
        reports(ENDED),
        answers=("close",),
        result=[0],
        sent=["POST /x"],
    ),
    case(
        "total timeout",
        gets("/x"),
        absent("http", "it has no total timeout"),
        absent("fast", "it has no total timeout"),
        settings={"total_timeout": 0.3},
        answers=("hang",),
        result=[0],
        failures=["TotalTimeout: total timeout: the request took longer than total_timeout"],
    ),
    case(
        "body too large",
        gets("/x", "/y"),
        instead(
            "lean",
            "it bounds a body (max_body_bytes)",
            failures=["BodyTooLarge: body too large: more than 1,000 bytes (max_body_bytes)", None],
            connections=[1, 2],
        ),
        settings={"max_body_bytes": 1000},
        answers=answer("200 OK", b"x" * 2000),
        failed=[False, False],
    ),
    case(
        "refused: the exception",
        error,
        differs("http", "that of requests", result="ConnectionError"),
        differs("fast", "that of the socket", result="ConnectionRefusedError"),
        reports(REFUSED),
        host="http://<refused>",
        result="ConnectRefused",
    ),
    case(
        "refused: raise_for_status",
        lambda user: user.client.get("/x").raise_for_status(),
        differs("http", "that of requests", raised="ConnectionError"),
        differs("fast", "that of the socket", raised="ConnectionRefusedError"),
        reports(REFUSED),
        host="http://<refused>",
        raised="ConnectRefused",
        events=1,
    ),
    case(
        "refused: json()",
        lambda user: user.client.get("/x").json(),
        differs("http", "to it nothing is an empty text", raised="JSONDecodeError"),
        reports(REFUSED),
        host="http://<refused>",
        raised="TypeError",
        events=1,
    ),
]
