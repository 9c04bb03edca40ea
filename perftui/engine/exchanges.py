"""A request that was reported, as an Exchange; and which failed ones are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gevent import getcurrent

from perftui.model.exchange import MAX_EXCHANGE_BYTES_OF_RUN, MAX_EXCHANGES_PER_GROUP, Exchange
from perftui.model.exchange_mask import MAX_URL_CHARS, ExchangeMask
from perftui.model.text import clean

# Of one failure group in one tick, and of all groups together: each takes about a millisecond, in which nothing else
# runs. A group of which nothing is kept yet may go past that.
MAX_PER_GROUP_AND_TICK = 3
MAX_PER_TICK = 10
MAX_FIRST_PER_TICK = 30
# So many of a group are kept as they come; each further one only when twice as long has passed as before it.
KEPT_AT_ONCE = 10
# What a header may look like that says how long a body is.
_MAX_LENGTH_DIGITS = 15

UNREAD = "(a stream that was not read)"

_TEXT = (str, bytes)

Group = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Reported:
    """What a request event says, as user code said it: any field may be of any type."""

    response: Any = None
    url: Any = None
    response_time: Any = None
    response_length: Any = None


class KeptFailures:
    """Of each failure group some failed requests, spread over the run. `known_secrets` are masked wherever they stand.

    Times are on the test's clock. Nothing is formatted once a group is full.
    """

    def __init__(self, known_secrets: tuple[str, ...] = ()) -> None:
        self._known_secrets = known_secrets
        # Bounded by MAX_FAILURE_GROUPS.
        self._counts: dict[Group, int] = {}
        self._next_s: dict[Group, float] = {}
        self._in_this_tick: dict[Group, int] = {}
        self._waiting: list[Exchange] = []
        self._left_bytes = MAX_EXCHANGE_BYTES_OF_RUN

    def wants(self, group: Group, now_s: float) -> bool:
        count = self._counts.get(group, 0)
        if count >= MAX_EXCHANGES_PER_GROUP or self._left_bytes <= 0 or now_s < self._next_s.get(group, 0.0):
            return False
        if len(self._waiting) >= (MAX_PER_TICK if count else MAX_FIRST_PER_TICK):
            return False
        return self._in_this_tick.get(group, 0) < MAX_PER_GROUP_AND_TICK

    def keep(self, group: Group, reported: Reported, status: int, ended_s: float) -> None:
        exchange = exchange_of(reported, group, status, ended_s, user_class_here(), self._known_secrets)
        size_bytes = _bytes_of(exchange)
        if size_bytes > self._left_bytes:
            self._left_bytes = 0
            return
        self._left_bytes -= size_bytes
        count = self._counts[group] = self._counts.get(group, 0) + 1
        self._in_this_tick[group] = self._in_this_tick.get(group, 0) + 1
        if count >= KEPT_AT_ONCE:
            self._next_s[group] = ended_s + (1 << (count - KEPT_AT_ONCE))
        self._waiting.append(exchange)

    def take(self) -> tuple[Exchange, ...]:
        """What was kept since the last call; a tick is over."""
        waiting, self._waiting = tuple(self._waiting), []
        self._in_this_tick.clear()
        return waiting


def exchange_of(
    reported: Reported,
    group: Group,
    status: int,
    ended_s: float,
    user_class: str,
    known_secrets: tuple[str, ...] = (),
) -> Exchange:
    """The request of the failure group `group` (its message is empty where it succeeded), and its response.

    Never raises, and never reads a body that user code has not read.
    """
    response = reported.response
    request = _attribute(response, "request")
    mask = ExchangeMask(known_secrets)
    # All parts first: what is secret in one of them is masked in the others.
    url = mask.url(_first_text(_attribute(request, "url"), reported.url, _attribute(response, "url")))
    request_headers = mask.headers(_pairs(_attribute(request, "headers")))
    response_headers = mask.headers(_pairs(_attribute(response, "headers")))
    request_body = _request_body(request)
    response_body = _response_body(response, status)
    sent = _shown(mask, request_body, _content_type(request))
    received = _shown(mask, response_body, _content_type(response))
    method, name, message = group
    return Exchange(
        elapsed_s=ended_s,
        method=method,
        name=name,
        url=mask.shown(url, MAX_URL_CHARS),
        status=status,
        reason=mask.shown(_reason(response), 200),
        time_ms=_time_ms(reported.response_time),
        message=message,
        user_class=clean(user_class),
        request_headers=mask.shown_headers(request_headers),
        request_body=mask.shown_body(sent),
        response_headers=mask.shown_headers(response_headers),
        response_body=mask.shown_body(received),
        response_bytes=_length(response_body, response, reported.response_length),
    )


def user_class_here() -> str:
    """The class of the user whose greenlet this is; nothing where it is another greenlet."""
    arguments = getattr(getcurrent(), "args", None)
    user = arguments[0] if isinstance(arguments, tuple) and arguments else None
    return type(user).__name__ if hasattr(user, "environment") else ""


def _attribute(thing: Any, name: str) -> Any:
    try:
        return getattr(thing, name, None)
    except Exception:  # noqa: BLE001 - a response of the user's own making
        return None


def _pairs(headers: Any) -> list[tuple[Any, Any]]:
    if headers is None:
        return []
    try:
        pairs = headers.items()
        return [(name, value) for name, value in pairs if isinstance(name, _TEXT) and isinstance(value, (*_TEXT, int))]
    except Exception:  # noqa: BLE001 - headers of the user's own making
        return []


def _header(thing: Any, wanted: str) -> str:
    for name, value in _pairs(_attribute(thing, "headers")):
        if _first_text(name).lower() == wanted:
            return _first_text(value)
    return ""


def _content_type(thing: Any) -> str:
    return _header(thing, "content-type")[:200]


def _request_body(request: Any) -> bytes | str | None:
    for name in ("body", "_content", "data"):
        body = _attribute(request, name)
        if body is not None:
            return _plain(body)
    return ""


def _response_body(response: Any, status: int) -> bytes | str | None:
    """None for one that is still in the stream."""
    if response is None:
        return ""
    if isinstance(response, (str, bytes, bytearray, Mapping, list)):
        return _plain(response)
    # Where HttpUser's and other clients' responses keep what was read, and then FastHttpUser's. `content` would read.
    for name in ("_content", "_cached_content"):
        body = _attribute(response, name)
        if isinstance(body, (str, bytes, bytearray)):
            return _plain(body)
    return None if status and _attribute(response, "headers") is not None else ""


def _plain(body: Any) -> bytes | str | None:
    if isinstance(body, (str, bytes)):
        return body
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    if isinstance(body, (Mapping, list)):
        try:
            return json.dumps(body, default=_name_of_type)
        except Exception:  # noqa: BLE001 - a mapping of the user's own making
            return _name_of_type(body)
    return None


def _name_of_type(thing: Any) -> str:
    return f"<{type(thing).__name__}>"


def _shown(mask: ExchangeMask, body: bytes | str | None, content_type: str) -> str:
    if body is None:
        return UNREAD
    return mask.body(body, content_type) if body else ""


def _first_text(*texts: Any) -> str:
    for text in texts:
        if isinstance(text, bytes):
            return text.decode("latin-1")
        if isinstance(text, str) and text:
            return text
    return ""


def _reason(response: Any) -> str:
    reason = _attribute(response, "reason") or _attribute(_attribute(response, "_response"), "status_message")
    return _first_text(reason)


def _time_ms(time_ms: Any) -> float | None:
    try:
        shown = float(time_ms)
    except (TypeError, ValueError, OverflowError):
        return None
    return round(shown, 3) if 0 <= shown < 1e12 else None


def _length(body: bytes | str | None, response: Any, reported: Any) -> int:
    if body:
        return len(body)
    told = _header(response, "content-length")
    if told.isascii() and told.isdigit() and len(told) <= _MAX_LENGTH_DIGITS:
        return int(told)
    return reported if type(reported) is int and 0 <= reported < 1 << 40 else 0


def _bytes_of(exchange: Exchange) -> int:
    headers = (*exchange.request_headers, *exchange.response_headers)
    texts = (exchange.url, exchange.reason, exchange.request_body, exchange.response_body, *map("".join, headers))
    named = (exchange.method, exchange.name, exchange.message, exchange.user_class)
    return sum(len(text.encode("utf-8", "replace")) for text in (*texts, *named))
