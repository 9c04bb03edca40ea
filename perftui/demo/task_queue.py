"""Work that goes on after the answer: a bounded queue, and the workers that empty it."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, deque
from dataclasses import dataclass
from typing import Literal

from perftui.demo.pace import take_about

WORKERS = 4
MAX_QUEUED = 1000
# Of the tasks that are done only the newest are shown.
MAX_DONE = 100


@dataclass(slots=True)
class BackgroundTask:
    id: int
    kind: str
    state: Literal["queued", "active", "done"] = "queued"


class TaskQueue:
    def __init__(self) -> None:
        self.done_by_worker: Counter[str] = Counter({f"worker-{number}": 0 for number in range(1, WORKERS + 1)})
        self.active: dict[str, BackgroundTask] = {}
        self._done: deque[BackgroundTask] = deque(maxlen=MAX_DONE)
        self._queue: asyncio.Queue[BackgroundTask] = asyncio.Queue(MAX_QUEUED)
        self._last_id = 0

    @property
    def queued(self) -> int:
        return self._queue.qsize()

    def add(self, kind: str) -> BackgroundTask | None:
        """The task, which a worker takes up soon; None where the queue is full."""
        task = BackgroundTask(self._last_id + 1, kind)
        try:
            self._queue.put_nowait(task)
        except asyncio.QueueFull:
            return None
        self._last_id = task.id
        return task

    def newest(self, limit: int) -> list[BackgroundTask]:
        """Of the tasks that are active or done, the newest first."""
        taken_up = [*self._done, *self.active.values()]
        return sorted(taken_up, key=lambda task: task.id, reverse=True)[:limit]

    async def work(self, worker: str) -> None:
        """Do one task after the other until cancelled."""
        while True:
            task = await self._queue.get()
            task.state = "active"
            self.active[worker] = task
            await take_about(8)
            hashlib.sha256(task.kind.encode() * 1000).digest()
            task.state = "done"
            self._done.append(self.active.pop(worker))
            self.done_by_worker[worker] += 1
