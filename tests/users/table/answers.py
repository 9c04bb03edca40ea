"""What comes back: statuses, heads, the ways a body ends, text."""

from __future__ import annotations

from typing import Any

from tests.users.case import ANOTHER, answer, case, differs, get, gets, instead, reports, request

TEXT = "Content-Type: text/plain; charset=utf-8"
UMLAUTS = "Grüße aus Köln, und viel Spaß beim Öffnen der Tür"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PHRASES = {400: " Bad Request", 401: " Unauthorized", 404: " Not Found", 500: " Internal Server Error", 599: ""}
NOT_OVER_1XX = "it takes an interim answer that it does not know for the answer"


def header(user: Any) -> list[Any]:
    headers = user.client.get("/x").headers
    return [headers["x-ONE"], headers.get("none"), "X-One" in headers]


def by_hand(user: Any) -> str:
    response = user.client.get("/x")
    response.encoding = "latin-1"
    return str(response.text)


STATUSES = [
    *(
        case(
            f"status {status}",
            get(),
            *([differs("fast", "to it this is a failure", failed=[True], failures=ANOTHER)] if status > 226 else ()),
            answers=answer(f"{status} So", b"body", TEXT),
            status_code=status,
            ok=True,
            content=b"body",
            failed=[False],
            failures=[None],
        )
        for status in (200, 201, 203, 206, 226, 299, 300, 399)
    ),
    *(
        case(
            f"status {status}",
            get(),
            reports(f"BadStatus: HTTP {status}{phrase}"),
            answers=answer(f"{status} So", b"body", TEXT),
            status_code=status,
            ok=False,
            content=b"body",
            failed=[True],
            event_response_length=4,
        )
        for status, phrase in PHRASES.items()
    ),
]
HEADS = [
    case("headers in any case", header, answers=answer("200 OK", b"", "X-oNe: 1"), result=["1", None, True]),
    case(
        "headers that are repeated",
        get(),
        differs("http", "it joins them", headers={"content-length": "0", "x-n": "1, 2", "x-m": "m"}),
        answers=answer("200 OK", b"", "X-N: 1", "X-M: m", "x-n: 2"),
        headers={"content-length": "0", "x-n": ["1", "2"], "x-m": "m"},
    ),
    case(
        "header beyond ASCII",
        get(),
        answers=answer("200 OK", b"", "X-N: \xe9\xc3"),
        headers={"content-length": "0", "x-n": "\xe9\xc3"},
    ),
    case(
        "header without a value",
        get(),
        answers=answer("200 OK", b"", "X-N:"),
        headers={"content-length": "0", "x-n": ""},
    ),
    case("no reason", get(), answers=b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", content=b"ok"),
    case(
        "lines that end in a newline alone",
        lambda user: user.client.get("/x").status_code,
        instead("http", "http.client takes them", result=200, failed=[False]),
        reports("Malformed: malformed: Missing expected CR after response line"),
        answers=b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        result=0,
        failed=[True],
    ),
    case(
        "HEAD with the headers of a body",
        request("HEAD"),
        answers=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nX-N: 1\r\n\r\n",
        status_code=200,
        headers={"content-length": "100", "x-n": "1"},
        content=b"",
        event_response_length=0,
    ),
    *(
        case(
            f"HEAD, then GET on the same connection, {name}",
            lambda user: [user.client.head("/x").content, user.client.get("/y").content],
            answers=head,
            result=[b"", b"ok"],
            connections=[1, 1],
        )
        for name, head in (("chunked", CHUNKED), ("with a length", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"))
    ),
    case(
        "HEAD that is answered with a body",
        lambda user: [user.client.head("/x").content, user.client.get("/y").content],
        *(
            differs(kind, "it goes on with a server that is out of step", connections=[1, 1], connected=1)
            for kind in ("http", "fast")
        ),
        answers=answer("200 OK", b"no body"),
        result=[b"", b"ok"],
        connections=[1, 2],
        connected=2,
    ),
    *(
        case(
            f"{status} has no body, and the connection goes on",
            gets("/x", "/y"),
            answers=f"HTTP/1.1 {status} So\r\n{length}\r\n".encode(),
            result=[status, 200],
            connections=[1, 1],
            failed=[False, False],
        )
        for status, length in ((204, ""), (304, "Content-Length: 100\r\n"))
    ),
    case(
        "100 before the answer",
        gets("/x", "/y", then="content"),
        answers=b"HTTP/1.1 100 Continue\r\n\r\n" + answer("200 OK", b"late"),
        result=[b"late", b"ok"],
        connections=[1, 1],
    ),
    case(
        "102 and 103 before the answer",
        get(),
        instead("http", NOT_OVER_1XX, status_code=102, content=b""),
        answers=(
            b"HTTP/1.1 102 Wait\r\nX-E: 1\r\n\r\n",
            b"HTTP/1.1 103 Early\r\nX-E: 2\r\n\r\n",
            answer("200 OK", b"late"),
        ),
        status_code=200,
        content=b"late",
        headers={"content-length": "4"},
    ),
]
ENDS = [
    case("empty body", get(), answers=answer("200 OK"), content=b"", text="", event_response_length=0),
    case(
        "chunked",
        gets("/x", "/y", then="content"),
        answers=CHUNKED + b"3\r\none\r\n5;x=y\r\n two!\r\n0\r\n\r\n",
        result=[b"one two!", b"ok"],
        connections=[1, 1],
    ),
    case(
        "chunked with trailers",
        get(),
        answers=(CHUNKED + b"3\r\non", b"e\r\n0\r\nX-Sum: 1\r\n", b"\r\n"),
        content=b"one",
        headers={"transfer-encoding": "chunked"},
    ),
    case("chunked and empty", get(), answers=CHUNKED + b"0\r\n\r\n", content=b""),
    case(
        "in many pieces",
        get(),
        answers=(b"HTTP/1.1 200 OK\r\nContent-", b"Length: 6\r\n\r", b"\n123", b"456"),
        content=b"123456",
    ),
    case(
        "body of a megabyte",
        lambda user: len(user.client.get("/x").content),
        answers=answer("200 OK", b"x" * 1_000_000),
        result=1_000_000,
        event_response_length=1_000_000,
    ),
    *(
        case(
            f"body that ends with the connection: {name}",
            gets("/x", "/y", then="content"),
            answers=(head + b"one", "close"),
            result=[b"one", b"ok"],
            connections=[1, 2],
            failed=[False, False],
        )
        for name, head in (
            ("HTTP/1.1", b"HTTP/1.1 200 OK\r\n\r\n"),
            ("HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\n"),
            ("HTTP/1.0 with a length", b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n"),
        )
    ),
    case(
        "HTTP/1.0 that is kept",
        gets("/x", "/y", then="content"),
        answers=b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\none",
        result=[b"one", b"ok"],
        connections=[1, 1],
    ),
]
TEXTS = [
    *(
        case(
            f"text: {name}",
            get(),
            answers=answer("200 OK", UMLAUTS.encode(charset), *types),
            content=UMLAUTS.encode(charset),
            text=UMLAUTS,
        )
        for name, charset, *types in (
            ("utf-8", "utf-8", TEXT),
            ("latin-1", "latin-1", "Content-Type: text/html; charset=ISO-8859-1"),
            ("no charset", "latin-1", "Content-Type: text/html"),
            ("json", "utf-8", "Content-Type: application/json"),
            ("no type", "utf-8"),
        )
    ),
    case(
        "text in a charset that nobody knows",
        get(),
        differs("fast", "it raises", text="raises LookupError"),
        answers=answer("200 OK", b"text", "Content-Type: text/plain; charset=nonsense"),
        text="text",
    ),
    case("text that is broken", get(), answers=answer("200 OK", b"a\xffb", TEXT), text="a\ufffdb"),
    case("encoding by hand", by_hand, answers=answer("200 OK", "ä".encode("latin-1"), TEXT), result="ä"),
    case(
        "json()",
        lambda user: user.client.get("/x").json(),
        answers=answer("200 OK", b'{"a": [1, null]}'),
        result={"a": [1, None]},
    ),
    case(
        "json() in utf-8 without a type",
        lambda user: user.client.get("/x").json(),
        answers=answer("200 OK", '"ä grüßt"'.encode()),
        result="ä grüßt",
    ),
    case(
        "json() of none",
        lambda user: user.client.get("/x").json(),
        answers=answer("200 OK", b"no"),
        raised="JSONDecodeError",
        events=1,
    ),
]
ROWS = [*STATUSES, *HEADS, *ENDS, *TEXTS]
