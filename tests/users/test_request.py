"""What user code gives is one request on the wire, or an exception in user code."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
from httptools import HttpRequestParser
from hypothesis import given, settings
from hypothesis import strategies as st

from perftui.users.errors import BadRedirect
from perftui.users.request import maker_for

MANY = settings(max_examples=300, deadline=None)

CALM = st.text(st.sampled_from("ab1/?#&=%:@é日"), max_size=12)
# What would end a line, a header, or a request.
NASTY = st.text(st.sampled_from("a/?#&=%: @\r\n\t\0\x7fé日[]\\\"'"), max_size=12)
TEXTS = CALM | CALM | CALM | NASTY
PATHS = TEXTS.map("/{}".format) | TEXTS | TEXTS.map("/x HTTP/1.1\r\nX-Evil: {}".format)
# The parser below takes fewer control characters in a value than servers do, and than a load test may want to send.
VALUES = TEXTS.map(lambda text: text.replace("\x7f", ""))
NAMES = st.sampled_from(["X-One", "x-two", "Host", "Cookie"])
HEADERS = st.dictionaries(
    NAMES | NAMES | NAMES | st.sampled_from(["Content-Length", "transfer-encoding", "Connection"]) | NASTY,
    st.integers() | st.none() | st.sampled_from([b"b", b"\xe9", b"a\r\nb"]) | st.text("ab é", max_size=8) | VALUES,
    max_size=2,
)
BODIES = (
    st.none() | st.binary(max_size=20) | TEXTS | st.dictionaries(TEXTS, TEXTS, max_size=3) | st.lists(st.integers())
)
PARAMS = st.none() | TEXTS | st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS, max_size=2), max_size=3)
AUTHS = st.none() | st.tuples(TEXTS, TEXTS)
METHODS = st.sampled_from([*["GET", "POST", "purge"] * 4, "A B", "", "GET / HTTP/1.1\r\n\r\nGET"])


class Seen:
    """Requests, as a server's parser finds them."""

    def __init__(self, wire: bytes) -> None:
        self.count = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.target = self.body = b""
        parser = HttpRequestParser(self)
        parser.feed_data(wire)
        self.method = parser.get_method()

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.count += 1


@MANY
@given(METHODS, PATHS, HEADERS, BODIES, PARAMS, AUTHS)
def test_any_arguments_are_one_request_or_an_exception(
    method: str, path: str, headers: dict[Any, Any], data: Any, params: Any, auth: Any
) -> None:
    maker = maker_for("http://shop.test/base", (), False)
    try:
        sent = maker.make_full(method, path, params, data, None, None, headers, auth, None)
    except (ValueError, TypeError):
        return
    if sent.method not in ("GET", "POST", "PURGE"):
        return  # the parser knows no others
    seen = Seen(sent.head + sent.body)
    assert seen.count == 1
    assert seen.method == sent.method.encode()
    assert seen.target == sent.target.encode()
    assert seen.target.startswith(b"/")
    assert seen.body == sent.body
    names = [name for name, _ in seen.headers]
    given_names = {name.lower().encode() for name, value in headers.items() if value is not None}
    own = {b"host", b"user-agent", b"accept-encoding", b"connection", b"content-length", b"content-type"}
    assert {*names} <= own | given_names | {b"authorization"}
    assert len(names) == len({*names})


@MANY
@given(st.text(max_size=30))
def test_no_path_leads_to_another_place(path: str) -> None:
    """Unless it is a whole URL."""
    maker = maker_for("http://shop.test", (), False)
    try:
        sent = maker.make_plain("GET", path)
    except ValueError:
        return
    assert sent.origin == maker.origin or path.lower().startswith(("http://", "https://"))


@MANY
@given(NASTY, st.sampled_from(["http://other.test", "//other.test", "", "?", "https://shop.test", "ftp://shop.test"]))
def test_any_location_is_one_request_or_a_failure(rest: str, begin: str) -> None:
    maker = maker_for("http://shop.test", (), False)
    sent = maker.make_full("POST", "/x", None, b"body", None, None, {"Authorization": "Bearer 1"}, None, None)
    try:
        followed = maker.follow(sent, 307, begin + rest)
    except BadRedirect:
        return
    seen = Seen(followed.head + followed.body)
    assert (seen.count, seen.body) == (1, b"body")
    headers = dict(seen.headers)
    assert headers[b"host"] == followed.origin.netloc.encode()
    assert (b"authorization" in headers) == (followed.origin == maker.origin)


def lines_of(sent: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in sent.headers.items()}


