"""A user's HTTP client: requests out, answers in, one `request` event for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, perf_counter, time
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin

from requests.utils import requote_uri

from perftui import __version__
from perftui.users.connecting import Settings
from perftui.users.content_encoding import ACCEPTED, Decoder
from perftui.users.cookies import Cookies, VersionedJar
from perftui.users.errors import BadStatus, RequestFailed, TooManyRedirects
from perftui.users.origin import Origin
from perftui.users.payload import JSON, body_of, urlencoded
from perftui.users.request import ABSOLUTE, basic_auth, credentials_of, header_lines, method_of, split_url, target_of
from perftui.users.response import CaughtResponse, LeanResponse, SentRequest
from perftui.users.streaming import BodyStream
from perftui.users.transport import Exchange, Transport

MAX_REMEMBERED_HEADS = 1000

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TO_GET = frozenset({301, 302, 303})
_HAS_LENGTH = frozenset({"POST", "PUT", "PATCH"})
_KNOWN = _HAS_LENGTH | {"GET", "HEAD", "OPTIONS", "DELETE"}
# Headers that are not sent again where a redirect drops the body, or leads to another place.
_OF_BODY = frozenset({"content-type", "content-length", "content-encoding"})
_OF_ORIGIN = frozenset({"authorization", "cookie"})


class LeanHttpSession:
    """`base_url` begins with http:// or https:// and may hold credentials. Raises ValueError for what is no such URL.

    `cookiejar` is the standard library's; `max_body_bytes` holds for each body, as it comes and decoded.
    """

    def __init__(
        self,
        base_url: str,
        request_event: Any,
        user: Any,
        settings: Settings,
        *,
        total_timeout_s: float | None,
        max_redirects: int,
        max_body_bytes: int,
        default_headers: Mapping[str, Any] | None,
    ) -> None:
        if not ABSOLUTE.match(base_url):
            raise ValueError(f"the host {base_url!r} has no scheme: write http://{base_url} or https://{base_url}")
        self._origin, _ = split_url(base_url)
        scheme, _, rest = base_url.partition("://")
        netloc, slash, path = rest.partition("/")
        self.base_url = f"{scheme}://{netloc.rpartition('@')[2]}{slash}{path}"
        self._base_path = f"{slash}{path}"
        self.auth_header: str | None = None
        credentials = credentials_of(base_url)
        if credentials:
            self.auth_header = basic_auth(tuple(map(unquote, credentials)))
        self.request_event = request_event
        self.user = user
        self.request_name: str | None = None
        self._settings = settings
        self._total_timeout_s = total_timeout_s
        self._max_redirects = max_redirects
        self._max_body_bytes = max_body_bytes
        self._default_lines: dict[str, tuple[str, str | None]] = {
            "user-agent": ("User-Agent", f"perftui/{__version__}"),
            "accept-encoding": ("Accept-Encoding", ACCEPTED),
            "connection": ("Connection", "keep-alive"),
            **header_lines(default_headers or {}),
        }
        self._cookies = Cookies()
        self._transport = Transport(settings)
        self._remembered: dict[Any, tuple[str, bool]] = {}
        # Set by whoever knows when the next request was meant to be sent, in epoch s.
        self.intended_start_time: float | None = None
        self._seen_run_s = getattr(user, "_cp_last_run", None)

    @property
    def cookiejar(self) -> VersionedJar:
        return self._cookies.jar

    def close(self) -> None:
        """Close what is open; what is under way is closed when it is answered."""
        self._transport.close()

    @contextmanager
    def rename_request(self, name: str) -> Iterator[None]:
        """Requests in the with-block that have no `name` of their own are counted as `name`."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None

    def request(
        self,
        method: str,
        url: str,
        name: str | None = None,
        data: Any = None,
        catch_response: bool = False,
        stream: bool = False,
        headers: Mapping[str, Any] | None = None,
        auth: tuple[str | bytes, str | bytes] | None = None,
        json: Any = None,
        allow_redirects: bool = True,
        context: Mapping[str, Any] | None = None,
        *,
        params: Any = None,
        files: Any = None,
    ) -> Any:
        """Send a request, follow where it leads, and report it. Returns a LeanResponse, or a CaughtResponse.

        Whatever happens on the way is in the response and in its `request` event. Arguments that make no request raise
        ValueError or TypeError, and nothing is sent or reported then. Arguments are as FastHttpUser's client has them:
        docs/users.md tells of each.
        """
        if method not in _KNOWN:
            method = method_of(method)
        origin, target, built_url = self._place(url, params)
        body, content_type = body_of(data, json, files) if data or files or json is not None else (b"", None)
        asked = _Asked(headers, auth, content_type)
        sent = self._sent(method, origin, target, body, asked)
        response: Any = (CaughtResponse if catch_response else LeanResponse)(built_url)
        start_time = time()
        meta: dict[str, Any] = {
            "request_type": method,
            "name": name or self.request_name or url,
            "context": {**self.user.context(), **(context or {})} if self.user is not None else dict(context or {}),
            "response": response,
            "exception": None,
            "start_time": start_time,
            "url": built_url,
        }
        intended_start_time = self._intended_start_time(start_time)
        if intended_start_time is not None:
            meta["intended_start_time"] = intended_start_time
        begun_s = perf_counter()
        try:
            done_s = self._perform(sent, asked, response, follows=allow_redirects, is_stream=stream)
        except RequestFailed as error:
            done_s = perf_counter()
            response.error = error
        meta["exception"] = response.error
        meta["response_time"] = (done_s - begun_s) * 1000
        meta["response_length"] = response.length
        if catch_response:
            response.request_meta = meta
            response._request_event = self.request_event
        else:
            self.request_event.fire(**meta)
        return response

    def get(self, url: str, **kwargs: Any) -> Any:
        return self.request("GET", url, **kwargs)

    def options(self, url: str, **kwargs: Any) -> Any:
        return self.request("OPTIONS", url, **kwargs)

    def head(self, url: str, **kwargs: Any) -> Any:
        return self.request("HEAD", url, **kwargs)

    def delete(self, url: str, **kwargs: Any) -> Any:
        return self.request("DELETE", url, **kwargs)

    def post(self, url: str, data: Any = None, json: Any = None, **kwargs: Any) -> Any:
        return self.request("POST", url, data=data, json=json, **kwargs)

    def put(self, url: str, data: Any = None, **kwargs: Any) -> Any:
        return self.request("PUT", url, data=data, **kwargs)

    def patch(self, url: str, data: Any = None, **kwargs: Any) -> Any:
        return self.request("PATCH", url, data=data, **kwargs)

    def iter_lines(self, url: str, method: str = "GET", **kwargs: Any) -> Iterator[str]:
        """The lines of an answer as they come. Raises the RequestFailed that the request ended with."""
        response = self.request(method, url, stream=True, **kwargs)
        response.raise_for_status()
        yield from response.iter_lines()

    def _place(self, url: str, params: Any) -> tuple[Origin, str, str]:
        """Where a request goes: the target as it stands in its first line, and the URL without `params`."""
        if ABSOLUTE.match(url):
            built_url = url
            origin, target = split_url(url)
        else:
            if not self._base_path and url and url[0] not in "/?#":
                raise ValueError(f"the path {url[:200]!r} has no leading slash: write {'/' + url[:200]!r}")
            built_url = self.base_url + url
            origin, target = self._origin, target_of(self._base_path + url)
        if params:
            query = urlencoded(params)
            target = target_of(f"{target}{'&' if '?' in target else '?'}{query}") if query else target
        return origin, target, built_url

    def _sent(self, method: str, origin: Origin, target: str, body: bytes, asked: _Asked) -> SentRequest:
        """The request as it goes on the wire. Raises TypeError or ValueError."""
        lines, has_cookie = self._lines(origin, asked)
        cookie = ""
        if not has_cookie and self._cookies.jar.version:
            cookie = self._cookies.header(f"{origin.scheme}://{origin.netloc}{target}")
            cookie = f"Cookie: {cookie}\r\n" if cookie else ""
        length = f"Content-Length: {len(body)}\r\n" if body or method in _HAS_LENGTH else ""
        place = target if self._settings.proxy is None or origin.is_tls else f"http://{origin.netloc}{target}"
        head = f"{method} {place} HTTP/1.1\r\n{lines}{cookie}{length}\r\n".encode("latin-1")
        return SentRequest(method, origin, target, head, body)

    def _lines(self, origin: Origin, asked: _Asked) -> tuple[str, bool]:
        """The header lines that depend on nothing but the arguments; and whether user code sends cookies of its own."""
        headers = asked.headers
        try:
            key = (origin, tuple(headers.items()) if headers else None, asked.auth, asked.content_type)
            lines = self._remembered.get(key)
        except (TypeError, AttributeError):
            # Not a dict of str: whoever looks at them says so.
            return self._make_lines(origin, asked)
        if lines is None:
            lines = self._make_lines(origin, asked)
            if len(self._remembered) >= MAX_REMEMBERED_HEADS:
                self._remembered.clear()
            self._remembered[key] = lines
        return lines

    def _make_lines(self, origin: Origin, asked: _Asked) -> tuple[str, bool]:
        lines: dict[str, tuple[str, str | None]] = {"host": ("Host", origin.netloc), **self._default_lines}
        if asked.content_type is not None:
            lines["content-type"] = ("Content-Type", asked.content_type)
            if asked.content_type == JSON:
                lines["accept"] = ("Accept", JSON)
        if self.auth_header is not None and origin is self._origin:
            lines["authorization"] = ("Authorization", self.auth_header)
        lines.update(header_lines(asked.headers or {}))
        if asked.auth:
            lines["authorization"] = ("Authorization", basic_auth(asked.auth))
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.values() if value is not None)
        return text, "cookie" in lines

    def _intended_start_time(self, start_time: float) -> float | None:
        """When this request was meant to be sent, in epoch s; None where the wait time keeps no schedule.

        perftui's engine knows it of all wait times. Else it is what Locust's constant_pacing leaves in its user when it
        decides how long to wait: the first request after it was meant for the end of that wait.
        """
        if self.intended_start_time is not None:
            intended_start_time, self.intended_start_time = self.intended_start_time, None
            return intended_start_time
        run_s = getattr(self.user, "_cp_last_run", None)
        if run_s is None or run_s == self._seen_run_s:
            return None
        self._seen_run_s = run_s
        return start_time - perf_counter() + float(run_s) + float(self.user._cp_last_wait_time)

    def _perform(
        self, sent: SentRequest, asked: _Asked, response: LeanResponse, *, follows: bool, is_stream: bool
    ) -> float:
        """Fill `response`. Returns when its last byte came, on the clock of perf_counter(). Raises a RequestFailed."""
        deadline_s = None if self._total_timeout_s is None else monotonic() + self._total_timeout_s
        limit_bytes = None if is_stream else self._max_body_bytes
        while True:
            response.request = sent
            try:
                exchange = self._transport.exchange(sent, deadline_s, limit_bytes, is_stream=is_stream)
            except RequestFailed as error:
                if error.reader is not None:
                    response.take_head(error.reader)
                raise
            reader = exchange.connection.reader
            found = _find(reader.headers)
            if found.set_cookies:
                self._cookies.take(sent.url, found.set_cookies)
            if not (follows and found.location and reader.status in _REDIRECTS):
                break
            step = LeanResponse(sent.url)
            step.request = sent
            response.history.append(step)
            self._transport.read_to_end(exchange)
            self._fill(step, exchange, found, is_stream=False)
            if len(response.history) > self._max_redirects:
                raise TooManyRedirects(f"too many redirects: more than {self._max_redirects} (max_redirects)")
            sent, asked = self._follow(sent, asked, reader.status, found.location)
        self._fill(response, exchange, found, is_stream=is_stream)
        return exchange.done_s

    def _fill(self, response: LeanResponse, exchange: Exchange, found: _Found, *, is_stream: bool) -> None:
        reader = exchange.connection.reader
        response.take_head(reader, exchange.head_s - exchange.sent_s)
        if response.status_code >= 400:
            response.error = BadStatus(response.status_code)
        if is_stream:
            decoder = Decoder(found.encodings, None) if found.encodings else None
            response.take_stream(BodyStream(exchange.connection, decoder, self._transport.release))
            return
        self._transport.release(exchange.connection)
        chunks = reader.chunks
        content = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if content and found.encodings:
            decoder = Decoder(found.encodings, self._max_body_bytes)
            content = decoder.decode(content)
            decoder.finish()
        response.take_body(content)

    def _follow(self, sent: SentRequest, asked: _Asked, status: int, location: str) -> tuple[SentRequest, _Asked]:
        """The next request of a chain. Raises TooManyRedirects where there is none."""
        try:
            origin, target = split_url(requote_uri(urljoin(sent.url, location)))
        except ValueError as error:
            raise TooManyRedirects(f"a redirect to no place for HTTP: {error}") from None
        method, body = sent.method, sent.body
        dropped: frozenset[str] = frozenset()
        if status in _TO_GET and method != "HEAD":
            method, body = "GET", b""
            dropped |= _OF_BODY
        if origin is not sent.origin:
            dropped |= _OF_ORIGIN
        if dropped:
            asked = asked.without(dropped)
        return self._sent(method, origin, target, body, asked), asked


