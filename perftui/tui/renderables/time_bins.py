"""How service times spread, as horizontal bars over bins that grow with the time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from perftui.model.histogram import Histogram
from perftui.model.spectrum import EDGES_MS, counts_of
from perftui.tui.renderables.line import Line, Piece
from perftui.tui.texts.figures import count_text, share_text

_EIGHTHS = " ▏▎▍▌▋▊▉"
_LABEL_WIDTH, _COUNT_WIDTH, _SHARE_WIDTH = 11, 7, 7
_LEAST_BAR = 4


def time_bins(succeeded: Histogram, failed: Histogram, marks: Mapping[str, float | None], width: int) -> Sequence[Line]:
    """A line for each bin from the quickest request to the slowest; what failed is marked at the end of its bar, and in
    its count.

    `marks` are times in ms that are named beside the bin that holds them. No line where nothing was timed.
    """
    ok_counts, failed_counts = counts_of(succeeded), counts_of(failed)
    counts = [ok + bad for ok, bad in zip(ok_counts, failed_counts, strict=True)]
    held = [index for index, count in enumerate(counts) if count]
    if not held:
        return ()
    named: dict[int, list[str]] = {}
    for name, time_ms in marks.items():
        if time_ms is not None:
            named.setdefault(max(0, bisect_right(EDGES_MS, time_ms) - 1), []).append(name)
    mark_width = max((len(" ".join(names)) for names in named.values()), default=0) + 1
    bar_width = max(_LEAST_BAR, width - _LABEL_WIDTH - _COUNT_WIDTH - _SHARE_WIDTH - mark_width - 3)
    most, total = max(counts), sum(counts)
    lines = []
    for index in range(held[0], held[-1] + 1):
        pieces = [
            Piece(f"{bin_label(index):>{_LABEL_WIDTH}} ", "muted"),
            *_bar(counts[index] / most * bar_width, failed_counts[index], counts[index], bar_width),
            Piece(f" {count_text(counts[index]):>{_COUNT_WIDTH}}", "bad" if failed_counts[index] else ""),
            Piece(f" {share_text(counts[index] / total):>{_SHARE_WIDTH - 1}} ", "muted"),
            Piece(" ".join(named.get(index, ())), "p95"),
        ]
        lines.append(Line(tuple(pieces)))
    return lines


def bin_label(index: int) -> str:
    low = EDGES_MS[index]
    if index == 0:
        return f"<{EDGES_MS[1]:g}ms"
    if index == len(EDGES_MS) - 1:
        return f"≥{low / 1000:g}s"
    high = EDGES_MS[index + 1]
    if high < 1000:
        return f"{low:g}–{high:g}ms"
    return f"{low / 1000:g}–{high / 1000:g}s" if low >= 1000 else f"{low:g}ms–{high / 1000:g}s"


def _bar(cells: float, failed: int, count: int, width: int) -> list[Piece]:
    """`cells` long, and at its end as much of it as failed: nothing where that is less than half a cell."""
    text = _eighths(cells)
    red = round(cells * failed / count) if count else 0
    kept = max(0, len(text) - red)
    return [Piece(text[:kept], "rps"), Piece("█" * (len(text) - kept), "bad"), Piece(" " * (width - len(text)))]


def _eighths(cells: float) -> str:
    if cells <= 0:
        return ""
    eighths = max(1, round(cells * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
