"""The texts of a load worker's report, made fit to be shown once more: the worker may not have done it."""

from __future__ import annotations

from dataclasses import replace

from perftui.engine.user_line import clean_lines
from perftui.model.exchange import MAX_BODY_CHARS, MAX_HEADER_CHARS, MAX_HEADERS, Exchange
from perftui.model.text import MAX_TEXT_LENGTH, clean
from perftui.model.tick import FailureDelta, Tick

MAX_MESSAGE_CHARS = 500
_MAX_URL_CHARS = 2_000

_Headers = tuple[tuple[str, str], ...]


def shown(text: str, max_length: int = MAX_TEXT_LENGTH) -> str:
    """As `clean`; nearly all are clean already, and one look tells."""
    return text if text.isascii() and text.isprintable() and len(text) <= max_length else clean(text, max_length)


def cleaned(tick: Tick) -> Tick:
    """All but its requests, which are cleaned where they are added up. What is clean stays as it is."""
    users: dict[str, int] = {}
    for name, count in tick.users_by_class.items():
        users[shown(name)] = users.get(shown(name), 0) + count
    return replace(
        tick,
        users_by_class=users,
        failures=tuple(map(_failure, tick.failures)),
        exceptions=tuple(
            replace(each, message=_message(each.message), traceback=clean_lines(each.traceback))
            for each in tick.exceptions
        ),
        rate_limits=tuple(replace(each, method=shown(each.method), name=shown(each.name)) for each in tick.rate_limits),
        local_errors=tuple(replace(each, message=shown(each.message)) for each in tick.local_errors),
        exchanges=tuple(map(_exchange, tick.exchanges)),
    )


def _failure(failure: FailureDelta) -> FailureDelta:
    method, name, message = shown(failure.method), shown(failure.name), _message(failure.message)
    if method is failure.method and name is failure.name and message is failure.message:
        # A worker has many.
        return failure
    return replace(failure, method=method, name=name, message=message)


def _exchange(exchange: Exchange) -> Exchange:
    return replace(
        exchange,
        method=shown(exchange.method),
        name=shown(exchange.name),
        url=shown(exchange.url, _MAX_URL_CHARS),
        reason=shown(exchange.reason),
        message=_message(exchange.message),
        user_class=shown(exchange.user_class),
        request_headers=_headers(exchange.request_headers),
        request_body=_body(exchange.request_body),
        response_headers=_headers(exchange.response_headers),
        response_body=_body(exchange.response_body),
    )


def _message(text: str) -> str:
    return shown(text, MAX_MESSAGE_CHARS)


def _headers(headers: _Headers) -> _Headers:
    kept = headers[:MAX_HEADERS]
    return tuple((shown(name, MAX_HEADER_CHARS), shown(value, MAX_HEADER_CHARS)) for name, value in kept)


def _body(body: str) -> str:
    lines = body[:MAX_BODY_CHARS].split("\n")
    return "\n".join(shown(line, MAX_BODY_CHARS) for line in lines)[:MAX_BODY_CHARS]
