"""Requests as they go on the wire, made from the arguments of user code."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin

from geventhttpclient.header import Headers

from perftui import __version__
from perftui.users.content_encoding import ACCEPTED
from perftui.users.errors import BadRedirect
from perftui.users.headers import basic_auth, header_lines, method_of
from perftui.users.payload import JSON, body_of, urlencoded
from perftui.users.url import ABSOLUTE, Origin, credentials_of, split_url, target_of

# Of each kind, for all users of a class together; longer ones are made each time.
MAX_REMEMBERED = 500
MAX_REMEMBERED_CHARS = 2000

_HAS_LENGTH = frozenset({"POST", "PUT", "PATCH"})
_KNOWN = _HAS_LENGTH | {"GET", "HEAD", "OPTIONS", "DELETE"}
_TO_GET = frozenset({301, 302, 303})
# Headers that are not sent again where a redirect drops the body, or leads to another place.
_OF_BODY = frozenset({"content-type", "content-encoding", "content-length"})
_OF_ORIGIN = frozenset({"authorization", "cookie", "host"})


class _Asked(NamedTuple):
    """What user code wants the head to say; `authorization` is the value of that header.

    `dropped` are names of headers, in small letters, that are not sent though they are among the defaults.
    """

    headers: Any = None
    authorization: str | None = None
    content_type: str | None = None
    dropped: frozenset[str] = frozenset()

    def without(self, dropped: frozenset[str]) -> _Asked:
        """`dropped` are names of headers, in small letters."""
        lines = header_lines(self.headers or {}).items()
        return _Asked(
            {line[0]: line[1] for name, line in lines if name not in dropped},
            None if "authorization" in dropped else self.authorization,
            None if "content-type" in dropped else self.content_type,
            self.dropped | dropped,
        )


_PLAIN = _Asked()


class _Lines(NamedTuple):
    """The header lines that do not depend on the body; whether user code gave a Cookie; what it says of the length."""

    text: str
    has_cookie: bool
    told_length: str | None


class SentRequest:
    """`head` has all its line ends, `body` is b"" for none. `has_cookie`: user code gave a Cookie header of its own."""

    __slots__ = ("asked", "asked_url", "body", "has_cookie", "head", "method", "origin", "target")

    def __init__(
        self, method: str, origin: Origin, target: str, head: bytes, body: bytes, asked: _Asked, *, has_cookie: bool
    ) -> None:
        # As user code wrote it, with the host before it.
        self.asked_url = ""
        self.method = method
        self.origin = origin
        self.target = target
        self.head = head
        self.body = body
        self.asked = asked
        self.has_cookie = has_cookie

    def with_cookie(self, cookie: str) -> SentRequest:
        head = b"%bCookie: %b\r\n\r\n" % (self.head[:-2], cookie.encode("latin-1", "replace"))
        return SentRequest(self.method, self.origin, self.target, head, self.body, self.asked, has_cookie=True)

    @property
    def url(self) -> str:
        return f"{self.origin.scheme}://{self.origin.netloc}{self.target}"

    @property
    def headers(self) -> Headers:
        lines = self.head.decode("latin-1").split("\r\n")[1:-2]
        return Headers([(name, value) for name, _, value in (line.partition(": ") for line in lines)])


class RequestMaker:
    """Makes the requests of all users that share a host and default headers, and remembers what it made.

    `auth_header` is of the credentials in the host, if it has any. Raises ValueError for a host that is no URL.
    """

    def __init__(self, host: str, default_headers: tuple[tuple[Any, Any], ...], *, is_proxied: bool) -> None:
        if "://" not in host:
            raise ValueError(f"the host {host!r} has no scheme: write http://{host} or https://{host}")
        self.origin, _ = split_url(host)
        scheme, _, rest = host.partition("://")
        netloc, slash, path = rest.partition("/")
        self.base_url = f"{scheme}://{netloc.rpartition('@')[2]}{slash}{path}"
        self._base_path = f"{slash}{path}"
        credentials = credentials_of(host)
        self.auth_header = basic_auth(tuple(map(unquote, credentials))) if credentials else None
        self._is_proxied = is_proxied
        self._default_lines: dict[str, tuple[str, str | None]] = {
            "user-agent": ("User-Agent", f"perftui/{__version__}"),
            "accept-encoding": ("Accept-Encoding", ACCEPTED),
            "connection": ("Connection", "keep-alive"),
            **header_lines(default_headers),
        }
        self._plain: dict[tuple[str, str], SentRequest] = {}
        self._lines: dict[Any, _Lines] = {}

    def make_plain(self, method: str, url: str) -> SentRequest:
        """A request of nothing but its URL."""
        if type(method) is not str or type(url) is not str:
            # A kind of str may be equal to one, and read otherwise.
            return self._make_for(method, url, None, b"", _PLAIN, None)
        sent = self._plain.get((method, url))
        if sent is None:
            sent = self._make_for(method, url, None, b"", _PLAIN, None)
            if len(self._plain) >= MAX_REMEMBERED:
                self._plain.clear()
            if len(sent.head) + len(url) <= MAX_REMEMBERED_CHARS:
                self._plain[method, url] = sent
        return sent

    def make_full(
        self,
        method: str,
        url: str,
        params: Any,
        data: Any,
        json: Any,
        files: Any,
        headers: Any,
        auth: Any,
        auth_header: str | None,
    ) -> SentRequest:
        """`auth_header` goes to the host that all share, where there is no `auth`. Raises TypeError or ValueError."""
        body, content_type = body_of(data, json, files) if data or files or json is not None else (b"", None)
        asked = _Asked(headers, basic_auth(auth) if auth else None, content_type)
        return self._make_for(method, url, params, body, asked, None if auth else auth_header)

    def _make_for(
        self, method: str, url: str, params: Any, body: bytes, asked: _Asked, auth_header: str | None
    ) -> SentRequest:
        if type(method) is not str or method not in _KNOWN:
            method = method_of(method)
        if not isinstance(url, str):
            raise TypeError(f"a path is a str, not {type(url).__name__}")
        url = str.__str__(url)
        if ABSOLUTE.match(url):
            asked_url = url
            origin, target = split_url(url)
        else:
            asked_url = self.base_url + url
            if not self._base_path and url and url[0] not in "/?#":
                raise ValueError(f"the path {url[:200]!r} has no leading slash: write {'/' + url[:200]!r}")
            origin, target = self.origin, target_of(self._base_path + url)
        query = urlencoded(params) if params else ""
        if query:
            target = target_of(f"{target}{'&' if '?' in target else '?'}{query}")
        if auth_header is not None and origin == self.origin:
            asked = asked._replace(authorization=auth_header)
        sent = self._make(method, origin, target, body, asked)
        sent.asked_url = asked_url
        return sent

    def follow(self, sent: SentRequest, status: int, location: str) -> SentRequest:
        """Where a redirect leads. Raises BadRedirect where that is no place for HTTP."""
        try:
            origin, target = split_url(urljoin(sent.url, location))
        except ValueError:
            # Without what the server wrote, which may differ from answer to answer.
            raise BadRedirect("bad redirect: the Location is no place for HTTP") from None
        method, body, asked = sent.method, sent.body, sent.asked
        if status in _TO_GET and method != "HEAD":
            method, body, asked = "GET", b"", asked.without(_OF_BODY)
        if origin != sent.origin:
            asked = asked.without(_OF_ORIGIN)
        return self._make(method, origin, target, body, asked)

    def _make(self, method: str, origin: Origin, target: str, body: bytes, asked: _Asked) -> SentRequest:
        lines, has_cookie, told_length = self._remembered_lines(origin, asked)
        if told_length is not None and told_length != str(len(body)):
            raise ValueError(f"the header Content-Length says {told_length:.80}, but the body has {len(body)} bytes")
        has_length = body or method in _HAS_LENGTH or told_length is not None
        length = f"Content-Length: {len(body)}\r\n" if has_length else ""
        place = f"http://{origin.netloc}{target}" if self._is_proxied and not origin.is_tls else target
        head = f"{method} {place} HTTP/1.1\r\n{lines}{length}\r\n".encode("latin-1")
        return SentRequest(method, origin, target, head, body, asked, has_cookie=has_cookie)

    def _remembered_lines(self, origin: Origin, asked: _Asked) -> _Lines:
        """What arguments and defaults ask for."""
        headers, authorization, content_type, dropped = asked
        try:
            # With their types, because 1 and True are equal.
            said = (tuple(headers.items()), tuple(map(type, headers.values()))) if headers else None
            key = (origin, said, authorization, content_type, dropped)
            lines = self._lines.get(key)
        except (TypeError, AttributeError):
            # No dict of str: whoever looks at them says so.
            return self._make_lines(origin, asked)
        if lines is None:
            lines = self._make_lines(origin, asked)
            if len(self._lines) >= MAX_REMEMBERED:
                self._lines.clear()
            if len(lines.text) <= MAX_REMEMBERED_CHARS:
                self._lines[key] = lines
        return lines

    def _make_lines(self, origin: Origin, asked: _Asked) -> _Lines:
        lines: dict[str, tuple[str, str | None]] = {"host": ("Host", origin.netloc)}
        lines.update((name, line) for name, line in self._default_lines.items() if name not in asked.dropped)
        if asked.content_type is not None:
            lines["content-type"] = ("Content-Type", asked.content_type)
            if asked.content_type == JSON:
                lines["accept"] = ("Accept", JSON)
        lines.update(header_lines(asked.headers or {}))
        if asked.authorization is not None:
            lines.update(header_lines({"Authorization": asked.authorization}))
        # It depends on the body, and is made with it.
        told_length = lines.pop("content-length", ("", None))[1]
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.values() if value is not None)
        return _Lines(text, "cookie" in lines, told_length)


@lru_cache(maxsize=100)
def maker_for(host: str, default_headers: tuple[tuple[Any, Any], ...], is_proxied: bool) -> RequestMaker:
    """One for all users that ask alike: what it remembers is then there once. Raises TypeError or ValueError."""
    return RequestMaker(host, default_headers, is_proxied=is_proxied)
