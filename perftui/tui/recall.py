"""What the record knows and a viewer has missed, read on a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from perftui.model.record import Record
from perftui.model.snapshot import TimelinePoint
from perftui.store import layout
from perftui.tui.services import ReadsRun, Services

T = TypeVar("T")

# What a run's folder holds for people, in the order in which it is named, and what each of it is.
FILE_MEANINGS = {
    layout.REPORT_HTML: "the report, one self-contained page",
    layout.RESULT_JSON: "everything, versioned",
    layout.STATS_CSV: "a row per request, Locust's columns",
    layout.STATS_HISTORY_CSV: "a row per second, Locust's columns",
    layout.FAILURES_CSV: "Locust's columns",
    layout.EXCEPTIONS_CSV: "Locust's columns",
    layout.OUTCOME_JSON: "verdict, exit code, accounting",
    layout.RUN_TOML: "what was asked",
    layout.RUN_LOG: "what user code and Locust said",
    layout.SAMPLES_DB: "every second, SQLite",
}


class Recall:
    """Reads one run's folder. Every tick is committed before a snapshot shows it, so that asking for what came
    after the last known point misses nothing, however long this process did not run.
    """

    def __init__(self, services: Services, folder: Path) -> None:
        self._services = services
        self._folder = folder
        self._reader: ReadsRun | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="perftui-recall")

    async def news(self, after_seq: int, log_offset: int) -> tuple[Sequence[TimelinePoint], Sequence[str], int]:
        """Points after `after_seq`, log lines from `log_offset` on, and the next offset."""

        def read() -> tuple[Sequence[TimelinePoint], Sequence[str], int]:
            reader = self._open()
            return (reader.points(after_seq), *reader.log_since(log_offset))

        return await self._on_thread(read)

    async def ending(self) -> tuple[Record, tuple[str, ...]]:
        """The record and the names of the files that are there."""

        def read() -> tuple[Record, tuple[str, ...]]:
            record = self._open().record()
            return record, tuple(name for name in FILE_MEANINGS if (self._folder / name).exists())

        return await self._on_thread(read)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _open(self) -> ReadsRun:
        if self._reader is None:
            self._reader = self._services.reader(self._folder)
        return self._reader

    async def _on_thread(self, read: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, read)
