"""How service times spread, over time: shade and density say how many requests took so long, then."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from perftui.tui.renderables.line import Line, Piece
from perftui.tui.renderables.plot import Area

# From few to many. The glyph alone tells them apart: colour only helps.
GLYPHS = "·░▒▓█"
# The shares of the densest cell from which on each of the others is used.
_SHARES = (0.01, 0.05, 0.2, 0.5)
ROLES = tuple(f"heat{number}" for number in range(len(GLYPHS)))


def used_bins(counts: Sequence[Sequence[int]]) -> range:
    """The bins from the lowest to the highest that hold anything, with one more at each end where there is one."""
    used = [index for index in range(max(map(len, counts), default=0)) if any(each[index] for each in counts)]
    if not used:
        return range(0)
    return range(max(0, used[0] - 1), min(max(map(len, counts)), used[-1] + 2))


def groups_of(bins: range, rows: int) -> list[range]:
    """The bins that each of `rows` stands for, from the lowest: whole bins each. Where there are more rows than bins,
    several rows show one bin, and what is left stays empty above.
    """
    if len(bins) <= rows:
        height = rows // max(1, len(bins))
        return [bins[row // height : row // height + 1] for row in range(rows)]
    edges = [bins.start + round(row * len(bins) / rows) for row in range(rows + 1)]
    return [range(low, high) for low, high in pairwise(edges)]


def heat_map(
    area: Area,
    groups: Sequence[range],
    bucket_s: float,
    sums: Mapping[int, Sequence[int]],
    most: float,
    label: Callable[[int], str],
) -> list[Line]:
    """`area.rows` lines; their labels take the cells left of the area.

    `sums` are requests by group of bins, by number of the bucket of `bucket_s` on the x axis. `most` is the count that
    is darkest. `label` names the lower edge of a bin.
    """
    buckets = [int(area.at_of(column) // bucket_s) for column in range(area.columns)]
    lines = []
    for row in range(area.rows):
        place = area.rows - 1 - row
        levels = {bucket: _level(sums[bucket][place], most) for bucket in set(buckets) if bucket in sums}
        # Every third row, where a bin begins.
        is_labelled = place % 3 == 0 and groups[place] and (not place or groups[place] != groups[place - 1])
        name = label(groups[place][0]).rjust(area.left - 1) + "┤" if is_labelled else " " * (area.left - 1) + "│"
        lines.append(Line((Piece(name, "muted"), *_shaded([levels.get(bucket, -1) for bucket in buckets]))))
    return lines


def _level(count: int, most: float) -> int:
    """The number of the glyph, -1 for nothing. A single request is seen: a slow one is what one looks for."""
    if count <= 0:
        return -1
    return bisect_right(_SHARES, count / max(most, count))


def _shaded(levels: Sequence[int]) -> list[Piece]:
    pieces: list[Piece] = []
    start = 0
    for at in range(1, len(levels) + 1):
        if at == len(levels) or levels[at] != levels[start]:
            level, size = levels[start], at - start
            pieces.append(Piece(" " * size) if level < 0 else Piece(GLYPHS[level] * size, ROLES[level]))
            start = at
    return pieces
