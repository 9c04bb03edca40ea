"""Reads one run, live or sealed, whole or killed half-way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from perftui import exit_codes
from perftui.judgement.assessment import Assessment, window_after, window_cut_at
from perftui.judgement.rules import RuleError
from perftui.judgement.verdict import ending_of, judge
from perftui.model.errors import PerftuiError
from perftui.model.exchange import Exchange
from perftui.model.judged import WHOLE_RUN, Finding, ThresholdResult, Window
from perftui.model.load_workers import LoadWorkerRow
from perftui.model.marks import NOTE, Note
from perftui.model.plan import RunPlan
from perftui.model.record import Outcome, Record, RunEvent
from perftui.model.request_page import RequestCounts, RequestPage
from perftui.model.run_state import RunState
from perftui.model.snapshot import TimelinePoint, rated
from perftui.model.spectrum import Spectrum
from perftui.model.stats_history import HistoryRow, StatsHistory
from perftui.model.tick import Tick
from perftui.model.totals import RequestKey, RunTotals
from perftui.store.blobs import unpack_text
from perftui.store.connection import reading
from perftui.store.exchanges import read_exchanges
from perftui.store.files import damaged, read_outcome, read_run_toml
from perftui.store.layout import OUTCOME_JSON, RUN_LOG, RUN_TOML, SAMPLES_DB
from perftui.store.load_workers import read_load_workers
from perftui.store.marks import read_marks
from perftui.store.parts import MAX_POINTS, counts_after, part_of, request_page, spectra_after
from perftui.store.paths import path_for_people
from perftui.store.schema import SELECT_EVENTS, SELECT_TICKS, point_of_row
from perftui.store.tick_rows import SeqRange, read_ticks

MAX_EVENTS = 10_000
# Of so many ticks that are added up one is told of.
_TOLD_EVERY = 50


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
        self._page: tuple[RequestKey, RequestPage] | None = None
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

    def ticks(self, after_seq: int = -1) -> Iterator[Tick]:
        """Every tick after `after_seq` that was on disk when its turn came, as it was committed."""
        with reading(self._samples) as connection:
            yield from read_ticks(connection, SeqRange(after_seq + 1))

    def last_elapsed_s(self) -> float:
        """Where on the run's clock its last tick ended; 0 without one."""
        with reading(self._samples) as connection:
            last = connection.execute("SELECT elapsed_s FROM tick ORDER BY seq DESC LIMIT 1").fetchone()
            return float(last[0]) if last else 0.0

    def events(self) -> tuple[RunEvent, ...]:
        return tuple(self.events_since(0)[0])

    def events_since(self, after_id: int) -> tuple[list[RunEvent], int]:
        """What happened after event `after_id`, the first MAX_EVENTS of it, and the id to ask from next."""
        with reading(self._samples) as connection:
            rows = connection.execute(SELECT_EVENTS, (after_id, MAX_EVENTS)).fetchall()
        events = [
            RunEvent(float(elapsed_s), unpack_text(kind), unpack_text(text), unpack_text(by) if by else "")
            for _, elapsed_s, kind, text, by in rows
        ]
        return events, int(rows[-1][0]) if rows else after_id

    def environment(self) -> dict[str, str]:
        with reading(self._samples) as connection:
            rows = connection.execute("SELECT key, value FROM environment ORDER BY key LIMIT 1000")
            return {unpack_text(key): unpack_text(value) for key, value in rows}

    def record(
        self,
        is_live: bool = False,
        window: Window | None = None,
        seen: Callable[[float, float], None] | None = None,
    ) -> Record:
        """The whole run, judged over what comes after its warm-up, or over `window`.

        `is_live` says that its conductor runs: then what is not sealed still goes on. For a window of its own every
        number, threshold and sentence is worked out again from the recorded ticks; so it is where the cut of the
        warm-up was moved since, and what else people said of it since is in the record too. `seen` is then told how
        many of how many seconds were added up; what it raises ends the reading. Raises PerftuiError.
        """
        plan, started_at = read_run_toml(self.folder / RUN_TOML)
        outcome = self.outcome()
        marks = read_marks(self.folder).marks
        if window is None and marks.warm_up_s is not None and not is_live:
            window = window_cut_at(marks.warm_up_s)
            outcome = None if outcome is None else replace(outcome, warm_up_s=marks.warm_up_s)
        if outcome is not None and window is None:
            judged = self._as_sealed(plan, outcome)
        else:
            judged = self._judged_again(plan, outcome, window, seen)
        last_seq = judged.whole.last.seq if judged.whole.last else -1
        timeline, history = self._history(last_seq, judged.window)
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
            events=_with_notes(self.events(), marks.notes),
            environment=self.environment(),
            history=history,
            whole=judged.whole,
            window=judged.window,
            thresholds=judged.thresholds,
            findings=judged.findings,
            sentences=outcome.sentences if outcome else (),
            marks=marks,
            load_workers=self._load_workers(last_seq),
        )

    def _as_sealed(self, plan: RunPlan, outcome: Outcome) -> _Judged:
        """As it was judged when it ended; only the ticks are added up."""
        window = window_after(plan.profile, outcome.warm_up_s, is_over=outcome.warm_up_s < outcome.duration_s)
        with reading(self._samples) as connection:
            whole = part_of(connection, WHOLE_RUN)
            measured = whole if window.is_whole else part_of(connection, window)
        return _Judged(whole, measured, window, outcome.thresholds, outcome.findings, outcome)

    def _judged_again(
        self,
        plan: RunPlan,
        outcome: Outcome | None,
        window: Window | None,
        seen: Callable[[float, float], None] | None = None,
    ) -> _Judged:
        try:
            assessment = Assessment(plan, window)
        except RuleError as error:
            raise damaged(self.folder / RUN_TOML, error) from error
        until_s = 0.0 if seen is None else self.last_elapsed_s()
        for number, tick in enumerate(self.ticks()):
            assessment.add(tick)
            if seen is not None and number % _TOLD_EVERY == 0:
                seen(tick.elapsed_s, until_s)
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
                capacity=outcome.capacity,
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
        """What was measured in `window` alone; only its ticks are read."""
        with reading(self._samples) as connection:
            return part_of(connection, window)

    def request(self, method: str, name: str, window: Window = WHOLE_RUN) -> RequestPage:
        """All that is known of one request name in `window`; nothing of a name that there is not.

        Asked again about the whole of a run that goes on, it reads what came since.
        """
        key = method, name
        known = self._page[1] if window.is_whole and self._page is not None and self._page[0] == key else None
        with reading(self._samples) as connection:
            page = request_page(connection, method, name, window, known)
        if window.is_whole:
            self._page = key, page
        return page

    def spectra(self, after_seq: int = -1) -> list[Spectrum]:
        """How the times of each tick after `after_seq` spread."""
        with reading(self._samples) as connection:
            return spectra_after(connection, after_seq)

    def request_counts(self, after_seq: int = -1) -> list[RequestCounts]:
        """Requests by name of each tick after `after_seq`, of the last ten minutes at most."""
        with reading(self._samples) as connection:
            return counts_after(connection, after_seq)

    def exchanges(self, method: str, name: str, message: str) -> tuple[Exchange, ...]:
        """Failed requests of one failure group that were kept whole, oldest first."""
        return read_exchanges(self._samples, method, name, message)

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

    def _load_workers(self, last_seq: int) -> tuple[LoadWorkerRow, ...]:
        with reading(self._samples) as connection:
            return read_load_workers(connection, last_seq)

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


def _with_notes(events: tuple[RunEvent, ...], notes: tuple[Note, ...]) -> tuple[RunEvent, ...]:
    """In the order of their time: a note may stand where nothing happened when it was written."""
    added = (RunEvent(note.elapsed_s, NOTE, note.text, note.by) for note in notes)
    return tuple(sorted((*events, *added), key=lambda each: each.elapsed_s))
