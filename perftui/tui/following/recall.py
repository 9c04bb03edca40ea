"""What the record knows and a viewer has missed, read on a thread of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from perftui.model.record import Record, RunEvent
from perftui.model.request_page import RequestCounts
from perftui.model.snapshot import TimelinePoint
from perftui.model.spectrum import Spectrum
from perftui.store import layout
from perftui.tui.model import MAX_LOG_LINES
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
    layout.NOTES_CSV: "what people noted",
    layout.SECONDS_CSV: "a row per second, what Locust has no column for",
    layout.OUTCOME_JSON: "verdict, exit code, accounting",
    layout.RUN_TOML: "what was asked",
    layout.RUN_LOG: "what user code and Locust said",
    layout.SAMPLES_DB: "every second, SQLite",
}


class News(NamedTuple):
    points: Sequence[TimelinePoint]
    spectra: Sequence[Spectrum]
    counts: Sequence[RequestCounts]
    lines: Sequence[str]
    offset: int
    events: Sequence[RunEvent]
    event_id: int


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run that is over, as the results show it. `files` are the names of what is in its folder for people."""

    record: Record
    files: tuple[str, ...] = ()
    spectra: Sequence[Spectrum] = ()
    log: Sequence[str] = ()

    @property
    def folder(self) -> Path:
        return Path(self.record.folder)


def _whole_log(reader: ReadsRun) -> Sequence[str]:
    lines: deque[str] = deque(maxlen=MAX_LOG_LINES)
    offset = -1
    after = 0
    while after != offset:
        offset = after
        read, after = reader.log_since(offset)
        lines.extend(read)
    return tuple(lines)


class Recall:
    """Reads one run's folder. Every tick is committed before a snapshot shows it, so that asking for what came
    after the last known point misses nothing, however long this process did not run.
    """

    def __init__(self, services: Services, folder: Path) -> None:
        self._services = services
        self._folder = folder
        self._reader: ReadsRun | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="perftui-recall")

    async def news(self, after_seq: int, log_offset: int, event_id: int = 0) -> News:
        """What came after tick `after_seq` and event `event_id`, and log lines from byte `log_offset` on."""

        def read() -> News:
            reader = self._open()
            points = reader.points(after_seq)
            spectra = reader.spectra(after_seq) if points else ()
            counts = reader.request_counts(after_seq) if points else ()
            said, happened = reader.log_since(log_offset), reader.events_since(event_id)
            return News(points, spectra, counts, *said, *happened)

        return await self._on_thread(read)

    async def ending(self) -> KeptRun:
        """The record, and what stands beside it in its folder."""

        def read() -> KeptRun:
            reader = self._open()
            files = tuple(name for name in FILE_MEANINGS if (self._folder / name).exists())
            return KeptRun(reader.record(), files, tuple(reader.spectra()), _whole_log(reader))

        return await self._on_thread(read)

    async def ask(self, question: Callable[[ReadsRun], T]) -> T:
        """Whatever `question` reads. Raises PerftuiError."""
        return await self._on_thread(lambda: question(self._open()))

    def close(self, last: Callable[[], None] | None = None) -> None:
        """`last` is still done on its thread: what was opened there may have to be closed there."""
        if last is not None:
            self._thread.submit(last)
        self._thread.shutdown(wait=False, cancel_futures=last is None)

    def _open(self) -> ReadsRun:
        if self._reader is None:
            self._reader = self._services.reader(self._folder)
        return self._reader

    async def _on_thread(self, read: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, read)
