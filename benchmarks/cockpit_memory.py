"""Memory of the viewer over eight simulated hours at 500 requests, 2 ticks a second.

    python -m benchmarks.cockpit_memory

The real app without a terminal takes what a link and a record would bring it; its clock is the ticks'. Every minute it
draws, and looks at another pane. Each hour its resident memory is printed, after a collection.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import psutil

from benchmarks._fed_run import INTERVAL_S, FedRun, Ticks
from perftui.model.histogram import merge
from perftui.model.request_page import RequestCounts
from perftui.model.snapshot import point_of
from perftui.model.spectrum import Spectrum, counts_of
from perftui.model.tick import Tick
from perftui.tui.app import PerftuiApp
from perftui.tui.services import RunAddress, Services

HOURS = 8
NAMES = 500
MOST_GROWTH_MB = 5.0
_TICKS_PER_HOUR = round(3600 / INTERVAL_S)
_DRAWN_EVERY = round(60 / INTERVAL_S)


class _NoServices:
    """A viewer that only watches asks nobody."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"the watched run asked for {name}")


def main() -> None:
    asyncio.run(_watch())


async def _watch() -> None:
    app = PerftuiApp(cast("Services", _NoServices()))
    begin_s = time.monotonic()
    async with app.run_test(size=(120, 36)) as pilot:
        model = app.model
        model.begin(RunAddress(Path("run"), Path("run.sock")))
        app.action_mode("live")
        run = FedRun(Path("run"))
        after_first_hour = 0.0
        for seq, tick in enumerate(_ticks()):
            # Snapshots are conflated; points, spectra, counts and log lines all arrive.
            run.assessment.add(tick)
            _bring(model, tick)
            if seq % _DRAWN_EVERY == 0:
                model.take(run.snapshot())
                cast("Any", app.screen).pump(force=True)
                await pilot.press("tab")
            if (seq + 1) % _TICKS_PER_HOUR == 0:
                gc.collect()
                rss_mb = psutil.Process().memory_info().rss / 1e6
                hour = (seq + 1) // _TICKS_PER_HOUR
                after_first_hour = after_first_hour or rss_mb
                print(f"hour {hour}: {rss_mb:.1f} MB, {rss_mb - after_first_hour:+.1f} MB since the first", flush=True)
    print(f"at most {MOST_GROWTH_MB:+g} MB after the first hour; simulated in {time.monotonic() - begin_s:.0f} s")


def _ticks() -> Iterator[Tick]:
    ticks = Ticks(NAMES)
    for seq in range(HOURS * _TICKS_PER_HOUR):
        yield ticks.next(seq)


def _bring(model: Any, tick: Tick) -> None:
    times = merge(each for delta in tick.requests for each in (delta.ok_times, delta.failed_times))
    counts = {(delta.method, delta.name): delta.requests for delta in tick.requests}
    model.add_points([point_of(tick)])
    model.add_spectra([Spectrum(tick.seq, tick.elapsed_s, tick.interval_s, counts_of(times))])
    model.add_counts([RequestCounts(tick.seq, tick.elapsed_s, tick.interval_s, counts)])
    model.add_log([f"[{tick.elapsed_s:.1f}] a line of user code"], tick.seq + 1)


if __name__ == "__main__":
    main()
