"""Values with their units, as people read them."""

from __future__ import annotations

import math

from perftui.model.duration import format_duration

_LEAST = 1e-9
_DIGITS = 3
# What a person wrote as a bound is shown with all that they wrote, nearly always.
_BOUND_DIGITS = 6
_MOST_DIGITS = 9
_MB = 1_000_000


def format_quantity(value: float, unit: str, digits: int = _DIGITS) -> str:
    """`value` to so many significant digits, whole numbers always in full: 612 ms, 1.23 s, 97 %, 512 MB, 1,234."""
    if unit == "bytes":
        return f"{_number(value / _MB, digits)} MB"
    if unit == "ms":
        is_below_1_s = float(f"{value:.{digits}g}") < 1000
        return f"{_number(value, digits)} ms" if is_below_1_s else f"{_number(value / 1000, digits)} s"
    return f"{_number(value, digits)}{' %' if unit == '%' else unit}"


def format_bound(value: float, unit: str) -> str:
    """A bound of a rule: with more digits than anyone writes."""
    return format_quantity(value, unit, _BOUND_DIGITS)


def format_beside(value: float, bound: float, unit: str) -> str:
    """`value` with as many more digits as it needs to be seen apart from `bound`: 499.9 ms beside 500 ms."""
    shown = format_quantity(value, unit)
    for digits in range(_DIGITS + 1, _MOST_DIGITS + 1):
        if value == bound or shown != format_bound(bound, unit):
            break
        shown = format_quantity(value, unit, digits)
    return shown


def format_span(seconds: float) -> str:
    """To the second from ten seconds up: 5 s, 1m 12s."""
    if seconds < 59.5:
        return f"{_number(round(seconds, 0 if seconds >= 10 else 1), _DIGITS)} s"
    return format_duration(max(60, round(seconds))).replace("h", "h ").replace("m", "m ").strip()


def _number(value: float, digits: int) -> str:
    rounded = float(f"{value:.{digits}g}")
    # No clock and no counter here tells less than this from nothing.
    if abs(rounded) < _LEAST:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    shown = f"{value:,.{decimals}f}"
    return shown.rstrip("0").rstrip(".") if decimals else shown
