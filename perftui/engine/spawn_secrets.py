"""What a master tells its load workers when they are to have users; Locust puts all of its options into it.

The port has no authentication. A load worker that needs a secret has it from its own command line or environment.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


def hide_secrets(spawn: dict[str, Any], hidden_options: Collection[str]) -> None:
    """Leave the options called `hidden_options` out of the message, and the user and password of its host."""
    options = spawn["parsed_options"]
    host = without_userinfo(spawn["host"])
    spawn["parsed_options"] = {key: options[key] for key in options if key not in hidden_options} | {"host": host}
    spawn["host"] = host


def without_userinfo(host: str | None) -> str | None:
    """A URL without the user and password that may stand before its host."""
    if host is None or "@" not in host:
        return host
    scheme, mark, rest = host.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}" if mark else host
