"""Follows one run: snapshots into the model, the record behind them, and the end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol

from perftui.model.errors import PerftuiError
from perftui.tui.following.below import baseline_below
from perftui.tui.following.link import Link
from perftui.tui.following.recall import Recall
from perftui.tui.model import CockpitModel
from perftui.tui.services import RunAddress, Services

RETRY_S = 0.5
# A conductor that nobody finds so many times more is gone.
PATIENCE = 3


class Follower(Protocol):
    """The app, as far as following needs it."""

    services: Services
    model: CockpitModel

    def run_changed(self, *, at_once: bool) -> None: ...

    def run_ended(self) -> None: ...

    def fail(self, error: PerftuiError) -> None: ...


async def follow_run(app: Follower, address: RunAddress, link: Link) -> None:
    """Until the run is over, however often the line breaks. Ends the model, with the record where there is one."""
    recall = Recall(app.services, address.folder)
    below = asyncio.create_task(_find_baseline(app, address))
    try:
        await _follow(app, link, recall)
        app.model.end(await recall.ending())
    except PerftuiError as error:
        app.model.end(None)
        app.fail(error)
    finally:
        below.cancel()
        link.close()
        recall.close()
    app.run_ended()


async def _find_baseline(app: Follower, address: RunAddress) -> None:
    """What the charts draw below the run, where it is compared with one; and what its plan calls its requests."""
    with contextlib.suppress(PerftuiError):
        plan = await asyncio.to_thread(lambda: app.services.reader(address.folder).plan())
        if app.model.address == address:
            app.model.set_plan(plan)
        # What is wrong with a baseline is said where somebody compares with it.
        baseline = await asyncio.to_thread(baseline_below, app.services, address.folder)
        if baseline is not None and app.model.address == address:
            app.model.set_baseline(baseline)


async def _follow(app: Follower, link: Link, recall: Recall) -> None:
    model = app.model
    misses = 0
    while True:
        news = asyncio.Event()
        filling = asyncio.create_task(_fill(app, recall, news))
        try:
            async for snapshot in link.snapshots():
                misses = 0
                at_once = model.take(snapshot)
                news.set()
                app.run_changed(at_once=at_once)
        except OSError:
            # Why it broke says nothing about the run: it is asked again, and then its record is.
            misses += 1
        finally:
            filling.cancel()
        if (model.snapshot is not None and model.snapshot.state.is_over) or misses > PATIENCE:
            await _catch_up(model, recall)
            return
        model.lose()
        app.run_changed(at_once=True)
        await asyncio.sleep(RETRY_S)


async def _fill(app: Follower, recall: Recall, news: asyncio.Event) -> None:
    """After each snapshot the points and log lines up to it; several that came meanwhile count as one."""
    while True:
        await news.wait()
        news.clear()
        had_points = bool(app.model.points)
        try:
            await _catch_up(app.model, recall)
        except PerftuiError:
            # A folder that cannot be read now may be in a second; the numbers come over the line anyway.
            continue
        app.run_changed(at_once=not had_points)


async def _catch_up(model: CockpitModel, recall: Recall) -> None:
    """The log comes in pieces; the last piece is empty."""
    while True:
        news = await recall.news(model.last_seq, model.log_offset, model.event_id)
        model.add_points(news.points)
        model.add_spectra(news.spectra)
        model.add_counts(news.counts)
        model.add_events(news.events, news.event_id)
        is_done = news.offset == model.log_offset
        model.add_log(news.lines, news.offset)
        if is_done:
            return
