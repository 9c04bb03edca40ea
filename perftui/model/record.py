"""How a run ended, and the whole of it as it is read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from perftui.model.capacity import CapacityResult
from perftui.model.judged import WHOLE_RUN, Finding, ThresholdResult, Trust, Window
from perftui.model.load_workers import LoadWorkerRow
from perftui.model.marks import NO_MARKS, NOTE, Marks, Note
from perftui.model.plan import RunPlan
from perftui.model.run_state import RunState
from perftui.model.snapshot import TimelinePoint
from perftui.model.stats_history import HistoryRow
from perftui.model.totals import RunTotals

OUTCOME_SCHEMA_VERSION = 1


class Verdict(Enum):
    PASSED = "passed"
    ACCEPTABLE = "acceptable"
    FAILED = "failed"
    NO_DATA = "no data"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Demands:
    """What more a run has to do to pass.

    `trust`: its measurement can be believed, and no load worker was lost. `targets`: what is only acceptable is not
    enough.
    """

    trust: bool = False
    targets: bool = False


NO_DEMANDS = Demands()


@dataclass(frozen=True, slots=True)
class Accounting:
    """Every request that was sent, once: started == succeeded + failed + abandoned + local_errors.

    `abandoned` were in flight when the run ended, or left by user code; the oldest had been for `oldest_abandoned_s`.
    `local_errors` could not be sent, for want of files, ports or memory here.

    Of an arrival rate, `scheduled` tasks were due; scheduled == started_tasks + dropped + waiting.

    `dropped_log_lines` were printed by user code faster than the log keeps.
    """

    started: int = 0
    succeeded: int = 0
    failed: int = 0
    abandoned: int = 0
    oldest_abandoned_s: float = 0.0
    dropped_log_lines: int = 0
    local_errors: int = 0
    scheduled: int = 0
    started_tasks: int = 0
    dropped: int = 0
    waiting: int = 0


def accounting_of(totals: RunTotals, oldest_abandoned_s: float = 0.0, dropped_log_lines: int = 0) -> Accounting:
    """Of a whole run. What was in flight at its last tick, and never reported after, was abandoned."""
    return Accounting(
        started=totals.started,
        succeeded=totals.total.succeeded,
        failed=totals.total.failed,
        abandoned=totals.abandoned + totals.in_flight,
        oldest_abandoned_s=max(oldest_abandoned_s, totals.oldest_in_flight_s),
        dropped_log_lines=dropped_log_lines,
        local_errors=sum(totals.local_errors.values()),
        scheduled=totals.arrivals.scheduled,
        started_tasks=totals.arrivals.started,
        dropped=totals.arrivals.dropped,
        waiting=totals.arrivals.waiting,
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended; written as outcome.json before perftui exits.

    `started_at` and `ended_at` are UTC in ISO 8601, labels only: `duration_s` is monotonic and covers the load.
    `sentences` is the verdict in words. `locust_exit_code` is the locustfile's own `process_exit_code`.
    """

    run_id: str
    state: RunState
    verdict: Verdict
    exit_code: int
    reason: str
    sentences: tuple[str, ...]
    started_at: str
    ended_at: str
    duration_s: float
    accounting: Accounting
    locust_exit_code: int | None = None
    warnings: tuple[str, ...] = ()
    trust: Trust = Trust.OK
    thresholds: tuple[ThresholdResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    demands: Demands = NO_DEMANDS
    warm_up_s: float = 0.0
    """How much of the start is in none of the numbers; of all that was recorded where the run never became steady."""
    capacity: CapacityResult | None = None
    """What was found where the run was a search for capacity."""


@dataclass(frozen=True, slots=True)
class RunEvent:
    """Something that happened once, on the run's clock: a state, a stall, an order and who gave it.

    `kind` is, among others, "load" for an order and for the next stage, and "worker" for a load worker that came, was
    lost or returned.
    """

    elapsed_s: float
    kind: str
    text: str
    by: str = ""
    """Who wrote a note, or gave an order."""


@dataclass(frozen=True, slots=True)
class Record:
    """A run, read from its folder. `outcome` is None where it was never sealed; then `state` says
    whether it still goes on or was interrupted.

    `totals` and `history` cover `window`; `whole`, `timeline` and `events` the whole run. `thresholds`, `findings` and
    `sentences` were judged over `window`: at the end of the run, or when it was read for another one.
    """

    run_id: str
    folder: str
    plan: RunPlan
    state: RunState
    outcome: Outcome | None
    started_at: str
    totals: RunTotals
    timeline: tuple[TimelinePoint, ...]
    events: tuple[RunEvent, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Versions and machine of the generator, as the engine and the conductor said."""
    history: tuple[HistoryRow, ...] = ()
    """One row for each point of the timeline in the window, for stats_history.csv."""
    whole: RunTotals = field(default_factory=RunTotals)
    window: Window = WHOLE_RUN
    thresholds: tuple[ThresholdResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    sentences: tuple[str, ...] = ()
    marks: Marks = NO_MARKS
    """What people said about it since; their notes are among `events` too."""
    load_workers: tuple[LoadWorkerRow, ...] = ()
    """Over the whole run, the master first; empty where the engine made the load itself."""

    @property
    def has_schedule(self) -> bool:
        """Whether anything that is judged was measured from its intended start."""
        return self.totals.total.response_times.count > 0

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(Note(event.elapsed_s, event.text, event.by) for event in self.events if event.kind == NOTE)
