"""What a rate limit lets through: its windows, told from the seconds in which requests pass and are turned away."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from perftui.judgement.findings.limit_log import LimitRow

# Nothing passes for so long, or for so many times the mean time between two that pass: then one window was used up.
# Where it is less, requests trickle through all the time.
_MIN_BLOCK_S = 2.0
_MIN_BLOCK_REQUESTS = 5
# The rate of a trickle is told from so much of it.
_MIN_TRICKLE_S = 10.0
_MIN_TRICKLE_REQUESTS = 20
# Windows of one size, give or take; else only their rate is told.
_SAME = 0.1
# Retry-After is in whole seconds, and the recovery is known to the tick.
TOLERANCE_S = 1.0
# People set limits in round numbers: a window is given as the roundest one within the error of its measurement.
_ROUND_S = (3600, 600, 60, 10, 5, 1)
_MAX_ERROR = 0.05


@dataclass(frozen=True, slots=True)
class Block:
    """429s between two windows. `told_s` and `retry_after_s` are the first Retry-After in it, None without one.

    `recovered_s` and `recovered_by_s` say when a request passed again, at the earliest or likeliest and at the latest;
    None where the run ended before.
    """

    first_s: float
    last_s: float
    told_s: float | None = None
    retry_after_s: float | None = None
    recovered_s: float | None = None
    recovered_by_s: float | None = None

    @property
    def promised_s(self) -> float | None:
        """Until when the limit said it would hold."""
        return None if self.told_s is None or self.retry_after_s is None else self.told_s + self.retry_after_s

    @property
    def is_late(self) -> bool:
        """Still 429 when it had promised to be over."""
        return self.promised_s is not None and self.last_s > self.promised_s + TOLERANCE_S

    @property
    def is_early(self) -> bool:
        return None not in (self.promised_s, self.recovered_by_s) and (
            (self.recovered_by_s or 0.0) < (self.promised_s or 0.0) - TOLERANCE_S
        )

    @property
    def is_kept(self) -> bool:
        is_known = self.promised_s is not None and self.recovered_s is not None
        return is_known and not self.is_late and not self.is_early


@dataclass(frozen=True, slots=True)
class LimitWindow:
    start_s: float
    passed: float


@dataclass(frozen=True, slots=True)
class Limited:
    """A block follows each window but the last, which may still have been open: then there is one block less."""

    windows: tuple[LimitWindow, ...]
    blocks: tuple[Block, ...]
    first_429_s: float
    last_429_s: float


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`requests` per `window_s`, which is None where they trickle or nothing tells; so is `per_minute` in the latter.

    `is_promised` says that the window is known from a Retry-After alone.
    """

    requests: float
    window_s: float | None = None
    per_minute: float | None = None
    is_promised: bool = False


def windows_of(rows: Sequence[LimitRow]) -> Limited:
    """`rows` hold one 429 at least."""
    turned_away = [row for row in rows if row.limited]
    first_429_s, last_429_s = turned_away[0].first_s, turned_away[-1].last_s
    passing = [index for index, row in enumerate(rows) if row.passed]
    if not passing:
        return Limited((), (_block(rows, None),), first_429_s, last_429_s)
    lasted_s = rows[-1].to_s - rows[passing[0]].from_s
    shortest_s = max(_MIN_BLOCK_S, _MIN_BLOCK_REQUESTS * lasted_s / sum(row.passed for row in rows))
    windows, blocks = [], []
    start_s, passed = _start_s(rows, passing[0], is_first=True), 0.0
    for a, b in pairwise(passing):
        passed += rows[a].passed
        is_limited = any(row.limited for row in rows[a : b + 1])
        if is_limited and rows[b].from_s - rows[a].to_s >= shortest_s:
            windows.append(LimitWindow(start_s, passed))
            start_s, passed = _start_s(rows, b), 0.0
            blocks.append(_block(rows[a:b], (start_s, rows[b].to_s)))
    last = passing[-1]
    windows.append(LimitWindow(start_s, passed + rows[last].passed))
    rest = rows[last:]
    is_first_429 = turned_away[0].from_s >= rows[last].from_s
    if any(row.limited for row in rest) and (is_first_429 or rows[-1].to_s - rows[last].to_s >= shortest_s):
        blocks.append(_block(rest, None))
    return Limited(tuple(windows), tuple(blocks), first_429_s, last_429_s)


