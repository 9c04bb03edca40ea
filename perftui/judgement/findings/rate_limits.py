"""Rate limits that the run met: how much they let through, how soon, and whether Retry-After told the truth."""

from __future__ import annotations

from collections.abc import Iterator

from perftui.judgement.findings.evidence import Evidence
from perftui.judgement.findings.limit_log import LimitLog
from perftui.judgement.findings.limit_windows import TOLERANCE_S, Limited, RateLimit, rate_limit_of, windows_of
from perftui.judgement.findings.wording import name_text, seconds_text
from perftui.judgement.sentences import counted
from perftui.model.judged import Finding
from perftui.model.quantity import quantity_text
from perftui.model.totals import RequestKey, RunTotals

# Names whose first 429 came this close together share a limit.
_TOGETHER_S = 2.0


def find_rate_limit(evidence: Evidence, measured: RunTotals) -> Iterator[Finding]:
    """The limit that was met most often, over the whole run, warm-up included."""
    log = evidence.limits
    if not log.limited:
        return
    keys = _sharing(log)
    rows = log.rows(keys)
    limited = windows_of(rows)
    where = name_text(keys[0]) if len(keys) == 1 else f"{len(keys)} request names together"
    others = len(log.limited) - len(keys)
    parts = [
        _limit_text(rate_limit_of(limited, rows)),
        _times_text(limited),
        _truth_text(limited, has_promise=any(row.told_s == row.told_s for row in rows)),
        f"{counted(others, 'other name')} met a limit too" if others else "",
    ]
    yield Finding(
        "rate limit",
        f"Rate limit on {where}: {'; '.join(part for part in parts if part)}.",
        limited.first_429_s,
        limited.last_429_s,
    )


def _sharing(log: LimitLog) -> list[RequestKey]:
    """The name that met 429 most often, and those that seem to share its limit."""
    most = max(log.limited, key=log.limited.__getitem__)
    first_s = log.first_limited_s(most)
    others = (key for key in log.limited if key != most)
    return [most, *(key for key in others if abs(log.first_limited_s(key) - first_s) <= _TOGETHER_S)]


def _limit_text(limit: RateLimit) -> str:
    requests = counted(round(limit.requests), "request")
    if limit.per_minute is None:
        before = f"{requests} passed before the first 429" if limit.requests else "no request passed"
        return f"{before}, what it allows per minute cannot be told"
    per_minute = f"{quantity_text(limit.per_minute, '')} per minute"
    if limit.window_s is None:
        return f"about {per_minute} after the first {requests}"
    by = ", by its Retry-After" if limit.is_promised else ""
    return f"{requests} per {_window_text(limit.window_s)} ({per_minute}{by})"


def _window_text(window_s: float) -> str:
    return f"{window_s:.0f} s" if window_s < 600 else seconds_text(window_s)


def _times_text(limited: Limited) -> str:
    if not limited.windows:
        return ""
    after = f"first 429 after {seconds_text(max(0.0, limited.first_429_s - limited.windows[0].start_s))}"
    if not limited.blocks:
        return f"{after}, then 429s between answers"
    recovered_s = limited.blocks[0].recovered_s
    if recovered_s is None:
        return f"{after}, not over by the end"
    return f"{after}, answered again {seconds_text(recovered_s - limited.blocks[0].first_s)} later"


def _truth_text(limited: Limited, *, has_promise: bool) -> str:
    if not has_promise:
        return "no Retry-After was sent"
    for block in limited.blocks:
        if (block.is_late or block.is_early) and block.told_s is not None and block.retry_after_s is not None:
            promised = f"Retry-After promised {seconds_text(block.retry_after_s)}"
            if block.recovered_s is None:
                return f"{promised}, still 429 after {seconds_text(block.last_s - block.told_s)}"
            return f"{promised}, answered again after {seconds_text(block.recovered_s - block.told_s)}"
    if any(block.is_kept for block in limited.blocks):
        return f"Retry-After kept its word within {TOLERANCE_S:.0f} s"
    # Where answers trickle, another user may have taken what was promised.
    return ""
