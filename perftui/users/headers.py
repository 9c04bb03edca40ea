"""Header lines and methods: what may stand in the head of a request."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

# RFC 9110, section 5.6.2.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NO_VALUE = re.compile(r"[\x00\r\n]")


def method_of(method: Any) -> str:
    """In capitals. Raises TypeError or ValueError."""
    if not isinstance(method, str):
        raise TypeError(f"a method is a str, not {type(method).__name__}")
    if not _TOKEN.fullmatch(method):
        raise ValueError(f"{method!r:.80} is no HTTP method")
    return str.__str__(method).upper()


def header_lines(headers: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> dict[str, tuple[str, str | None]]:
    """By name in small letters: the name as it was given, and the value. Raises TypeError or ValueError.

    None as a value says, as in requests, that this header is not to be sent.
    """
    lines: dict[str, tuple[str, str | None]] = {}
    for raw_name, raw_value in _pairs(headers):
        if raw_value is None:
            lines[_text(raw_name).lower()] = (_text(raw_name), None)
            continue
        name, value = _text(raw_name), _text(raw_value).strip(" \t")
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!r:.80} is no name of a header")
        if name.lower() == "transfer-encoding":
            # Beside a length it would make one request into two.
            raise ValueError(f"leave the header {name} out: the body is sent whole, with its length")
        if _NO_VALUE.search(value):
            raise ValueError(f"the header {name} holds a line break: {value!r:.80}")
        try:
            value.encode("latin-1")
        except UnicodeEncodeError:
            raise ValueError(f"the header {name} holds what no header can: {value!r:.80}") from None
        lines[name.lower()] = (name, value)
    return lines


def _pairs(headers: Any) -> list[tuple[Any, Any]]:
    try:
        return [(name, value) for name, value in (headers.items() if isinstance(headers, Mapping) else headers)]
    except (TypeError, ValueError):
        raise TypeError(f"headers are a dict, not {type(headers).__name__}") from None


def _text(part: Any) -> str:
    if isinstance(part, bytes):
        return part.decode("latin-1")
    if isinstance(part, str):
        # A kind of str may read otherwise than it is.
        return str.__str__(part)
    if isinstance(part, (int, float)):
        return str(part)
    raise TypeError(f"a header is str, bytes or a number, not {type(part).__name__}")


def basic_auth(auth: Any) -> str:
    """RFC 7617, from (user, password) as str or bytes. Raises TypeError."""
    if not isinstance(auth, (tuple, list)) or len(auth) != 2:
        what = f"{len(auth)} of them" if isinstance(auth, (tuple, list)) else type(auth).__name__
        raise TypeError(f"auth is (user, password), not {what}")
    user, password = (each if isinstance(each, bytes) else str(each).encode("latin-1", "replace") for each in auth)
    return "Basic " + b64encode(user + b":" + password).decode("ascii")
