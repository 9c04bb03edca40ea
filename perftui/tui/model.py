"""All that the cockpit knows of the run it looks at. Plain Python: screens read it, one link writes it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from perftui.tui.charts.series import Series
from perftui.tui.services import RunAddress

if TYPE_CHECKING:
    # What a run is made of: no run is looked at yet when the first screen is painted.
    from perftui.model.control import Order
    from perftui.model.load_plan import Leg
    from perftui.model.plan import RunPlan
    from perftui.model.record import Record, RunEvent
    from perftui.model.request_page import RequestCounts
    from perftui.model.snapshot import Snapshot, TimelinePoint
    from perftui.model.spectrum import Spectrum
    from perftui.model.totals import FailureKey, RequestKey
    from perftui.tui.charts.chart_data import Baseline
    from perftui.tui.following.recall import KeptRun

# The bars of a request's trend: this many, of so many seconds each.
TREND_BARS = 12
TREND_S = 5
# Of a log that is longer the end is shown.
MAX_LOG_LINES = 5_000
MAX_EVENTS = 1_000
# As many as a run has request names, and one for what is over that.
_MAX_TRENDS = 1_001
# Snapshots come once a second: three missing ones are worth saying.
STALE_AFTER_S = 3.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a finished run is replayed: so many seconds of it in one."""

    speed: int
    is_paused: bool = False


class Connection(Enum):
    NONE = auto()
    """No run is looked at."""
    CONNECTING = auto()
    CONNECTED = auto()
    LOST = auto()
    """The conductor does not answer; looking for it again."""
    ENDED = auto()
    """The run is over, or was left."""


