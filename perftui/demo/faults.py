"""What goes wrong on purpose, and where it is done to a request."""

from __future__ import annotations

import asyncio
import random
import time

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from perftui.demo.knobs import ALL_OFF, Knobs, ScheduledFreeze
from perftui.demo.request_counts import is_load

# The leak stops here: it shall show in a chart, not take the machine down.
MAX_LEAKED_BYTES = 2**30


class Faults:
    """The knobs as they are now, the freeze, and the memory that leaked."""

    def __init__(self, knobs: Knobs, scheduled: ScheduledFreeze | None = None) -> None:
        self.knobs = knobs
        self.leaked_bytes = 0
        self._scheduled = scheduled
        self._leaked: list[bytes] = []
        self._frozen_until_s = 0.0
        self._thawed = asyncio.Event()
        self._thawed.set()
        self._thaw_timer: asyncio.TimerHandle | None = None
        self._scheduled_timer: asyncio.TimerHandle | None = None

    @property
    def freeze_left_s(self) -> float:
        return 0.0 if self._thawed.is_set() else max(0.0, self._frozen_until_s - time.monotonic())

    def freeze(self, freeze_s: float) -> None:
        """Let nothing be answered for `freeze_s` from now; 0 ends a freeze."""
        if self._thaw_timer is not None:
            self._thaw_timer.cancel()
        if freeze_s == 0:
            self._thawed.set()
            return
        self._thawed.clear()
        self._frozen_until_s = time.monotonic() + freeze_s
        self._thaw_timer = asyncio.get_running_loop().call_later(freeze_s, self._thawed.set)

    async def wait_until_thawed(self) -> None:
        await self._thawed.wait()

    def note_request(self) -> None:
        """The first request starts the clock of the scheduled freeze."""
        if self._scheduled is not None:
            loop = asyncio.get_running_loop()
            self._scheduled_timer = loop.call_later(self._scheduled.after_s, self.freeze, self._scheduled.freeze_s)
            self._scheduled = None

    def leak(self) -> None:
        size_bytes = min(round(self.knobs.leak_kb_per_request * 1024), MAX_LEAKED_BYTES - self.leaked_bytes)
        if size_bytes > 0:
            # Not zeros: only pages that were written to are in memory.
            self._leaked.append(b"\x01" * size_bytes)
            self.leaked_bytes += size_bytes

    def reset(self) -> None:
        """All knobs off, no freeze now or later, and what leaked is given back."""
        self.knobs = ALL_OFF
        self._scheduled = None
        if self._scheduled_timer is not None:
            self._scheduled_timer.cancel()
        self.freeze(0)
        self._leaked.clear()
        self.leaked_bytes = 0


class FaultInjector:
    """ASGI middleware that does to each request of the load what the knobs say."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_load(scope):
            await self.app(scope, receive, send)
            return
        faults = self.faults
        faults.note_request()

        async def send_when_thawed(message: Message) -> None:
            await faults.wait_until_thawed()
            await send(message)

        await faults.wait_until_thawed()
        faults.leak()
        knobs = faults.knobs
        if knobs.latency_ms or knobs.jitter_ms:
            delay_ms = knobs.latency_ms + random.uniform(-knobs.jitter_ms, knobs.jitter_ms)
            await asyncio.sleep(max(0.0, delay_ms / 1000))
        if random.random() < knobs.failure_share:
            refusal = JSONResponse({"detail": "failed on purpose"}, status_code=500)
            await refusal(scope, receive, send_when_thawed)
        else:
            await self.app(scope, receive, send_when_thawed)
