"""Columns side by side: a trend over runs; and what opens a file."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from perftui.tui.renderables.columns import CURRENT, Bar, columns
from perftui.tui.renderables.line import width_of
from perftui.tui.terminal.desktop import open_file, opener


def _text(bars: list[Bar], current: int | None, width: int, height: int, top: float) -> list[str]:
    return ["".join(piece.text for piece in line.pieces) for line in columns(bars, current, width, height, top)]


def test_columns_are_as_high_as_their_values_and_the_current_one_is_marked_without_a_colour() -> None:
    bars = [Bar(10.0), Bar(None), Bar(0.01, "✗", "bad"), Bar(5.0), Bar(0.0)]
    assert _text(bars, 3, 15, 3, 10.0) == ["██             ", "██    ▁▁ ██    ", "·  ·  ✗  ▲  ·  "]


def test_of_many_runs_the_newest_are_shown_or_those_around_the_current_one() -> None:
    bars = [Bar(float(number), str(number % 10)) for number in range(30)]
    assert _text(bars, None, 8, 2, 29.0)[-1] == "23456789"
    assert _text(bars, 5, 8, 2, 29.0)[-1] == f"1234{CURRENT}678"


@given(
    st.lists(st.one_of(st.none(), st.floats()), max_size=40),
    st.one_of(st.none(), st.integers(0, 60)),
    st.integers(-1, 30),
    st.integers(-1, 9),
    st.floats(),
)
def test_nothing_breaks_them(
    values: list[float | None], current: int | None, width: int, height: int, top: float
) -> None:
    lines = columns([Bar(value) for value in values], current, width, height, top)
    assert len(lines) == (height if width > 0 and height > 0 else 0)
    assert all(width_of(line.pieces) <= width for line in lines)


def test_over_ssh_nothing_is_opened_and_a_program_that_is_not_there_is_no_crash(tmp_path: Path) -> None:
    assert opener({"DISPLAY": ":0", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}) is None
    assert not open_file(str(tmp_path / "no-such-program"), tmp_path)
