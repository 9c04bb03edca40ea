"""A finished run once more, second by second: its ticks through the arithmetic of a run that goes on."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import NamedTuple

from perftui import exit_codes
from perftui.judgement.assessment import Assessment
from perftui.judgement.rules import RuleError
from perftui.judgement.trust import live_trust
from perftui.model.errors import PerftuiError
from perftui.model.histogram import merge
from perftui.model.record import Record
from perftui.model.request_page import RequestCounts
from perftui.model.run_state import RunState
from perftui.model.snapshot import Snapshot, TimelinePoint, point_of, rated, snapshot_of
from perftui.model.spectrum import Spectrum, counts_of
from perftui.model.text import mask_secrets
from perftui.model.tick import Tick

# Seconds of the run in one second.
SPEEDS = (1, 2, 5, 10, 20, 30, 60)
# What is added up in one go: more would keep a key waiting.
MAX_TICKS_AT_ONCE = 240
# Each of them holds as much as a run that goes on: few, and none in a run that is added up in a moment.
MAX_CHECKPOINTS = 8
LEAST_BETWEEN_S = 600.0
_BEGINS = re.compile(r" *(\d{1,9}\.\d{3}) ")


class Playhead:
    """Where a replay stands on the run's clock. Every method is told what time it is, in s on any steady clock."""

    def __init__(self, length_s: float, now_s: float, *, speed: int = 10) -> None:
        self.length_s = length_s
        self.speed = speed
        self.is_paused = False
        self._since_s = now_s
        self._from_s = 0.0

    def at_s(self, now_s: float) -> float:
        gone_s = 0.0 if self.is_paused else max(0.0, now_s - self._since_s) * self.speed
        return min(self.length_s, self._from_s + gone_s)

    def is_over(self, now_s: float) -> bool:
        return self.at_s(now_s) >= self.length_s

    def change_speed(self, steps: int, now_s: float) -> None:
        """So many steps along SPEEDS, as far as they go; from here on."""
        self.seek(self.at_s(now_s), now_s)
        self.speed = SPEEDS[min(max(0, SPEEDS.index(self.speed) + steps), len(SPEEDS) - 1)]

    def pause(self, is_paused: bool, now_s: float) -> None:
        self.seek(self.at_s(now_s), now_s)
        self.is_paused = is_paused

    def seek(self, at_s: float, now_s: float) -> None:
        self._from_s, self._since_s = min(max(0.0, at_s), self.length_s), now_s


@dataclass(frozen=True, slots=True)
class Scene:
    """What a viewer is told at one moment: the newest snapshot, and what is new behind it.

    `is_all` says that no tick is left, `is_behind` that more were due than were added up at once.
    """

    snapshot: Snapshot
    points: tuple[TimelinePoint, ...]
    spectra: tuple[Spectrum, ...]
    counts: tuple[RequestCounts, ...]
    is_all: bool
    is_behind: bool


class Heard(NamedTuple):
    """A line of the run's log, and when it was said; lines that do not say are said with the one before."""

    at_s: float
    line: str


class Checkpoint(NamedTuple):
    """All that was added up when tick `seq` was."""

    seq: int
    elapsed_s: float
    assessment: Assessment
    before: TimelinePoint


class Checkpoints:
    """A few places of a long run to go on from: a jump back need not begin at its start."""

    def __init__(self, length_s: float) -> None:
        self._every_s = max(LEAST_BETWEEN_S, length_s / MAX_CHECKPOINTS)
        self._kept: list[Checkpoint] = []

    def is_due(self, elapsed_s: float) -> bool:
        last_s = self._kept[-1].elapsed_s if self._kept else 0.0
        return len(self._kept) < MAX_CHECKPOINTS and elapsed_s - last_s >= self._every_s

    def keep(self, checkpoint: Checkpoint) -> None:
        # A copy: the assessment goes on.
        self._kept.append(checkpoint._replace(assessment=deepcopy(checkpoint.assessment)))

    def before(self, at_s: float) -> Checkpoint | None:
        """The last one up to `at_s`, to go on with."""
        found = next((each for each in reversed(self._kept) if each.elapsed_s <= at_s), None)
        return found and found._replace(assessment=deepcopy(found.assessment))


