"""What is pasted is text: in it no control character reaches the parser of keys."""

from __future__ import annotations

from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.message import Message

_BEGIN, _END = "\x1b[200~", "\x1b[201~"
# A shorter beginning of _BEGIN is what many keys begin with, and those must not wait.
_LEAST_HELD = 3
_KEPT_CONTROLS = "\t\n\r"


class PasteParser(XTermParser):
    """Textual's parser gives an escape sequence within a paste back as keys, and an Enter among them starts a run."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._held = ""
        self._is_paste = False

    def feed(self, data: str) -> Iterable[Message]:
        plain = self._without_controls(data)
        # An empty text tells the end of the input, and not that all of it is held back.
        return super().feed(plain) if plain or not data else ()

    def _without_controls(self, data: str) -> str:
        data, self._held = self._held + data, ""
        parts: list[str] = []
        while data:
            marker = _END if self._is_paste else _BEGIN
            text, found, data = data.partition(marker)
            if not found:
                held = _beginning_at_end(text, marker, 1 if self._is_paste else _LEAST_HELD)
                self._held = text[len(text) - held :]
                text = text[: len(text) - held]
            parts.append(_plain(text) if self._is_paste else text)
            if found:
                parts.append(marker)
                self._is_paste = not self._is_paste
        return "".join(parts)


def _beginning_at_end(text: str, marker: str, least: int) -> int:
    """How much of `marker`, at least `least` letters of it, `text` ends with."""
    return next((size for size in range(len(marker) - 1, least - 1, -1) if text.endswith(marker[:size])), 0)


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() or letter in _KEPT_CONTROLS)
