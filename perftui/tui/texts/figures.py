"""Numbers as text: three significant digits, the unit attached, and a dash where there is no value."""

from __future__ import annotations

NO_VALUE = "–"


def ms_text(time_ms: float | None) -> str:
    if time_ms is None:
        return NO_VALUE
    if time_ms < 9.95:
        return f"{time_ms:.1f}ms"
    if time_ms < 999.5:
        return f"{time_ms:.0f}ms"
    seconds = time_ms / 1000
    if seconds < 9.995:
        return f"{seconds:.2f}s"
    return f"{seconds:.1f}s" if seconds < 99.95 else f"{seconds:,.0f}s"


def count_text(count: int) -> str:
    if count < 10_000:
        return f"{count:,}"
    return _scaled(count)


def rate_text(per_s: float) -> str:
    if per_s < 9.995:
        return f"{per_s:.2f}" if per_s else "0"
    if per_s < 99.95:
        return f"{per_s:.1f}"
    return f"{per_s:,.0f}" if per_s < 9_999.5 else _scaled(per_s)


def share_text(ratio: float | None) -> str:
    """`ratio` (0 to 1) in percent. Only nothing is shown as 0 %, and only all as 100 %."""
    if ratio is None:
        return NO_VALUE
    percent = ratio * 100
    if percent in (0, 100):
        return f"{percent:.0f}%"
    if percent < 0.01:
        return "<0.01%"
    if percent < 9.995:
        return f"{percent:.2f}%"
    return f"{min(percent, 99.9):.1f}%"


def bytes_text(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 999.5:
            return f"{size:.0f}{unit}" if unit == "B" or size >= 99.95 else f"{size:.1f}{unit}"
        size /= 1000
    return f"{size:,.1f}GB"


def axis_text(value: float) -> str:
    """A round number beside an axis: 250, 1.5k."""
    for unit in ("", "k", "M"):
        if value < 1000:
            return f"{value:g}{unit}"
        value /= 1000
    return f"{value:g}G"


def axis_ms_text(time_ms: float) -> str:
    return f"{time_ms:g}ms" if time_ms < 1000 else f"{time_ms / 1000:g}s"


def _scaled(value: float) -> str:
    unit = "k" if value < 999.5e3 else "M" if value < 999.5e6 else "G"
    value /= {"k": 1e3, "M": 1e6, "G": 1e9}[unit]
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{decimals}f}{unit}"
