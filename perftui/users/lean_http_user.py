"""The user itself: what a locustfile derives its classes from."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from locust import FastHttpUser, User
from locust.exception import StopTest
from locust.user.users import RestMixin

from perftui.users.attributes import check_attributes, proxy_of, unix_socket_of
from perftui.users.connecting import Settings
from perftui.users.session import LeanHttpSession

logger = logging.getLogger(__name__)

# Of FastHttpUser, and of no effect here.
_NOT_TAKEN = ("client_pool", "concurrency", "max_retries")


class LeanHttpUser(User, RestMixin):
    """An HTTP user with the interface of FastHttpUser that costs a fraction of its CPU. See docs/users.md.

    Times are in s, None waits for ever. All of these are read once, when a user begins.
    """

    abstract = True

    connection_timeout: float | None = FastHttpUser.connection_timeout
    """For the look-up of a name, the connection and the TLS handshake together."""
    network_timeout: float | None = FastHttpUser.network_timeout
    """How long nothing may come from the server, or be taken by it."""
    total_timeout: float | None = None
    """For a whole request, with its redirects."""
    max_redirects: int = FastHttpUser.max_redirects
    max_body_bytes: int = 16 * 1024 * 1024
    """A body that is larger, as it comes or decoded, fails the request. Streams have no limit."""
    insecure: bool = False
    """Whether certificates are not verified. FastHttpUser's default is not to."""
    ssl_context_factory: Callable[[], ssl.SSLContext] | None = None
    """Makes a context for a user's connections, in place of the one that `insecure` tells of."""
    default_headers: Mapping[str, Any] | None = None
    """Sent with each request."""
    proxy_host: str | None = None
    proxy_port: int | None = None
    unix_socket: str | os.PathLike[str] | None = None
    """The path of a Unix socket; all connections go to it, whatever the host is."""

    client: LeanHttpSession

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Raises TypeError or ValueError for an attribute that means nothing."""
        super().__init_subclass__(**kwargs)
        try:
            check_attributes(cls)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{cls.__name__}: {error}") from None

    def __init__(self, environment: Any) -> None:
        """Raises StopTest where `host` is no place to send requests to, as it ends the test for all users."""
        super().__init__(environment)
        if self.host is None:
            raise StopTest("no host: set it in the user class, or give --host")
        not_taken = tuple(name for name in _NOT_TAKEN if getattr(self, name, None) is not None)
        if not_taken:
            _warn_of(type(self).__name__, not_taken)
        self._tls_context: ssl.SSLContext | None = None
        try:
            check_attributes(self)
            self.client = LeanHttpSession(
                self.host,
                environment.events.request,
                self,
                Settings(
                    connect_timeout_s=self.connection_timeout,
                    read_timeout_s=self.network_timeout,
                    proxy=proxy_of(self),
                    unix_socket=unix_socket_of(self),
                    tls_context=self._context,
                ),
                total_timeout_s=self.total_timeout,
                max_redirects=self.max_redirects,
                max_body_bytes=self.max_body_bytes,
                default_headers=self.default_headers,
            )
        except (TypeError, ValueError) as error:
            raise StopTest(f"{type(self).__name__}: {error}") from None
        # Where perftui's engine runs this user, it counts each request when it is sent.
        watch = getattr(self, "perftui_watch", None)
        if watch is not None:
            watch(self.client)

    def run(self) -> None:
        try:
            super().run()
        finally:
            # However it ends; on_stop may still have sent requests.
            self.client.close()

    def _context(self) -> ssl.SSLContext:
        if self.ssl_context_factory is None:
            return _shared_context(self.insecure)
        if self._tls_context is None:
            self._tls_context = self.ssl_context_factory()
        return self._tls_context


@lru_cache(maxsize=2)
def _shared_context(is_insecure: bool) -> ssl.SSLContext:
    """One for all users: to load the certificates takes long, and much memory."""
    context = ssl.create_default_context()
    if is_insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


@lru_cache(maxsize=100)
def _warn_of(user_class: str, not_taken: tuple[str, ...]) -> None:
    """Once for a class, not for each user."""
    logger.warning("%s: %s of FastHttpUser has no effect in LeanHttpUser", user_class, ", ".join(not_taken))
