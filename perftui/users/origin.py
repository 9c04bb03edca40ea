"""Where requests go: the part of a URL before its path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """`host` without the brackets of an IPv6 address, `netloc` as it stands in a Host header.

    There is one object for each, so that they are compared and looked up by identity.
    """

    scheme: str
    host: str
    port: int
    netloc: str

    @property
    def is_tls(self) -> bool:
        return self.scheme == "https"


@lru_cache(maxsize=1000)
def origin_of(scheme: str, netloc: str) -> Origin:
    """`netloc` may hold credentials, which are left out. Raises ValueError for what is no place to send HTTP to."""
    parts = urlsplit(f"{scheme}://{netloc}")
    scheme = scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise ValueError(f"a URL begins with http:// or https://, not {scheme}://")
    host = parts.hostname
    if not host:
        raise ValueError(f"{scheme}://{netloc} names no host")
    # Names beyond ASCII go on the wire as DNS has them.
    try:
        host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise ValueError(f"{host} is no name of a host") from None
    if any(character <= " " or character == "\x7f" for character in host):
        raise ValueError(f"{host!r} is no name of a host")
    return _origin(scheme, host, parts.port or DEFAULT_PORTS[scheme])


@lru_cache(maxsize=1000)
def _origin(scheme: str, host: str, port: int) -> Origin:
    shown = f"[{host}]" if ":" in host else host
    return Origin(scheme, host, port, shown if port == DEFAULT_PORTS[scheme] else f"{shown}:{port}")