def rate_limit_of(limited: Limited, rows: Sequence[LimitRow]) -> RateLimit:
    """The limit that explains `rows`, which `limited` was made of.

    How many passed in a window is exact. Its length is that from start to start where three windows began: the first
    may have begun before the run did. With fewer it is from the start to when Retry-After said that it ends, or, where
    that broke its word or there is none, to the recovery. Where requests trickle, only their rate is told.
    """
    windows, blocks = limited.windows, limited.blocks
    if not windows:
        return RateLimit(0)
    if not blocks:
        return _trickle(limited, rows)
    if steady := _steady(limited):
        return steady
    ends_s = _end_s(blocks[0])
    if ends_s is None:
        return RateLimit(windows[0].passed)
    length_s = ends_s - windows[0].start_s
    if len(windows) == len(blocks) == 2 and blocks[0].is_kept:
        # The longer of the two is the whole one: the run may have come late to the first.
        second_s = (_end_s(blocks[1]) or 0.0) - windows[1].start_s
        if second_s > length_s + TOLERANCE_S:
            return _rate_limit(windows[1].passed, second_s)
    return _rate_limit(windows[0].passed, length_s, is_promised=blocks[0].recovered_s is None)


def _end_s(block: Block) -> float | None:
    """When the window before `block` ended: as promised, where nothing speaks against it, else at the recovery."""
    return block.recovered_s if block.is_late or block.is_early or block.promised_s is None else block.promised_s


def _steady(limited: Limited) -> RateLimit | None:
    """Of three windows or more that are alike; None where they are not."""
    whole, used_up = limited.windows[1:-1], limited.windows[1 : len(limited.blocks)]
    requests = statistics.median_low([each.passed for each in used_up]) if whole else 0.0
    if not whole or (len(whole) == 1 and requests < limited.windows[0].passed / 2):
        return None
    lengths = [later.start_s - each.start_s for each, later in pairwise(limited.windows[1:])]
    mean_s = math.fsum(lengths) / len(lengths)
    if any(abs(each.passed - requests) > max(1, _SAME * requests) for each in used_up):
        return None
    if any(abs(length - mean_s) > max(1.5, _SAME * mean_s) for length in lengths):
        return None
    return _rate_limit(requests, mean_s, TOLERANCE_S / len(lengths))


def _trickle(limited: Limited, rows: Sequence[LimitRow]) -> RateLimit:
    first, last = limited.first_429_s, limited.last_429_s
    # Of the second of the first 429 it is not known what passed before it.
    before = round(
        sum(row.passed * min(1.0, (first - row.from_s) / (row.to_s - row.from_s)) for row in rows if row.from_s < first)
    )
    since = [row for row in rows if first <= row.from_s and row.to_s <= last]
    passed = sum(row.passed for row in since)
    lasted_s = math.fsum(row.to_s - row.from_s for row in since)
    told = next((row for row in rows if not math.isnan(row.told_s)), None)
    is_used_up = passed >= _MIN_TRICKLE_REQUESTS and 2 * sum(row.limited > 0 for row in since) >= len(since)
    # A bucket that fills steadily says how long the next request takes; more is the rest of a window.
    is_bucket = told is None or told.retry_after_s <= TOLERANCE_S + lasted_s / max(passed, 1)
    if is_used_up and is_bucket and lasted_s >= _MIN_TRICKLE_S:
        return RateLimit(before, None, passed / lasted_s * 60)
    if told is None or told.retry_after_s <= TOLERANCE_S:
        return RateLimit(before)
    return _rate_limit(before, told.told_s + told.retry_after_s - limited.windows[0].start_s, is_promised=True)


def _rate_limit(
    requests: float, window_s: float, error_s: float = TOLERANCE_S, *, is_promised: bool = False
) -> RateLimit:
    error_s = min(error_s, _MAX_ERROR * window_s)
    rounded_s = [round(window_s / step) * step for step in _ROUND_S]
    window_s = next((each for each in rounded_s if each and abs(each - window_s) <= error_s), window_s)
    return RateLimit(requests, window_s, requests / window_s * 60, is_promised)


def _block(rows: Sequence[LimitRow], recovered: tuple[float, float] | None) -> Block:
    """`rows` are the 429s of it; `recovered` when a request passed again, likely and at the latest."""
    limited = [row for row in rows if row.limited]
    # In the second of the last request that passed, what was told may have been before it.
    told = next((row for row in (*limited[1:], *limited[:1]) if not math.isnan(row.told_s)), None)
    recovered_s, recovered_by_s = recovered or (None, None)
    return Block(
        # Users who wait may have met it in the very second of the recovery only.
        first_s=limited[0].first_s if limited else rows[-1].to_s,
        last_s=limited[-1].last_s if limited else rows[-1].to_s,
        told_s=told.told_s if told else None,
        retry_after_s=told.retry_after_s if told else None,
        recovered_s=recovered_s,
        recovered_by_s=recovered_by_s,
    )


def _start_s(rows: Sequence[LimitRow], index: int, *, is_first: bool = False) -> float:
    """When the first request of rows[index] passed, as far as can be told: on average, n of them part it in n + 1."""
    row = rows[index]
    lasted_s = row.to_s - row.from_s
    if is_first or not row.limited:
        return row.from_s + lasted_s / (row.passed + row.limited + 1)
    later = rows[index + 1] if index + 1 < len(rows) else None
    if later and later.passed and not later.limited:
        return row.last_s
    # It was met before they passed, or after, or both.
    return row.from_s + lasted_s / 2
