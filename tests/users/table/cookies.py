"""Cookies of a user. What is in `result` are the Cookie headers of its requests."""

from __future__ import annotations

from typing import Any

from tests.users.case import Do, answer, case, get, reports


def sets(*cookies: str) -> bytes:
    return answer("200 OK", b"", *(f"Set-Cookie: {each}" for each in cookies))


def visits(*urls: str) -> Do:
    def do(user: Any) -> list[str]:
        for url in urls:
            user.client.get(user.server.fill(url))
        return sent(user)

    return do


def sent(user: Any) -> list[str]:
    return [dict(each["headers"]).get("Cookie", "") for each in user.server.seen()["requests"]]


def jar(user: Any) -> Any:
    return user.client.cookies if user.kind == "http" else user.client.cookiejar


def two_users(user: Any) -> list[str]:
    user.client.get("/x")
    type(user)(user.environment).client.get("/y")
    return sent(user)


def cleared(user: Any) -> list[str]:
    user.client.get("/x")
    jar(user).clear()
    user.client.get("/y")
    return sent(user)


def seen(user: Any) -> dict[str, str]:
    user.client.get("/x")
    return {each.name: each.value for each in jar(user)}


def beside_one_by_hand(user: Any) -> list[str]:
    user.client.get("/x")
    user.client.get("/y", headers={"Cookie": "b=2"})
    return sent(user)


def on_localhost(user: Any) -> list[str]:
    user.client.get("/x")
    user.client.get(user.server.fill("http://<http>/y").replace("127.0.0.1", "localhost"))
    return sent(user)


ROWS = [
    case("cookie", visits("/x", "/y", "/z"), answers=sets("a=1"), result=["", "a=1", "a=1"]),
    case("cookie: changes", visits("/x", "/x", "/y"), answers=[sets("a=1"), sets("a=2")], result=["", "a=1", "a=2"]),
    case(
        "cookie: two", visits("/x", "/y"), answers=sets("a=1", "b=2; HttpOnly; SameSite=Lax"), result=["", "a=1; b=2"]
    ),
    case(
        "cookie: path",
        visits("/x", "/y", "/shop/1", "/shopping", "/shop"),
        answers=sets("a=1; Path=/shop"),
        result=["", "", "a=1", "", "a=1"],
    ),
    case(
        "cookie: path of where it was set",
        visits("/s/x", "/y", "/s/y"),
        answers={"/s/x": sets("a=1")},
        result=["", "", "a=1"],
    ),
    case(
        "cookie: far end",
        visits("/x", "/y"),
        answers=sets("a=1; Expires=Wed, 01 Jan 2070 00:00:00 GMT"),
        result=["", "a=1"],
    ),
    case(
        "cookie: past end",
        visits("/x", "/y"),
        answers=sets("a=1; Expires=Wed, 01 Jan 2020 00:00:00 GMT", "b=2; Max-Age=0"),
        result=["", ""],
    ),
    case(
        "cookie: deleted",
        visits("/x", "/y", "/z"),
        answers={"/x": sets("a=1"), "/y": sets("a=; Max-Age=0")},
        result=["", "a=1", ""],
    ),
    case("cookie: marks", visits("/x", "/y"), answers=sets('a="1 2"', "b=x=y&z"), result=["", 'a="1 2"; b=x=y&z']),
    case("cookie: of another site", visits("/x", "/y"), answers=sets("a=1; Domain=example.com"), result=["", ""]),
    case("cookie: another host", on_localhost, answers=sets("a=1"), result=["", ""]),
    case("cookie: another port", visits("/x", "http://<other>/y"), answers=sets("a=1"), result=["", "a=1"]),
    case(
        "cookie: secure, over plain HTTP",
        visits("/x", "/y"),
        answers=sets("a=1; Secure"),
        result=["", ""],
    ),
    case(
        "cookie: secure, over TLS",
        visits("/x", "/y"),
        host="https://<tls>",
        settings={"trusts": True},
        answers=sets("a=1; Secure"),
        result=["", "a=1"],
    ),
    case(
        "cookie: of a redirect",
        visits("/x", "/z"),
        answers=answer("302 So", b"", "Set-Cookie: a=1", "Location: /y"),
        result=["", "a=1", "a=1"],
    ),
    case(
        "cookie: of a failure",
        visits("/x", "/y"),
        reports("BadStatus: HTTP 500 Internal Server Error", None),
        answers=answer("500 So", b"", "Set-Cookie: a=1"),
        result=["", "a=1"],
    ),
    case("cookie: each user's own", two_users, answers=sets("a=1"), result=["", ""]),
    case("cookie: by hand", get(headers={"Cookie": "b=2"}), sent_headers=[[("cookie", "b=2"), ("host", "<http>")]]),
    case("cookie: by hand, beside others", beside_one_by_hand, answers=sets("a=1"), result=["", "b=2"]),
    case("cookie: cleared by hand", cleared, answers=sets("a=1"), result=["", ""]),
    case("cookie: seen", seen, answers=sets("a=1"), result={"a": "1"}),
]
