"""Pieces of sentences that several rules need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from perftui.model.duration import format_clock, format_duration
from perftui.model.quantity import quantity_text
from perftui.model.text import clean, mask_secrets
from perftui.model.totals import RequestKey

# Spans of time that a sentence names; the rest it counts.
MAX_NAMED_SPANS = 3
_MAX_NAME_LENGTH = 60

Span = tuple[float, float]
"""(from_s, to_s)"""
_T = TypeVar("_T")


def clock_text(seconds: float) -> str:
    return format_clock(round(seconds))


def span_text(span: Span) -> str:
    """from 00:08 to 00:10"""
    return f"from {clock_text(span[0])} to {clock_text(max(span[1], span[0] + 1))}"


def spans_text(spans: Sequence[Span]) -> str:
    named = [span_text(each) for each in spans[:MAX_NAMED_SPANS]]
    if len(spans) > MAX_NAMED_SPANS:
        named.append(f"{len(spans) - MAX_NAMED_SPANS} more times")
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def seconds_text(seconds: float) -> str:
    """To the second from ten seconds up: 2.4 s, 48 s, 5m30s."""
    return format_duration(round(seconds)) if seconds >= 60 else quantity_text(round(seconds, seconds < 9.95), " s")


def percent_text(share: float) -> str:
    """`share` is 0 to 1. Never 0 % of something and never 100 % of less than all."""
    percent = 100 * share
    if percent < 10:
        return "less than 0.01 %" if percent < 0.01 else f"{percent:.2g} %"
    return f"{min(percent, 99) if share < 1 else 100:.0f} %"


def name_text(key: RequestKey) -> str:
    method, name = key
    return foreign_text(f"{method} {name}".strip(), _MAX_NAME_LENGTH)


def foreign_text(text: str, max_length: int) -> str:
    return clean(mask_secrets(text), max_length)


def joined(spans: Iterable[Span], gap_s: float) -> list[Span]:
    """`spans`, in their order, with those that are at most `gap_s` apart made one."""
    result: list[Span] = []
    for from_s, to_s in spans:
        if result and from_s - result[-1][1] <= gap_s:
            result[-1] = (result[-1][0], to_s)
        else:
            result.append((from_s, to_s))
    return result


def grouped(items: Sequence[_T], size: int) -> list[Sequence[_T]]:
    """`items` in whole groups of `size`; what is left over is the beginning."""
    return [items[start : start + size] for start in range(len(items) % size, len(items), size)]
