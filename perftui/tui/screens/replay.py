"""Replay: a finished run in the Live screen, with a model of its own. Nothing of it goes on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from perftui.model.errors import PerftuiError
from perftui.model.record import RunEvent
from perftui.tui.charts.chart_data import Baseline
from perftui.tui.following.below import baseline_below
from perftui.tui.following.recall import KeptRun, Recall
from perftui.tui.following.replay import Checkpoints, Heard, Performance, Playhead, Scene, heard, length_s
from perftui.tui.model import CockpitModel, Pace
from perftui.tui.renderables.line import Piece
from perftui.tui.screens.live import LiveScreen
from perftui.tui.services import ReadsRun, RunAddress
from perftui.tui.widgets.text import Bar

# How often it is looked what is due: no more often than the screen is drawn would be seen.
STEP_S = 0.5
# A jump is this part of the whole run.
JUMPS = 20
# What a conductor takes orders for; here nothing goes on.
_OF_A_LIVE_RUN = frozenset({"stop", "detach", "pause"})


class ReplayScreen(LiveScreen):
    """`clock` tells s on a steady clock."""

    mode = "history"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "halt", "Pause", id="replay.pause", tooltip="Pause the replay, or go on; at its end: again"),
        Binding("less_than_sign", "speed(-1)", "Slower", key_display="<", id="replay.slower", tooltip="Replay slower"),
        Binding("greater_than_sign", "speed(1)", "Faster", key_display=">", id="replay.faster", tooltip="Up to 60x"),
        Binding("comma", "jump(-1)", "Back", key_display=",", id="replay.back", tooltip="Back by a 20th of the run"),
        Binding("full_stop", "jump(1)", "On", key_display=".", id="replay.on", tooltip="On by a 20th of the run"),
        Binding("q,escape", "end", "End", id="replay.end", tooltip="End the replay, back to History"),
    ]

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._folder = folder
        # One for all of the replay: another would mean another run.
        self._where = RunAddress(folder, folder)
        self._replayed = CockpitModel()
        self._clock = clock
        self._playhead = Playhead(0.0, clock())
        self._wake = asyncio.Event()
        self._goes_back = False
        self._baseline: Baseline | None = None
        self._performance: Performance | None = None

    @property
    def model(self) -> CockpitModel:
        return self._replayed

    def on_mount(self) -> None:
        self._replayed.begin_replay(self._where, Pace(self._playhead.speed))
        self.run_worker(self._play(), group="replay", exclusive=True)

    def show(self, model: CockpitModel) -> None:
        super().show(model)
        if model.snapshot is None:
            self.query_one("#run-title", Bar).show((Piece(" reading the run…  q ends", "muted"),))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _OF_A_LIVE_RUN or (action == "chart" and parameters == ("note",)):
            return False
        return super().check_action(action, parameters)

    def action_halt(self) -> None:
        now_s = self._clock()
        if self._playhead.is_over(now_s) and not self._playhead.is_paused:
            self._seek(0.0)
        else:
            self._playhead.pause(not self._playhead.is_paused, now_s)
        self._pace_changed()

    def action_speed(self, steps: int) -> None:
        self._playhead.change_speed(steps, self._clock())
        self._pace_changed()

    def action_jump(self, steps: int) -> None:
        self._seek(self._playhead.at_s(self._clock()) + steps * self._playhead.length_s / JUMPS)
        self._wake.set()

    def action_end(self) -> None:
        self.dismiss(None)

    def _seek(self, at_s: float) -> None:
        now_s = self._clock()
        self._goes_back = self._goes_back or at_s < self._playhead.at_s(now_s)
        self._playhead.seek(at_s, now_s)

    def _pace_changed(self) -> None:
        self._replayed.set_pace(Pace(self._playhead.speed, self._playhead.is_paused))
        self._wake.set()
        self.pump(force=True)

    async def _play(self) -> None:
        recall = Recall(self.cockpit.services, self._folder)
        try:
            kept = await recall.ending()
            log = heard(tuple(kept.log))
            self._playhead = Playhead(length_s(kept.record), self._clock(), speed=self._playhead.speed)
            self.run_worker(self._find_baseline(), group="baseline")
            checkpoints = Checkpoints(self._playhead.length_s)
            while True:
                self._goes_back = False
                await self._perform(recall, kept, log, checkpoints)
        except PerftuiError as error:
            self.cockpit.fail(error)
            self.dismiss(None)
        finally:
            recall.close(self._performance.close if self._performance is not None else None)

    async def _find_baseline(self) -> None:
        with contextlib.suppress(PerftuiError):
            self._baseline = await asyncio.to_thread(baseline_below, self.cockpit.services, self._folder)
            if self._baseline is not None:
                self._replayed.set_baseline(self._baseline)

    async def _perform(self, recall: Recall, kept: KeptRun, log: tuple[Heard, ...], checkpoints: Checkpoints) -> None:
        """From the last checkpoint to where the playhead is, and on with it, until it goes back."""
        begun = checkpoints.before(self._playhead.at_s(self._clock()))
        begun_seq = -1 if begun is None else begun.seq

        def raised(reader: ReadsRun) -> Performance:
            return Performance(kept.record, reader.ticks(begun_seq), begun, checkpoints)

        model = self._replayed
        # Read and added up on the reader's thread; here is only what is shown.
        performance = self._performance = await recall.ask(raised)
        is_first = True
        times_s = [each.at_s for each in log]
        events = sorted(kept.record.events, key=_event_at)
        said = happened = 0
        while not self._goes_back:
            self._wake.clear()
            at_s = self._playhead.at_s(self._clock())
            scene = await recall.ask(partial(_scene_at, performance, at_s))
            if is_first:
                model.begin_replay(self._where, Pace(self._playhead.speed, self._playhead.is_paused))
                if self._baseline is not None:
                    model.set_baseline(self._baseline)
                # What was before the checkpoint is in the record as it is drawn.
                model.add_points([each for each in kept.record.timeline if each.seq <= begun_seq])
                model.add_spectra([each for each in kept.spectra if each.seq <= begun_seq])
                model.set_plan(kept.record.plan)
                is_first = False
            model.add_points(scene.points)
            model.add_spectra(scene.spectra)
            model.add_counts(scene.counts)
            due = bisect_right(times_s, at_s)
            model.add_log([each.line for each in log[said:due]], 0)
            said = due
            model.add_events(events[happened : (due := bisect_right(events, at_s, key=_event_at))], 0)
            happened = due
            if scene.points or model.snapshot is None:
                is_shown = model.snapshot is not None
                model.take_replayed(scene.snapshot)
                if not is_shown:
                    self.pump(force=True)
            if not scene.is_behind:
                await self._rest()
        await recall.ask(lambda _reader: performance.close())

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(STEP_S):
                await self._wake.wait()
        except TimeoutError:
            # Time went by: so much more is due.
            pass


def _event_at(event: RunEvent) -> float:
    return event.elapsed_s


def _scene_at(performance: Performance, at_s: float, _reader: ReadsRun) -> Scene:
    """On the record's thread: the performance reads its ticks there."""
    return performance.until(at_s)
