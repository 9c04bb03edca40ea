"""What a response says of when to come back."""

from __future__ import annotations

import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

# Nobody waits longer than a year; what says so is no answer to the question.
LONGEST_S = 365 * 86_400.0
# A date is less than 40 characters.
_LONGEST_TEXT = 64
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


def retry_after_s(response: Any) -> float | None:
    """The Retry-After of `response` in seconds from its arrival; None where it has none that makes sense.

    Seconds, or a date (RFC 9110, 10.2.3), which is held against the Date of the same response, so that two clocks that
    differ do not count; against the clock here where it has none. A date that is over is 0. Some servers send fractions
    of a second, which are taken as they are meant.
    """
    text = _header(response, "Retry-After")
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        at_s = _seconds_of_date(text)
        if at_s is None:
            return None
        now_s = _seconds_of_date(_header(response, "Date"))
        seconds = max(0.0, at_s - (time.time() if now_s is None else now_s))
    return seconds if seconds <= LONGEST_S else None


def _header(response: Any, name: str) -> str:
    try:
        text = response.headers.get(name)
    except Exception:  # noqa: BLE001 - a response of the user's own making
        return ""
    return text.strip() if isinstance(text, str) and len(text) <= _LONGEST_TEXT else ""


def _seconds_of_date(text: str) -> float | None:
    try:
        date = parsedate_to_datetime(text)
        # An HTTP date is GMT, also in its old form without a time zone.
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
