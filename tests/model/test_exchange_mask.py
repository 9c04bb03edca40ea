"""Secrets in every part of a request and its response are masked, and what is said around them stays."""

from __future__ import annotations

import json

import pytest

from perftui.model.exchange import MAX_BODY_CHARS, MAX_HEADERS
from perftui.model.exchange_mask import ExchangeMask


def body_of(body: bytes | str, content_type: str = "") -> str:
    mask = ExchangeMask()
    return mask.shown_body(mask.body(body, content_type))


MULTIPART = b"\r\n".join(
    [
        b"--x",
        b'Content-Disposition: form-data; name="note"',
        b"",
        b"hello",
        b"--x",
        b'Content-Disposition: form-data; name="password"',
        b"",
        b"CANARY-part",
        b"--x--",
    ]
)


@pytest.mark.parametrize(
    ("body", "content_type", "kept"),
    [
        (b'{"user": "ann", "password": "CANARY"}', "application/json", '{"user": "ann", "password": "***"}'),
        (b'{"tokens": [\n  "CANARY-1",\n  "CANARY-2"\n], "n": 1}', "application/json", '{"tokens": "***", "n": 1}'),
        (b'{"credentials": {"a": {"b": "CANARY"}}, "n": 1}', "", '{"credentials": "***", "n": 1}'),
        (b'{"n": 1, "pass\\u0077ord": "CANARY', "application/json", '"n": 1'),
        (b'[{"api_key": 123456789}, {"pin": 1}]', "application/json", '"pin": 1'),
        (b'{"n": 1}\n{"secret": "CANARY"}\n', "application/x-ndjson", '{"n": 1}'),
        (b"a=1&user%5Bpassword%5D=CANARY&b=2", "application/x-www-form-urlencoded", "a=1&user%5Bpassword%5D=***&b=2"),
        (b"a=1&user[password]=CANARY", "application/x-www-form-urlencoded", "a=1&user[password]=***"),
        (MULTIPART, "multipart/form-data; boundary=x", "hello"),
        (b"<a><user>ann</user><s:password>CANARY</s:password></a>", "text/xml", "<user>ann</user>"),
        (b"<a><token><![CDATA[CANARY]]></token><b>1</b></a>", "text/xml", "<b>1</b>"),
        (b'<form><input name="csrf_token" type=hidden value="CANARY"><p>hi</p>', "text/html", "<p>hi</p>"),
        (b'<p>hi</p><input value="CANARY" id="password">', "text/html", "<p>hi</p>"),
        (b"wrong: Bearer eyJhbGciOiJIUzI1NiJ9.CANARY.sig", "text/plain", "wrong: Bearer ***"),
    ],
)
def test_secrets_of_a_body_go_and_the_rest_stays(body: bytes, content_type: str, kept: str) -> None:
    shown = body_of(body, content_type)
    assert "CANARY" not in shown
    assert "123456789" not in shown
    assert kept in shown


@pytest.mark.parametrize(
    ("header", "value", "shown"),
    [
        ("Authorization", "Bearer CANARY", "***"),
        ("Cookie", "sid=CANARY; theme=dark", "***"),
        ("Set-Cookie", "sid=CANARY; Path=/; HttpOnly", "***"),
        ("X-Api-Key", "CANARY", "***"),
        ("X-Session", b"CANARY", "***"),
        ("Location", "/next?access_token=CANARY&page=2", "/next?access_token=***&page=2"),
        ("WWW-Authenticate", 'Digest realm="shop"', 'Digest realm="shop"'),
        ("Retry-After", 7, "7"),
    ],
)
def test_a_header_whose_name_tells_of_a_secret_is_all_masked(header: str, value: object, shown: str) -> None:
    mask = ExchangeMask()
    assert mask.shown_headers(mask.headers([(header, value)])) == ((header, shown),)


def test_what_is_secret_in_one_part_is_masked_in_all_of_them() -> None:
    mask = ExchangeMask(known=("CANARY-pin", "x"))
    headers = mask.headers([("Authorization", "Basic bWU6Q0FOQVJZLXB3"), ("Cookie", 'sid="CANARY-sid"; a=1')])
    sent = mask.body('{"password": "CANARY-sent"}', "application/json")
    came = mask.body("no: bWU6Q0FOQVJZLXB3 CANARY-pw CANARY-sid CANARY-sent CANARY-pin, x", "text/plain")
    assert "CANARY" not in str((mask.shown_headers(headers), mask.shown_body(sent)))
    assert mask.shown_body(came) == "no: *** *** *** *** ***, x"
    assert mask.shown("/login/CANARY-sent", 100) == "/login/***"


@pytest.mark.parametrize(
    ("body", "content_type", "shown"),
    [
        (b"\x89PNG\r\n\x1a\n\0" + bytes(303), "image/png", "312 bytes of image/png"),
        (b"GIF89a", "image/gif", "6 bytes of image/gif"),
        (b"\xff\xfe\x01", "", "3 bytes, no text"),
        (b"\0", "text/plain", "1 byte of text/plain"),
        ("grün".encode("latin-1"), "text/plain; charset=latin-1", "grün"),
        ("grün".encode(), "application/octet-stream", "grün"),
        (b"gr\xfcn", "text/plain; charset=nonsense", "gr�n"),
        (b"a\r\n\x1b]0;PWNED\x07\tb", "text/plain", "a\n\\x1b]0;PWNED\\x07 b"),
    ],
)
def test_a_body_is_text_that_does_nothing_or_is_described(body: bytes, content_type: str, shown: str) -> None:
    assert body_of(body, content_type) == shown


def test_everything_is_bounded() -> None:
    mask = ExchangeMask()
    assert len(body_of("ä" * 100_000)) == MAX_BODY_CHARS
    assert body_of("ä" * 100_000)[-1] == "…"
    assert len(mask.shown_headers(mask.headers((f"h{i}", "v" * 10_000) for i in range(100)))) == MAX_HEADERS
    assert all(len(value) == 200 for _, value in mask.shown_headers(mask.headers([("h", "v" * 10_000)])))
    cut = json.dumps({"a": "b" * (MAX_BODY_CHARS - 30), "password": "CANARY" * 1000})
    assert "CANARY" not in body_of(cut, "application/json")


@pytest.mark.parametrize("text", ['"a":' * 3000, '{"' * 3000, "<a " * 3000, "[" * 6000, "a=" * 4000, '\\"' * 4000])
def test_no_body_takes_long(text: str) -> None:
    body_of(text, "application/json")
    body_of("<" + text, "text/html")
    body_of(text, "multipart/form-data")
