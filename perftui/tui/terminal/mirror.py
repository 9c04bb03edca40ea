"""What the terminal shows, cell by cell, and what it should show: only the difference is sent.

Textual sends every widget that changed anew, whole. Over SSH bytes are what a screen costs, and a line that is too
thin for them would lag ever further behind. With both pictures at hand nothing has to be sent twice, and a frame
that is out of date before it is sent is never sent: the next difference holds what is left of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from perftui.tui.terminal.looks import PLAIN, Look, Looks

# Of a cell that nobody knows: no text of a cell, so that it is always sent.
_UNKNOWN = "\0"
# What a terminal would obey, and what turns the order of letters round.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
# Cells that did not change are sent again where that is shorter than to move over them.
_SHORTEST_MOVE = 5
# Blanks in a row from which it is shorter to erase them.
_LEAST_ERASED = 12
_MAX_KNOWN_LETTERS = 8_192
_ASCII = frozenset(map(chr, range(32, 127))) | {_UNKNOWN}
# Terminals that fill what they erase with the background of the moment ("bce").
_FILLING_TERMS = (
    "xterm",
    "tmux",
    "rxvt",
    "alacritty",
    "foot",
    "kitty",
    "wezterm",
    "konsole",
    "linux",
    "vte",
    "ghostty",
)

Update = LayoutUpdate | ChopsUpdate


class _Row:
    """Of a letter that is two cells wide, the second cell holds ""."""

    __slots__ = ("looks", "texts")

    def __init__(self, width: int, text: str) -> None:
        self.texts = [text] * width
        self.looks: list[Look] = [PLAIN] * width


class Changes(NamedTuple):
    """`is_all`: the terminal is up to date once it has taken `text`."""

    text: str
    is_all: bool


class Mirror:
    def __init__(self, looks: Looks, term: str | None = None) -> None:
        self._looks = looks
        name = os.environ.get("TERM", "") if term is None else term
        self._fills_erased = name.startswith(_FILLING_TERMS)
        self._width = 0
        self._wanted: list[_Row] = []
        self._sent: list[_Row] = []
        # Rows that may differ, the one that changed last at the end.
        self._dirty: dict[int, None] = {}
        self._plain_letters = set(_ASCII)

    @property
    def is_behind(self) -> bool:
        return bool(self._dirty)

    def forget(self) -> None:
        """Nothing is known of the terminal any more."""
        self._sent = [_Row(self._width, _UNKNOWN) for _ in self._wanted]
        self._dirty = dict.fromkeys(range(len(self._wanted)))

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of the newest frame."""
        return self._width, len(self._wanted)

    def resize(self, width: int, height: int) -> None:
        if (width, height) != (self._width, len(self._wanted)):
            self._width = width
            self._wanted = [_Row(width, " ") for _ in range(height)]
            self.forget()

    def take(self, update: Update) -> None:
        """What should be seen from now on. What changes first is sent last, and from the top where it is one update:
        the line that a key has changed does not wait for the rest of the screen.
        """
        rows = list(_placed(update))
        if isinstance(update, LayoutUpdate):
            self.resize(update.region.right, update.region.bottom)
        changed: dict[int, None] = {}
        for y, x, strips in rows:
            if 0 <= y < len(self._wanted):
                self._put(self._wanted[y], x, strips)
                changed[y] = None
        for y in reversed(changed):
            self._dirty.pop(y, None)
            self._dirty[y] = None

    def changes(self, most: int | None = None) -> Changes:
        """What brings the terminal up to date; with `most` whole lines until that many bytes are reached."""
        parts: list[str] = []
        size = 0
        look: Look | None = None
        while self._dirty and (most is None or size < most):
            y, _ = self._dirty.popitem()
            part, look = self._difference(y, look)
            if part:
                parts.append(part)
                # Nearly every letter that is not ASCII has three bytes.
                size += len(part) if part.isascii() else len(part.encode(errors="replace"))
        if look not in (None, PLAIN):
            parts.append("\x1b[m")
        return Changes("".join(parts), not self._dirty)

    def _put(self, row: _Row, x: int, strips: Iterable[Strip]) -> None:
        texts: list[str] = []
        looks: list[Look] = []
        for strip in strips:
            for text, style, control in strip:
                if control or not text:
                    continue
                look = self._looks.of(style)
                if text.isspace() and text.isascii():
                    texts += " " * len(text)
                    looks += [self._looks.of_blank(look)] * len(text)
                    continue
                cells = self._cells(text)
                texts += cells
                looks += [look] * len(cells)
        end = min(x + len(texts), self._width)
        if end <= x:
            return
        # Of a wide letter that is written over in part, nothing is left.
        before = x
        while row.texts[before] == "" and before > 0:
            before -= 1
            row.texts[before] = " " if row.texts[before] else ""
        row.texts[before:x] = [" "] * (x - before)
        after = end
        while after < self._width and row.texts[after] == "":
            row.texts[after] = " "
            after += 1
        row.texts[x:end] = texts[: end - x]
        row.looks[x:end] = looks[: end - x]

    def _cells(self, text: str) -> Sequence[str]:
        if not text.isprintable():
            # Of what is pasted into a field a terminal would obey these. They take no cell of the layout.
            text = _CONTROLS.sub("", text)
        if text.isascii() or self._plain_letters.issuperset(text):
            return text
        if len(self._plain_letters) > _MAX_KNOWN_LETTERS:
            self._plain_letters = set(_ASCII)
        cells: list[str] = []
        for letter in text:
            width = get_character_cell_size(letter)
            if width == 1:
                if _is_certain(letter):
                    self._plain_letters.add(letter)
                cells.append(letter)
            elif width > 1:
                cells += [letter, *[""] * (width - 1)]
            elif cells:
                # Combined with the letter before it.
                at = len(cells) - 1
                while at > 0 and cells[at] == "":
                    at -= 1
                cells[at] += letter
        width = cell_len(text)
        # Letters that are drawn as one, as some of two flags are: nobody knows where one ends.
        return cells if len(cells) == width else [text, *[""] * (width - 1)] if width else []

    def _difference(self, y: int, look: Look | None) -> tuple[str, Look | None]:
        """What row `y` needs, and the look that the terminal has then."""
        wanted, sent, width = self._wanted[y], self._sent[y], self._width
        texts, looks = wanted.texts, wanted.looks
        changed = [
            x
            for x, (text, old, style, old_style) in enumerate(zip(texts, sent.texts, looks, sent.looks, strict=True))
            if text != old or (style is not old_style and not self._same(text, style, old_style))
        ]
        if not changed:
            return "", look
        # Where terminals do not agree on widths, one that takes two cells for a letter hides what stands behind it.
        if not (self._plain_letters.issuperset(texts) and self._plain_letters.issuperset(sent.texts)):
            changed = list(range(width))
        sent.texts[:] = texts
        sent.looks[:] = looks
        blank_from = self._blank_from(texts, looks)
        parts: list[str] = []
        at = -1
        skip_to = 0
        for x in changed:
            if x < skip_to:
                continue
            if x >= blank_from and width - x > 3:
                move = _move(y, x, at)
                blank = self._looks.of_blank(looks[x])
                parts += (move, blank.after(look), "\x1b[K")
                return "".join(parts), blank
            run = self._blank_run(texts, looks, x)
            if run >= _LEAST_ERASED:
                blank = self._looks.of_blank(looks[x])
                parts += (_move(y, x, at), blank.after(look), f"\x1b[{run}X")
                look, at, skip_to = blank, x, x + run
                continue
            if at >= 0 and 0 < x - at < _SHORTEST_MOVE and self._may_repeat(texts, looks, at, x, look):
                parts.append("".join(texts[at:x]))
            elif x != at:
                parts.append(_move(y, x, at))
            text, style = texts[x], looks[x]
            if text == " " and look is not None and not style.marks_blanks and not look.marks_blanks:
                style = look._replace(background=style.background)
            parts.append(style.after(look))
            look = style
            parts.append(text)
            # Behind what it may take for wider or narrower, what follows says where it stands.
            at = x + 1 if text in self._plain_letters else -1
        return "".join(parts), look

    def _same(self, text: str, style: Look, old: Look) -> bool:
        return style == old or (text == " " and self._looks.of_blank(style) == self._looks.of_blank(old))

    def _blank_from(self, texts: list[str], looks: list[Look]) -> int:
        """Where the rest of the row can be erased; the row's width where it cannot."""
        end = x = len(texts)
        if not texts or texts[-1] != " " or looks[-1].marks_blanks or not self._may_erase(looks[-1]):
            return end
        background = looks[-1].background
        while x and texts[x - 1] == " " and looks[x - 1].background == background and not looks[x - 1].marks_blanks:
            x -= 1
        return x

    def _blank_run(self, texts: list[str], looks: list[Look], x: int) -> int:
        first = looks[x]
        if texts[x] != " " or first.marks_blanks or not self._may_erase(first):
            return 0
        end = x
        width = len(texts)
        while end < width and texts[end] == " " and looks[end].background == first.background:
            if looks[end].marks_blanks:
                break
            end += 1
        return end - x

    def _may_erase(self, look: Look) -> bool:
        return self._fills_erased or not look.background

    @staticmethod
    def _may_repeat(texts: list[str], looks: list[Look], start: int, end: int, look: Look | None) -> bool:
        return all(looks[x] == look and texts[x].isascii() and len(texts[x]) == 1 for x in range(start, end))


def _is_certain(letter: str) -> bool:
    """Whether every terminal takes one cell for it: Latin, Greek, Cyrillic, and the signs that perftui draws with."""
    return letter < "\u0300" or "\u0370" <= letter < "\u0500" or "\u2010" <= letter < "\u2900"


def _move(y: int, x: int, at: int) -> str:
    """The cursor to column `x` of row `y`, from column `at` of the same row; -1 is from anywhere."""
    if at == x:
        return ""
    if 0 <= at < x:
        return f"\x1b[{x - at}C" if x - at > 1 else "\x1b[C"
    return f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H"


def _placed(update: Update) -> Iterable[tuple[int, int, Iterable[Strip]]]:
    """(row, column, what stands from there on) of all that Textual would send."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            yield y, update.region.x, tuple(strips)
        return
    for y, x1, x2 in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x <= x2 and end > x1:
                yield y, x, (strip if end <= x2 else strip.crop(0, min(end, x2) - x),)
