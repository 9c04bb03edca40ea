"""What is sent beside a body: methods, URLs, headers."""

from __future__ import annotations

import re
from typing import Any

from tests.users.case import ANOTHER, STANDING_HEADERS, Do, case, differs, get, instead, request

HOST = ("host", "<http>")
BY_SENT_URL = differs("http", "it names a request by its URL as it was sent", event_name=ANOTHER)


def standing(**more: Any) -> Do:
    """Get /x; what is in `result` then is what else was sent with it."""

    def do(user: Any) -> dict[str, str]:
        user.client.get("/x", **more)
        sent = dict(user.server.seen()["requests"][0]["headers"])
        names = (*STANDING_HEADERS, "accept")
        return {name.lower(): re.sub(r"/\d.*", "", value) for name, value in sent.items() if name.lower() in names}

    return do


def of_client(method: str) -> Do:
    return lambda user: getattr(user.client, method)("/x")


METHODS = [
    *(
        case(
            f"method {method}",
            of_client(method),
            status_code=200,
            ok=True,
            sent=[f"{method.upper()} /x"],
            event_request_type=method.upper(),
            event_context={},
            event_response_length=0 if method == "head" else 2,
            events=1,
            history=[],
            elapsed="timedelta",
            raised=None,
        )
        for method in ("get", "options", "delete", "head", "post", "put", "patch")
    ),
    case("method of one's own", request("PURGE"), sent=["PURGE /x"]),
    case(
        "method in small letters",
        request("get"),
        differs("lean", "one name in the statistics for one method", event_request_type="GET"),
        sent=["GET /x"],
    ),
]

URLS = [
    case("name", get("/x/1", name="/x/[id]"), sent=["GET /x/1"], event_name="/x/[id]", event_url="http://<http>/x/1"),
    case(
        "params as dict",
        get(params={"a": "1", "b": "x y&é", "none": None}),
        differs("http", "it names a request by its URL as it was sent", event_name=ANOTHER, event_url=ANOTHER),
        differs("fast", "its url is without the params", url="http://<http>/x"),
        sent=["GET /x?a=1&b=x+y%26%C3%A9"],
        event_name="/x",
        event_url="http://<http>/x",
        url="http://<http>/x?a=1&b=x+y%26%C3%A9",
    ),
    case("params as list", get(params=[("a", "1"), ("a", 2)]), sent=["GET /x?a=1&a=2"]),
    case("params with lists", get(params={"a": [1, 2]}), sent=["GET /x?a=1&a=2"]),
    case("params after a query", get("/x?z=0", params={"a": "1"}), sent=["GET /x?z=0&a=1"]),
    case("params as str", get(params="a=1&b"), sent=["GET /x?a=1&b"]),
    case("params that are empty", get(params={}), sent=["GET /x"]),
    case(
        "spaces and letters of all kinds",
        get("/ä b?q=é x&r=a%20b"),
        differs("http", "it names a request by its URL as it was sent", event_name=ANOTHER, event_url=ANOTHER),
        differs("fast", "its url is as it was written", url="http://<http>/ä b?q=é x&r=a%20b"),
        sent=["GET /%C3%A4%20b?q=%C3%A9%20x&r=a%20b"],
        event_name="/ä b?q=é x&r=a%20b",
        event_url="http://<http>/ä b?q=é x&r=a%20b",
        url="http://<http>/%C3%A4%20b?q=%C3%A9%20x&r=a%20b",
    ),
    case("what is escaped stays so", get("/a%2Fb?q=%C3%A9+%26"), sent=["GET /a%2Fb?q=%C3%A9+%26"]),
    case(
        "marks in a query",
        get('/x;v=1?a[]=1&t=10:30&e=a@b,c|d"e'),
        differs("http", "it escapes brackets", sent=["GET /x;v=1?a%5B%5D=1&t=10:30&e=a@b,c%7Cd%22e"]),
        sent=["GET /x;v=1?a[]=1&t=10:30&e=a@b,c%7Cd%22e"],
    ),
    case(
        "query that is empty",
        get("/x?"),
        differs("lean", "it sends the URL as it was given", sent=["GET /x?"]),
        sent=["GET /x"],
    ),
    case("fragment is not sent", get("/x?a=1#part"), BY_SENT_URL, sent=["GET /x?a=1"], event_name="/x?a=1#part"),
    case(
        "dots in the path",
        get("/a/../b/./c"),
        differs("http", "it resolves them", sent=["GET /b/c"]),
        sent=["GET /a/../b/./c"],
    ),
    case(
        "absolute URL of another origin",
        get("http://<other>/x"),
        BY_SENT_URL,
        sent=["GET /x"],
        sent_headers=[[("host", "<other>")]],
        event_name="http://<other>/x",
    ),
    case("host with a path", get(), BY_SENT_URL, host="http://<http>/api", sent=["GET /api/x"], event_name="/x"),
    case(
        "host with a slash at its end",
        get(),
        instead("fast", "it refuses a path that begins with two", raised="ValueError"),
        host="http://<http>/",
        sent=["GET //x"],
    ),
    case("IPv6 host", get(), host="http://<ipv6>", status_code=200, sent_headers=[[("host", "<ipv6>")]]),
    case("empty path", get(""), sent=["GET /"]),
]

