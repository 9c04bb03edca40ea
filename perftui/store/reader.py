"""Reads one run, live or sealed, whole or killed half-way."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from perftui import exit_codes
from perftui.judgement.assessment import Assessment, window_after
from perftui.judgement.rules import RuleError
from perftui.judgement.verdict import ending_of, judge
from perftui.model.errors import PerftuiError
from perftui.model.exchange import Exchange
from perftui.model.judged import WHOLE_RUN, Finding, ThresholdResult, Window
from perftui.model.plan import RunPlan
from perftui.model.record import Outcome, Record, RunEvent
from perftui.model.request_page import RequestCounts, RequestPage
from perftui.model.run_state import RunState
from perftui.model.snapshot import TimelinePoint, rated
from perftui.model.spectrum import Spectrum, counts_of
from perftui.model.stats_history import HistoryRow, StatsHistory
from perftui.model.tick import Tick
from perftui.model.totals import RunTotals
from perftui.store.blobs import unpack_histogram, unpack_text
from perftui.store.connection import reading
from perftui.store.files import damaged, read_outcome, read_run_toml
from perftui.store.layout import OUTCOME_JSON, RUN_LOG, RUN_TOML, SAMPLES_DB
from perftui.store.paths import path_for_people
from perftui.store.schema import (
    SELECT_TICKS,
    Row,
    exception_of,
    failure_of,
    point_of_row,
    rate_limit_of,
    request_of,
    tick_of,
)

# Ticks that are held at a time while all are read.
_PAGE = 300
# A week of seconds: the most points that a timeline is read with. Totals count all.
MAX_POINTS = 7 * 86_400
MAX_EVENTS = 10_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Judged:
    whole: RunTotals
    measured: RunTotals
    window: Window
    thresholds: tuple[ThresholdResult, ...]
    findings: tuple[Finding, ...]
    outcome: Outcome | None


class RunReader:
    """Opens the files of a run for each question and closes them again: it never stands in a writer's way.

    Every method raises PerftuiError for a file that is missing, damaged or of a newer perftui.
    """

    def __init__(self, folder: Path) -> None:
        """Raises PerftuiError where `folder` is not a run's."""
        self.folder = folder
        self.run_id = folder.name
        self._samples = folder / SAMPLES_DB
        if not (folder / RUN_TOML).is_file():
            raise PerftuiError(
                f"{path_for_people(folder)} is not the folder of a run",
                f"it has no {RUN_TOML}",
                "`perftui history` lists the runs",
                exit_code=exit_codes.USAGE,
            )

    def plan(self) -> RunPlan:
        return read_run_toml(self.folder / RUN_TOML)[0]

    def outcome(self) -> Outcome | None:
        """None while the run goes on, and where it was never sealed."""
        found = read_outcome(self.folder / OUTCOME_JSON)
        return found[0] if found else None

    def points(self, after_seq: int = -1, limit: int = MAX_POINTS) -> list[TimelinePoint]:
        """The timeline after tick `after_seq`, the first `limit` of it."""
        with reading(self._samples) as connection:
            # One more at the beginning, where there is one: a very short tick is rated together with the one before.
            rows = connection.execute(f"{SELECT_TICKS} WHERE seq >= ? ORDER BY seq LIMIT ?", (after_seq, limit + 1))
            points = [point_of_row(row)[0] for row in rows]
        rated_points = [rated(point, before) for before, point in zip([None, *points], points, strict=False)]
        return [point for point in rated_points if point.seq > after_seq][:limit]

    def ticks(self) -> Iterator[Tick]:
        """Every tick that was on disk when its turn came, as it was committed."""
        with reading(self._samples) as connection:
            last = -(1 << 63)
            while True:
                # One read transaction a page: a long one would keep the writer's WAL from being reused.
                connection.execute("BEGIN")
                page = _page(connection, last)
                connection.execute("COMMIT")
                if not page:
                    return
                yield from page
                last = page[-1].seq

    def events(self) -> tuple[RunEvent, ...]:
        with reading(self._samples) as connection:
            rows = connection.execute("SELECT elapsed_s, kind, text FROM event ORDER BY id LIMIT ?", (MAX_EVENTS,))
            return tuple(
                RunEvent(float(elapsed_s), unpack_text(kind), unpack_text(text)) for elapsed_s, kind, text in rows
            )

    def environment(self) -> dict[str, str]:
        with reading(self._samples) as connection:
            rows = connection.execute("SELECT key, value FROM environment ORDER BY key LIMIT 1000")
            return {unpack_text(key): unpack_text(value) for key, value in rows}

    def record(self, is_live: bool = False, window: Window | None = None) -> Record:
        """The whole run, judged over what comes after its warm-up, or over `window`.

        `is_live` says that its conductor runs: then what is not sealed still goes on. For a window of its own every
        number, threshold and sentence is worked out again from the recorded ticks. Raises PerftuiError.
        """
        plan, started_at = read_run_toml(self.folder / RUN_TOML)
        outcome = self.outcome()
        if outcome is not None and window is None:
            judged = self._as_sealed(plan, outcome)
        else:
            judged = self._judged_again(plan, outcome, window)
        timeline, history = self._history(judged.whole.last.seq if judged.whole.last else -1, judged.window)
        outcome = judged.outcome
        return Record(
            run_id=self.run_id,
            folder=str(self.folder),
            plan=plan,
            state=outcome.state if outcome else RunState.RUNNING if is_live else RunState.INTERRUPTED,
            outcome=outcome,
            started_at=started_at,
            totals=judged.measured,
            timeline=timeline,
            events=self.events(),
            environment=self.environment(),
            history=history,
            whole=judged.whole,
            window=judged.window,
            thresholds=judged.thresholds,
            findings=judged.findings,
            sentences=outcome.sentences if outcome else (),
        )

    def _as_sealed(self, plan: RunPlan, outcome: Outcome) -> _Judged:
        """As it was judged when it ended; only the ticks are added up."""
        whole = RunTotals()
        window = window_after(plan.profile, outcome.warm_up_s, is_over=outcome.warm_up_s < outcome.duration_s)
        measured = whole if window.is_whole else RunTotals()
        for tick in self.ticks():
            whole.add(tick)
            if measured is not whole and window.holds(tick):
                measured.add(tick)
        return _Judged(whole, measured, window, outcome.thresholds, outcome.findings, outcome)

    def _judged_again(self, plan: RunPlan, outcome: Outcome | None, window: Window | None) -> _Judged:
        try:
            assessment = Assessment(plan, window)
        except RuleError as error:
            raise damaged(self.folder / RUN_TOML, error) from error
        for tick in self.ticks():
            assessment.add(tick)
        thresholds, findings = assessment.thresholds(), assessment.findings()
        if outcome is not None:
            judgement = judge(
                assessment.whole,
                assessment.measured,
                ending_of(outcome),
                thresholds=thresholds,
                findings=findings,
                must_be_trusted=outcome.demands.trust,
                is_strict=outcome.demands.targets,
            )
            outcome = replace(
                outcome,
                verdict=judgement.verdict,
                exit_code=judgement.exit_code,
                reason=judgement.reason,
                sentences=judgement.sentences,
                trust=judgement.trust,
                thresholds=thresholds,
                findings=findings,
            )
        return _Judged(assessment.whole, assessment.measured, assessment.window, thresholds, findings, outcome)

    def part(self, window: Window) -> RunTotals:
        """What was measured in `window` alone."""
        totals = RunTotals()
        for tick in filter(window.holds, self.ticks()):
            totals.add(tick)
        return totals

    def request(self, method: str, name: str, window: Window = WHOLE_RUN) -> RequestPage:
        raise NotImplementedError

    def spectra(self, after_seq: int = -1) -> list[Spectrum]:
        """How the times of each tick after `after_seq` spread."""
        with reading(self._samples) as connection:
            rows = connection.execute(
                "SELECT seq, elapsed_s, interval_s, times FROM tick WHERE seq > ? ORDER BY seq LIMIT ?",
                (after_seq, MAX_POINTS),
            )
            return [
                Spectrum(int(seq), float(elapsed_s), float(interval_s), counts_of(unpack_histogram(times)))
                for seq, elapsed_s, interval_s, times in rows
            ]

    def request_counts(self, after_seq: int = -1) -> list[RequestCounts]:
        return []

    def exchanges(self, method: str, name: str, message: str) -> list[Exchange]:
        return []

    def log_since(self, offset: int, max_bytes: int = 65_536) -> tuple[list[str], int]:
        """Whole lines of run.log from byte `offset`, at most `max_bytes` of them, and the offset to go on from."""
        try:
            with (self.folder / RUN_LOG).open("rb") as file:
                file.seek(offset)
                data = file.read(max_bytes)
        except FileNotFoundError:
            return [], offset
        except OSError as error:
            raise PerftuiError(
                f"{path_for_people(self.folder / RUN_LOG)} cannot be read",
                error.strerror or str(error),
                exit_code=exit_codes.ENVIRONMENT,
            ) from error
        end = data.rfind(b"\n") + 1
        if not end and len(data) == max_bytes:
            # Not a line of ours; without this a reader would wait for its end forever.
            end = len(data)
        return data[:end].decode(errors="replace").splitlines(), offset + end

    def _history(self, last_seq: int, window: Window) -> tuple[tuple[TimelinePoint, ...], tuple[HistoryRow, ...]]:
        """The whole timeline, and a row for each of its points that lies in `window`."""
        timeline: list[TimelinePoint] = []
        history: list[HistoryRow] = []
        adding = StatsHistory()
        with reading(self._samples) as connection:
            rows = connection.execute(f"{SELECT_TICKS} WHERE seq <= ? ORDER BY seq LIMIT ?", (last_seq, MAX_POINTS))
            for row in rows:
                alone, times, response_bytes = point_of_row(row)
                point = rated(alone, timeline[-1] if timeline else None)
                timeline.append(point)
                if window.holds(point):
                    history.append(adding.add(point, times, response_bytes))
        return tuple(timeline), tuple(history)