class Performance:
    """Adds the ticks of `record` up again, in order. Raises PerftuiError where its thresholds cannot be read.

    `ticks` are all of them, or those after the checkpoint `begun`; it leaves checkpoints of its own.
    """

    def __init__(
        self,
        record: Record,
        ticks: Iterator[Tick],
        begun: Checkpoint | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        plan = record.plan
        if record.marks.warm_up_s is not None:
            plan = replace(plan, profile=replace(plan.profile, warm_up_s=record.marks.warm_up_s))
        try:
            self._assessment = Assessment(plan) if begun is None else begun.assessment
        except RuleError as error:
            raise PerftuiError(
                "this run cannot be replayed", f"its plan is damaged: {error}", exit_code=exit_codes.ENVIRONMENT
            ) from error
        self._record = record
        self._ticks = ticks
        self._next: Tick | None = next(ticks, None)
        self._before: TimelinePoint | None = None if begun is None else begun.before
        self._checkpoints = checkpoints

    def until(self, at_s: float) -> Scene:
        """Add what ended up to `at_s`, the first MAX_TICKS_AT_ONCE of it."""
        points: list[TimelinePoint] = []
        spectra: list[Spectrum] = []
        counts: list[RequestCounts] = []
        while (tick := self._next) is not None and tick.elapsed_s <= at_s and len(points) < MAX_TICKS_AT_ONCE:
            self._assessment.add(tick)
            point = point_of(tick)
            points.append(rated(point, self._before))
            self._before = point
            times = merge(each for delta in tick.requests for each in (delta.ok_times, delta.failed_times))
            spectra.append(Spectrum(tick.seq, tick.elapsed_s, tick.interval_s, counts_of(times)))
            by_name = {(delta.method, delta.name): delta.requests for delta in tick.requests}
            counts.append(RequestCounts(tick.seq, tick.elapsed_s, tick.interval_s, by_name))
            if self._checkpoints is not None and self._checkpoints.is_due(tick.elapsed_s):
                self._checkpoints.keep(Checkpoint(tick.seq, tick.elapsed_s, self._assessment, point))
            self._next = next(self._ticks, None)
        is_behind = self._next is not None and self._next.elapsed_s <= at_s
        return Scene(self._snapshot(), tuple(points), tuple(spectra), tuple(counts), self._next is None, is_behind)

    def close(self) -> None:
        """On the thread that the ticks were read on."""
        if isinstance(self._ticks, Generator):
            self._ticks.close()

    def _snapshot(self) -> Snapshot:
        record, assessment = self._record, self._assessment
        last = assessment.whole.last
        state = record.state if self._next is None else RunState.RUNNING
        if state is RunState.RUNNING and last is not None and last.user_count < last.target_user_count:
            state = RunState.RAMPING
        at_s = assessment.whole.elapsed_s
        trust, trust_reason = live_trust(assessment.whole)
        return snapshot_of(
            assessment.whole,
            None if assessment.is_warming_up else assessment.measured,
            run_id=record.run_id,
            folder=record.folder,
            title=record.plan.title,
            target_url=mask_secrets(record.plan.target.url),
            state=state,
            cause="",
            warning="",
            elapsed_s=at_s,
            run_time_s=length_s(record),
            thresholds=assessment.thresholds(),
            warm_up_s=assessment.warm_up_s,
            notes=tuple(note for note in record.notes if note.elapsed_s <= at_s),
            trust=trust,
            trust_reason=trust_reason,
        )


def length_s(record: Record) -> float:
    return record.timeline[-1].elapsed_s if record.timeline else 0.0


def heard(lines: tuple[str, ...]) -> tuple[Heard, ...]:
    """The log with the time that each line begins with."""
    result: list[Heard] = []
    at_s = 0.0
    for line in lines:
        began = _BEGINS.match(line)
        at_s = max(at_s, float(began[1])) if began else at_s
        result.append(Heard(at_s, line))
    return tuple(result)
