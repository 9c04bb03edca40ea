"""Waiting for a condition, with a bound: what tests do instead of sleeping."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_S = 0.02


def wait_for(condition: Callable[[], T], what: str, within_s: float = 30.0) -> T:
    """The first true value of `condition`. Raises TimeoutError naming `what` after `within_s`."""
    until = time.monotonic() + within_s
    while not (value := condition()):
        if time.monotonic() > until:
            raise TimeoutError(f"waited {within_s:g} s for {what}")
        time.sleep(POLL_S)
    return value


async def wait_until(condition: Callable[[], T], what: str, within_s: float = 30.0) -> T:
    """As `wait_for`, in an event loop that goes on meanwhile."""
    try:
        async with asyncio.timeout(within_s):
            while not (value := condition()):
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise TimeoutError(f"waited {within_s:g} s for {what}") from None
    return value