def _page(connection: sqlite3.Connection, after_seq: int) -> list[Tick]:
    rows = connection.execute(f"{SELECT_TICKS} WHERE seq > ? ORDER BY seq LIMIT ?", (after_seq, _PAGE)).fetchall()
    if not rows:
        return []
    span = rows[0][0], rows[-1][0]
    requests = _by_seq(
        connection,
        "SELECT seq, t.method, t.name, succeeded, failed, untimed, response_bytes, ok_times, failed_times, statuses"
        " FROM request r JOIN request_name t ON t.id = r.name_id WHERE seq BETWEEN ? AND ? ORDER BY seq, position",
        span,
        2,
        request_of,
    )
    failures = _by_seq(
        connection,
        "SELECT seq, t.method, t.name, t.message, count, first_s, last_s"
        " FROM failure f JOIN failure_group t ON t.id = f.group_id WHERE seq BETWEEN ? AND ? ORDER BY seq, position",
        span,
        3,
        failure_of,
    )
    exceptions = _by_seq(
        connection,
        "SELECT seq, t.message, t.traceback, count FROM exception e"
        " JOIN exception_group t ON t.id = e.group_id WHERE seq BETWEEN ? AND ? ORDER BY seq, position",
        span,
        2,
        exception_of,
    )
    rate_limits = _by_seq(
        connection,
        "SELECT seq, t.method, t.name, count, first_s, last_s, retry_after_s, told_s"
        " FROM rate_limit r JOIN request_name t ON t.id = r.name_id WHERE seq BETWEEN ? AND ? ORDER BY seq, position",
        span,
        2,
        rate_limit_of,
    )
    return [
        replace(
            tick_of(row),
            requests=tuple(requests[row[0]]),
            failures=tuple(failures[row[0]]),
            exceptions=tuple(exceptions[row[0]]),
            rate_limits=tuple(rate_limits[row[0]]),
        )
        for row in rows
    ]


def _by_seq(
    connection: sqlite3.Connection,
    query: str,
    span: tuple[int, int],
    texts: int,
    make: Callable[[Row, Row], T],
) -> defaultdict[int, list[T]]:
    """What `make` makes of each row's first `texts` columns after the seq and of the rest, by seq."""
    found: defaultdict[int, list[T]] = defaultdict(list)
    for seq, *columns in connection.execute(query, span):
        names = tuple(map(unpack_text, columns[:texts]))
        found[seq].append(make(names, tuple(columns[texts:])))
    return found
