"""Does the whole table with each kind of user, in a process of its own: Locust patches the interpreter it is in.

``python -m tests.users.side_by_side FOLDER`` prints a Python literal: results by kind of user, by row, by field.
"""

from __future__ import annotations

import re
import ssl
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, HttpUser
from locust.env import Environment

from perftui.users import LeanHttpUser
from tests.fakes.http_server import TLS_NAME, RunningHttpServer
from tests.users.case import KINDS, STANDING_HEADERS, Case
from tests.users.table import TABLE

BASES: dict[str, Any] = {"http": HttpUser, "fast": FastHttpUser, "lean": LeanHttpUser}
# A row that takes longer hangs.
MAX_CASE_S = 10.0
EVENT_FIELDS = ("request_type", "name", "url", "response_length", "context")


def run_case(kind: str, case: Case, server: RunningHttpServer) -> dict[str, Any]:
    """Everything that a user of the three kinds would notice, by field."""
    server.begin(case.answers)
    environment = Environment()
    events: list[dict[str, Any]] = []
    environment.events.request.add_listener(lambda **event: events.append(event))
    attributes = {"host": server.fill(case.host), "server": server, "kind": kind}
    result: dict[str, Any] = {"raised": None, "raised_text": None}
    user = None
    try:
        user = type("TableUser", (BASES[kind],), attributes | _settings(case.settings, server))(environment)
        if kind == "http":
            _set_requests(user.client, case.settings, server)
        with gevent.Timeout(MAX_CASE_S, TimeoutError("it hangs")):
            returned = case.do(user)
        result |= _of_response(returned) if hasattr(returned, "status_code") else {"result": returned}
    except Exception as error:  # noqa: BLE001 - what it raises is what is asked
        result |= {"raised": type(error).__name__, "raised_text": str(error)}
    result |= _of_events(events) | _of_server(server.seen())
    if user is not None:
        client = user.client.client.clientpool if kind == "fast" else user.client
        client.close()
    normal: dict[str, Any] = _normal(result, server.places)
    return normal


def _of_response(response: Any) -> dict[str, Any]:
    of_it = {name: _attribute(response, name) for name in ("status_code", "ok", "content", "text", "url")}
    headers = _attribute(response, "headers") or {}
    history = _attribute(response, "history")
    return {
        **of_it,
        "headers": {name.lower(): headers[name] for name in headers},
        "history": [(each.status_code, each.url) for each in history] if isinstance(history, list) else history,
        "elapsed": type(_attribute(response, "elapsed")).__name__,
    }


def _attribute(response: Any, name: str) -> Any:
    try:
        return getattr(response, name)
    except Exception as error:  # noqa: BLE001 - what it raises is what is asked
        return f"raises {type(error).__name__}"


def _of_events(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Of the last event; how many there were in `events`."""
    if not events:
        return {"events": 0}
    last = events[-1]
    return {
        "events": len(events),
        "event_keys": sorted(last),
        "event_times": [type(last[name]).__name__ for name in ("start_time", "response_time")],
        "failed": [each["exception"] is not None for each in events],
        "failures": [
            each["exception"] and f"{type(each['exception']).__name__}: {each['exception']}" for each in events
        ],
        **{f"event_{name}": last[name] for name in EVENT_FIELDS},
    }


def _of_server(seen: Mapping[str, Any]) -> dict[str, Any]:
    requests = seen["requests"]
    return {
        "sent": [f"{each['method']} {each['target']}" for each in requests],
        "sent_headers": [_sent_headers(each["headers"]) for each in requests],
        "sent_bodies": [each["body"] for each in requests],
        "connections": [each["connection"] for each in requests],
        "connected": seen["connections"],
    }


def _sent_headers(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    kept = [(name.lower(), value) for name, value in headers if name.lower() not in STANDING_HEADERS]
    return sorted(each for each in kept if each != ("accept", "*/*"))


def _settings(settings: Mapping[str, Any], server: RunningHttpServer) -> dict[str, Any]:
    """As FastHttpUser and LeanHttpUser have them, in their classes."""
    own = dict(settings)
    if own.pop("trusts", False):
        own["ssl_context_factory"] = staticmethod(lambda: ssl.create_default_context(cafile=server.certificate))
    if place := own.pop("proxy", None):
        own["proxy_host"], _, port = server.fill(place).rpartition(":")
        own["proxy_port"] = int(port)
    if "unix_socket" in own:
        own["unix_socket"] = server.unix_socket
    return own


def _set_requests(session: Any, settings: Mapping[str, Any], server: RunningHttpServer) -> None:
    """As HttpUser has them, in its session."""
    timeout_s = settings.get("network_timeout", settings.get("connection_timeout"))
    session.request = partial(session.request, timeout=timeout_s)
    session.headers.update(settings.get("default_headers", {}))
    session.max_redirects = settings.get("max_redirects", session.max_redirects)
    session.verify = server.certificate if settings.get("trusts") else not settings.get("insecure", False)
    if "proxy" in settings:
        session.proxies = dict.fromkeys(("http", "https"), server.fill(f"http://{settings['proxy']}"))


def _normal(value: Any, places: Mapping[str, str]) -> Any:
    """The value with the places' names for their ports, which are new in each run, and the multipart border's name."""
    if isinstance(value, dict):
        return {name: _normal(each, places) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_normal(each, places) for each in value)
    if isinstance(value, bytes):
        return _normal(value.decode("latin-1"), places).encode("latin-1") if b"-" in value else value
    if isinstance(value, str):
        for name, place in places.items():
            value = value.replace(place, f"<{name}>").replace(place.rpartition(":")[2], f"<{name} port>")
        value = re.sub(r"\b_=\d{13}\b", "_=NOW", value)
        value = value.replace("self signed", "self-signed")  # as older releases of OpenSSL spell it
        value = re.sub(r"0x[0-9a-f]{8,}", "0xN", value)
        return re.sub(r"\b[0-9a-f]{32}\b", "BORDER", value)
    return value if isinstance(value, (int, float, type(None))) else repr(value)


def _answer_names_here() -> None:
    """Names are looked up without a network: two are this machine's, no other is anyone's."""
    resolver = gevent.get_hub().resolver
    look_up = resolver.getaddrinfo

    def getaddrinfo(host: Any, *more: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name in (TLS_NAME, "localhost"):
            host = "127.0.0.1"
        elif any(character.isalpha() for character in name) and ":" not in name:
            raise gevent.socket.gaierror(gevent.socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *more, **options)

    resolver.getaddrinfo = getaddrinfo


def _run_table(kind: str, folder: Path) -> dict[str, dict[str, Any]]:
    folder.mkdir()
    with RunningHttpServer(folder) as server:
        rows = [case for case in TABLE if not case.is_absent(kind) and "<" not in server.fill(case.host)]
        return {case.name: run_case(kind, case, server) for case in rows}


def _main(folder: Path) -> None:
    _answer_names_here()
    tables = {kind: gevent.spawn(_run_table, kind, folder / kind) for kind in KINDS}
    gevent.joinall(tables.values(), raise_error=True)
    print(repr({kind: table.get() for kind, table in tables.items()}))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
