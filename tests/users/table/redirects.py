"""Redirects."""

from __future__ import annotations

from tests.users.case import ANOTHER, answer, case, differs, get, gets, instead, reports, request

BASIC = ("authorization", "Basic YTpi")
HOST, OTHER = ("host", "<http>"), ("host", "<other>")
SOME_TYPE = {"Content-Type": "a/b"}
SENT_TYPE, SENT_LENGTH = ("content-type", "a/b"), ("content-length", "1")
URLS = differs("fast", "to it each answer has the last URL", history=ANOTHER)


def to(status: int, place: str, body: bytes = b"moved") -> bytes:
    return answer(f"{status} So", body, f"Location: {place}")


ROWS = [
    *(
        case(
            f"redirect {status} after {method}",
            request(method, **({"headers": SOME_TYPE, "data": b"d"} if method == "POST" else {})),
            URLS,
            answers=to(status, "/y", b"" if method == "HEAD" else b"moved"),
            status_code=200,
            sent=[f"{method} /x", f"{then} /y"],
            sent_bodies=[b"d" if method == "POST" else b"", b"d" if then == "POST" else b""],
            connections=[1, 1],
            events=1,
            event_request_type=method,
            event_name="/x",
            event_url="http://<http>/x",
            url="http://<http>/y",
            history=[(status, "http://<http>/x")],
        )
        for status in (301, 302, 303, 307, 308)
        for method, then in (("GET", "GET"), ("HEAD", "HEAD"), ("POST", "POST" if status > 303 else "GET"))
    ),
    case(
        "redirect 302 after PUT",
        request("PUT", data=b"d", headers=SOME_TYPE),
        URLS,
        answers=to(302, "/y"),
        sent=["PUT /x", "GET /y"],
        sent_headers=[[SENT_LENGTH, SENT_TYPE, HOST], [HOST]],
        history=[(302, "http://<http>/x")],
    ),
    case(
        "redirect: relative path",
        gets("/a/b?q=1"),
        answers={"/a/b": to(302, "c/../d?e=f")},
        sent=["GET /a/b?q=1", "GET /a/d?e=f"],
    ),
    case(
        "redirect: query alone",
        gets("/a/b", then="content"),
        answers={"/a/b": [to(302, "?e=f"), answer("200 OK", b"there")]},
        sent=["GET /a/b", "GET /a/b?e=f"],
        result=[b"there"],
    ),
    case(
        "redirect: letters of all kinds",
        gets("/x"),
        differs("fast", "it takes UTF-8 for latin-1", sent=["GET /x", "GET /%C3%83%C2%A4%20b?c=d%20e"]),
        answers=to(302, "/\xc3\xa4 b?c=d e"),
        sent=["GET /x", "GET /%C3%A4%20b?c=d%20e"],
    ),
    case(
        "redirect: absolute URL",
        gets("/x"),
        answers=to(302, "http://<http>/y"),
        sent=["GET /x", "GET /y"],
        connections=[1, 1],
    ),
    case(
        "redirect: URL without a scheme",
        gets("/x"),
        answers=to(302, "//<other>/y"),
        sent=["GET /x", "GET /y"],
        connections=[1, 2],
    ),
    case("redirect: fragment", gets("/x"), answers=to(302, "/y#part"), sent=["GET /x", "GET /y"]),
    case(
        "redirect: another origin gets no Authorization",
        lambda user: user.client.post("/x", data=b"d", auth=("a", "b"), headers={"X-N": "1", **SOME_TYPE}).status_code,
        answers=to(307, "http://<other>/y"),
        sent=["POST /x", "POST /y"],
        sent_bodies=[b"d", b"d"],
        sent_headers=[
            [BASIC, SENT_LENGTH, SENT_TYPE, HOST, ("x-n", "1")],
            [SENT_LENGTH, SENT_TYPE, OTHER, ("x-n", "1")],
        ],
    ),
    case(
        "redirect: another origin gets no credentials of the host",
        gets("/x"),
        host="http://a:b@<http>",
        answers=to(302, "http://<other>/y"),
        sent_headers=[[BASIC, HOST], [OTHER]],
    ),
    case(
        "redirect: the same origin gets Authorization",
        lambda user: user.client.get("/x", auth=("a", "b")).status_code,
        answers=to(302, "/y"),
        sent_headers=[[BASIC, HOST]] * 2,
    ),
    case(
        "redirect: several steps",
        get(),
        URLS,
        answers={"/x": to(301, "/y"), "/y": to(303, "/z")},
        sent=["GET /x", "GET /y", "GET /z"],
        history=[(301, "http://<http>/x"), (303, "http://<http>/y")],
        content=b"ok",
        events=1,
    ),
    case(
        "redirect: not followed",
        get(allow_redirects=False),
        answers=to(302, "/y"),
        status_code=302,
        content=b"moved",
        sent=["GET /x"],
        failed=[False],
        ok=True,
    ),
    case(
        "redirect: HEAD",
        lambda user: user.client.head("/x").status_code,
        instead("http", "its head() follows only where it is told to", sent=["HEAD /x"]),
        answers=to(302, "/y", b""),
        sent=["HEAD /x", "HEAD /y"],
    ),
    case(
        "redirect: no place",
        get(),
        answers=answer("302 So", b"nowhere"),
        status_code=302,
        content=b"nowhere",
        failed=[False],
    ),
    case(
        "redirect: empty place",
        get(),
        answers=to(302, ""),
        settings={"max_redirects": 3},
        status_code=302,
        content=b"moved",
        sent=["GET /x"],
    ),
    case(
        "redirect: 300 and 304 are none",
        gets("/x", "/y"),
        differs("fast", "to it 300 is a failure", failed=[True, False], failures=ANOTHER),
        answers={"/x": to(300, "/z"), "/y": b"HTTP/1.1 304 So\r\nLocation: /z\r\n\r\n"},
        result=[300, 304],
        failed=[False, False],
        failures=[None, None],
    ),
    case(
        "redirect: as many as are allowed",
        gets("/x", then="content"),
        settings={"max_redirects": 3},
        answers=[*[to(302, "/x")] * 3, answer("200 OK", b"there")],
        result=[b"there"],
        failed=[False],
    ),
    case(
        "redirect: too many",
        gets("/x"),
        reports("TooManyRedirects: too many redirects: more than 3 (max_redirects)"),
        settings={"max_redirects": 3},
        answers=to(302, "/x"),
        sent=["GET /x"] * 4,
        events=1,
        failed=[True],
        result=[0],
    ),
    case(
        "redirect: not HTTP",
        gets("/x"),
        instead("http", "an exception of requests in the user's code", raised="InvalidSchema", events=0),
        reports("BadRedirect: bad redirect: the Location is no place for HTTP"),
        answers=to(302, "ftp://<other>/y"),
        sent=["GET /x"],
        events=1,
        failed=[True],
        result=[0],
    ),
    case(
        "redirect: to a failure",
        gets("/x", then="content"),
        reports("BadStatus: HTTP 404 Not Found"),
        answers={"/x": to(302, "/y"), "/y": answer("404 So", b"no")},
        result=[b"no"],
        failed=[True],
        event_name="/x",
    ),
    case(
        "redirect: to nobody",
        gets("/x"),
        reports("ConnectRefused: connect refused"),
        answers=to(302, "http://<refused>/y"),
        result=[0],
        failed=[True],
    ),
]
