"""Foreign text is shown, does nothing, and holds no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perftui.model.text import clean, is_secret_name, mask_ids, mask_secrets, without_userinfo


@given(st.text(st.characters(), max_size=400))
def test_cleaned_text_has_no_control_and_fits(text: str) -> None:
    shown = clean(text)
    assert len(shown) <= 200
    assert all(character.isprintable() or character == " " or ord(character) > 0x9F for character in shown)
    assert "\x1b" not in shown
    shown.encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;eA==\x07", "\\x1b]52;c;eA==\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("ok\rFAIL", "ok\\rFAIL"),
        ("one\ntwo\tthree", "one\\ntwo three"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\udc80", "\\udc80"),
        ("GET /items/[id]", "GET /items/[id]"),
        ("日本語 é", "日本語 é"),
    ],
)
def test_unsafe_characters_are_shown_as_escapes(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_marks_are_limited_and_long_lines_cut() -> None:
    assert len(clean("a" + "\u0301" * 500)) == 4
    assert clean("x" * 50_000) == "x" * 199 + "…"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("no order 123456 in store", "no order 98765 in store"),
        ("lost 6f9619ff-8b86-d011-b42d-00cf4fc964ff", "lost 7f9619ff-8b86-d011-b42d-00cf4fc964aa"),
        ("<Thing at 0x7f01aa>", "<Thing at 0x7f02bb>"),
        ("404 for url: /items/17", "404 for url: /items/3"),
        ("token deadbeef00112233 expired", "token cafebabe99887766 expired"),
    ],
)
def test_failures_that_differ_by_an_id_are_alike(first: str, second: str) -> None:
    assert mask_ids(first) == mask_ids(second)


def test_what_tells_failures_apart_stays() -> None:
    assert "code=503" in mask_ids("LocustBadStatusCode(code=503)")
    assert mask_ids("500 Server Error") != mask_ids("503 Server Error")
    assert mask_ids("[Errno 111] Connection refused") != mask_ids("[Errno 104] Connection reset")


SECRETS = r"""
Authorization: Bearer CANARY123456
http://user:CANARY@host/path
/x?access_token=CANARY&y=1
--password=CANARY
api_key: CANARY
{"password": "CANARY7"}
{'X-Api-Key': 'CANARY'}
{'password': "it's CANARY"}
{"a": "{\"password\": \"CANARY\"}", "b": 1}
{"password": "a\"CANARY"}
{"password":"CANARY
{b'authorization': b'Token CANARY'}
[('X-Api-Key', 'CANARY')]
['--token', 'CANARY']
Cookie: sid=CANARY; other="CANARY"
{'Set-Cookie': 'sid="CANARY"; Path=/'}
Set-Cookie: sid=CANARY; Path=/
pwd=CANARY
db_pass=CANARY
Authorization: Token CANARY
Authorization: Digest username="u", response="CANARY"
authorization=Basic CANARY
Authorization: CANARY
Proxy-Authorization: Custom CANARY x
os.environ['PASSWORD'] = 'CANARY'
auth=("me", "CANARY")
{"credentials": {"user": "u", "key": "CANARY"}}
client_secret=CANARY
refresh_token: CANARY
http://u:CAN@CANARY@host/x
http://u:p/CANARY@host
http://u:p/w@CANARY@host
http://CANARY@host
got eyJhbGciOi.eyJzdWIiOiJDQU5BUlki.CANARY-x done
token: 'CANARY ARY'
password=abc,CANARY
password=abc'CANARY
{"token": 17CANARY}
Bearer CANARY1
wss://me:CANARY@h.test/?token=CANARY
""".strip().splitlines()


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_masked(text: str) -> None:
    masked = mask_secrets(text)
    assert "CANARY" not in masked
    assert "***" in masked
    assert mask_secrets(masked) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"user": "me", "password": "x y", "n": 3}', '{"user": "me", "password": "***", "n": 3}'),
        ('"{\\"token\\": \\"x\\", \\"n\\": 3}"', '"{\\"token\\": \\"***\\", \\"n\\": 3}"'),
        ("GET /x?access_token=x&page=2 failed", "GET /x?access_token=***&page=2 failed"),
        ("https://me:p@ss@shop.test:8443/a?b=c@d", "https://***@shop.test:8443/a?b=c@d"),
        ("Authorization: Digest username=me, response=x", "Authorization: Digest ***"),
        ("sent Basic dTpw again", "sent Basic *** again"),
    ],
)
def test_what_is_around_a_secret_stays(text: str, masked: str) -> None:
    assert mask_secrets(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "GET /items/[id]",
        "GET /tokens",
        "token expired",
        "password reset",
        "POST /password/reset",
        "basic auth failed",
        "Basic authentication is not supported.",
        "bearer token expired",
        "the cookie was not set",
        "author: Jane, authority=shop, design=flat, passes=3, compass: north",
        "http://shop.test:8080/users/a@b.test",
        "http://shop.test/users/@me?mail=a@b.test",
        "http://[::1]:80/a@b",
        "http://shop.test:80: connection refused for a@b",
    ],
)
def test_ordinary_text_has_no_secret(text: str) -> None:
    assert mask_secrets(text) == text


@pytest.mark.parametrize("name", ["--pwd", "--auth", "--cookie", "X-Api-Key", "client_secret", "Set-Cookie", "db_pass"])
def test_secret_names(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["--level", "--author", "--passes", "--design"])
def test_other_names(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.timeout(2)
@pytest.mark.parametrize(
    "part",
    [
        "a-",
        "a.",
        "password",
        "-pass",
        'token":"',
        "token\\",
        "://",
        "://u:p",
        "eyJ-",
        "eyJaaaa.",
        "cookie",
        "Bearer x ",
    ],
)
def test_a_hostile_text_is_masked_in_linear_time(part: str) -> None:
    for _ in range(3):
        assert len(mask_secrets(part * (100_000 // len(part)))) <= 20_000


def test_urls_lose_name_and_password_only() -> None:
    assert without_userinfo("https://u:p@example.test:8443/a?b=1") == "https://example.test:8443/a?b=1"


def test_hostile_strings_are_harmless() -> None:
    corpus = json.loads((Path(__file__).parents[1] / "data" / "hostile_strings.json").read_text())
    for text in corpus if isinstance(corpus, list) else corpus.values():
        assert "\x1b" not in clean(text)
