"""What is sent to the terminal: the difference only, and the terminal shows the same as if all had been sent."""

from __future__ import annotations

import random
import re
import unicodedata

import pyte
import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from perftui.tui.terminal.looks import Looks
from perftui.tui.terminal.mirror import Mirror

WIDTH, HEIGHT = 40, 8
STYLES = [
    Style(color=color, bgcolor=background, bold=bold, underline=underline)
    for color in (None, "red", "#123456")
    for background in (None, "#0e1218", "blue")
    for bold in (False, True)
    for underline in (False, True)
]
WORDS = ["a", "checkout", "  ", " " * 17, "│", "⣀⡤⠴", "12.5 ms", "─" * 9, "x y  z"]


def mirror_of(term: str = "xterm-256color", system: ColorSystem | None = ColorSystem.TRUECOLOR) -> Mirror:
    return Mirror(Looks(system), term)


def terminal() -> tuple[pyte.Screen, pyte.Stream]:
    screen = pyte.Screen(WIDTH, HEIGHT)
    screen.reset_mode(pyte.modes.DECAWM)
    return screen, pyte.Stream(screen)


def random_strip(source: random.Random, width: int = WIDTH) -> Strip:
    segments = [Segment(source.choice(WORDS), source.choice(STYLES)) for _ in range(12)]
    return Strip(segments).adjust_cell_length(width, source.choice(STYLES))


def whole(*lines: Strip) -> LayoutUpdate:
    return LayoutUpdate([[line] for line in lines], Region(0, 0, WIDTH, len(lines)))


def seen(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    """Of each cell what a person sees: of a blank only its background and its line."""
    rows = []
    for y in range(HEIGHT):
        row: list[tuple[object, ...]] = []
        for x in range(WIDTH):
            cell = screen.buffer[y][x]
            if cell.data == " " and not cell.underscore:
                row.append((" ", cell.bg))
            else:
                row.append((cell.data, cell.fg, cell.bg, cell.bold, cell.underscore))
        rows.append(row)
    return rows


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("term", ["xterm-256color", "screen"])
def test_the_terminal_shows_what_a_whole_repaint_would(seed: int, term: str) -> None:
    source = random.Random(seed)
    mirror = mirror_of(term)
    screen, stream = terminal()
    lines = [random_strip(source) for _ in range(HEIGHT)]
    for frame in range(12):
        if frame % 3 == 0:
            for y in source.sample(range(HEIGHT), 3):
                lines[y] = random_strip(source)
            mirror.take(whole(*lines))
        else:
            y, x = source.randrange(HEIGHT), source.randrange(1, WIDTH - 1)
            part = random_strip(source, WIDTH - x)
            lines[y] = Strip.join([lines[y].crop(0, x), part])
            mirror.take(ChopsUpdate([{}] * y + [{x: part}], [(y, x, WIDTH)], [[]] * y + [[WIDTH]]))
        # Some frames are sent in pieces, and some are out of date before they are sent.
        if source.random() < 0.3:
            stream.feed(mirror.changes(60).text)
            continue
        stream.feed(mirror.changes().text)
        expected, other = terminal()
        every = mirror_of()
        every.take(whole(*lines))
        other.feed(every.changes().text)
        assert seen(screen) == seen(expected)
        assert not mirror.is_behind


def test_what_did_not_change_is_not_sent() -> None:
    mirror = mirror_of()
    mirror.take(whole(*[Strip([Segment("a" * WIDTH)])] * HEIGHT))
    assert mirror.changes().text
    mirror.take(whole(*[Strip([Segment("a" * WIDTH)])] * HEIGHT))
    assert mirror.changes().text == ""


def test_one_digit_costs_a_dozen_bytes() -> None:
    mirror = mirror_of()
    style = Style(color="#ffb454")
    mirror.take(whole(Strip([Segment("users 41".ljust(WIDTH), style)])))
    mirror.changes()
    mirror.take(whole(Strip([Segment("users 42".ljust(WIDTH), style)])))
    assert len(mirror.changes().text) < 40


def test_the_newest_line_is_sent_first_and_a_lost_picture_anew() -> None:
    mirror = mirror_of()
    lines = [Strip([Segment(str(y) * WIDTH)]) for y in range(HEIGHT)]
    mirror.take(whole(*lines))
    first = mirror.changes(1)
    assert "0" * WIDTH in first.text
    assert not first.is_all
    last = HEIGHT - 1
    new = Strip([Segment("!" * WIDTH)])
    mirror.take(ChopsUpdate([{}] * last + [{0: new}], [(last, 0, WIDTH)], [[]] * last + [[WIDTH]]))
    assert "!" * WIDTH in mirror.changes(1).text
    mirror.changes()
    assert not mirror.is_behind
    mirror.forget()
    assert "3" * WIDTH in mirror.changes().text


def test_wide_and_combined_letters_stay_whole() -> None:
    mirror = mirror_of()
    screen, stream = terminal()
    for text in ("a界b", "界ab", "ab界", "e\u0301a界", "aaaa", "\U0001f1e9\U0001f1ea flag"):
        mirror.take(whole(Strip([Segment(text)]).adjust_cell_length(WIDTH)))
        stream.feed(mirror.changes().text)
        if "\U0001f1e9" not in text:
            assert screen.display[0].rstrip() == unicodedata.normalize("NFC", text)
        assert "flag" not in text or screen.display[0].rstrip().endswith("flag")
    mirror.take(whole(Strip([Segment("界ab")]).adjust_cell_length(WIDTH)))
    mirror.take(ChopsUpdate([{1: Strip([Segment("b")])}], [(0, 1, 2)], [[2]]))
    stream.feed(mirror.changes().text)
    assert screen.display[0].rstrip() == " bab"


def test_without_colour_no_colour_is_sent() -> None:
    mirror = mirror_of(system=None)
    mirror.take(whole(random_strip(random.Random(3))))
    text = mirror.changes().text
    assert ";2;" not in text
    assert not any(f"\x1b[{code}" in text for code in ("3", "4"))


@pytest.mark.parametrize(
    "text", ["\x1b[31mred", "a\x9b31mb", "ok\rFAIL", "a\x08b", "\x1b]52;c;eA==\x07", "\u202egpj.exe"]
)
def test_what_a_terminal_would_obey_is_never_sent(text: str) -> None:
    mirror = mirror_of()
    mirror.take(whole(Strip([Segment(text)])))
    sent = mirror.changes().text
    for sequence in re.findall("\x1b\\[[0-9;]*[A-Za-z]", sent):
        sent = sent.replace(sequence, "")
    assert not set(sent) & set(map(chr, [*range(32), *range(127, 160), 0x202E]))