@dataclass(frozen=True, slots=True)
class _Asked:
    """What user code wants the head to say."""

    headers: Any
    auth: Any
    content_type: str | None

    def without(self, dropped: frozenset[str]) -> _Asked:
        """`dropped` are names of headers, in small letters."""
        lines = header_lines(self.headers or {}).items()
        return _Asked(
            {line[0]: line[1] for name, line in lines if name not in dropped},
            None if "authorization" in dropped else self.auth,
            None if "content-type" in dropped else self.content_type,
        )


class _Found(NamedTuple):
    """The headers of an answer that somebody here needs."""

    set_cookies: Sequence[str] = ()
    location: str = ""
    encodings: str = ""


_NOTHING = _Found()
_NEEDED = {b"set-cookie", b"location", b"content-encoding"}
_LENGTHS_OF_NEEDED = frozenset(map(len, _NEEDED))


def _find(headers: list[tuple[bytes, bytes]]) -> _Found:
    wanted = [each for each in headers if len(each[0]) in _LENGTHS_OF_NEEDED and each[0].lower() in _NEEDED]
    if not wanted:
        return _NOTHING
    values: dict[bytes, list[str]] = {}
    for name, value in wanted:
        values.setdefault(name.lower(), []).append(value.decode("latin-1"))
    return _Found(
        values.get(b"set-cookie", ()),
        values.get(b"location", [""])[0],
        ",".join(values.get(b"content-encoding", ())),
    )
