"""What is remembered of cookies is never noticed: they are sent as the standard library's jar sends them."""

from __future__ import annotations

import http.cookiejar
import time
from typing import Any
from unittest import mock
from urllib.request import Request

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from perftui.users import cookies as cookies_module
from perftui.users.cookies import MAX_COOKIES, MAX_OF_DOMAIN, MAX_REMEMBERED, Cookies
from tests.users.in_process import OneUser, ScriptedServer

SHOP = "http://a.test/shop/1"
URLS = st.sampled_from(["http://a.test/", SHOP, "http://b.test:81/shop", "https://a.test/"])
SET_COOKIES = st.builds(
    "{}={}{}".format,
    st.sampled_from("ab"),
    st.sampled_from("12"),
    st.sampled_from(["", "; Path=/", "; Path=/shop", "; Max-Age=5", "; max-age=0", "; Secure", "; Domain=b.test"]),
)
STEPS = st.lists(
    st.tuples(st.just("take"), URLS, st.lists(SET_COOKIES, min_size=1, max_size=2))
    | st.tuples(st.just("look"), URLS, st.none())
    | st.tuples(st.just("wait"), st.sampled_from([1, 4, 6]), st.none())
    | st.tuples(st.just("clear"), st.none(), st.none()),
    max_size=15,
)


class _Answer:
    def __init__(self, set_cookies: list[str]) -> None:
        self._set_cookies = set_cookies

    def info(self) -> Any:
        return self

    def get_all(self, name: str, default: list[str]) -> list[str]:
        return self._set_cookies if name == "Set-Cookie" else default


def cookie_header(jar: http.cookiejar.CookieJar, url: str) -> str:
    request = Request(url)
    jar.add_cookie_header(request)
    return request.get_header("Cookie", "") or ""


@settings(max_examples=200, deadline=None)
@given(STEPS)
@example([("take", SHOP, ["a=1; Max-Age=5"]), ("look", SHOP, None), ("wait", 6, None)])
# One that is repeated lives on.
@example([("take", SHOP, ["a=1; Max-Age=5"]), ("wait", 4, None)] * 2)
def test_cookies_are_those_of_the_plain_jar(steps: list[tuple[str, Any, Any]]) -> None:
    """Both take the same answers; each header is asked for twice, as the second may come from memory."""
    clock = mock.Mock(return_value=time.time())
    plain, cookies = http.cookiejar.CookieJar(), Cookies()
    with mock.patch("time.time", clock), mock.patch.object(cookies_module, "time", clock):
        for step, what, set_cookies in [*steps, ("look", SHOP, None)]:
            if step == "take":
                plain.extract_cookies(_Answer(set_cookies), Request(what))  # type: ignore[arg-type]
                cookies.take(what, set_cookies)
            elif step == "wait":
                clock.return_value += what
            elif step == "clear":
                plain.clear()
                cookies.jar.clear()
            else:
                expected = cookie_header(plain, what)
                assert [cookies.header(what), cookies.header(what)] == [expected] * 2


def cookies_of(url: str, *names: str) -> Cookies:
    """After an answer for each."""
    cookies = Cookies()
    for name in names:
        cookies.take(url, [f"{name}=1"])
    return cookies


def test_of_too_many_cookies_of_a_domain_the_one_that_was_set_longest_ago_goes() -> None:
    first, *rest = names = [f"c{number}" for number in range(MAX_OF_DOMAIN)]
    cookies = cookies_of(SHOP, *names, first, "new", "newer")
    assert {cookie.name for cookie in cookies.jar} == {first, *rest[2:], "new", "newer"}
    cookies.take("http://b.test/", ["other=1"])
    assert len(cookies.jar) == MAX_OF_DOMAIN + 1
    cookies.jar.clear("a.test")
    # What was cleared is not counted.
    cookies.take(SHOP, [f"{name}=1" for name in names])
    assert len(cookies.jar) == MAX_OF_DOMAIN + 1


def test_of_too_many_cookies_in_all_the_one_that_was_set_longest_ago_goes() -> None:
    cookies = Cookies()
    for number in range(MAX_COOKIES + 2):
        cookies.take(f"http://{number // 100}.a.test/", [f"c{number}=1"])
    assert len(cookies.jar) == MAX_COOKIES
    assert cookies.header("http://0.a.test/").startswith("c2=1; c3=1")


def test_what_is_remembered_of_a_user_is_little() -> None:
    cookies = cookies_of(SHOP, "a" * 2000)
    headers = [cookies.header(f"http://a.test/shop/{number}") for number in range(MAX_REMEMBERED)]
    assert headers == [f"{'a' * 2000}=1"] * MAX_REMEMBERED
    assert len({id(header) for header in headers}) == 1


def test_a_cookie_that_user_code_made_is_sent_and_one_that_breaks_the_line_is_not() -> None:
    def cookie(name: str, value: str) -> http.cookiejar.Cookie:
        where = ("127.0.0.1", False, False, "/", True)
        return http.cookiejar.Cookie(0, name, value, None, False, *where, False, None, True, None, None, {})

    with ScriptedServer() as server, OneUser(server.url) as user:
        user.client.get("/first")
        user.client.cookiejar.set_cookie(cookie("good", "1"))
        user.client.get("/second")
        user.client.cookiejar.set_cookie(cookie("bad", "2\r\nX-Evil: 1"))
        with pytest.raises(ValueError, match="the header Cookie holds a line break"):
            user.client.get("/third")
        assert [b"\r\nCookie: good=1\r\n" in request for request in server.requests] == [False, True]
        assert len(user.events) == 2
