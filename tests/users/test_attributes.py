"""A class attribute that means nothing is said when the class is made, by name, before any load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from locust import task

from perftui.users import LeanHttpUser
from tests.users.in_process import OneUser, ScriptedServer

SECONDS = "is a number of seconds above 0, or None; not"


def make(**attributes: Any) -> type[LeanHttpUser]:
    return type("Shop", (LeanHttpUser,), {"look": task(lambda user: None), **attributes})


@pytest.mark.parametrize(
    ("attributes", "error", "text"),
    [
        ({"network_timeout": "5"}, ValueError, f"network_timeout {SECONDS} '5'"),
        ({"connection_timeout": -1}, ValueError, f"connection_timeout {SECONDS} -1"),
        ({"total_timeout": 0}, ValueError, f"total_timeout {SECONDS} 0"),
        ({"total_timeout": float("nan")}, ValueError, f"total_timeout {SECONDS} nan"),
        ({"network_timeout": True}, ValueError, f"network_timeout {SECONDS} True"),
        ({"max_body_bytes": "16"}, ValueError, "max_body_bytes is a whole number above 0, not '16'"),
        ({"max_body_bytes": 0}, ValueError, "max_body_bytes is a whole number above 0, not 0"),
        ({"max_redirects": -1}, ValueError, "max_redirects is a whole number from 0 on, not -1"),
        ({"default_headers": ["a"]}, TypeError, "default_headers are a dict, not list"),
        ({"default_headers": {"X": "a\nb"}}, ValueError, "the header X holds a line break: 'a\\nb'"),
        ({"proxy_host": "127.0.0.1"}, ValueError, "proxy_port is a number from 1 to 65535, not None"),
        ({"proxy_port": 8080}, ValueError, "proxy_host is the name or address of a host, not None"),
        (
            {"proxy_host": "http://proxy", "proxy_port": 8080},
            ValueError,
            "proxy_host is the name or address of a host, not 'http://proxy'",
        ),
        (
            {"proxy_host": "a\r\nb", "proxy_port": 1},
            ValueError,
            "proxy_host is the name or address of a host, not 'a\\r\\nb'",
        ),
        ({"proxy_host": "p", "proxy_port": "80"}, ValueError, "proxy_port is a number from 1 to 65535, not '80'"),
        ({"unix_socket": 5}, TypeError, "unix_socket is a path, not 5"),
        (
            {"unix_socket": "/x", "proxy_host": "p", "proxy_port": 1},
            ValueError,
            "proxy_host and unix_socket exclude each other",
        ),
    ],
    ids=lambda each: str(each) if isinstance(each, dict) else "",
)
def test_what_means_nothing_is_said(attributes: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        make(**attributes)
    assert str(raised.value) == f"Shop: {text}"


def test_what_may_be() -> None:
    times = {"network_timeout": None, "connection_timeout": 0.5, "total_timeout": 3}
    make(**times, max_redirects=0, max_body_bytes=1, default_headers={"X": None}, proxy_host="::1", proxy_port=1)


def test_a_path_object_names_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with ScriptedServer(path=str(path)), OneUser("http://shop", unix_socket=path) as user:
        assert user.client.get("/x").text == "/x"
