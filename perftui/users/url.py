"""URLs: where a request goes, and what of its URL stands in it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from requests.utils import requote_uri

DEFAULT_PORTS = {"http": 80, "https": 443}

ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
# What stands in a path and a query as it is: most do.
_PLAIN = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,/:;=?@\[\]]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Origin(NamedTuple):
    """`host` without the brackets of an IPv6 address, `netloc` as it stands in a Host header."""

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
    try:
        # Names beyond ASCII go on the wire as DNS has them; and a look-up fails where this does.
        host = host.encode("idna").decode()
    except UnicodeError:
        raise ValueError(f"{host!r:.80} is no name of a host") from None
    if any(character <= " " or character == "\x7f" for character in host):
        raise ValueError(f"{host!r} is no name of a host")
    try:
        port = parts.port if parts.port is not None else DEFAULT_PORTS[scheme]
    except ValueError:
        port = 0
    if not port:
        raise ValueError(f"{scheme}://{netloc} has no port from 1 to 65535")
    shown = f"[{host}]" if ":" in host else host
    return Origin(scheme, host, port, shown if port == DEFAULT_PORTS[scheme] else f"{shown}:{port}")


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


def credentials_of(host: str) -> tuple[str, str] | None:
    """Those that stand in a URL, still escaped."""
    parts = urlsplit(host)
    return (parts.username, parts.password) if parts.username and parts.password else None
