"""Whether request names that met a rate limit at the same time share one, or each has its own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from perftui.judgement.findings.limit_log import LimitLog, LimitRow
from perftui.judgement.findings.limit_windows import windows_of
from perftui.model.totals import RequestKey

# Of names that share a limit, all are first turned away, and none passes any more, within so much of each other.
TOGETHER_S = 2.0
# One name is turned away while the other passes: of a limit that they share, about so many should have passed of it.
_MIN_EXPECTED = 10
# As many pass in each window of a limit; one more or less, where a request ends in the second after its window.
_STEADY = 1
# Two windows in which as many of a name pass may be chance, three hardly ever.
_MIN_ALIKE = 3


@dataclass(frozen=True, slots=True)
class Sharing:
    """`shared` are the names that surely share one limit, or one name alone; `maybe` others that may share it too."""

    shared: list[RequestKey]
    maybe: list[RequestKey]


def sharing_of(log: LimitLog, most: RequestKey) -> Sharing:
    """With whom `most`, one of `log.known`, shares its limit.

    Names share one where they stop passing when it does and start again with it, and window by window as many pass
    of all together, while of each alone it is now more and now less. A name has its own where it passes while the
    other is turned away, or where the same number of it passes every time. Else it cannot be told.
    """
    first_s, rows = log.first_limited_s(most), log.rows([most])
    met_together = [key for key in log.known() if key != most and abs(log.first_limited_s(key) - first_s) <= TOGETHER_S]
    keys = [most, *(key for key in met_together if not _are_apart(rows, log.rows([key])))]
    passed = _passed_by_window(log, keys)
    if len(passed[most]) >= _MIN_ALIKE:
        if not _spread(passed[most]):
            return Sharing([most], [])
        keys = [key for key in keys if _spread(passed[key])]
        passed = _passed_by_window(log, keys)
    together = [sum(counts) for counts in zip(*passed.values(), strict=True)]
    is_one = len(together) > 1 and _spread(together) <= _STEADY < min(map(_spread, passed.values()))
    return Sharing(keys, []) if is_one else Sharing([most], keys[1:])


def _are_apart(one: Sequence[LimitRow], other: Sequence[LimitRow]) -> bool:
    return _passes_beside(one, other) or _passes_beside(other, one)


def _passes_beside(blocked: Sequence[LimitRow], passing: Sequence[LimitRow]) -> bool:
    """Whether many of `passing` pass while `blocked` is turned away."""
    for block in windows_of(blocked).blocks:
        from_s, to_s = block.first_s + TOGETHER_S, block.last_s
        turned_away = sum(row.limited for row in _between(blocked, from_s, to_s))
        beside = _between(passing, from_s, to_s)
        passed = sum(row.passed for row in beside)
        if passed and turned_away * passed / (passed + sum(row.limited for row in beside)) >= _MIN_EXPECTED:
            return True
    return False


def _between(rows: Sequence[LimitRow], from_s: float, to_s: float) -> Sequence[LimitRow]:
    """Those that lie in it whole."""
    first = bisect_right(rows, from_s, key=lambda row: row.to_s)
    return [row for row in rows[first : bisect_right(rows, to_s, key=lambda row: row.to_s)] if row.from_s >= from_s]


def _passed_by_window(log: LimitLog, keys: Sequence[RequestKey]) -> dict[RequestKey, list[float]]:
    """How many of each passed in each window that `keys` together used up."""
    limited = windows_of(log.rows(keys))
    starts_s = [each.start_s for each in limited.windows[: len(limited.blocks) + 1]]
    passed = {}
    for key in keys:
        counts = [0.0] * (len(starts_s) + 1)
        for row in log.rows([key]):
            counts[bisect_right(starts_s, row.to_s)] += row.passed
        passed[key] = counts[1 : len(limited.blocks) + 1]
    return passed


def _spread(counts: Sequence[float]) -> float:
    return max(counts) - min(counts)
