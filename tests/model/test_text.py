"""Foreign text is shown, does nothing, and holds no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perftui.model.text import clean, mask_ids, mask_secrets, without_userinfo


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
    assert mask_ids("500 Server Error") != mask_ids("503 Server Error")
    assert mask_ids("[Errno 111] Connection refused") != mask_ids("[Errno 104] Connection reset")


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer CANARY123456",
        "http://user:CANARY@host/path",
        "/x?access_token=CANARY&y=1",
        "--password CANARY".replace(" ", "="),
        "api_key: CANARY",
    ],
)
def test_secrets_are_masked(text: str) -> None:
    assert "CANARY" not in mask_secrets(text)


def test_urls_lose_name_and_password_only() -> None:
    assert without_userinfo("https://u:p@example.test:8443/a?b=1") == "https://example.test:8443/a?b=1"


def test_hostile_strings_are_harmless() -> None:
    corpus = json.loads((Path(__file__).parents[1] / "data" / "hostile_strings.json").read_text())
    for text in corpus if isinstance(corpus, list) else corpus.values():
        assert "\x1b" not in clean(text)