def test_default_headers_of_one_place_do_not_go_along_to_another() -> None:
    defaults = (("Authorization", "Bearer 1"), ("Cookie", "a=1"), ("X-Plain", "1"), ("Content-Type", "text/csv"))
    maker = maker_for("http://shop.test", defaults, False)
    sent = maker.make_full("POST", "/x", None, b"body", None, None, None, None, None)
    near, far = (lines_of(maker.follow(sent, 307, place)) for place in ("/y", "http://other.test/y"))
    assert near["authorization"] == "Bearer 1"
    assert near["cookie"] == "a=1"
    assert not {"authorization", "cookie"} & {*far}
    assert near["x-plain"] == far["x-plain"] == "1"
    # Nor what tells of a body to where there is none.
    assert near["content-type"] == "text/csv"
    assert "content-type" not in lines_of(maker.follow(sent, 302, "/y"))


def test_what_was_dropped_stays_so_on_the_way_back() -> None:
    maker = maker_for("http://shop.test", (("Authorization", "Bearer 1"),), False)
    sent = maker.make_plain("GET", "/x")
    back = maker.follow(maker.follow(sent, 302, "http://other.test/y"), 302, "http://shop.test/z")
    assert "authorization" not in lines_of(back)
    assert "authorization" in lines_of(maker.make_plain("GET", "/x"))


@pytest.mark.parametrize("auth", [("ann", "s:é"), (b"ann", b"s\xe9")])
def test_credentials_are_of_one_request(auth: Any) -> None:
    maker = maker_for("http://shop.test", (), False)
    first = maker.make_full("GET", "/x", None, None, None, None, None, auth, None)
    assert lines_of(first)["authorization"].startswith("Basic ")
    assert "authorization" not in lines_of(maker.make_plain("GET", "/x"))
    assert "authorization" not in lines_of(maker.make_full("GET", "/x", None, None, None, None, {"A": "1"}, None, None))


class Verb(str, Enum):  # noqa: UP042 - a StrEnum is formatted as a str
    """Equal to a str, and formatted as something else."""

    GET = "GET"


class Crooked(str):
    def __format__(self, _: str) -> str:
        return "x\r\nX-Evil: 1"


def test_a_kind_of_str_is_sent_as_what_it_is_and_changes_nothing_for_others() -> None:
    maker = maker_for("http://shop.test", (), False)
    crooked = Crooked("/x")
    for sent in (maker.make_plain(Verb.GET, crooked), maker.make_plain("GET", "/x")):
        assert sent.head.startswith(b"GET /x HTTP/1.1\r\n")
    headers = {Crooked("X-One"): Crooked("1"), "X-Verb": Verb.GET}
    sent = maker.make_full("GET", "/x", None, None, None, None, headers, None, None)
    assert (lines_of(sent)["x-one"], lines_of(sent)["x-verb"]) == ("1", "GET")


def test_a_length_that_is_true_may_be_said_and_another_may_not() -> None:
    maker = maker_for("http://shop.test", (), False)

    def with_length(told: Any, data: bytes | None) -> Any:
        return maker.make_full("POST", "/x", None, data, None, None, {"content-length": told}, None, None)

    assert lines_of(with_length(2, b"ab"))["content-length"] == "2"
    assert lines_of(with_length("0", None))["content-length"] == "0"
    with pytest.raises(ValueError, match="says 3, but the body has 2 bytes"):
        with_length("3", b"ab")


def test_a_name_beyond_ascii_is_followed_as_dns_has_it() -> None:
    sent = maker_for("http://shop.test", (), False).make_plain("GET", "/x")
    followed = maker_for("http://shop.test", (), False).follow(sent, 302, "http://b\u00fccher.test/\u00e4")
    assert followed.url == "http://xn--bcher-kva.test/%C3%A4"


@pytest.mark.parametrize("host", ["a" * 64 + ".test", ".x", "a..b"])
def test_what_is_no_name_is_said_before_it_is_looked_up(host: str) -> None:
    with pytest.raises(ValueError, match="is no name of a host"):
        maker_for(f"http://{host}", (), False)


def test_a_host_header_of_the_users_own_is_for_its_own_place() -> None:
    maker = maker_for("http://shop.test", (), False)
    sent = maker.make_full("GET", "/x", None, None, None, None, {"Host": "inner.test"}, None, None)
    hosts = [lines_of(maker.follow(sent, 302, place))["host"] for place in ("/y", "http://other.test/y")]
    assert hosts == ["inner.test", "other.test"]
