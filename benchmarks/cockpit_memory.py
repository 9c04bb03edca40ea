"""Memory of the viewer over eight simulated hours at 500 requests, 2 ticks a second.

    python -m benchmarks.cockpit_memory

The real app without a terminal takes what a link and a record would bring it; its clock is the ticks'. Every minute it
draws, and looks at another pane. Each hour its resident memory is printed, after a collection. The run itself is in a
process of its own, as a conductor is: what it adds up is not the viewer's.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, cast

import psutil

from benchmarks._fed_run import INTERVAL_S, FedRun, Ticks
from perftui.model.histogram import merge
from perftui.model.request_page import RequestCounts
from perftui.model.snapshot import Snapshot, TimelinePoint, point_of
from perftui.model.spectrum import Spectrum, counts_of
from perftui.model.tick import Tick
from perftui.tui.app import PerftuiApp
from perftui.tui.model import CockpitModel
from perftui.tui.services import RunAddress, Services

HOURS = 8
NAMES = 500
MOST_GROWTH_MB = 5.0
_TICKS_PER_HOUR = round(3600 / INTERVAL_S)
_DRAWN_EVERY = round(60 / INTERVAL_S)


class _News(NamedTuple):
    """What a viewer hears of one tick. Snapshots are conflated: most of them it does not see."""

    point: TimelinePoint
    spectrum: Spectrum
    counts: RequestCounts
    snapshot: Snapshot | None


class _NoServices:
    """A viewer that only watches asks nobody."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"the watched run asked for {name}")


def main() -> None:
    here, there = multiprocessing.Pipe(duplex=False)
    run = multiprocessing.get_context("spawn").Process(target=_run, args=(there, HOURS), daemon=True)
    run.start()
    there.close()
    asyncio.run(_watch(here))
    run.join()


async def _watch(news: Connection) -> None:
    app = PerftuiApp(cast("Services", _NoServices()), attach=RunAddress(Path("run"), Path("run.sock")))
    begin_s = time.monotonic()
    async with app.run_test(size=(120, 36)) as pilot:
        app.workers.cancel_all()
        model = app.model
        model.begin(RunAddress(Path("run"), Path("run.sock")))
        after_first_hour = 0.0
        for seq in range(HOURS * _TICKS_PER_HOUR):
            latest = cast("_News", news.recv())
            _bring(model, latest)
            if latest.snapshot is not None:
                model.take(latest.snapshot)
                cast("Any", app.screen).pump(force=True)
                await pilot.press("tab")
            if (seq + 1) % _TICKS_PER_HOUR == 0:
                gc.collect()
                rss_mb = psutil.Process().memory_info().rss / 1e6
                hour = (seq + 1) // _TICKS_PER_HOUR
                after_first_hour = after_first_hour or rss_mb
                print(f"hour {hour}: {rss_mb:.1f} MB, {rss_mb - after_first_hour:+.1f} MB since the first", flush=True)
    print(f"at most {MOST_GROWTH_MB:+g} MB after the first hour; simulated in {time.monotonic() - begin_s:.0f} s")


def _run(viewer: Connection, hours: int) -> None:
    ticks, run = Ticks(NAMES), FedRun(Path("run"))
    for seq in range(hours * _TICKS_PER_HOUR):
        tick = ticks.next(seq)
        run.assessment.add(tick)
        viewer.send(_news_of(tick, run.snapshot() if seq % _DRAWN_EVERY == 0 else None))


def _news_of(tick: Tick, snapshot: Snapshot | None) -> _News:
    times = merge(each for delta in tick.requests for each in (delta.ok_times, delta.failed_times))
    counts = {(delta.method, delta.name): delta.requests for delta in tick.requests}
    return _News(
        point_of(tick),
        Spectrum(tick.seq, tick.elapsed_s, tick.interval_s, counts_of(times)),
        RequestCounts(tick.seq, tick.elapsed_s, tick.interval_s, counts),
        snapshot,
    )


def _bring(model: CockpitModel, news: _News) -> None:
    model.add_points([news.point])
    model.add_spectra([news.spectrum])
    model.add_counts([news.counts])
    seq = news.point.seq
    model.add_log([f"[{news.point.elapsed_s:.1f}] a line of user code"], seq + 1)


if __name__ == "__main__":
    main()
