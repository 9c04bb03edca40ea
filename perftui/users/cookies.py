"""A user's cookies: the standard library's jar, which is asked again only when something may have changed."""

from __future__ import annotations

from collections.abc import Sequence
from http.cookiejar import Cookie, CookieJar
from time import time
from typing import Any
from urllib.request import Request

from perftui.users.headers import header_lines

# As many as browsers keep of a domain, and as RFC 6265, section 6.1, asks for in all.
MAX_OF_DOMAIN = 180
MAX_COOKIES = 3000
# URLs of which is remembered what is sent to them.
MAX_REMEMBERED = 50


class VersionedJar(CookieJar):
    """Where it is full, the cookie that was set longest ago goes.

    `version` changes with the cookies, whoever changes them; `ends_at` is when the first one ends, in epoch s.
    """

    def __init__(self) -> None:
        super().__init__()
        self.version = 0
        self.ends_at = float("inf")
        # Domain, path and name of each cookie, in the order in which they were last set.
        self._set: dict[tuple[str, ...], None] = {}

    def set_cookie(self, cookie: Cookie) -> None:
        self.version += 1
        if cookie.expires is not None:
            self.ends_at = min(self.ends_at, cookie.expires)
        super().set_cookie(cookie)
        key = (cookie.domain, cookie.path, cookie.name)
        self._set.pop(key, None)
        self._set[key] = None
        if len(self._set) > MAX_OF_DOMAIN:
            of_domain = [key for key in self._set if key[0] == cookie.domain]
            if len(of_domain) > MAX_OF_DOMAIN:
                self.clear(*of_domain[0])
            elif len(self._set) > MAX_COOKIES:
                self.clear(*next(iter(self._set)))

    def clear(self, domain: str | None = None, path: str | None = None, name: str | None = None) -> None:
        self.version += 1
        super().clear(domain, path, name)
        cleared = tuple(part for part in (domain, path, name) if part is not None)
        if len(cleared) == 3:
            self._set.pop(cleared, None)
        else:
            self._set = {key: None for key in self._set if key[: len(cleared)] != cleared}


class Cookies:
    """What to send with a request to a URL, and what to take from the answer."""

    def __init__(self) -> None:
        self.jar = VersionedJar()
        self._version = 0
        self._headers: dict[str, str] = {}
        self._same: tuple[str, tuple[str, ...], int] | None = None

    def header(self, url: str) -> str:
        """The Cookie header for `url`; empty where there is none. Raises ValueError for one that no header holds."""
        jar = self.jar
        if not jar.version:
            return ""
        if jar.version != self._version or time() >= jar.ends_at:
            jar.ends_at = float("inf")
            for cookie in jar:
                jar.ends_at = min(jar.ends_at, cookie.expires or float("inf"))
            self._headers.clear()
        header = self._headers.get(url)
        if header is None:
            request = Request(url)
            jar.add_cookie_header(request)
            header = request.get_header("Cookie", "") or ""
            if header:
                header_lines({"Cookie": header})
            # Most of them are alike, and each user has its own.
            header = next((held for held in self._headers.values() if held == header), header)
            if len(self._headers) >= MAX_REMEMBERED:
                self._headers.clear()
            self._headers[url] = header
            self._version = jar.version
        return header

    def take(self, url: str, set_cookies: Sequence[str]) -> None:
        """Those of an answer to `url`, as its Set-Cookie headers say."""
        jar = self.jar
        # Servers repeat a session's cookie with each answer; one that has no end is then what it was.
        same = (url, tuple(set_cookies), jar.version)
        if same == self._same:
            return
        jar.extract_cookies(_Answer(set_cookies), Request(url))  # type: ignore[arg-type]
        has_end = any("expires" in text or "max-age" in text for text in map(str.lower, set_cookies))
        self._same = None if has_end else (url, same[1], jar.version)


class _Answer:
    """As much of an answer as the library asks for."""

    def __init__(self, set_cookies: Sequence[str]) -> None:
        self._set_cookies = set_cookies

    def info(self) -> Any:
        return self

    def get_all(self, name: str, default: list[str]) -> list[str]:
        return list(self._set_cookies) if name == "Set-Cookie" else default