HEADERS = [
    case(
        "what every request carries",
        standing(),
        differs("http", "its own name, and requests' Accept and Connection", result=ANOTHER),
        differs("fast", "its own name, and no Connection", result=ANOTHER),
        result={"user-agent": "perftui", "accept-encoding": "gzip, deflate, br", "connection": "keep-alive"},
    ),
    case("headers", get(headers={"X-One": "1", "x-two": "é"}), sent_headers=[[HOST, ("x-one", "1"), ("x-two", "é")]]),
    case(
        "headers over defaults, in any case",
        get(headers={"x-TEAM": "call"}),
        settings={"default_headers": {"X-Team": "class", "X-Other": "class"}},
        sent_headers=[[HOST, ("x-other", "class"), ("x-team", "call")]],
    ),
    case(
        "headers over the client's own, in any case",
        standing(headers={"USER-AGENT": "me", "accept-ENCODING": "identity", "accept": "a/b", "connection": "close"}),
        differs("fast", "it knows Accept-Encoding in two of its cases alone", result=ANOTHER),
        result={"user-agent": "me", "accept-encoding": "identity", "accept": "a/b", "connection": "close"},
    ),
    case("header Host", get(headers={"Host": "shop.example"}), sent_headers=[[("host", "shop.example")]]),
    case(
        "header that is a number",
        get(headers={"X-N": 1}),
        instead("http", "requests takes str and bytes alone", failed=[True], sent=[]),
        sent_headers=[[HOST, ("x-n", "1")]],
    ),
    case(
        "header that is None",
        get(headers={"X-N": None}),
        differs("fast", "it sends the word None", sent_headers=[[HOST, ("x-n", "None")]]),
        sent_headers=[[HOST]],
    ),
    case(
        "default header taken away with None",
        get(headers={"x-n": None}),
        differs("fast", "it sends the word None", sent_headers=[[HOST, ("x-n", "None")]]),
        settings={"default_headers": {"X-N": "1"}},
        sent_headers=[[HOST]],
    ),
    case(
        "header that is bytes",
        get(headers={"X-N": b"1"}),
        differs("fast", "it sends their repr", sent_headers=[[HOST, ("x-n", "b'1'")]]),
        sent_headers=[[HOST, ("x-n", "1")]],
    ),
    case("header that is empty", get(headers={"X-N": ""}), sent_headers=[[HOST, ("x-n", "")]]),
    case("auth", get(auth=("ann", "s:é")), sent_headers=[[("authorization", "Basic YW5uOnM66Q=="), HOST]]),
    case(
        "credentials in the host",
        get(),
        host="http://ann:p%40ss@<http>",
        sent_headers=[[("authorization", "Basic YW5uOnBAc3M="), HOST]],
        event_url="http://<http>/x",
    ),
    case(
        "auth over credentials in the host",
        get(auth=("bob", "b")),
        host="http://ann:a@<http>",
        sent_headers=[[("authorization", "Basic Ym9iOmI="), HOST]],
    ),
]

ROWS = [*METHODS, *URLS, *HEADERS]
