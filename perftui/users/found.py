"""The few headers of an answer that decide what happens next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from perftui.users.response import text_of


class Found(NamedTuple):
    """`encodings` are those of the body, in the order in which it was packed."""

    set_cookies: Sequence[str] = ()
    location: str = ""
    encodings: str = ""


_NOTHING = Found()
_NEEDED = {b"set-cookie", b"location", b"content-encoding"}
_LENGTHS_OF_NEEDED = frozenset(map(len, _NEEDED))


def find_headers(headers: list[tuple[bytes, bytes]]) -> Found:
    wanted = [each for each in headers if len(each[0]) in _LENGTHS_OF_NEEDED and each[0].lower() in _NEEDED]
    if not wanted:
        return _NOTHING
    values: dict[bytes, list[str]] = {}
    for name, value in wanted:
        values.setdefault(name.lower(), []).append(text_of(value))
    return Found(
        values.get(b"set-cookie", ()),
        _as_utf8(values.get(b"location", [""])[0]),
        ",".join(values.get(b"content-encoding", ())),
    )


def _as_utf8(latin: str) -> str:
    """What a server meant with bytes beyond ASCII, as browsers take it."""
    try:
        return latin.encode("latin-1").decode()
    except UnicodeDecodeError:
        return latin
