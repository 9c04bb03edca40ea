"""Locust's side of a request: verdicts, context, names, rest()."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.users.case import Do, answer, case, differs, reports

NOT_FOUND = answer("404 So", b"no")
JSON = answer("200 OK", b'{"a": 1}', "Content-Type: application/json")
OWN_EXCEPTIONS = (
    differs("http", "the exceptions of requests", raised="HTTPError"),
    differs("fast", "Locust's own", raised="LocustBadStatusCode"),
)
JSON_HEADERS = [("accept", "application/json"), ("content-type", "application/json"), ("host", "<http>")]


def catch(end: Callable[[Any], Any]) -> Do:
    """Get /x with catch_response, and do `end` in the block."""

    def do(user: Any) -> list[Any]:
        with user.client.get("/x", catch_response=True) as response:
            end(response)
        return [response.status_code, response.content]

    return do


def rest(end: Callable[[Any], Any], name: str = "rest", method: str = "GET", **more: Any) -> Do:
    def do(user: Any) -> Any:
        with getattr(user, name)(method, "/x", **more) as response:
            return end(response)

    return do


def fail(error: Exception) -> object:
    raise error


def response_error() -> Exception:
    from locust.exception import ResponseError

    return ResponseError("by hand")  # type: ignore[no-any-return]


def check(response: Any, words: str) -> None:
    assert response.js["a"] == 2, words


def out_of_group(user: Any) -> None:
    grouped(user)
    user.client.get("/y")


def named_in_group(user: Any) -> None:
    with user.client.rename_request("group"):
        user.client.get("/x", name="name")


def grouped(user: Any) -> None:
    with user.client.rename_request("group"):
        user.client.get("/x")


def with_context(user: Any) -> Any:
    user.context = lambda: {"user": 1, "both": "user"}
    return user.client.get("/x", context={"call": 2, "both": "call"})


def asked(user: Any) -> list[Any]:
    request = user.client.post("/x", data=b"d", headers={"Content-Type": "a/b"}).request
    return [request.method, request.url, request.body]


ROWS = [
    case("verdict: success", catch(lambda r: r.success()), answers=NOT_FOUND, result=[404, b"no"], failures=[None]),
    case(
        "verdict: failure",
        catch(lambda r: r.failure("milk")),
        result=[200, b"ok"],
        failures=["CatchResponseError: milk"],
    ),
    case("verdict: failure by exception", catch(lambda r: r.failure(KeyError(1))), failures=["KeyError: 1"]),
    case("verdict: the last one counts", catch(lambda r: [r.failure("milk"), r.success()]), failures=[None]),
    case("verdict: none, of a success", catch(lambda r: None), failures=[None]),
    case(
        "verdict: none, of a failure",
        catch(lambda r: None),
        reports("BadStatus: HTTP 404 Not Found"),
        answers=NOT_FOUND,
        result=[404, b"no"],
        failed=[True],
    ),
    case("verdict: exception in the block", catch(lambda r: fail(KeyError(1))), raised="KeyError", events=0),
    case(
        "verdict: failure, then exception",
        catch(lambda r: [r.failure("milk"), fail(KeyError(1))]),
        raised="KeyError",
        failures=["CatchResponseError: milk"],
    ),
    case(
        "verdict: ResponseError in the block",
        catch(lambda r: fail(response_error())),
        raised=None,
        failures=["ResponseError: by hand"],
    ),
    case(
        "verdict: raise_for_status in the block",
        catch(lambda r: r.raise_for_status()),
        *OWN_EXCEPTIONS,
        answers=NOT_FOUND,
        raised="BadStatus",
        events=0,
    ),
    case(
        "verdict: raise_for_status",
        lambda user: user.client.get("/x").raise_for_status(),
        *OWN_EXCEPTIONS,
        reports("BadStatus: HTTP 404 Not Found"),
        answers=NOT_FOUND,
        raised="BadStatus",
        events=1,
    ),
    case("verdict: raise_for_status of a success", lambda user: user.client.get("/x").raise_for_status(), raised=None),
    case(
        "verdict: without a block",
        lambda user: user.client.get("/x", catch_response=True).success(),
        raised="LocustError",
        events=0,
    ),
    case(
        "verdict: without catch_response", lambda user: user.client.get("/x").success(), raised="LocustError", events=1
    ),
    case(
        "verdict: block without catch_response",
        lambda user: user.client.get("/x").__enter__() and None,
        differs("http", "it needs catch_response", raised="LocustError"),
        raised=None,
        events=1,
    ),
    case("verdict: new name in the block", catch(lambda r: r.request_meta.update(name="new")), event_name="new"),
    case("the answer's request", asked, result=["POST", "http://<http>/x", b"d"]),
    case("context", with_context, event_context={"user": 1, "both": "call", "call": 2}),
    case("rename_request", grouped, event_name="group", events=1),
    case("rename_request, and after it", out_of_group, event_name="/y", events=2),
    case("rename_request, and a name", named_in_group, event_name="name"),
    case(
        "rest",
        rest(lambda r: [r.js, r.status_code]),
        answers=JSON,
        result=[{"a": 1}, 200],
        failures=[None],
        sent_headers=[JSON_HEADERS],
    ),
    case(
        "rest: POST",
        rest(lambda r: r.js, method="POST", json={"b": 2}),
        answers=JSON,
        result={"a": 1},
        sent_bodies=[b'{"b": 2}'],
    ),
    case(
        "rest: bad JSON",
        rest(lambda r: r.js),
        answers=answer("200 OK", b"<html>", "Content-Type: text/html"),
        result=None,
        failures=[
            "CatchResponseError: Could not parse response as JSON. <html>, response code 200, "
            "error Expecting value: line 1 column 1 (char 0)"
        ],
    ),
    case("rest: empty body", rest(lambda r: r.js), answers=answer("200 OK"), result=None, failures=[None]),
    case(
        "rest: assertion",
        rest(lambda r: check(r, "no")),
        answers=JSON,
        raised=None,
        failures=["CatchResponseError: no"],
    ),
    case(
        "rest: assertion with the answer",
        rest(lambda r: check(r, "no,")),
        answers=JSON,
        failures=['CatchResponseError: no, response was {"a": 1}'],
    ),
    case("rest: exception", rest(lambda r: r.js["b"]), answers=JSON, raised=None, events=1, failed=[True]),
    case(
        "rest: failing status",
        rest(lambda r: r.js),
        reports("BadStatus: HTTP 500 Internal Server Error"),
        answers=answer("500 So", b'{"a": 1}'),
        result={"a": 1},
        failed=[True],
    ),
    case(
        "rest: refused",
        rest(lambda r: r.js),
        reports("CatchResponseError: connect refused"),
        host="http://<refused>",
        result=None,
        events=1,
        failed=[True],
    ),
    case("rest_", rest(lambda r: r.js, "rest_"), answers=JSON, sent=["GET /x?_=NOW"], event_name="/x?_=..."),
]
