"""The kinds of value that are addresses."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from perftui.model.text import clean, mask_secrets
from perftui.profiles.values import refused, shown

_MAX_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Url:
    """Where a target answers: scheme, host, port and the path that all its paths start with."""

    @property
    def allowed(self) -> str:
        return "an address such as http://127.0.0.1:8000"

    def read(self, value: object) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= _MAX_LENGTH:
            raise refused(value, self)
        # urlsplit drops line ends and tabs in silence: look before it does.
        if not value.isprintable() or " " in value or "\\" in value:
            raise ValueError(f"{shown(value)} holds a character that no address may hold")
        if "://" not in value:
            raise ValueError(f"{shown(value)} has no scheme; write {_with_scheme(value)}")
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError as error:
            raise ValueError(f"{shown(value)} is not an address ({clean(str(error), 60)})") from None
        if parts.scheme not in ("http", "https"):
            raise ValueError(f"{shown(value)} is not an http:// or https:// address")
        if not parts.hostname or port == 0:
            raise ValueError(f"{shown(value)} names no {'port' if parts.hostname else 'host'}; write {self.allowed}")
        if "?" in value or "#" in value:
            raise ValueError(f"{shown(value)} has a query or a fragment: requests bring their own")
        # Locust puts a request's path behind it, and that begins with a slash.
        return value.rstrip("/")

    def read_text(self, text: str) -> str:
        return self.read(text)

    def write(self, value: str) -> str:
        return value


@dataclass(frozen=True, slots=True)
class MetricsUrl:
    """Where a target's metrics are read: an address, or a path on the target. Either may have a query."""

    @property
    def allowed(self) -> str:
        return "an address such as http://127.0.0.1:9100/metrics, or a path on the target such as /metrics"

    def read(self, value: object) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= _MAX_LENGTH:
            raise refused(value, self)
        is_path = value.startswith("/") and not value.startswith("//")
        if not value.isprintable() or any(mark in value for mark in " \\#") or not (is_path or "://" in value):
            raise refused(value, self)
        if not is_path:
            Url().read(value.partition("?")[0])
        return value

    def read_text(self, text: str) -> str:
        return self.read(text)

    def write(self, value: str) -> str:
        return value


def _with_scheme(text: str) -> str:
    return clean(mask_secrets(f"http://{text}"), 80)
