"""What user code sees of an answer, whatever the server says of it."""

from __future__ import annotations

import pytest

from perftui.users import response as responses
from perftui.users.errors import BodyTooLarge
from perftui.users.reading import ResponseReader
from perftui.users.request import maker_for
from perftui.users.response import LeanResponse

TEXT = "drei: ä\n"


def answered(body: bytes, *content_types: str) -> LeanResponse:
    reader = ResponseReader()
    reader.begin(has_no_body=False, max_body_bytes=None)
    headers = "".join(f"Content-Type: {each}\r\n" for each in content_types)
    reader.feed(f"HTTP/1.1 200 OK\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    response = LeanResponse(maker_for("http://shop.test", (), False).make_plain("GET", "/"))
    response.take_head(reader)
    response.take_body(b"".join(reader.chunks))
    return response


@pytest.mark.parametrize(
    "charset", ["idna", "IDNA", "punycode", "undefined", "hex", "rot13", "base64", "no such", "x" * 1000]
)
def test_text_is_utf_8_where_the_charset_is_none(charset: str) -> None:
    assert answered(TEXT.encode() + b"\xff", f"text/html; charset={charset}").text == TEXT + "\N{REPLACEMENT CHARACTER}"


def test_text_of_an_answer_with_two_types_and_of_a_name_with_a_zero() -> None:
    assert answered(TEXT.encode(), "text/html; charset=latin-1", "text/html").text == TEXT
    response = answered(TEXT.encode())
    response.encoding = "a\0b"
    assert response.text == TEXT


def test_content_comes_in_parts_of_a_size_or_as_it_came() -> None:
    response = answered(TEXT.encode())
    assert [*response.iter_content(3)] == ["dre", "i: ", "ä\n"]
    assert [*response.iter_content(4, decode_content=False)] == [b"drei", b": \xc3\xa4", b"\n"]
    # Half of a character is no text.
    assert [*response.iter_content(7)] == [b"drei: \xc3", b"\xa4\n"]
    assert [*response.iter_content(None)] == [TEXT]
    assert [*answered(b"").iter_content(None)] == []


def test_a_line_has_its_limit_at_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "MAX_LINE_BYTES", 4)
    assert [*answered(b"four\n\nfour\n").iter_lines()] == ["four", "", "four"]
    for body in (b"four\nfive!", b"five!\nfour"):
        with pytest.raises(BodyTooLarge):
            [*answered(body).iter_lines()]
