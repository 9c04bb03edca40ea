"""Line charts over the time of a run, as SVG that the report's style sheet colours."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from perftui.model.duration import format_clock

# One user unit is one CSS pixel where the chart is as wide as on a desktop; the text is still read at a phone's width.
WIDTH = 520
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 18, 28, 24
_PANEL_GAP = 16
# Half the width of a digit of an axis.
_HALF_DIGIT = 4
# Lines and no colour of its own, so that it is seen on paper too.
_HATCH = (
    '<defs><pattern id="{pattern}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="hatch" x1="0" x2="0" y1="0" y2="6"/></pattern></defs>'
)
# What an axis can be labelled with: arithmetic ends in infinity beyond, and digits in the thousands of them.
_SMALLEST, _LARGEST = 1e-9, 1e300

_X_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800)


@dataclass(frozen=True, slots=True)
class Line:
    """`values` belong to the chart's times; None is a gap. `style` is the class that gives it its colour."""

    style: str
    values: Sequence[float | None]
    is_filled: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot with its own y axis, on which 0 always is; `unit` stands above the axis."""

    unit: str
    lines: tuple[Line, ...]
    height: int


def chart(
    title: str,
    elapsed_s: Sequence[float],
    breaks: frozenset[int],
    panels: Sequence[Panel],
    covered_s: tuple[float, float] = (0.0, math.inf),
    notes: Sequence[tuple[float, str, str]] = (),
    hatched: Sequence[tuple[float, float]] = (),
    hatched_text: str = "",
    marks: Sequence[tuple[float, str]] = (),
) -> str:
    """`panels` above each other over the same time. Lines are interrupted before each index in `breaks`.

    What lies outside `covered_s`, from and to, is shaded; the spans of `hatched` are hatched, for the reason that
    `hatched_text` gives to a pointer. `notes` are upright lines: where, a short label, and a text that a pointer brings
    up; `marks` are the same without a label. All texts are cleaned. Charts of one page have different titles.
    """
    end_s = max(elapsed_s, default=0.0) or 1.0
    # In each chart its own: one that is copied out of the page is still hatched.
    pattern = f"late-{zlib.crc32(title.encode()):08x}"
    parts: list[str] = [_HATCH.format(pattern=pattern)] if hatched else []
    top = 0
    for panel in panels:
        parts.append(_shade(covered_s, end_s, top + _TOP, panel.height))
        parts.append(_hatched(hatched, escape(hatched_text), pattern, end_s, top + _TOP, panel.height))
        parts.append(_panel(panel, top, elapsed_s, end_s, breaks))
        parts.append(_marks(marks, end_s, top + _TOP, panel.height))
        parts.append(_notes(notes, end_s, top + _TOP, panel.height))
        top += _TOP + panel.height + _PANEL_GAP
    height = top - _PANEL_GAP + _BOTTOM
    parts.append(_x_axis(end_s, height - _BOTTOM))
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )


def _shade(covered_s: tuple[float, float], end_s: float, y: int, height: int) -> str:
    from_s, to_s = min(max(covered_s[0], 0.0), end_s), min(covered_s[1], end_s)
    return "".join(
        f'<rect class="uncovered" x="{_x(begin, end_s):.1f}" y="{y}" '
        f'width="{_x(end, end_s) - _x(begin, end_s):.1f}" height="{height}"/>'
        for begin, end in ((0.0, from_s), (to_s, end_s))
        if end > begin
    )


def _hatched(spans: Sequence[tuple[float, float]], why: str, pattern: str, end_s: float, y: int, height: int) -> str:
    return "".join(
        f'<rect class="late" fill="url(#{pattern})" x="{_x(from_s, end_s):.1f}" y="{y}" '
        f'width="{max(1.0, _x(to_s, end_s) - _x(from_s, end_s)):.1f}" height="{height}"><title>{why}</title></rect>'
        for from_s, to_s in spans
    )


def _marks(marks: Sequence[tuple[float, str]], end_s: float, y: int, height: int) -> str:
    places = ((_x(min(max(elapsed_s, 0.0), end_s), end_s), text) for elapsed_s, text in marks)
    return "".join(
        f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + height}"><title>{escape(text)}</title></line>'
        for x, text in places
    )


def _notes(notes: Sequence[tuple[float, str, str]], end_s: float, y: int, height: int) -> str:
    parts = []
    labelled_to = 0.0
    for elapsed_s, label, text in notes:
        x = _x(min(max(elapsed_s, 0.0), end_s), end_s)
        # Where notes crowd, the first of them keeps its label; the list below the charts has all.
        has_room = x >= labelled_to
        labelled_to = x + (len(label) + 1) * 2 * _HALF_DIGIT if has_room else labelled_to
        shown = f'<text class="tick middle" x="{x:.1f}" y="{y - 4}">{escape(label)}</text>' if has_room else ""
        parts.append(
            f'<line class="noted" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + height}">'
            f"<title>{escape(text)}</title></line>{shown}"
        )
    return "".join(parts)


def _x(elapsed_s: float, end_s: float) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * elapsed_s / end_s


def _panel(panel: Panel, top: int, elapsed_s: Sequence[float], end_s: float, breaks: frozenset[int]) -> str:
    base = top + _TOP + panel.height
    values = [value for line in panel.lines for value in line.values if value is not None]
    least, most, step = _scale(min(values, default=0.0), max(values, default=0.0), 4 if panel.height >= 100 else 2)
    span = most - least
    parts = [f'<text class="unit" x="0" y="{top + 12}">{escape(panel.unit)}</text>']
    for number in range(round(span / step) + 1):
        y = base - panel.height * number * step / span
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(
            f'<text class="tick end" x="{_LEFT - 7}" y="{y + 4:.1f}">{_label(least + number * step, step)}</text>'
        )
    for line in panel.lines:
        for run in _runs(line.values, breaks):
            points = [
                (_x(elapsed_s[index], end_s), base - panel.height * ((line.values[index] or 0.0) - least) / span)
                for index in run
            ]
            parts.append(_path(points, base, line))
    return "".join(parts)


def _runs(values: Sequence[float | None], breaks: frozenset[int]) -> list[list[int]]:
    """The indexes of `values` without its gaps, in pieces between them."""
    runs: list[list[int]] = [[]]
    for index, value in enumerate(values):
        if value is None or index in breaks:
            runs.append([])
        if value is not None:
            runs[-1].append(index)
    return [run for run in runs if run]


def _path(points: list[tuple[float, float]], base: int, line: Line) -> str:
    # A lone point is a line of no length, which its round cap makes a dot.
    steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in (points if len(points) > 1 else points * 2))
    drawn = f'<polyline class="line {line.style}" points="{steps}"/>'
    if line.is_filled and len(points) > 1:
        area = f"{points[0][0]:.1f},{base} {steps} {points[-1][0]:.1f},{base}"
        drawn = f'<polygon class="area {line.style}" points="{area}"/>{drawn}'
    return drawn


def _x_axis(end_s: float, y: int) -> str:
    step_s = next((step for step in _X_STEPS_S if end_s / step <= 6), _X_STEPS_S[-1])
    labels = []
    for number in range(math.floor(end_s / step_s + 1e-9) + 1):
        text = format_clock(number * step_s)
        # The last label would be cut off at the chart's edge where it does not fit below its mark.
        x = min(_x(number * step_s, end_s), WIDTH - len(text) * _HALF_DIGIT)
        labels.append(f'<text class="tick middle" x="{x:.1f}" y="{y + 17}">{text}</text>')
    return "".join(labels)


def _scale(lowest: float, highest: float, most_steps: int) -> tuple[float, float, float]:
    """A round step, and the multiples of it between which 0, `lowest` and `highest` are.

    They are at most `most_steps` apart, and one more where some values are below 0 and some above.
    """
    lowest, highest = min(lowest, 0.0), max(highest, 0.0)
    reach = highest - lowest
    if not _SMALLEST < reach < _LARGEST:
        return 0.0, 1.0, 1.0
    power = 10.0 ** math.floor(math.log10(reach / most_steps))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if factor * power * most_steps >= reach)
    return step * math.floor(lowest / step + 1e-9), step * math.ceil(highest / step - 1e-9), step


def _label(value: float, step: float) -> str:
    if abs(value) >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    if abs(value) >= 10_000:
        return f"{value / 1000:g}k"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:,.{decimals}f}"
