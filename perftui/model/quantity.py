"""Measured numbers as people read them."""

from __future__ import annotations


def quantity_text(value: float, unit: str) -> str:
    """`value` in `unit` ("ms", "/s", "bytes", "%" or "") to three significant digits: 12.3 ms, 1.2 s, 512 MB."""
    if unit == "ms":
        return f"{_number(value / 1000)} s" if abs(value) >= 999.5 else f"{_number(value)} ms"
    if unit == "bytes":
        return f"{_number(value / 1e6)} MB"
    if unit == "%":
        return f"{_number(value)} %"
    return f"{_number(value)}{unit}"


def _number(value: float) -> str:
    if value == int(value) or abs(value) >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.3g}"
