"""Requests that this machine could not send."""

from __future__ import annotations

from collections.abc import Iterator

from perftui.judgement.findings.wording import foreign_text
from perftui.model.judged import Finding
from perftui.model.totals import RunTotals

_MAX_NAMED = 2
_MAX_MESSAGE_LENGTH = 120


def find_local_errors(measured: RunTotals) -> Iterator[Finding]:
    counts = sorted(measured.local_errors.items(), key=lambda item: -item[1])
    total = sum(count for _, count in counts)
    if not total:
        return
    named = [_reason(message, count, is_only=len(counts) == 1) for message, count in counts[:_MAX_NAMED]]
    more = len(counts) - len(named)
    named += [f"{more} more kinds of reason" if more > 1 else "one more kind of reason"] if more else []
    noun = "request" if total == 1 else "requests"
    what = "not the target's failures, and in no number of it"
    yield Finding("local_errors", f"This machine could not send {total:,} {noun} ({'; '.join(named)}): {what}.")


def _reason(message: str, count: int, *, is_only: bool) -> str:
    said = foreign_text(message, _MAX_MESSAGE_LENGTH)
    return said if is_only else f"{said} {count:,} times"
