"""What a row of the table says: what a user does, what comes of it, and where the three kinds of user differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.http_server import Answers, Step

KINDS = ("http", "fast", "lean")
# For a value that a difference does not spell out: any but the one of the others.
ANOTHER = "any other value"
# For one that is as the others' or not, by chance.
EITHER = "any value"
# What each kind sends with every request. Left out of `sent_headers`; one row is about them.
STANDING_HEADERS = ("user-agent", "accept-encoding", "connection")
# Where a kind goes its own way throughout: compared only in rows that say what these fields are.
OWN_WAYS = {
    "http": {
        "event_name": "it names a request by its URL as it was sent, with the query",
        "event_url": "the same",
        "url": "it gives the final URL",
        "sent_headers": "it gives other content types",
        "failures": "its failures are the exceptions of requests, urllib3 and the system",
        "raised_text": "the words of requests",
    },
    "fast": {
        "raised_text": "the words of geventhttpclient",
        "url": "it gives the URL as it was written, without the params",
    },
}

Result = Mapping[str, Any]
Do = Callable[[Any], Any]
# The answers to one path: one of one step, one of several, or several answers in turn.
Given = bytes | tuple[Step, ...] | list[Any]


@dataclass(frozen=True)
class Differs:
    """Where one kind of user is not as the others.

    With `is_all` all that comes of it is another, and only `fields` of it are looked at. With `is_absent` it has no
    such thing, and does not do the row.
    """

    kind: str
    why: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    is_all: bool = False
    is_absent: bool = False


def differs(kind: str, why: str, /, **fields: Any) -> Differs:
    return Differs(kind, why, fields)


def instead(kind: str, why: str, /, **fields: Any) -> Differs:
    return Differs(kind, why, fields, is_all=True)


def absent(kind: str, why: str, /) -> Differs:
    return Differs(kind, why, is_absent=True)


def reports(*failures: str | None) -> Differs:
    """What LeanHttpUser says of each request of a row that fails."""
    why = "its failures are one line in the field's words, the same for all that failed alike"
    return differs("lean", why, failures=list(failures))


def says(text: str) -> Differs:
    """What LeanHttpUser says of a mistake in a locustfile."""
    return differs("lean", "it says what is wrong with the argument", raised_text=text)


@dataclass(frozen=True)
class Case:
    """A row. `do` gets a user, and returns a response or anything else worth comparing (then in `result`).

    `expect` holds what is so for all kinds, by field; a field that is not in it is compared with FastHttpUser's.
    The fields are those of `side_by_side.run_case`. `host` and `answers` may name places of the server, as <http>.
    `settings` are class attributes of the user, with two of our own: whether it `trusts` the server's certificate,
    and the place of the `proxy`.
    """

    name: str
    do: Do
    differs: tuple[Differs, ...]
    expect: Mapping[str, Any]
    answers: Answers
    host: str
    settings: Mapping[str, Any]

    def is_absent(self, kind: str) -> bool:
        return any(each.is_absent for each in self.differs if each.kind == kind)

    def problems(self, results: Mapping[str, Result]) -> list[str]:
        """One line for each field that is not what this row says. `results` is by kind."""
        shared = {**self._comparable("fast", results.get("fast", {})), **self.expect}
        return [line for kind, result in results.items() for line in self._problems(kind, result, shared)]

    def _is_all_another(self, kind: str) -> bool:
        return any(each.is_all for each in self.differs if each.kind == kind)

    def _meant(self, kind: str) -> dict[str, Any]:
        return {name: value for each in self.differs if each.kind == kind for name, value in each.fields.items()}

    def _comparable(self, kind: str, result: Result) -> Result:
        """Those fields of a result that should be as the other kinds'."""
        if self._is_all_another(kind):
            return {}
        own = {*OWN_WAYS.get(kind, ())} - {*self.expect} | {*self._meant(kind)}
        return {name: value for name, value in result.items() if name not in own}

    def _problems(self, kind: str, result: Result, shared: Result) -> list[str]:
        problems = []
        meant = self._meant(kind)
        for name, value in meant.items():
            if value == EITHER:
                continue
            if value not in (ANOTHER, result.get(name)):
                problems.append(f"{kind} {name}: {result.get(name)!r}, not {value!r} as listed")
            elif name in shared and result.get(name) == shared[name]:
                problems.append(f"{kind} {name}: {result.get(name)!r} as the others, but listed as a difference")
        if self._is_all_another(kind):
            if all(result.get(name) == value for name, value in self.expect.items()):
                problems.append(f"{kind}: as the others, but listed as a difference")
            return problems
        compared = ({*self._comparable(kind, result)} & {*shared}) | ({*self.expect} - {*meant})
        return problems + [
            f"{kind} {name}: {result.get(name)!r}, not {shared[name]!r} as the others"
            for name in sorted(compared)
            if result.get(name) != shared[name]
        ]


def case(
    name: str,
    do: Do,
    /,
    *differences: Differs,
    answers: Given | Mapping[str, Given] = b"",
    host: str = "http://<http>",
    settings: Mapping[str, Any] | None = None,
    **expect: Any,
) -> Case:
    """A row, written short: `answers` are by path, or those of /x; other paths, and none at all, get the plain one."""
    by_path = answers if isinstance(answers, Mapping) else {"/x": answers} if answers else {}
    whole = {path: [_steps(each) for each in _in_turn(given)] for path, given in by_path.items()}
    return Case(name, do, differences, expect, whole, host, settings or {})


def _in_turn(given: Given) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _steps(given: Any) -> tuple[Step, ...]:
    return given if isinstance(given, tuple) else (given,)


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """A whole answer with its length."""
    lines = "".join(f"{each}\r\n" for each in headers)
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode("latin-1") + body


def request(method: str, url: str = "/x", /, **more: Any) -> Do:
    return lambda user: user.client.request(method, user.server.fill(url), **more)


def get(url: str = "/x", /, **more: Any) -> Do:
    return lambda user: user.client.get(user.server.fill(url), **more)


def post(url: str = "/x", /, **more: Any) -> Do:
    return lambda user: user.client.post(user.server.fill(url), **more)


def gets(*urls: str, then: str = "status_code", method: str = "GET") -> Do:
    """Get one after the other, the last with `method`; what of each answer is in `result`, is `then`."""

    def do(user: Any) -> list[Any]:
        methods = ["GET"] * (len(urls) - 1) + [method]
        asked = [user.client.request(each, user.server.fill(url)) for each, url in zip(methods, urls, strict=True)]
        return [getattr(each, then) for each in asked]

    return do


def error(user: Any) -> str:
    """Get /x; what is in `result`, is the class of what went wrong."""
    with user.client.get("/x", catch_response=True) as response:
        return type(response.error).__name__