class CockpitModel:
    """`version` grows with every change: what was drawn at the same version need not be drawn again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.version = 0
        self.kept: KeptRun | None = None
        """What the results show: the run that ended here last, or that was opened."""
        self._forget_run()

    def _forget_run(self) -> None:
        self.address: RunAddress | None = None
        self.connection = Connection.NONE
        self.snapshot: Snapshot | None = None
        self.points: Series[TimelinePoint] = Series(_merged_points)
        self.log: deque[str] = deque(maxlen=MAX_LOG_LINES)
        self.log_offset = 0
        self.spectra: Series[Spectrum] = Series(_merged_spectra)
        # The end of each bar's time, and what was counted in it, by request; bounded by _MAX_TRENDS.
        self._trends: dict[RequestKey, deque[tuple[int, float]]] = {}
        self._last_trend_bar = 0
        # The end of each bar's time, and how many there were by then, by failure group; bounded by _MAX_TRENDS.
        self._failed_by: dict[FailureKey, deque[tuple[int, int]]] = {}
        self._watched_from_bar: int | None = None
        self.events: deque[RunEvent] = deque(maxlen=MAX_EVENTS)
        """What happened, but for notes: a snapshot has those."""
        self.event_id = 0
        self.groups: Mapping[str, tuple[str, ...]] = {}
        """What the thresholds' names stand for: globs over request names."""
        self.baseline: Baseline | None = None
        """The run that the charts draw dim below this one."""
        self.record: Record | None = None
        self.replay: Pace | None = None
        """Where the run is a finished one that is replayed."""
        self.legs: Sequence[Leg] = ()
        """The load of its stages or rates over time, as it was planned; empty where it has neither."""
        self.wanted: Order | None = None
        """What was asked of the load here, until the engine follows."""
        self.stop_requests = 0
        self._last_frame_s: float | None = None

    def begin(self, address: RunAddress) -> None:
        """Look at another run; what was known of the former is dropped."""
        self._forget_run()
        self.address = address
        self.connection = Connection.CONNECTING
        self._last_frame_s = self._clock()
        self.version += 1

    def begin_replay(self, address: RunAddress, pace: Pace) -> None:
        """Show a finished run as it went: nothing of it goes on, and nothing can be asked of it."""
        self._forget_run()
        self.address = address
        self.replay = pace
        self.version += 1

    def set_pace(self, pace: Pace) -> None:
        self.replay = pace
        self.version += 1

    def take_replayed(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._count_failures(snapshot)
        self.version += 1

    def take(self, snapshot: Snapshot) -> bool:
        """The newest snapshot. True where it changes more than numbers: worth drawing at once."""
        before = self.snapshot
        self.snapshot = snapshot
        self._count_failures(snapshot)
        self.connection = Connection.CONNECTED
        self._last_frame_s = self._clock()
        if self.wanted is not None and _is_followed(self.wanted, snapshot):
            self.wanted = None
        self.version += 1
        return before is None or _told_by(before) != _told_by(snapshot)

    def add_points(self, points: Sequence[TimelinePoint]) -> None:
        """Points from the record; those that are known already are passed over."""
        last = self.last_seq
        fresh = [point for point in points if point.seq > last]
        self.points.extend(fresh)
        self.version += bool(fresh)

    def add_spectra(self, spectra: Sequence[Spectrum]) -> None:
        last = self.spectra[-1].seq if self.spectra else -1
        self.spectra.extend(each for each in spectra if each.seq > last)

    def add_counts(self, counts: Sequence[RequestCounts]) -> None:
        """Requests by name of new ticks, for the trends."""
        for each in counts:
            bar = int((each.elapsed_s - each.interval_s / 2) // TREND_S)
            self._last_trend_bar = max(self._last_trend_bar, bar)
            for key, requests in each.counts.items():
                bars = self._trends.get(key)
                if bars is None:
                    if len(self._trends) >= _MAX_TRENDS:
                        continue
                    bars = self._trends[key] = deque(maxlen=TREND_BARS + 1)
                if bars and bars[-1][0] == bar:
                    bars[-1] = (bar, bars[-1][1] + requests)
                else:
                    bars.append((bar, requests))

    def trend_of(self, key: RequestKey) -> list[float | None]:
        """rps of the last TREND_BARS whole bars, the newest last; 0 where nothing ended, None before the start."""
        known = dict(self._trends.get(key, ()))
        # The newest bar is still being filled: it would look like a fall.
        bars = range(self._last_trend_bar - TREND_BARS, self._last_trend_bar)
        return [None if bar < 0 else known.get(bar, 0) / TREND_S for bar in bars]

    def _count_failures(self, snapshot: Snapshot) -> None:
        bar = int(snapshot.elapsed_s // TREND_S)
        if self._watched_from_bar is None:
            self._watched_from_bar = bar
        for row in snapshot.failures:
            key = (row.method, row.name, row.message)
            bars = self._failed_by.get(key)
            if bars is None:
                if len(self._failed_by) >= _MAX_TRENDS:
                    continue
                bars = self._failed_by[key] = deque(maxlen=TREND_BARS + 2)
            if bars and bars[-1][0] == bar:
                bars[-1] = (bar, row.count)
            else:
                bars.append((bar, row.count))

    def failure_trend_of(self, key: FailureKey) -> list[float | None]:
        """Failures per second of the last TREND_BARS whole bars, the newest last; None before anybody watched."""
        snapshot, watched_from = self.snapshot, self._watched_from_bar
        if snapshot is None or watched_from is None:
            return []
        newest = int(snapshot.elapsed_s // TREND_S)
        known = self._failed_by.get(key, ())

        def failed_by(bar: int) -> int:
            return max((count for at, count in known if at <= bar), default=0)

        return [
            # What failed before the first snapshot is not known by its time.
            None if bar < watched_from + (watched_from > 0) else (failed_by(bar) - failed_by(bar - 1)) / TREND_S
            for bar in range(newest - TREND_BARS, newest)
        ]

    def add_events(self, events: Sequence[RunEvent], last_id: int) -> None:
        """Events from the record; `last_id` is that of the newest."""
        self.events.extend(events)
        self.event_id = last_id
        self.version += bool(events)

    def set_plan(self, plan: RunPlan) -> None:
        """What was asked, as the record has it."""
        from perftui.tui.charts.load_marks import drawn_legs

        self.groups, self.legs = plan.scenario.groups, drawn_legs(plan.profile)
        self.version += 1

    def want(self, order: Order | None) -> None:
        self.wanted = order
        self.version += 1

    def add_log(self, lines: Sequence[str], offset: int) -> None:
        self.log.extend(lines)
        self.log_offset = offset
        self.version += bool(lines)

    def set_baseline(self, baseline: Baseline) -> None:
        self.baseline = baseline
        self.version += 1

    def lose(self) -> None:
        self.connection = Connection.LOST
        self.version += 1

    def end(self, kept: KeptRun | None) -> None:
        """The run is over, and this is what is kept of it; None where it was only left."""
        self.connection = Connection.ENDED
        self.record = kept.record if kept else None
        self.kept = kept or self.kept
        self.version += 1

    def open(self, kept: KeptRun) -> None:
        """Show the results of a run of the library; one that is watched goes on being watched."""
        self.kept = kept
        if self.record is not None and self.record.folder == kept.record.folder:
            # Marked since.
            self.record = kept.record
        self.version += 1

    def ask_stop(self) -> bool:
        """Count one more wish to stop. True where it is not the first: stop now."""
        self.stop_requests += 1
        self.version += 1
        return self.stop_requests > 1

    @property
    def last_seq(self) -> int:
        return self.points[-1].seq if self.points else -1

    @property
    def is_live(self) -> bool:
        """A run goes on and is looked at."""
        return self.connection in (Connection.CONNECTING, Connection.CONNECTED, Connection.LOST)

    @property
    def stale_s(self) -> int | None:
        """Whole seconds since the newest snapshot, where that is too long."""
        if not self.is_live or self._last_frame_s is None:
            return None
        age_s = self._clock() - self._last_frame_s
        return int(age_s) if age_s >= STALE_AFTER_S else None


def _merged_points(points: Sequence[TimelinePoint]) -> TimelinePoint:
    from perftui.model.coarse import merged_points

    return merged_points(points)


def _merged_spectra(spectra: Sequence[Spectrum]) -> Spectrum:
    from perftui.model.coarse import merged_spectra

    return merged_spectra(spectra)


def _told_by(snapshot: Snapshot) -> tuple[object, ...]:
    """More than numbers."""
    is_paused = snapshot.control is not None and snapshot.control.is_paused
    return snapshot.state, bool(snapshot.warning), is_paused, snapshot.trust


def _is_followed(wanted: Order, snapshot: Snapshot) -> bool:
    control = snapshot.control
    return control is not None and all(
        asked is None or asked == now
        for asked, now in (
            (wanted.users, control.users),
            (wanted.spawn_rate, control.spawn_rate),
            (wanted.rate_per_s, control.rate_per_s),
        )
    )
