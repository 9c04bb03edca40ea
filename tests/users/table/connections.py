"""Connections: kept, replaced, and made in other ways than by TCP to the host."""

from __future__ import annotations

from typing import Any

from tests.users.case import ANOTHER, Do, absent, answer, case, differs, error, get, gets, instead, reports

OK = answer("200 OK", b"ok")
CLOSING = answer("200 OK", b"ok", "Connection: close")
TRUSTED: Any = {"host": "https://<tls>", "settings": {"trusts": True}}
UNASKED = "what comes after an answer that is whole is not its own"
REFUSED = "ConnectRefused: connect refused"
RESET = "ConnectionReset: reset: the server ended the connection without an answer"


def with_pause(method: str) -> Do:
    """Get /x, and do it again with `method` when the server has surely closed the connection."""

    def do(user: Any) -> Any:
        user.client.get("/x")
        assert user.server.all_closed()
        return user.client.request(method, "/x").status_code

    return do


def killed(user: Any) -> list[Any]:
    import gevent  # the tests' own process must not

    asking = gevent.spawn(user.client.get, "/x")
    while not user.server.seen()["requests"]:
        gevent.sleep(0.001)
    asking.kill()
    return [user.server.all_closed(), user.client.get("/y").status_code]


def sni(user: Any) -> list[Any]:
    return [user.client.get("/x").status_code, user.server.seen()["requests"][-1]["sni"]]


def for_another_name(user: Any) -> Any:
    return user.client.get(user.server.fill("https://<tls>/x").replace("shop.test", "localhost")).status_code


ROWS = [
    case("kept", gets("/1", "/2", "/3"), connections=[1, 1, 1], events=3),
    case(
        "kept after a failing status",
        gets("/x", "/y"),
        reports("BadStatus: HTTP 500 Internal Server Error", None),
        answers=answer("500 So", b"no"),
        connections=[1, 1],
    ),
    case("one for each origin", gets("/1", "http://<other>/2", "/3", "http://<other>/4"), connections=[1, 2, 1, 2]),
    case(
        "closed after each answer",
        gets("/x", "/x"),
        answers=(CLOSING, "close"),
        connections=[1, 2],
        failed=[False, False],
    ),
    case(
        "left open that should be closed", gets("/x", "/x"), answers=CLOSING, connections=[1, 2], failed=[False, False]
    ),
    case(
        "closed after the answer, unsaid",
        with_pause("GET"),
        answers=(OK, "close"),
        result=200,
        connections=[1, 2],
        failed=[False, False],
    ),
    case(
        "closed after the answer, then POST",
        with_pause("POST"),
        answers=(OK, "close"),
        result=200,
        connections=[1, 2],
        failed=[False, False],
    ),
    case(
        "closed in the same instant",
        gets("/x", "/x"),
        instead("http", "it asks once", result=[200, 0], connections=[1, 1], failed=[False, True]),
        answers=[OK, ("close",), OK],
        result=[200, 200],
        connections=[1, 1, 2],
        failed=[False, False],
        events=2,
    ),
    case(
        "closed in the same instant as a POST",
        gets("/x", "/x", method="POST"),
        reports(None, RESET),
        answers=[OK, ("close",), OK],
        result=[200, 0],
        connections=[1, 1],
        failed=[False, True],
    ),
    case(
        "two answers at once",
        gets("/x", "/y", then="content"),
        instead("fast", "it takes the second for more of the first", result=[b"okunasked", b"ok"]),
        instead(
            "lean",
            UNASKED,
            result=[None, b"ok"],
            connections=[1, 2],
            failures=["Malformed: malformed: more bytes came than the answer has", None],
        ),
        answers=OK + answer("200 OK", b"unasked"),
        result=[b"ok", b"ok"],
        failed=[False, False],
    ),
    case(
        "killed in the middle of a request", killed, answers=("hang",), result=[True, 200], connections=[1, 2], events=1
    ),
    case(
        "asked to be closed",
        lambda user: [
            user.client.get("/x", headers={"Connection": "close"}).status_code,
            user.client.get("/y").status_code,
        ],
        result=[200, 200],
    ),
    case(
        "Unix socket",
        get(),
        absent("http", "it has no Unix sockets"),
        absent("fast", "it has no Unix sockets"),
        host="http://shop.example",
        settings={"unix_socket": True},
        status_code=200,
        sent_headers=[[("host", "shop.example")]],
    ),
    case(
        "proxy",
        gets("/x?a=1", "/y"),
        host="http://<other>",
        settings={"proxy": "<http>"},
        sent=["GET http://<other>/x?a=1", "GET http://<other>/y"],
        sent_headers=[[("host", "<other>")]] * 2,
        connections=[1, 1],
    ),
    case(
        "proxy to TLS",
        gets("/x", "/y"),
        host="https://<tls>",
        settings={"proxy": "<http>", "trusts": True},
        sent=["CONNECT <tls>", "GET /x", "GET /y"],
        connections=[1, 2, 2],
        failed=[False, False],
    ),
    case(
        "proxy that is not there",
        gets("/x"),
        reports("ConnectRefused: proxy: connect refused"),
        host="http://<other>",
        settings={"proxy": "<refused>"},
        result=[0],
        sent=[],
    ),
    case(
        "TLS that is trusted", gets("/x", "/y"), **TRUSTED, result=[200, 200], connections=[1, 1], failed=[False, False]
    ),
    case("TLS names the server", sni, **TRUSTED, result=[200, "shop.test"]),
    case(
        "TLS that is not trusted",
        gets("/x"),
        instead("fast", "it trusts anyone unless it is told not to (insecure = False)", result=[200]),
        reports("TlsError: TLS: the certificate is not trusted: self-signed certificate"),
        host="https://<tls>",
        result=[0],
        sent=[],
        failed=[True],
    ),
    case(
        "TLS that is not trusted, by order",
        gets("/x"),
        reports("TlsError: TLS: the certificate is not trusted: self-signed certificate"),
        host="https://<tls>",
        settings={"insecure": False},
        result=[0],
        sent=[],
        failed=[True],
    ),
    case(
        "TLS for another name",
        for_another_name,
        instead("fast", "it trusts anyone unless it is told not to (insecure = False)", result=200),
        reports(
            "TlsError: TLS: the certificate is not trusted: "
            "Hostname mismatch, certificate is not valid for 'localhost'."
        ),
        **TRUSTED,
        result=0,
        sent=[],
    ),
    case("TLS that is not checked", gets("/x"), host="https://<tls>", settings={"insecure": True}, result=[200]),
    case(
        "TLS to a plain server",
        error,
        differs("lean", "the rest of the line is OpenSSL's, and changes with it", failures=ANOTHER),
        *(differs(kind, "the exception of requests, or of ssl", result="SSLError") for kind in ("http", "fast")),
        host="https://<http>",
        result="TlsError",
        sent=[],
        failed=[True],
    ),
    case("plain to a TLS server", gets("/x"), reports(RESET), host="http://<tls>", result=[0], sent=[]),
    case(
        "TLS body that ends with the connection",
        gets("/x", then="content"),
        **TRUSTED,
        answers=(b"HTTP/1.1 200 OK\r\n\r\nto the end", "close"),
        result=[b"to the end"],
    ),
    case("TLS and plain", gets("http://<http>/x", "/y"), **TRUSTED, result=[200, 200], connections=[1, 2]),
]
