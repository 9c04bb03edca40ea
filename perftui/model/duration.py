"""Durations as people write them: 90s, 5m, 1h30m."""

from __future__ import annotations

import re

_FORM = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?")
FORM = "a duration such as 90s, 5m or 1h30m"


def parse_duration(text: str) -> float:
    """Seconds in `text`, of the form ``[Nh][Nm][N[.N]s][Nms]``. Raises ValueError for anything else."""
    match = _FORM.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is not {FORM}")
    hours, minutes, seconds, milliseconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0) + int(milliseconds or 0) / 1000


def format_duration(seconds: float) -> str:
    """`seconds` in the form that `parse_duration` reads, to the second from one minute up."""
    if seconds < 60:
        return f"{seconds:g}s"
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return "".join(f"{value}{unit}" for value, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if value)


def format_clock(seconds: float) -> str:
    """`seconds` as a clock: 04:12, or 1:04:12 from one hour up."""
    hours, rest = divmod(int(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
