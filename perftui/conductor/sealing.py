"""The last act of a run: its outcome, its record sealed, and its exports."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from perftui.conductor.ending import End, accounting_of
from perftui.conductor.exporting import export_all
from perftui.conductor.judging import Judging
from perftui.conductor.loading import LoadedEngine
from perftui.conductor.target_monitor import TargetMonitor
from perftui.model.record import Outcome
from perftui.store.writer import RunWriter


@dataclass(frozen=True, slots=True)
class Sealing:
    """What a run knows of itself; `end` and `judging` are filled while it goes on."""

    loaded: LoadedEngine
    writer: RunWriter
    judging: Judging
    end: End
    monitor: TargetMonitor | None
    started_at: datetime

    async def seal(self, stuck_at: str, notes: int) -> Outcome:
        """`stuck_at` is where user code was last stuck; `notes` counts those on the timeline."""
        self._hear_workers()
        self.writer.flush()
        known = self.writer.problem
        outcome = await asyncio.to_thread(self._outcome, stuck_at, known)
        self.writer.seal(outcome, self.judging.assessment.measured, notes)
        problem = await asyncio.to_thread(export_all, self.writer) or self.writer.problem
        if problem and not known:
            # The record is whole as far as it goes; that it is not more is part of the outcome.
            outcome = await asyncio.to_thread(self._outcome, stuck_at, problem)
            self.writer.seal(outcome, self.judging.assessment.measured, notes)
        return outcome

    def _hear_workers(self) -> None:
        """What load workers have to say of the end, once they are gone."""
        workers = self.loaded.workers
        if workers is not None:
            self.end.fault = self.end.fault or workers.fault_at_end(was_stopped=bool(self.end.stop_code))
            self.end.workers_lost = workers.lost
            self.end.load_gone = self.end.load_gone or workers.load_gone
            self.end.workers_restarted = workers.restarted
            self.end.oldest_abandoned_s = max(self.end.oldest_abandoned_s, workers.oldest_abandoned_s)

    def _outcome(self, stuck_at: str, incomplete: str) -> Outcome:
        judgement = self.judging.judgement(self.end.ending(stuck_at, incomplete))
        assessment = self.judging.assessment
        workers = self.loaded.workers
        dropped_lines = self.loaded.process.dropped_lines + (workers.dropped_lines if workers is not None else 0)
        return Outcome(
            run_id=self.writer.run_id,
            state=judgement.state,
            verdict=judgement.verdict,
            exit_code=judgement.exit_code,
            reason=judgement.reason,
            sentences=judgement.sentences,
            started_at=self.started_at.isoformat(timespec="milliseconds"),
            ended_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            duration_s=assessment.whole.elapsed_s,
            accounting=accounting_of(assessment.whole, self.end, dropped_lines),
            locust_exit_code=self.end.locust_exit_code,
            warnings=(
                *self.loaded.warnings,
                *(workers.warnings if workers is not None else ()),
                *([self.end.workers_restarted] if self.end.workers_restarted else []),
                *([self.end.workers_lost] if self.end.workers_lost else []),
                *([self.monitor.problem] if self.monitor and self.monitor.problem else []),
            ),
            trust=judgement.trust,
            thresholds=judgement.thresholds,
            findings=judgement.findings,
            demands=self.judging.demands,
            warm_up_s=assessment.warm_up_s,
            capacity=judgement.capacity,
        )
