"""A user's HTTP client: requests out, answers in, one `request` event for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic, perf_counter, time
from typing import Any

from locust import User

from perftui.users.connecting import Settings
from perftui.users.connection import Connection
from perftui.users.content_encoding import Decoder
from perftui.users.cookies import Cookies, VersionedJar
from perftui.users.errors import BadStatus, RequestFailed, TooManyRedirects
from perftui.users.found import Found, find_headers
from perftui.users.headers import header_lines
from perftui.users.request import SentRequest, maker_for
from perftui.users.response import CaughtResponse, LeanResponse
from perftui.users.streaming import BodyStream
from perftui.users.transport import Transport

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class _NoPacer:
    """In the place of a user, for a client that has none."""

    _cp_last_run = 0.0
    _cp_last_wait_time = 0.0


_NO_PACER = _NoPacer()


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
        self._is_proxied = settings.proxy is not None
        # As text: 1 and True are equal, and headers that differ are not.
        self._default_headers = tuple(header_lines(default_headers or {}).values())
        self._maker = maker_for(base_url, self._default_headers, self._is_proxied)
        # Of the credentials in the host, or what user code sets: sent to that host where a request has no own.
        self.auth_header: str | None = self._maker.auth_header
        self.request_event = request_event
        self.user = user
        self.request_name: str | None = None
        self._total_timeout_s = total_timeout_s
        self._max_redirects = max_redirects
        self._max_body_bytes = max_body_bytes
        self._cookies = Cookies()
        self._transport = Transport(settings)
        # Set by whoever knows when the next request was meant to be sent, in epoch s.
        self.intended_start_time: float | None = None
        # Where Locust's constant_pacing keeps its times.
        self._pacer = user if isinstance(user, User) else _NO_PACER
        self._seen_run_s = self._pacer._cp_last_run

    @property
    def base_url(self) -> str:
        return self._maker.base_url

    @base_url.setter
    def base_url(self, base_url: str) -> None:
        """Where it is another place, `auth_header` is of that one: what was meant for the last does not go there."""
        before = self._maker
        self._maker = maker_for(base_url, self._default_headers, self._is_proxied)
        if self._maker.auth_header is not None or self._maker.origin != before.origin:
            self.auth_header = self._maker.auth_header

    @property
    def cookiejar(self) -> VersionedJar:
        return self._cookies.jar

    def close(self) -> None:
        """Close what is open; what is under way is closed when it is answered, and streams are broken off."""
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
        start_time = time()
        intended_start_time = None
        if self.intended_start_time is not None or self._pacer._cp_last_run != self._seen_run_s:
            intended_start_time = self._take_intended_start_time(start_time)
        if (headers or data or auth or params or files or self.auth_header) is None and json is None:
            sent = self._maker.make_plain(method, url)
        else:
            sent = self._maker.make_full(method, url, params, data, json, files, headers, auth, self.auth_header)
        response: Any = CaughtResponse(sent) if catch_response else LeanResponse(sent)
        meta: dict[str, Any] = {
            "request_type": sent.method,
            "name": name or self.request_name or url,
            "context": {**self.user.context(), **(context or {})} if self.user is not None else dict(context or {}),
            "exception": None,
            "start_time": start_time,
            "url": sent.asked_url,
        }
        if intended_start_time is not None:
            meta["intended_start_time"] = intended_start_time
        begun_s = perf_counter()
        try:
            done_s = self._perform(sent, response, follows=allow_redirects, is_stream=stream)
        except RequestFailed as error:
            done_s = perf_counter()
            if error.reader is not None:
                response.take_head(error.reader)
            response.error = _alone(error)
        meta["exception"] = response.error
        meta["response_time"] = (done_s - begun_s) * 1000
        meta["response_length"] = response.length
        if catch_response:
            response.request_meta = meta
            response._request_event = self.request_event
        else:
            self.request_event.fire(response=response, **meta)
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
        try:
            response.raise_for_status()
            yield from response.iter_lines()
        finally:
            response.close()

    def _take_intended_start_time(self, start_time: float) -> float:
        """When this request was meant to be sent, in epoch s.

        perftui's engine knows it of all wait times that keep a schedule. Else it is what constant_pacing leaves in its
        user when it decides how long to wait: the first request after it was meant for the end of that wait.
        """
        intended_start_time, self.intended_start_time = self.intended_start_time, None
        run_s = self._seen_run_s = self._pacer._cp_last_run
        if intended_start_time is not None:
            return intended_start_time
        return start_time - perf_counter() + float(run_s + self._pacer._cp_last_wait_time)

    def _perform(self, sent: SentRequest, response: LeanResponse, *, follows: bool, is_stream: bool) -> float:
        """Fill `response`. Returns when its last byte came, on the clock of perf_counter(). Raises a RequestFailed."""
        deadline_s = None if self._total_timeout_s is None else monotonic() + self._total_timeout_s
        limit_bytes = None if is_stream else self._max_body_bytes
        jar = self._cookies.jar
        while True:
            if jar.version and not sent.has_cookie:
                cookie = self._cookies.header(sent.url)
                sent = sent.with_cookie(cookie) if cookie else sent
            response.request = sent
            connection = self._transport.exchange(sent, deadline_s, limit_bytes, is_stream=is_stream)
            reader = connection.reader
            found = find_headers(reader.headers)
            if found.set_cookies:
                self._cookies.take(sent.url, found.set_cookies)
            if not (follows and found.location and reader.status in _REDIRECTS):
                break
            self._transport.read_to_end(connection, self._max_body_bytes)
            step = LeanResponse(sent)
            response.history.append(step)
            self._take(step, connection, found, is_stream=False)
            if len(response.history) > self._max_redirects:
                raise TooManyRedirects(f"too many redirects: more than {self._max_redirects} (max_redirects)")
            sent = self._maker.follow(sent, reader.status, found.location)
        self._take(response, connection, found, is_stream=is_stream)
        return connection.done_s

    def _take(self, response: LeanResponse, connection: Connection, found: Found, *, is_stream: bool) -> None:
        """What `connection` holds, into `response`. Raises BadContentEncoding or BodyTooLarge."""
        reader = connection.reader
        response.take_head(reader, connection.head_s - connection.sent_s)
        if response.status_code >= 400:
            response.error = BadStatus(response.status_code)
        if is_stream:
            self._transport.lend(connection)
            response.take_body(BodyStream(connection, found.encodings, self._transport.take_back))
            return
        content = reader.chunks[0] if len(reader.chunks) == 1 else b"".join(reader.chunks)
        try:
            if content and found.encodings:
                decoder = Decoder(found.encodings, self._max_body_bytes)
                content = decoder.decode(content)
                decoder.finish()
        except RequestFailed:
            reader.keeps_alive = False
            raise
        finally:
            self._transport.release(connection)
        response.take_body(content)


# Clients wrap what the kernel said a few times.
_LONGEST_CHAIN = 10


def _alone(failure: RequestFailed) -> RequestFailed:
    """`failure` and its causes without what was under way: whoever keeps it would keep bodies and connections."""
    failure.reader = None
    each: BaseException | None = failure
    for _ in range(_LONGEST_CHAIN):
        if each is None:
            break
        each.__traceback__ = None
        each = each.__cause__ or each.__context__
    return failure
