from __future__ import annotations

from perftui.demo.task_queue import MAX_QUEUED, TaskQueue


def test_a_full_queue_takes_nothing_more() -> None:
    tasks = TaskQueue()
    added = [tasks.add("work") for _ in range(MAX_QUEUED + 2)]
    assert None not in added[:MAX_QUEUED]
    assert added[MAX_QUEUED:] == [None, None]
    assert tasks.queued == MAX_QUEUED
