"""HOST:PORT, as people write it."""

from __future__ import annotations

import pytest

from perftui.model.endpoint import endpoint_text, parse_endpoint


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("localhost:5557", ("localhost", 5557)),
        (" 10.0.0.5:1 ", ("10.0.0.5", 1)),
        ("[::1]:80", ("::1", 80)),
        ("*:0", ("*", 0)),
    ],
)
def test_what_people_write_is_read_and_written_again(text: str, endpoint: tuple[str, int]) -> None:
    assert parse_endpoint(text) == endpoint
    assert endpoint_text(*endpoint) == text.strip()


@pytest.mark.parametrize(("text", "host"), [("box", "box"), ("::1", "::1"), ("[fe80::1]", "fe80::1")])
def test_a_port_may_be_left_out_where_there_is_a_default(text: str, host: str) -> None:
    assert parse_endpoint(text, 7) == (host, 7)
    with pytest.raises(ValueError, match="no port"):
        parse_endpoint(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":5557",
        "box:",
        "box:x",
        "box:-1",
        "box:65536",
        "http://box:80",
        "a b:1",
        "[::1",
        "[::1]x:1",
        "box:٣",
        "5557",
        "u@b:1",
    ],
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT|is not a port|a port without its host"):
        parse_endpoint(text, 7)
