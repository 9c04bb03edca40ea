"""What is sent: the URL as it stands in a request, and the head."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from requests.utils import requote_uri

from perftui.users.origin import Origin, origin_of

ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
# What stands in a path and a query as it is: most do.
_PLAIN = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,/:;=?@\[\]]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# RFC 9110, section 5.6.2.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# Two of these would make one request into two.
_NOT_GIVEN = frozenset({"content-length", "transfer-encoding"})
_NO_VALUE = re.compile(r"[\x00\r\n]")


def split_url(url: str) -> tuple[Origin, str]:
    """Where an absolute URL goes, and what of it stands in the request. Raises ValueError."""
    control = _CONTROL.search(url)
    if control:
        raise ValueError(f"the URL {url!r:.200} holds the character {control[0]!r}")
    scheme, _, rest = url.partition("://")
    cut = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    return origin_of(scheme, rest[:cut]), target_of(rest[cut:])


def target_of(path: str) -> str:
    """A path and query as it is sent: without the fragment, from a slash on, escaped where it must be."""
    if not _PLAIN.fullmatch(path):
        control = _CONTROL.search(path)
        if control:
            raise ValueError(f"the path {path!r:.200} holds the character {control[0]!r}")
        path = requote_uri(path.partition("#")[0])
    return path if path.startswith("/") else f"/{path}"


def method_of(method: Any) -> str:
    """In capitals. Raises TypeError or ValueError."""
    if not isinstance(method, str):
        raise TypeError(f"a method is a str, not {type(method).__name__}")
    if not _TOKEN.fullmatch(method):
        raise ValueError(f"{method!r:.80} is no HTTP method")
    return method.upper()


def header_lines(headers: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> dict[str, tuple[str, str | None]]:
    """By name in small letters: the name as it was given, and the value. Raises TypeError or ValueError.

    None as a value says, as in requests, that this header is not to be sent.
    """
    lines: dict[str, tuple[str, str | None]] = {}
    for raw_name, raw_value in headers.items() if isinstance(headers, Mapping) else headers:
        if raw_value is None:
            lines[_text(raw_name).lower()] = (_text(raw_name), None)
            continue
        name, value = _text(raw_name), _text(raw_value).strip(" \t")
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!r:.80} is no name of a header")
        if name.lower() in _NOT_GIVEN:
            raise ValueError(f"leave the header {name} out: the body is sent whole, with its length")
        if _NO_VALUE.search(value):
            raise ValueError(f"the header {name} holds a line break: {value!r:.80}")
        try:
            value.encode("latin-1")
        except UnicodeEncodeError:
            raise ValueError(f"the header {name} holds what no header can: {value!r:.80}") from None
        lines[name.lower()] = (name, value)
    return lines


def _text(part: Any) -> str:
    if isinstance(part, bytes):
        return part.decode("latin-1")
    if isinstance(part, (str, int, float)):
        return str(part)
    raise TypeError(f"a header is str, bytes or a number, not {type(part).__name__}")


def basic_auth(auth: Any) -> str:
    """RFC 7617, from (user, password) as str or bytes. Raises TypeError."""
    if not isinstance(auth, (tuple, list)) or len(auth) != 2:
        raise TypeError(f"auth is (user, password), not {type(auth).__name__}")
    user, password = (each if isinstance(each, bytes) else str(each).encode("latin-1", "replace") for each in auth)
    return "Basic " + b64encode(user + b":" + password).decode("ascii")


def credentials_of(host: str) -> tuple[str, str] | None:
    """Those that stand in a URL, still escaped."""
    parts = urlsplit(host)
    return (parts.username, parts.password) if parts.username and parts.password else None
