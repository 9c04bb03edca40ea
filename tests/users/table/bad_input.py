"""Mistakes in a locustfile. What LeanHttpUser makes of them: an exception in the user's code, and nothing is sent."""

from __future__ import annotations

from typing import Any

from tests.users.case import ANOTHER, EITHER, Case, Differs, Do, case, differs, get, instead, post, request, says

HTTP_FAILS = instead("http", "requests calls it a failed request", failed=[True])
HTTP_SENDS = instead("http", "it sends it, escaped or not", sent=ANOTHER)
FAST_SENDS = instead("fast", "it sends it, escaped or not", sent=ANOTHER)
CONNECTS_FIRST = differs(
    "fast", "it connects before it looks at the body; the server may not know yet", connected=EITHER
)
FAST_FAILS = instead("fast", "to it this is a failed request", failed=[True])


def raises(kind: str, error: str) -> Differs:
    return instead(kind, "another exception", raised=error)


def bad(name: str, do: Do, error: str, text: str, *differences: Differs, **more: Any) -> Case:
    return case(f"bad: {name}", do, says(text), *differences, raised=error, events=0, sent=[], connected=0, **more)


HOSTS = [
    bad(
        "host without a scheme",
        get(),
        "StopTest",
        "TableUser: the host '<http>' has no scheme: write http://<http> or https://<http>",
        FAST_FAILS,
        raises("http", "InvalidSchema"),
        host="<http>",
    ),
    bad(
        "host of another scheme",
        get(),
        "StopTest",
        "TableUser: a URL begins with http:// or https://, not ftp://",
        FAST_SENDS,
        raises("http", "InvalidSchema"),
        host="ftp://<http>",
    ),
    bad(
        "host that is empty",
        get(),
        "StopTest",
        "TableUser: http:// names no host",
        FAST_FAILS,
        raises("http", "InvalidURL"),
        host="http://",
    ),
    bad(
        "host with a bad port",
        get(),
        "StopTest",
        "TableUser: http://127.0.0.1:port has no port from 1 to 65535",
        raises("fast", "ValueError"),
        raises("http", "InvalidURL"),
        host="http://127.0.0.1:port",
    ),
    bad("no host", get(), "StopTest", "no host: set it in the user class, or give --host", settings={"host": None}),
]
PATHS = [
    bad(
        "path without a slash",
        get("x"),
        "ValueError",
        "the path 'x' has no leading slash: write '/x'",
        raises("http", "InvalidURL"),
    ),
    bad(
        "path that would change the host",
        get(".example.com/x"),
        "ValueError",
        "the path '.example.com/x' has no leading slash: write '/.example.com/x'",
        raises("http", "InvalidURL"),
    ),
    bad(
        "path that would be the host",
        get("@example.com/x"),
        "ValueError",
        "the path '@example.com/x' has no leading slash: write '/@example.com/x'",
        FAST_FAILS,
        HTTP_FAILS,
    ),
    bad(
        "path with a line break",
        get("/x\r\nX-M: 2"),
        "ValueError",
        "the path '/x\\r\\nX-M: 2' holds the character '\\r'",
        FAST_SENDS,
        HTTP_SENDS,
    ),
    bad(
        "path with a newline alone",
        get("/x\ny"),
        "ValueError",
        "the path '/x\\ny' holds the character '\\n'",
        FAST_SENDS,
        HTTP_SENDS,
    ),
    bad(
        "path with a zero byte",
        get("/x\x00"),
        "ValueError",
        "the path '/x\\x00' holds the character '\\x00'",
        FAST_SENDS,
        HTTP_SENDS,
    ),
    bad("path that is a number", lambda user: user.client.get(1), "TypeError", "a path is a str, not int"),
    bad("path that is None", lambda user: user.client.get(None), "TypeError", "a path is a str, not NoneType"),
    bad("path that is bytes", lambda user: user.client.get(b"/x"), "TypeError", "a path is a str, not bytes"),
    bad("params that are a number", get(params=1), "TypeError", "fields are a dict or a list of pairs, not 1"),
    bad("method with a space", request("GET /y"), "ValueError", "'GET /y' is no HTTP method"),
    bad("method with a line break", request("GET\r\n"), "ValueError", "'GET\\r\\n' is no HTTP method"),
    bad("method that is empty", request(""), "ValueError", "'' is no HTTP method", HTTP_SENDS),
    bad(
        "method that is a number",
        lambda user: user.client.request(1, "/x"),
        "TypeError",
        "a method is a str, not int",
        raises("http", "AttributeError"),
        raises("fast", "AttributeError"),
    ),
]
HEADERS = [
    bad(
        "header with a line break",
        get(headers={"X-N": "1\r\nX-M: 2"}),
        "ValueError",
        "the header X-N holds a line break: '1\\r\\nX-M: 2'",
        HTTP_FAILS,
    ),
    bad(
        "header with a newline alone",
        get(headers={"X-N": "1\nX-M: 2"}),
        "ValueError",
        "the header X-N holds a line break: '1\\nX-M: 2'",
        HTTP_FAILS,
    ),
    bad(
        "header name with a space", get(headers={"X N": "1"}), "ValueError", "'X N' is no name of a header", HTTP_SENDS
    ),
    bad(
        "header name with a colon", get(headers={"X:N": "1"}), "ValueError", "'X:N' is no name of a header", HTTP_FAILS
    ),
    bad(
        "header name with a line break",
        get(headers={"X-N: 1\r\nX-M": "1"}),
        "ValueError",
        "'X-N: 1\\r\\nX-M' is no name of a header",
        HTTP_FAILS,
    ),
    bad("header name that is empty", get(headers={"": "1"}), "ValueError", "'' is no name of a header", HTTP_FAILS),
    bad(
        "header that no header can hold",
        get(headers={"X-N": "\u20ac"}),
        "ValueError",
        "the header X-N holds what no header can: '€'",
        raises("http", "UnicodeEncodeError"),
    ),
    bad(
        "header that is an object",
        get(headers={"X-N": object()}),
        "TypeError",
        "a header is str, bytes or a number, not object",
        FAST_SENDS,
        HTTP_FAILS,
    ),
    bad(
        "headers that are a word",
        get(headers="X-N: 1"),
        "TypeError",
        "headers are a dict, not str",
        raises("fast", "ValueError"),
        raises("http", "AttributeError"),
    ),
    bad(
        "cookie with a line break",
        get(headers={"Cookie": "a=1\r\nX-M: 2"}),
        "ValueError",
        "the header Cookie holds a line break: 'a=1\\r\\nX-M: 2'",
        HTTP_FAILS,
    ),
    bad(
        "default header with a line break",
        get(),
        "ValueError",
        "TableUser: the header X-N holds a line break: '1\\r\\nX-M: 2'",
        HTTP_FAILS,
        settings={"default_headers": {"X-N": "1\r\nX-M: 2"}},
    ),
    bad("auth that is a word", get(auth="ann"), "TypeError", "auth is (user, password), not str", FAST_SENDS),
]
BODIES = [
    bad(
        "data that is a number",
        post(data=1),
        "TypeError",
        "data is bytes, str, a dict or list of form fields, or an open file; not int",
        CONNECTS_FIRST,
    ),
    bad(
        "data that is an object",
        post(data=object()),
        "TypeError",
        "data is bytes, str, a dict or list of form fields, or an open file; not object",
        CONNECTS_FIRST,
    ),
    bad(
        "data that is a list of numbers",
        post(data=[1, 2]),
        "TypeError",
        "data is bytes, str, a dict or list of form fields, or an open file; not list",
        raises("fast", "AttributeError"),
    ),
    bad("json that is none", post(json=object()), "TypeError", "Object of type object is not JSON serializable"),
    bad(
        "files that are a number",
        post(files={"f": 1}),
        "TypeError",
        "the file f is bytes, str or an open file; not int",
        CONNECTS_FIRST,
        FAST_SENDS,
        HTTP_SENDS,
    ),
    bad(
        "files beside data that is bytes",
        post(files={"f": b"text"}, data=b"d"),
        "TypeError",
        "data beside files is a dict or list of form fields",
        raises("http", "ValueError"),
        raises("fast", "ValueError"),
    ),
    bad(
        "an argument that is unknown",
        get(retries=3),
        "TypeError",
        "LeanHttpSession.request() got an unexpected keyword argument 'retries'",
        FAST_SENDS,
    ),
    bad(
        "an argument that is unknown, of post",
        post(retries=3),
        "TypeError",
        "LeanHttpSession.request() got an unexpected keyword argument 'retries'",
        FAST_SENDS,
    ),
]
ROWS = [*HOSTS, *PATHS, *HEADERS, *BODIES]
