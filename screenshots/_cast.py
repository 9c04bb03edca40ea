"""A terminal whose screen is recorded as an asciicast (version 2) while somebody types in it."""

from __future__ import annotations

import codecs
import json
import re
import time
from collections.abc import Sequence
from pathlib import Path

from _stage import refuse_own_traces

from benchmarks._line import Line

# Output within this time is one event: nobody sees it apart, and each event costs bytes.
_TOGETHER_S = 0.05
# What a program asks the terminal. A player's terminal would answer into the player's input.
_QUESTIONS = re.compile(r"\x1b\[(?:6n|\?[\d;]*\$p|[>=]?0?c|>0?q|\?u)")
_UNFINISHED = re.compile(r"\x1b(?:\[[\d;?>=$]*)?$")
_KEY_S = 0.11


class Cast(Line):
    def __init__(self, command: Sequence[str], size: tuple[int, int], title: str) -> None:
        self._begun_s = time.monotonic()
        self._head = {"version": 2, "width": size[0], "height": size[1], "timestamp": int(time.time()), "title": title}
        self._events: list[tuple[float, str, str]] = []
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._held, self._held_since_s = "", 0.0
        super().__init__(command, size, cwd=Path.cwd())

    @property
    def at_s(self) -> float:
        return time.monotonic() - self._begun_s

    def heard(self, data: bytes) -> None:
        super().heard(data)
        if self._held and self.at_s - self._held_since_s > _TOGETHER_S:
            self._flush()
        if not self._held:
            self._held_since_s = self.at_s
        self._held += self._decode(data)

    def _flush(self) -> None:
        rest = _UNFINISHED.search(self._held)
        whole = self._held[: rest.start()] if rest else self._held
        self._held = rest[0] if rest else ""
        if text := _QUESTIONS.sub("", whole):
            self._events.append((self._held_since_s, "o", text))

    # --- what a person does --------------------------------------------------------------------------------------

    def look(self, for_s: float) -> None:
        self.watch(for_s)

    def type(self, *keys: str, every_s: float = _KEY_S) -> None:
        """Each is a key, or several at once where the terminal sends several bytes for it."""
        for key in keys:
            self.press(key)
            self.watch(every_s)

    def see(self, text: str, without: str = "\0", within_s: float = 90.0) -> None:
        self.wait_for(lambda: text in self.text and without not in self.text, within_s)

    def chapter(self, name: str) -> None:
        """A place that players can jump to."""
        self._flush()
        self._events.append((self.at_s, "m", name))

    def write(self, path: Path) -> None:
        self._flush()
        lines = [
            json.dumps(self._head),
            *(
                json.dumps([round(s, 2), *event], ensure_ascii=False)
                for s, *event in sorted(self._events, key=lambda event: event[0])
            ),
        ]
        refuse_own_traces(text := "\n".join(lines) + "\n", path.name)
        path.write_text(text, encoding="utf-8")
