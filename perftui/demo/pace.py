"""How long the target's answers take."""

from __future__ import annotations

import asyncio
import math
import random

# Spread of the logarithm: one answer in a hundred takes about three times the median, as in real services.
_SPREAD = 0.5


async def take_about(median_ms: float) -> None:
    """Wait for a log-normal time around `median_ms`, as if for a disk or another service."""
    await asyncio.sleep(random.lognormvariate(math.log(median_ms / 1000), _SPREAD))
