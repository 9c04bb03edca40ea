"""What a class of LeanHttpUser may set, checked when the class is made: before any load."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from perftui.users.headers import header_lines
from perftui.users.url import Origin, origin_of

_TIMEOUTS = ("connection_timeout", "network_timeout", "total_timeout")


def check_attributes(owner: Any) -> None:
    """Of a class or of a user. Raises TypeError or ValueError, with the attribute's name and what it may be."""
    for name in _TIMEOUTS:
        value = getattr(owner, name)
        if value is not None and (not _is_number(value) or not value > 0):
            raise ValueError(f"{name} is a number of seconds above 0, or None; not {value!r:.80}")
    if type(owner.max_body_bytes) is not int or owner.max_body_bytes < 1:
        raise ValueError(f"max_body_bytes is a whole number above 0, not {owner.max_body_bytes!r:.80}")
    if type(owner.max_redirects) is not int or owner.max_redirects < 0:
        raise ValueError(f"max_redirects is a whole number from 0 on, not {owner.max_redirects!r:.80}")
    default_headers = owner.default_headers
    if default_headers is not None:
        if not isinstance(default_headers, Mapping):
            raise TypeError(f"default_headers are a dict, not {type(default_headers).__name__}")
        header_lines(default_headers)
    proxy, unix_socket = proxy_of(owner), unix_socket_of(owner)
    if proxy is not None and unix_socket is not None:
        raise ValueError("proxy_host and unix_socket exclude each other")


def proxy_of(owner: Any) -> Origin | None:
    """Raises ValueError."""
    host, port = owner.proxy_host, owner.proxy_port
    if host is None and port is None:
        return None
    if not isinstance(host, str) or not host or any(each in host for each in "/@\\") or not host.isprintable():
        raise ValueError(f"proxy_host is the name or address of a host, not {host!r:.80}")
    if type(port) is not int or not 0 < port < 65536:
        raise ValueError(f"proxy_port is a number from 1 to 65535, not {port!r:.80}")
    return origin_of("http", f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def unix_socket_of(owner: Any) -> str | None:
    """Raises TypeError."""
    path = owner.unix_socket
    if path is None:
        return None
    try:
        return os.fsdecode(path)
    except TypeError:
        raise TypeError(f"unix_socket is a path, not {path!r:.80}") from None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
