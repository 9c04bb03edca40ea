"""A conductor at the process boundary: a real socket that speaks wire, fed by hand with ticks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from perftui.model.control import LoadControl
from perftui.model.exchange import Exchange
from perftui.model.histogram import Histogram, merge
from perftui.model.judged import WHOLE_RUN, ThresholdResult, Trust, Window
from perftui.model.marks import Note
from perftui.model.plan import RunPlan
from perftui.model.record import Record, RunEvent
from perftui.model.request_page import RequestCounts, RequestPage
from perftui.model.run_state import RunState
from perftui.model.snapshot import FailureRow, Snapshot, TimelinePoint, point_of, snapshot_of
from perftui.model.spectrum import Spectrum, counts_of
from perftui.model.tick import Tick
from perftui.model.totals import RequestTotals, RunTotals
from perftui.wire import messages
from perftui.wire.framing import FrameReader, encode
from tests.fakes.records import PLAN


class FakeConductor:
    """Keeps what it was fed, as a store would, and shows it to whoever is connected. It is its own reader."""

    def __init__(
        self,
        folder: Path,
        socket: Path,
        *,
        title: str = "light → shop",
        target_url: str = "http://127.0.0.1:8000",
        run_time_s: float | None = 600.0,
        record: Record | None = None,
    ) -> None:
        self.folder = folder
        self.socket = socket
        self.title = title
        self.target_url = target_url
        self.run_time_s = run_time_s
        self.sealed = record
        self.state = RunState.RUNNING
        self.warning = ""
        self.asked = PLAN
        self.control: LoadControl | None = None
        self.trust, self.trust_reason = Trust.OK, ""
        # Orders that came, and what is said to the next ones: None says nothing.
        self.orders: list[messages.ControlRun] = []
        self.refusal: str | None = ""
        self.thresholds: tuple[ThresholdResult, ...] = ()
        self.stops: list[messages.StopRun] = []
        self.greeted = 0
        self.log: list[str] = []
        self.events: list[RunEvent] = []
        self.kept: list[TimelinePoint] = []
        self.ticks_kept: list[Tick] = []
        self.notes: list[messages.AddNote] = []
        self._totals = RunTotals()
        self._viewers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, os.fspath(self.socket))

    async def close(self) -> None:
        """The end of the process: every line is closed."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._viewers:
            writer.close()
        self._viewers.clear()
        self.socket.unlink(missing_ok=True)

    def feed(self, *ticks: Tick) -> None:
        """Commit each tick and show the newest: what a viewer that was slow would get."""
        for tick in ticks:
            self._totals.add(tick)
            self.ticks_kept.append(tick)
            self.kept.append(point_of(tick))
        self.show()

    def show(self) -> None:
        for writer in self._viewers:
            writer.write(encode(messages.Shown(self.snapshot())))

    async def end(self, record: Record) -> None:
        """Seal, say so, and leave."""
        self.sealed = record
        self.state = record.state
        self.show()
        await self.close()

    def snapshot(self) -> Snapshot:
        return snapshot_of(
            self._totals,
            self._totals,
            run_id=self.folder.name,
            folder=str(self.folder),
            title=self.title,
            target_url=self.target_url,
            state=self.state,
            cause="",
            warning=self.warning,
            elapsed_s=self._totals.elapsed_s,
            run_time_s=self.run_time_s,
            thresholds=self.thresholds,
            control=self.control,
            trust=self.trust,
            trust_reason=self.trust_reason,
            notes=tuple(Note(each.elapsed_s or 0.0, each.text, each.by) for each in self.notes),
        )

    # What a reader of its folder would say.

    def points(self, after_seq: int = -1) -> list[TimelinePoint]:
        return [point for point in self.kept if point.seq > after_seq]

    def spectra(self, after_seq: int = -1) -> list[Spectrum]:
        return [
            Spectrum(tick.seq, tick.elapsed_s, tick.interval_s, counts_of(_times(tick)))
            for tick in self.ticks_kept
            if tick.seq > after_seq
        ]

    def request_counts(self, after_seq: int = -1) -> list[RequestCounts]:
        return [
            RequestCounts(
                tick.seq,
                tick.elapsed_s,
                tick.interval_s,
                {(each.method, each.name): each.requests for each in tick.requests},
            )
            for tick in self.ticks_kept
            if tick.seq > after_seq
        ]

    def part(self, window: Window) -> RunTotals:
        totals = RunTotals()
        for tick in filter(window.holds, self.ticks_kept):
            totals.add(tick)
        return totals

    def request(self, method: str, name: str, window: Window = WHOLE_RUN) -> RequestPage:
        totals = RequestTotals(method, name)
        failures: list[FailureRow] = []
        points: list[TimelinePoint] = []
        spectra: list[Spectrum] = []
        covered_s = 0.0
        for tick in filter(window.holds, self.ticks_kept):
            mine = tuple(each for each in tick.requests if (each.method, each.name) == (method, name))
            for each in mine:
                totals.add(each)
            points.append(point_of(replace(tick, requests=mine)))
            counts = counts_of(_times(replace(tick, requests=mine)))
            spectra.append(Spectrum(tick.seq, tick.elapsed_s, tick.interval_s, counts))
            covered_s += tick.interval_s
            failures += [
                FailureRow(each.method, each.name, each.message, each.count, each.first_s, each.last_s)
                for each in tick.failures
                if (each.method, each.name) == (method, name)
            ]
        return RequestPage(totals, covered_s, tuple(failures), tuple(points), tuple(spectra))

    def exchanges(self, method: str, name: str, message: str) -> list[Exchange]:
        return [
            each
            for tick in self.ticks_kept
            for each in tick.exchanges
            if (each.method, each.name, each.message) == (method, name, message)
        ]

    def ticks(self, after_seq: int = -1) -> Iterator[Tick]:
        return iter([tick for tick in self.ticks_kept if tick.seq > after_seq])

    def log_since(self, offset: int) -> tuple[list[str], int]:
        return self.log[offset:], len(self.log)

    def events_since(self, after_id: int) -> tuple[list[RunEvent], int]:
        return self.events[after_id:], len(self.events)

    def plan(self) -> RunPlan:
        return self.sealed.plan if self.sealed else self.asked

    def record(self, *, window: Window | None = None) -> Record:
        if self.sealed is None:
            raise AssertionError("the record was read before the run was over")
        return self.sealed

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = FrameReader()
        while data := await reader.read(65536):
            for message in frames.feed(data):
                self._take(message, writer)

    def _take(self, message: messages.Message, writer: asyncio.StreamWriter) -> None:
        if isinstance(message, messages.Greeting):
            self.greeted += 1
            writer.write(encode(messages.Welcome(messages.VERSION, self.folder.name, str(self.folder), os.getpid())))
            writer.write(encode(messages.Shown(self.snapshot())))
            self._viewers.append(writer)
        elif isinstance(message, messages.StopRun):
            self.stops.append(message)
        elif isinstance(message, messages.AddNote):
            self.notes.append(message)
        elif isinstance(message, messages.ControlRun):
            self.orders.append(message)
            if self.refusal is not None:
                writer.write(encode(messages.Answered(message.number, self.refusal)))


def _times(tick: Tick) -> Histogram:
    return merge(times for each in tick.requests for times in (each.ok_times, each.failed_times))
