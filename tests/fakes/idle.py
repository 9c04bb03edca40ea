"""When an event loop has nothing left to do: asked of the loop itself, where Textual guesses it from CPU time."""

from __future__ import annotations

import asyncio
from typing import Any

# What a timer does within this time is waited for, as Textual does.
SOON_S = 0.02
# A callback of a socket comes a turn after what was written to it, and wakes others in the next.
QUIET_TURNS = 4


class Idle:
    """`wait` stands in for `textual._wait.wait_for_idle`, of which each call takes 20 ms or more.

    A machine that gives this process no time looks idle to Textual, and not to this. It is for the loop that runs.
    """

    def __init__(self) -> None:
        # Any: what a loop has to do next is told to nobody.
        self._loop: Any = asyncio.get_running_loop()
        self._in_threads: set[asyncio.Future[Any]] = set()
        self._run_in_thread = self._loop.run_in_executor
        self._loop.run_in_executor = self._run_in_executor  # type: ignore[method-assign, assignment]

    def _run_in_executor(self, executor: Any, work: Any, *arguments: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._run_in_thread(executor, work, *arguments)
        self._in_threads.add(future)
        future.add_done_callback(self._in_threads.discard)
        return future

    async def wait(self, min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
        """Until no callback waits for its turn, no timer is due soon, and no thread is at work but one that waits."""
        soon_s, latest_s = self._loop.time() + SOON_S, self._loop.time() + max_sleep
        waiting: set[asyncio.Future[Any]] = set()
        while self._loop.time() < latest_s:
            if not await self._is_quiet():
                continue
            if working := self._in_threads - waiting:
                done, _ = await asyncio.wait(working, timeout=SOON_S, return_when=asyncio.FIRST_COMPLETED)
                waiting |= set() if done else working
            elif (due_s := self._next_due_s()) < soon_s:
                await asyncio.sleep(due_s - self._loop.time())
            else:
                return

    async def _is_quiet(self) -> bool:
        for _ in range(QUIET_TURNS):
            await asyncio.sleep(0)
            if self._loop._ready:
                return False
        return True

    def _next_due_s(self) -> float:
        return min((each.when() for each in self._loop._scheduled if not each.cancelled()), default=float("inf"))
