"""The text under which failures are grouped: as Locust reports them, without ids, secrets and control characters."""

from __future__ import annotations

from typing import Any

from perftui.model.text import clean, mask_ids, mask_secrets

# Raw texts whose result is remembered: a failing target says the same thing thousands of times.
MAX_REMEMBERED = 1000
# A longer text is cut before it is searched; a target may put a page into it.
MAX_SEARCHED = 2000

_remembered: dict[str, str] = {}


def failure_text(exception: Any) -> str:
    raw = _as_reported(exception)
    text = _remembered.get(raw)
    if text is None:
        text = clean(mask_ids(mask_secrets(raw)))
        if len(_remembered) >= MAX_REMEMBERED:
            _remembered.clear()
        _remembered[raw] = text
    return text


def _as_reported(exception: Any) -> str:
    if isinstance(exception, str):
        return exception[:MAX_SEARCHED]
    try:
        return repr(exception)[:MAX_SEARCHED]
    except Exception:  # noqa: BLE001 - __repr__ of an exception of the user's own
        return type(exception).__name__
