"""Pieces of sentences that several rules need."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeVar

from perftui.judgement.quantities import format_quantity
from perftui.model.duration import format_clock
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


def span_text(span: Span, end_s: float = math.inf) -> str:
    """from 00:08 to 00:10; or to the end, where nothing came after `end_s`"""
    from_s, to_s = span
    return f"from {clock_text(from_s)} to {'the end' if to_s >= end_s else clock_text(max(to_s, from_s + 1))}"


def spans_text(spans: Sequence[Span], end_s: float = math.inf) -> str:
    named = [span_text(each, end_s) for each in spans[:MAX_NAMED_SPANS]]
    more = len(spans) - MAX_NAMED_SPANS
    if more > 0:
        named.append("once more" if more == 1 else f"{more} more times")
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def percent_text(share: float) -> str:
    """`share` is 0 to 1. Never 0 % of something and never 100 % of less than all."""
    percent = 100 * share
    if percent < 10:
        return "less than 0.01 %" if percent < 0.01 else format_quantity(percent, "%", 2)
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
