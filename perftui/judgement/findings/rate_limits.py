"""Rate limits that the run met: how much they let through, how soon, and whether Retry-After told the truth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from perftui.judgement.findings.limit_log import LimitLog
from perftui.judgement.findings.limit_sharing import sharing_of
from perftui.judgement.findings.limit_windows import TOLERANCE_S, Limited, RateLimit, rate_limit_of, windows_of
from perftui.judgement.findings.wording import clock_text, name_text
from perftui.judgement.quantities import format_quantity, format_span
from perftui.judgement.sentences import counted
from perftui.model.judged import Finding
from perftui.model.totals import RequestKey


def find_rate_limit(log: LimitLog) -> Iterator[Finding]:
    """The limit that was met most often, over the whole run, warm-up included."""
    if not log.limited:
        return
    most = max(log.known(), key=log.limited.__getitem__)
    sharing = sharing_of(log, most)
    keys = sharing.shared
    rows = log.rows(keys)
    limited = windows_of(rows)
    where = name_text(most) if len(keys) == 1 else f"{len(keys)} request names together"
    others = len(log.limited) - len(keys) - len(sharing.maybe)
    parts = [
        _limit_text(rate_limit_of(limited, rows)),
        _times_text(limited, is_cut=log.known_from_s(keys) > 0),
        _truth_text(limited, has_promise=any(row.told_s == row.told_s for row in rows)),
        _together_text(log, [*keys, *sharing.maybe]) if sharing.maybe else "",
        f"{counted(others, 'other name')} met a limit too" if others else "",
        *_gaps(log, keys),
    ]
    yield Finding(
        "rate limit",
        f"Rate limit on {where}: {'; '.join(part for part in parts if part)}.",
        limited.first_429_s,
        limited.last_429_s,
    )


def _together_text(log: LimitLog, keys: Sequence[RequestKey]) -> str:
    """What is said where nothing tells whether they share a limit."""
    rows = log.rows(keys)
    others = counted(len(keys) - 1, "other name")
    return f"taken together with {others}, if they share one: {_limit_text(rate_limit_of(windows_of(rows), rows))}"


def _gaps(log: LimitLog, keys: Sequence[RequestKey]) -> Iterator[str]:
    """What was not kept, for want of room."""
    if from_s := log.known_from_s(keys):
        yield f"what passed before {clock_text(from_s)} was not kept"
    if log.kept_to_s < math.inf:
        yield f"from {clock_text(log.kept_to_s)} on its 429s were only counted"


def _limit_text(limit: RateLimit) -> str:
    requests = counted(round(limit.requests), "request")
    if limit.per_minute is None:
        before = f"{requests} passed before the first 429" if limit.requests else "no request passed"
        return f"{before}, what it allows per minute cannot be told"
    per_minute = f"{format_quantity(limit.per_minute, '')} per minute"
    if limit.window_s is None:
        return f"about {per_minute} after the first {requests}"
    by = ", by its Retry-After" if limit.is_promised else ""
    return f"{requests} per {_window_text(limit.window_s)} ({per_minute}{by})"


def _window_text(window_s: float) -> str:
    return f"{window_s:.0f} s" if window_s < 600 else format_span(window_s)


def _times_text(limited: Limited, *, is_cut: bool) -> str:
    """`is_cut` where the beginning of the first window may not be known."""
    if not limited.windows:
        return ""
    if is_cut:
        after = f"first 429 at {clock_text(limited.first_429_s)}"
    else:
        after = f"first 429 after {format_span(max(0.0, limited.first_429_s - limited.windows[0].start_s))}"
    if not limited.blocks:
        return f"{after}, then 429s between answers"
    recovered_s = limited.blocks[0].recovered_s
    if recovered_s is None:
        return f"{after}, not over by the end"
    return f"{after}, answered again {format_span(recovered_s - limited.blocks[0].first_s)} later"


def _truth_text(limited: Limited, *, has_promise: bool) -> str:
    if not has_promise:
        return "no Retry-After was sent"
    for block in limited.blocks:
        if (block.is_late or block.is_early) and block.told_s is not None and block.retry_after_s is not None:
            promised = f"Retry-After promised {format_span(block.retry_after_s)}"
            if block.recovered_s is None:
                return f"{promised}, still 429 after {format_span(block.last_s - block.told_s)}"
            return f"{promised}, answered again after {format_span(block.recovered_s - block.told_s)}"
    if any(block.is_kept for block in limited.blocks):
        return f"Retry-After kept its word within {TOLERANCE_S:.0f} s"
    # Where answers trickle, another user may have taken what was promised.
    return ""
